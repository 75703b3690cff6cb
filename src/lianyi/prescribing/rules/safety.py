"""How the knowledge base's answers weigh, and what of them still stands in the way. Pure.

禁止 blocks, 警告 needs a reason, 无法核查 needs an answer or a reason (PH-04, PH-07): a missing
fact is never safe.
"""

from collections.abc import Iterable, Sequence

from lianyi.prescribing.model import Facts, Finding, Reason, Severity, Way
from lianyi.prescribing.rules import is_reason
from lianyi.terminology.model import Aspect, Checked, Effect, Verdict

# What of the person is missing is missing for every drug: one answer or reason serves all.
OF_THE_PERSON = frozenset(
    {
        "age_unknown",
        "allergies_unknown",
        "history_unknown",
        "kidney_unknown",
        "medicines_unknown",
        "not_an_adult",
        "pregnancy_unknown",
    }
)
ORDER = (Severity.BLOCK, Severity.WARN, Severity.UNCHECKED, Severity.NOTE, Severity.SAFE)
BETWEEN_TWO = frozenset({Aspect.INTERACTION, Aspect.DUPLICATE})  # said of a pair once
RULES = {Aspect.ALLERGY: "PH-10", Aspect.DOSE: "RX-10"}
BY_EFFECT = {
    Effect.FORBIDDEN: Severity.BLOCK,
    Effect.AVOID: Severity.WARN,
    Effect.LIMIT: Severity.WARN,
    Effect.CAUTION: Severity.NOTE,
    Effect.NONE: Severity.NOTE,
}


def graded(answer: Checked, facts: Facts) -> Finding:
    """Return an answer as a finding with its weight and the key a reason is given under."""
    severity = _severity(answer, facts)
    return Finding(
        rule=RULES.get(answer.aspect, "PH-04"),
        trouble=answer.reason,
        severity=severity,
        drug=answer.drug,
        checked=answer,
        key=_key(answer),
        twice=answer.aspect is Aspect.DOSE and severity is Severity.WARN,
    )


def going_on(answer: Checked, *, own: bool, facts: Facts) -> Finding:
    """Weigh a repetition of what the person takes already: going on with it is no double dose.

    What was prescribed here and isn't used up yet wants a reason; what the person takes anyway is
    only pointed out.
    """
    finding = graded(answer, facts)
    if answer.verdict is not Verdict.ALERT or answer.reason != "same_substance":
        return finding
    severity = Severity.WARN if own else Severity.NOTE
    return Finding(
        finding.rule, finding.trouble, severity, finding.drug, finding.checked, finding.key
    )


def sorted_by_weight(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the worst first, and each only once."""
    once: dict[str, Finding] = {}
    for each in sorted(findings, key=lambda each: ORDER.index(each.severity)):
        once.setdefault(each.key or f"{each.rule}.{each.trouble}.{each.drug}", each)
    return tuple(once.values())


def in_the_way(findings: Iterable[Finding], reasons: Sequence[Reason]) -> tuple[Finding, ...]:
    """Return what forbids the signature: whatever blocks, and what still wants a reason."""
    given = {reason.finding: reason for reason in reasons}
    return tuple(
        finding
        for finding in findings
        if finding.severity is Severity.BLOCK
        or (finding.wants_reason and not _is_answered(finding, given.get(finding.key)))
    )


def _is_answered(finding: Finding, reason: Reason | None) -> bool:
    """RX-10: a dose over the usual also wants the doctor's word a second time."""
    if reason is None or not is_reason(reason.text):
        return False
    return reason.confirmed or not finding.twice


def _severity(answer: Checked, facts: Facts) -> Severity:
    if answer.verdict is Verdict.SAFE:
        return Severity.SAFE
    if answer.verdict is Verdict.COULD_NOT_CHECK:
        return Severity.UNCHECKED
    if answer.aspect is Aspect.INDICATION:
        # RX-29: online a drug for another disease is refused; in person it is off the label.
        return Severity.BLOCK if facts.way is Way.ONLINE else Severity.WARN
    return BY_EFFECT[answer.effect]


def _key(answer: Checked) -> str:
    if answer.verdict is Verdict.COULD_NOT_CHECK and answer.reason in OF_THE_PERSON:
        return f"{answer.aspect}.{answer.reason}"
    if answer.aspect in BETWEEN_TWO and answer.other:
        pair = "+".join(sorted((answer.substance or answer.drug, answer.other)))
        return f"{answer.aspect}.{answer.reason}.{pair}"
    about = ".".join(filter(None, (answer.drug, answer.substance, answer.other)))
    return f"{answer.aspect}.{answer.reason}.{about}"
