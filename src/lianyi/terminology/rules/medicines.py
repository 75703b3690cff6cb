"""Checks of a drug against its own limits and the other medicines: dose, interaction, duplicate."""

from collections.abc import Collection, Mapping

from lianyi.terminology.model import (
    UNSOURCED,
    Amount,
    Aspect,
    Checked,
    DrugFacts,
    Effect,
    Interaction,
    SubstanceFacts,
)
from lianyi.terminology.rules.answers import Question, all_sourced
from lianyi.terminology.rules.doses import converted, exceeds

ADULT_MONTHS = 18 * 12


def dose_within_limit(
    facts: DrugFacts, daily: Mapping[str, Amount], *, months: int | None
) -> tuple[Checked, ...]:
    """PH-04 dose, RX-10. The limits are for adults: a child's dose goes to the pharmacist."""
    return tuple(
        _dose(
            Question(Aspect.DOSE, facts.drug.code, facts.release.version, known.substance.code),
            known,
            daily.get(known.substance.code),
            months,
        )
        for known in facts.substances
    )


def _dose(
    question: Question, known: SubstanceFacts, amount: Amount | None, months: int | None
) -> Checked:
    sources = [fact.source for fact in known.doses]
    if not all_sourced(sources):
        return question.could_not("no_sourced_fact")
    if months is None or months < ADULT_MONTHS:
        return question.could_not("not_an_adult")
    if amount is None:
        return question.could_not("times_open")
    for limit in known.doses:
        over = exceeds(Amount(amount.value * limit.days, amount.unit), limit.most)
        if over is None:
            return question.could_not("other_unit")
        if over:
            return question.alert(
                "dose", Effect.LIMIT, note=limit.note, sources=[limit.source], most=limit.most
            )
    return question.safe("dose_within_limit", sources=sources)


def no_interaction(
    facts: DrugFacts,
    others: Collection[SubstanceFacts] | None,
    *,
    interactions: Mapping[frozenset[str], tuple[Interaction, ...]],
    daily: Mapping[str, Amount],
) -> tuple[Checked, ...]:
    """PH-04 interaction. `daily` holds what is taken a day of any substance; None: never asked.

    A pair that no document lists is safe only if one document was gone through for both.
    """
    answers: list[Checked] = []
    for known in facts.substances:
        question = Question(
            Aspect.INTERACTION, facts.drug.code, facts.release.version, known.substance.code
        )
        if others is None:
            answers.append(question.could_not("medicines_unknown"))
            continue
        pairs = [other for other in others if other.substance.code != known.substance.code]
        answers += [
            answer
            for other in pairs
            for answer in _pair(question, known, other, interactions, daily)
        ] or [question.safe("nothing_else")]
    return tuple(answers)


def not_in_release(facts: DrugFacts, others: Collection[str]) -> tuple[Checked, ...]:
    """Answer for medicines that the release does not know: they can't be checked."""
    question = Question(Aspect.INTERACTION, facts.drug.code, facts.release.version)
    return tuple(question.could_not("substance_unknown", other=other) for other in others)


def _pair(
    question: Question,
    known: SubstanceFacts,
    other: SubstanceFacts,
    interactions: Mapping[frozenset[str], tuple[Interaction, ...]],
    daily: Mapping[str, Amount],
) -> list[Checked]:
    code = other.substance.code
    told = interactions.get(frozenset((known.substance.code, code)), ())
    if told:
        return [_interaction(question, fact, code, daily) for fact in told]
    shared = known.reviewed & other.reviewed
    if shared:
        return [question.safe("no_interaction", other=code, sources=shared)]
    return [question.could_not("pair_not_reviewed", other=code)]


def _interaction(
    question: Question, fact: Interaction, other: str, daily: Mapping[str, Amount]
) -> Checked:
    if fact.source == UNSOURCED:
        return question.could_not("no_sourced_fact", other=other)
    if fact.effect is Effect.NONE or _capped(fact, daily):
        return question.safe("interaction_within_cap", other=other, sources=[fact.source])
    return question.alert(
        "interaction",
        fact.effect,
        note=fact.note,
        other=other,
        sources=[fact.source],
        most=fact.most,
    )


def _capped(fact: Interaction, daily: Mapping[str, Amount]) -> bool:
    """Say whether the capped substance is known to stay within its cap."""
    taken = daily.get(fact.capped)
    if fact.effect is not Effect.LIMIT or fact.most is None or taken is None:
        return False
    same = converted(taken, fact.most.unit)
    return same is not None and same.value <= fact.most.value


def no_duplicate(
    facts: DrugFacts, others: Collection[SubstanceFacts] | None
) -> tuple[Checked, ...]:
    """PH-04 duplicates: one substance twice, or two of one purpose."""
    answers: list[Checked] = []
    for known in facts.substances:
        question = Question(
            Aspect.DUPLICATE, facts.drug.code, facts.release.version, known.substance.code
        )
        if others is None:
            answers.append(question.could_not("medicines_unknown"))
            continue
        found = [
            answer for other in others if (answer := _duplicate(question, known, other)) is not None
        ]
        answers += found or [question.safe("no_duplicate")]
    return tuple(answers)


def _duplicate(question: Question, known: SubstanceFacts, other: SubstanceFacts) -> Checked | None:
    code = other.substance.code
    if code == known.substance.code:
        return question.alert("same_substance", Effect.FORBIDDEN, other=code)
    shared = [group for group in known.duplicates if code in group.members]
    if shared:
        return question.alert(
            "same_class",
            Effect.AVOID,
            other=code,
            note=shared[0].name,
            sources=[group.source for group in shared],
        )
    return None
