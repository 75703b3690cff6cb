"""What a pharmacist answers for, item by item, and which prescription is read first. Pure.

The axes are those of 医疗机构处方审核规范 (国卫办医发〔2018〕14号): legality, format, suitability
(PH-03); the items of suitability are those of PH-04.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from lianyi.kernel.profile import Profile
from lianyi.prescribing.model import Finding, Kind, Severity, Sheet
from lianyi.prescribing.model.review import Answer, Axis, Claim, Item, Review, Risk, Suggested
from lianyi.terminology.model import Aspect, Drug, Effect

AXES: Mapping[Item, Axis] = {
    Item.PRESCRIBER: Axis.LEGALITY,
    Item.SIGNATURE: Axis.LEGALITY,
    Item.SPECIAL: Axis.LEGALITY,
    Item.HEADER: Axis.FORMAT,
    Item.DRUGS: Axis.FORMAT,
    Item.QUANTITY: Axis.FORMAT,
}
BY_ASPECT = {
    Aspect.ALLERGY: Item.ALLERGY,
    Aspect.INDICATION: Item.INDICATION,
    Aspect.DISEASE: Item.DISEASE,
    Aspect.PREGNANCY: Item.PREGNANCY,
    Aspect.AGE: Item.AGE,
    Aspect.KIDNEY: Item.ORGANS,
    Aspect.DOSE: Item.DOSE,
    Aspect.INTERACTION: Item.INTERACTION,
    Aspect.DUPLICATE: Item.DUPLICATE,
}
BY_RULE = {
    "RX-01": Item.QUANTITY,
    "RX-02": Item.QUANTITY,
    "RX-03": Item.QUANTITY,
    "RX-04": Item.QUANTITY,
    "RX-06": Item.QUANTITY,
    "LRX-01": Item.QUANTITY,
    "RX-08": Item.HEADER,
    "RX-09": Item.DRUGS,
    "RX-07": Item.DOSE,
    "RX-29": Item.INDICATION,
    "CON-11": Item.AGE,
    "RX-33": Item.SKIN_TEST,
}
# What the knowledge base knows nothing of: mixing in one syringe or infusion, and the liver.
INJECTED = frozenset({"iv", "im", "sc", "ivgtt", "id"})
PASSED = frozenset({Answer.PASS, Answer.BY_HAND, Answer.NOT_APPLICABLE})
WEIGHT = {Effect.FORBIDDEN: 40, Effect.AVOID: 25, Effect.LIMIT: 20, Effect.CAUTION: 5}
HIGH, MIDDLE = 40, 15
YOUNG, SMALL, OLD, VERY_OLD = 18, 6, 65, 80  # years


def axis_of(item: Item) -> Axis:
    return AXES.get(item, Axis.SUITABILITY)


def suggested(
    sheet: Sheet, drugs: Sequence[Drug], findings: Sequence[Finding], *, may_prescribe: bool
) -> tuple[Suggested, ...]:
    """Return what the software can say of each item, and what it leaves to the pharmacist (PH-07).

    What an alert stands against or what could not be checked has no suggestion; the latter passes
    only by hand. `findings` are those of the signature, `drugs` those of the sheet.
    """
    told = {item: [one for one in findings if _item_of(one) is item] for item in Item}
    own = {
        Item.PRESCRIBER: Answer.PASS if may_prescribe else None,
        Item.SKIN_TEST: Answer.PASS if any(d.skin_test for d in drugs) else Answer.NOT_APPLICABLE,
        Item.INCOMPATIBLE: None if _is_injected(drugs) else Answer.NOT_APPLICABLE,
    }
    return tuple(_suggested(item, told[item], own) for item in Item)


def unanswered(
    suggestions: Sequence[Suggested], answers: Mapping[Item, Answer]
) -> tuple[Item, ...]:
    """PH-04: every item has an answer, and what could not be checked was checked by hand."""
    return tuple(
        one.item
        for one in suggestions
        if (answer := answers.get(one.item)) is None or (one.by_hand and answer is Answer.PASS)
    )


def failed(answers: Mapping[Item, Answer]) -> tuple[Item, ...]:
    return tuple(item for item in Item if answers.get(item) is Answer.FAIL)


def is_free(claim: Claim | None, person_id: UUID, now: datetime) -> bool:
    """Return whether somebody may read it now: nobody else is at it."""
    return claim is None or claim.person_id == person_id or claim.until <= now


def risk(sheet: Sheet, findings: Sequence[Finding], *, years: int | None, returned: bool) -> Risk:
    """Say how much of a prescription wants a pharmacist's eyes. The weights are our own (D)."""
    alerts = [one.checked for one in findings if one.severity in {Severity.WARN, Severity.NOTE}]
    score = sum(WEIGHT.get(one.effect, 0) for one in alerts if one is not None)
    score += 60 * any(one.aspect is Aspect.ALLERGY for one in alerts if one is not None)
    unchecked = {_item_of(one) for one in findings if one.severity is Severity.UNCHECKED}
    score += 5 * len(unchecked) + _by_age(years) + 10 * returned
    score += 20 * (sheet.kind is Kind.EMERGENCY)
    return Risk(score, "high" if score >= HIGH else "middle" if score >= MIDDLE else "low")


def rank(
    risk: Risk, signed_at: datetime, *, now: datetime, profile: Profile
) -> tuple[int, datetime]:
    """Order the queue by risk, then by arrival; who has waited too long moves up a step (PH-11)."""
    step = {"high": 0, "middle": 1, "low": 2}[risk.level]
    waited = now - signed_at >= timedelta(minutes=profile["PH-11"])
    return max(step - waited, 0), signed_at


def text_of(review: Review, digest: str) -> str:
    """Return what a pharmacist signs: all of the review, and the digest of what was read."""
    said = {
        "review": review.id,
        "prescription": review.prescription_id,
        "version": review.version,
        "document": review.document_id,
        "document_sm3": digest,
        "decision": review.decision,
        "reason": review.reason,
        "serious": review.serious,
        "note": review.note,
        "answers": dict(review.answers),
        "reviewer": review.post_id,
        "at": review.at,
    }
    return msgspec.json.encode(said).decode()


def _item_of(finding: Finding) -> Item:
    if finding.checked is not None:
        return BY_ASPECT[finding.checked.aspect]
    return BY_RULE.get(finding.rule, Item.SPECIAL)


def _suggested(item: Item, told: Sequence[Finding], own: Mapping[Item, Answer | None]) -> Suggested:
    shown = tuple(one for one in told if one.severity is not Severity.SAFE)
    by_hand = any(one.severity is Severity.UNCHECKED for one in told)
    by_hand = by_hand or (item in BY_ASPECT.values() and not told)  # silence is no answer
    if by_hand or any(one.severity in {Severity.WARN, Severity.BLOCK} for one in told):
        return Suggested(item, axis_of(item), None, by_hand, shown)
    answer = own.get(item, Answer.PASS)
    return Suggested(item, axis_of(item), answer, answer is None, shown)


def _is_injected(drugs: Sequence[Drug]) -> bool:
    return any(drug.route in INJECTED for drug in drugs)


def _by_age(years: int | None) -> int:
    if years is None or years < SMALL or years >= VERY_OLD:
        return 15
    return 8 if years < YOUNG or years >= OLD else 0
