"""The three answers a check can give, with the drug and the release they are about."""

from collections.abc import Iterable
from dataclasses import dataclass

from lianyi.terminology.model import UNSOURCED, Amount, Aspect, Checked, Effect, Verdict


@dataclass(frozen=True, slots=True)
class Question:
    """What is being checked: every answer carries it."""

    aspect: Aspect
    drug: str
    version: str
    substance: str = ""

    def safe(self, reason: str, *, sources: Iterable[str] = (), other: str = "") -> Checked:
        return self._answer(Verdict.SAFE, reason, sources=sources, other=other)

    def could_not(self, reason: str, *, other: str = "") -> Checked:
        return self._answer(Verdict.COULD_NOT_CHECK, reason, other=other)

    def alert(
        self,
        reason: str,
        effect: Effect,
        *,
        note: str = "",
        sources: Iterable[str] = (),
        other: str = "",
        most: Amount | None = None,
    ) -> Checked:
        """Leave the sources out only where the person's own words are the reason."""
        return self._answer(
            Verdict.ALERT, reason, effect, note=note, sources=sources, other=other, most=most
        )

    def _answer(
        self,
        verdict: Verdict,
        reason: str,
        effect: Effect = Effect.NONE,
        *,
        note: str = "",
        sources: Iterable[str] = (),
        other: str = "",
        most: Amount | None = None,
    ) -> Checked:
        return Checked(
            aspect=self.aspect,
            verdict=verdict,
            drug=self.drug,
            reason=reason,
            version=self.version,
            effect=effect,
            substance=self.substance,
            other=other,
            note=note,
            sources=tuple(sorted(set(sources))),
            most=most,
        )


def all_sourced(sources: Iterable[str]) -> bool:
    """Say whether there is at least one fact and none without a source."""
    told = list(sources)
    return bool(told) and UNSOURCED not in told
