"""How pharmacists review: item by item, one at a time, never their own (PH-03, PH-04, PH-08)."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from lianyi.kernel import profile
from lianyi.kernel.lifecycle import WrongRole, WrongState
from lianyi.people.model import DOCTOR, PHARMACIST
from lianyi.prescribing import queries, service
from lianyi.prescribing.errors import (
    Expired,
    ItemsFailed,
    OtherDocument,
    OwnPrescription,
    TakenByOther,
    Unanswered,
)
from lianyi.prescribing.model import Finding, Kind, ReturnReason, Severity, State
from lianyi.prescribing.model.review import Answer, Axis, Decision, Item, Suggested
from lianyi.prescribing.rules import review as rules
from lianyi.terminology import queries as terminology
from lianyi.terminology.model import Aspect, Checked, Effect, Verdict
from tests.conftest import NOON
from tests.prescribing.make import AMLODIPINE, EVERY, line, sheet

PROFILE = profile.at(NOON)
VERDICT = {
    Severity.SAFE: Verdict.SAFE,
    Severity.WARN: Verdict.ALERT,
    Severity.NOTE: Verdict.ALERT,
    Severity.UNCHECKED: Verdict.COULD_NOT_CHECK,
}


def said(aspect, severity=Severity.SAFE, effect=Effect.NONE, drug=AMLODIPINE):
    checked = Checked(aspect, VERDICT[severity], drug, "dose", "demo", effect)
    return Finding("PH-04", "dose", severity, drug, checked)


ALL_SAFE = tuple(said(aspect) for aspect in Aspect)


def other_than(aspect):
    return tuple(one for one in ALL_SAFE if one.checked.aspect is not aspect)


def suggested(findings=ALL_SAFE, drugs=(AMLODIPINE,), *, may_prescribe=True):
    known = [terminology.drug(code) for code in drugs]
    found = rules.suggested(sheet(), known, findings, may_prescribe=may_prescribe)
    return {one.item: one for one in found}


def test_a_review_has_three_axes_and_every_item_is_of_one():
    """PH-03"""
    assert {rules.axis_of(item) for item in Item} == set(Axis)
    assert [rules.axis_of(item) for item in (Item.SPECIAL, Item.DRUGS, Item.ALLERGY)] == list(Axis)


def test_every_item_has_a_suggestion_where_all_was_checked():
    """PH-04"""
    found = suggested()
    assert set(found) == set(Item)
    assert {item for item, one in found.items() if one.answer is None} == set()
    absent = {item for item, one in found.items() if one.answer is Answer.NOT_APPLICABLE}
    assert absent == {Item.SKIN_TEST, Item.INCOMPATIBLE}


@pytest.mark.parametrize(
    ("severity", "answer", "by_hand"),
    [
        (Severity.SAFE, Answer.PASS, False),
        (Severity.NOTE, Answer.PASS, False),
        (Severity.WARN, None, False),
        (Severity.UNCHECKED, None, True),
    ],
)
def test_what_an_alert_stands_against_is_left_to_the_pharmacist(severity, answer, by_hand):
    """PH-07: and what could not be checked passes only by hand."""
    one = suggested((*ALL_SAFE, said(Aspect.DOSE, severity)))[Item.DOSE]
    assert (one.answer, one.by_hand) == (answer, by_hand)


@pytest.mark.parametrize("aspect", list(Aspect))
def test_what_the_software_says_nothing_of_is_checked_by_hand(aspect):
    """PH-07: silence is no answer."""
    one = suggested(other_than(aspect))[rules.BY_ASPECT[aspect]]
    assert (one.answer, one.by_hand) == (None, True)


def test_a_prescriber_who_may_not_practise_is_never_passed_by_software():
    """PH-03: legality."""
    assert suggested(may_prescribe=False)[Item.PRESCRIBER].answer is None


def test_a_rule_of_the_law_is_shown_at_its_item():
    unweighed = Finding("RX-07", "weight_unknown", Severity.UNCHECKED)
    one = suggested((*ALL_SAFE, unweighed))[Item.DOSE]
    assert (one.by_hand, one.told) == (True, (unweighed,))


def test_an_injection_is_checked_for_incompatibility_by_hand():
    """PH-04: the knowledge base says nothing of mixing."""
    insulin = next(
        code for code, drug in terminology.snapshot().drugs.items() if drug.route == "sc"
    )
    one = suggested(drugs=(AMLODIPINE, insulin))[Item.INCOMPATIBLE]
    assert (one.answer, one.by_hand) == (None, True)


def test_a_drug_with_a_skin_test_is_asked_about_it():
    """RX-33"""
    tested = next(code for code, drug in terminology.snapshot().drugs.items() if drug.skin_test)
    assert suggested(drugs=(tested,))[Item.SKIN_TEST].answer is Answer.PASS


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        (None, (Item.DOSE,)),
        (Answer.PASS, (Item.DOSE,)),
        (Answer.BY_HAND, ()),
        (Answer.NOT_APPLICABLE, ()),
        (Answer.FAIL, ()),
    ],
)
def test_what_could_not_be_checked_wants_an_answer_by_hand(answer, missing):
    """PH-04, PH-07"""
    asked = suggested((*ALL_SAFE, said(Aspect.DOSE, Severity.UNCHECKED)))
    answers = {**EVERY, Item.DOSE: answer} if answer else {**EVERY}
    if answer is None:
        del answers[Item.DOSE]
    assert rules.unanswered(tuple(asked.values()), answers) == missing


@pytest.mark.parametrize(
    ("findings", "years", "kind", "returned", "level"),
    [
        (ALL_SAFE, 40, Kind.ORDINARY, False, "low"),
        (ALL_SAFE, 70, Kind.ORDINARY, True, "middle"),
        (ALL_SAFE, 4, Kind.ORDINARY, False, "middle"),
        (ALL_SAFE, 40, Kind.EMERGENCY, False, "middle"),
        ((said(Aspect.DOSE, Severity.WARN, Effect.LIMIT),), 40, Kind.ORDINARY, False, "middle"),
        ((said(Aspect.AGE, Severity.WARN, Effect.AVOID),), 84, Kind.ORDINARY, False, "high"),
        ((said(Aspect.ALLERGY, Severity.NOTE, Effect.CAUTION),), 40, Kind.ORDINARY, False, "high"),
        ([said(a, Severity.UNCHECKED) for a in Aspect], 40, Kind.ORDINARY, False, "high"),
    ],
)
def test_the_queue_is_by_risk(findings, years, kind, returned, level):
    found = rules.risk(sheet(kind=kind), findings, years=years, returned=returned)
    assert found.level == level


def test_who_has_waited_too_long_moves_up_a_step():
    """PH-11"""
    low = rules.risk(sheet(), ALL_SAFE, years=40, returned=False)
    middle = rules.risk(sheet(), ALL_SAFE, years=4, returned=False)
    now = NOON + timedelta(minutes=PROFILE["PH-11"])
    waited = rules.rank(low, NOON, now=now, profile=PROFILE)
    fresh = rules.rank(middle, NOON + timedelta(minutes=5), now=now, profile=PROFILE)
    assert waited < fresh
    assert rules.rank(low, now, now=now, profile=PROFILE) > fresh


async def test_an_approval_is_in_force_once_the_pharmacist_has_signed(practice):
    """RX-28"""
    signed = await practice.signed()
    review = await practice.approve(signed, note="已核对")
    assert await practice.state(signed) is State.APPROVING
    await practice.agree(review)
    await practice.agree(review)
    now = await practice.now(signed)
    assert (now.state, now.reviewed_by) == (State.APPROVED, practice.pharmacist.person_id)
    assert review.text.count(str(now.document_id)) == 1


async def test_a_refused_signature_gives_it_back_to_the_pharmacists(practice):
    signed = await practice.signed()
    review = await practice.approve(signed)
    refuse = {"review_id": review.id, "code": "CLOSED"}
    await practice.place.do(practice.place.office, service.unapproved, **refuse)
    now = await practice.now(signed)
    assert (now.state, now.reviewed_by) == (State.TO_REVIEW, None)
    await practice.agree(review)
    assert await practice.state(signed) is State.TO_REVIEW
    second = await practice.approve(signed)
    await practice.agree(second)
    assert await practice.state(signed) is State.APPROVED


async def test_a_doctor_revokes_faster_than_the_pharmacist_signs(practice):
    signed = await practice.signed()
    review = await practice.approve(signed)
    given = {"prescription_id": signed.id, "reason": "患者要求"}
    await practice.do(practice.doctor, service.revoke, **given)
    await practice.agree(review)
    assert await practice.state(signed) is State.REVOKED


async def test_what_fails_is_not_approved(practice):
    """PH-06"""
    signed = await practice.signed()
    with pytest.raises(ItemsFailed) as no:
        await practice.approve(signed, answers={**EVERY, Item.DOSE: Answer.FAIL})
    assert no.value.items == (Item.DOSE,)
    assert await practice.state(signed) is State.TO_REVIEW


async def test_an_item_without_an_answer_blocks_the_approval(practice):
    """PH-04"""
    signed = await practice.signed()
    asked = (Suggested(Item.ORGANS, Axis.SUITABILITY, None, by_hand=True, told=()),)
    with pytest.raises(Unanswered) as no:
        await practice.approve(signed, suggested=asked)
    assert no.value.items == (Item.ORGANS,)
    await practice.approve(signed, suggested=asked, answers={**EVERY, Item.ORGANS: Answer.BY_HAND})


async def test_what_was_read_is_what_is_reviewed(practice):
    """PH-04: a page left open while the prescription was mended approves nothing."""
    signed = await practice.signed()
    read = (await practice.now(signed)).document_id
    await practice.send_back(signed)
    mended = await practice.do(
        practice.doctor,
        service.write,
        prescription_id=signed.id,
        version=1,
        sheet=sheet(line(days=5)),
    )
    await practice.come(mended, await practice.sign(mended))
    with pytest.raises(OtherDocument):
        await practice.approve(signed, document_id=read)


async def test_two_pharmacists_do_not_read_the_same(practice, clock):
    signed = await practice.signed()
    second = await practice.place.appoint(PHARMACIST, name="蒋文斌")
    given = {"prescription_id": signed.id}
    await practice.do(practice.pharmacist, service.claim, **given)
    await practice.do(practice.pharmacist, service.claim, **given)
    with pytest.raises(TakenByOther):
        await practice.do(second, service.claim, **given)
    with pytest.raises(TakenByOther):
        await practice.approve(signed, second)
    with pytest.raises(TakenByOther):
        await practice.do(second, service.release, **given)
    await practice.do(practice.pharmacist, service.release, **given)
    await practice.do(second, service.claim, **given)
    clock.forward(minutes=PROFILE["PH-11.claim"])
    await practice.approve(signed)


async def test_what_was_decided_is_in_nobodys_hand(practice):
    signed = await practice.signed()
    await practice.do(practice.pharmacist, service.claim, prescription_id=signed.id)
    await practice.send_back(signed)
    await practice.mend(signed, sheet(line(days=5)))
    second = await practice.place.appoint(PHARMACIST, name="蒋文斌")
    await practice.do(second, service.claim, prescription_id=signed.id)


async def test_twenty_pharmacists_take_one_prescription_in_hand_once(practice):
    signed = await practice.signed()
    hats = [
        await practice.place.appoint(PHARMACIST, name=f"药师{n:c}") for n in range(0x4E00, 0x4E14)
    ]
    claims = [practice.do(hat, service.claim, prescription_id=signed.id) for hat in hats]
    answers = await asyncio.gather(*claims, return_exceptions=True)
    assert sum(isinstance(answer, TakenByOther) for answer in answers) == 19


async def test_who_prescribed_takes_nothing_in_hand_in_whatever_hat(practice):
    """PH-08"""
    place, doctor = practice.place, practice.doctor
    await place.license(doctor.person_id, PHARMACIST)
    hat = await place.appoint(PHARMACIST, person_id=doctor.person_id)
    signed = await practice.signed()
    with pytest.raises(OwnPrescription):
        await practice.do(hat, service.claim, prescription_id=signed.id)
    with pytest.raises(OwnPrescription):
        await practice.send_back(signed, hat)


async def test_only_a_pharmacist_sends_back(practice):
    signed = await practice.signed()
    other = await practice.place.appoint(DOCTOR, name="钱进")
    with pytest.raises(WrongRole):
        await practice.send_back(signed, other)


async def test_what_has_expired_is_not_reviewed(practice, clock):
    """RX-01"""
    signed = await practice.signed()
    clock.forward(hours=12)
    with pytest.raises(Expired):
        await practice.approve(signed)


async def test_what_is_taken_back_is_not_reviewed(practice):
    signed = await practice.signed()
    given = {"prescription_id": signed.id, "reason": "患者要求"}
    await practice.do(practice.doctor, service.revoke, **given)
    with pytest.raises(WrongState):
        await practice.send_back(signed)


async def test_every_review_stays_as_it_was_signed(practice, clock):
    """PH-03, PH-06"""
    signed = await practice.signed()
    clock.forward(minutes=2)
    await practice.do(practice.pharmacist, service.claim, prescription_id=signed.id)
    clock.forward(minutes=3)
    await practice.send_back(signed, serious=True, answers={Item.DOSE: Answer.FAIL})
    now = await practice.now(signed)
    found = await practice.do(practice.doctor, queries.reviews_of, prescriptions=[now])
    (review,) = found[signed.id]
    assert (review.decision, review.reason) == (Decision.RETURN, ReturnReason.DOSE)
    assert (review.serious, review.note) == (True, "剂量偏大")
    assert review.answers == {Item.DOSE: Answer.FAIL}
    assert (review.since - NOON, review.at - review.since) == (
        timedelta(minutes=2),
        timedelta(minutes=3),
    )
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await practice.place.app.pool.execute("UPDATE prescribing.review SET note = 'x'")


async def test_the_queue_holds_what_waits_here(practice, clock):
    first, second = await practice.signed(), await practice.signed()
    await practice.do(practice.pharmacist, service.claim, prescription_id=second.id)
    lines = {one.prescription.id: one for one in await queue(practice)}
    assert set(lines) == {first.id, second.id}
    assert lines[first.id].claim is None
    assert lines[second.id].claim.post_id == practice.pharmacist.post_id
    assert queries.findings_of(lines[first.id].document) == ()
    clock.forward(hours=12)
    assert await queue(practice) == []


async def queue(practice):
    return await practice.see(practice.pharmacist, queries.to_review)


def test_the_text_says_whose_answer_it_is_and_what_was_read(practice_review):
    assert rules.text_of(practice_review, "ab") != rules.text_of(practice_review, "cd")
    other = replace(practice_review, note="x")
    assert rules.text_of(other, "ab") != rules.text_of(practice_review, "ab")


@pytest.fixture
async def practice_review(practice):
    return await practice.approve(await practice.signed())
