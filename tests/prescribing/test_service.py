import asyncio
from datetime import UTC, datetime

import asyncpg
import pytest

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.journeys.wiring import WIRING
from lianyi.kernel import timers
from lianyi.kernel.lifecycle import WrongRole, WrongState
from lianyi.kernel.work import within
from lianyi.people.model import DOCTOR, NURSE, PHARMACIST
from lianyi.prescribing import fhir, queries, service
from lianyi.prescribing.errors import (
    Expired,
    NoSuchPrescription,
    NotTheirPrescription,
    OtherSeller,
    OwnPrescription,
    ReasonMissing,
    VersionMoved,
)
from lianyi.prescribing.model import State, Visit, Way
from lianyi.worker.deliver import WORKER
from tests.drain import deliver
from tests.place import Place
from tests.prescribing.make import Practice, line, sheet


async def test_a_prescription_goes_its_way_from_the_draft_to_the_last_pack(practice):
    prescription, store = await practice.accepted()
    assert await practice.state(prescription) is State.ACCEPTED
    await practice.do(store, service.dispense, prescription_id=prescription.id, whole=True)
    assert await practice.state(prescription) is State.DISPENSED


async def test_every_change_is_a_further_version_and_the_one_before_stays_readable(practice):
    """RX-11."""
    drafted = await practice.drafted()
    await practice.do(
        practice.doctor,
        service.write,
        prescription_id=drafted.id,
        version=1,
        sheet=sheet(line(days=3)),
    )
    now = await practice.now(drafted)
    found = await practice.do(practice.doctor, queries.versions, prescriptions=[now])
    assert [(v.number, v.sheet.lines[0].days) for v in found] == [(2, 3), (1, 7)]


async def test_two_windows_of_one_doctor_do_not_overwrite_each_other(practice):
    drafted = await practice.drafted()
    given = {"prescription_id": drafted.id, "version": 1, "sheet": sheet(line(days=3))}
    write = [practice.do(practice.doctor, service.write, **given) for _ in range(5)]
    answers = await asyncio.gather(*write, return_exceptions=True)
    assert sum(isinstance(answer, VersionMoved) for answer in answers) == 4


async def test_nobody_signs_a_version_they_have_not_read(practice):
    drafted = await practice.drafted()
    await practice.do(
        practice.doctor, service.write, prescription_id=drafted.id, version=1, sheet=sheet()
    )
    with pytest.raises(VersionMoved):
        await practice.sign(drafted)


async def test_another_doctor_neither_changes_signs_nor_revokes(practice):
    drafted = await practice.drafted()
    other = await practice.place.appoint(DOCTOR, name="钱进")
    with pytest.raises(NotTheirPrescription):
        await practice.do(
            other, service.write, prescription_id=drafted.id, version=1, sheet=sheet()
        )
    with pytest.raises(NotTheirPrescription):
        await practice.sign(drafted, other)
    with pytest.raises(NotTheirPrescription):
        await practice.do(other, service.revoke, prescription_id=drafted.id, reason="开错")


async def test_what_is_being_signed_can_not_be_changed(practice):
    drafted, _ = await practice.asked()
    with pytest.raises(WrongState):
        await practice.do(
            practice.doctor, service.write, prescription_id=drafted.id, version=1, sheet=sheet()
        )


async def test_nothing_is_reviewed_before_it_is_signed(practice):
    """RX-28."""
    drafted, _ = await practice.asked()
    with pytest.raises(WrongState):
        await practice.approve(drafted)


async def test_nothing_is_dispensed_before_it_is_approved(practice):
    """CON-14, PH-01."""
    signed, store = await practice.signed(), await practice.store()
    with pytest.raises(WrongState):
        await practice.accept(store, signed)


async def test_a_signature_that_comes_twice_changes_nothing(practice):
    drafted, document = await practice.asked()
    await practice.come(drafted, document)
    await practice.agree(await practice.approve(drafted))
    await practice.come(drafted, document)
    assert await practice.state(drafted) is State.APPROVED


async def test_a_signature_that_comes_after_the_doctor_has_revoked_changes_nothing(practice):
    drafted, document = await practice.asked()
    await practice.do(
        practice.doctor, service.revoke, prescription_id=drafted.id, reason="改为线下就诊"
    )
    await practice.come(drafted, document)
    assert await practice.state(drafted) is State.REVOKED


async def test_a_refused_signature_gives_the_doctor_the_draft_back(practice):
    drafted, document = await practice.asked()
    given = {"prescription_id": drafted.id, "document_id": document.id}
    await practice.place.do(practice.place.office, service.unsigned, code="locked", **given)
    assert await practice.state(drafted) is State.DRAFT
    await practice.come(drafted, document)
    assert await practice.state(drafted) is State.DRAFT


async def test_who_prescribed_does_not_review_in_whatever_hat(practice):
    """PH-08."""
    place, doctor = practice.place, practice.doctor
    await place.license(doctor.person_id, PHARMACIST)
    hat = await place.appoint(PHARMACIST, person_id=doctor.person_id)
    signed = await practice.signed()
    with pytest.raises(OwnPrescription):
        await practice.approve(signed, hat)
    with pytest.raises(asyncpg.CheckViolationError):
        await place.app.pool.execute(
            "UPDATE prescribing.prescription SET reviewed_by = prescriber_id, reviewed_at = at"
            " WHERE id = $1",
            signed.id,
        )


async def test_only_a_pharmacist_reviews(practice):
    signed = await practice.signed()
    other = await practice.place.appoint(DOCTOR, name="钱进")
    with pytest.raises(WrongRole):
        await practice.approve(signed, other)


async def test_a_nurse_writes_no_prescription(practice):
    await practice.place.relate(practice.patient.person_id, NURSE)
    nurse = await practice.place.hat(NURSE)
    with pytest.raises(WrongRole):
        await practice.place.do(nurse, _draft_as_nurse, practice=practice)


async def _draft_as_nurse(tx, *, practice):
    chart = await access.open_chart(tx, person_id=practice.patient.person_id, purpose=Purpose.TREAT)
    visit = Visit(tx.new_id(), Way.IN_PERSON, practice.place.department_id)
    return await service.draft(tx, chart, visit=visit, sheet=sheet())


async def test_twenty_pharmacists_approve_one_prescription_once(practice):
    signed = await practice.signed()
    place = practice.place
    hats = [await place.appoint(PHARMACIST, name=f"药师{n:c}") for n in range(0x4E00, 0x4E14)]
    approve = [practice.approve(signed, hat) for hat in hats]
    answers = await asyncio.gather(*approve, return_exceptions=True)
    assert sum(isinstance(answer, WrongState) for answer in answers) == 19
    assert await practice.state(signed) is State.APPROVING


async def test_two_sellers_accept_one_prescription_once(practice):
    approved = await practice.approved()
    stores = [await practice.store(), await practice.store()]
    answers = await asyncio.gather(
        *(practice.accept(store, approved) for store in stores), return_exceptions=True
    )
    assert [isinstance(answer, WrongState) for answer in answers].count(True) == 1
    loser = stores[0] if answers[0] else stores[1]
    with pytest.raises(OtherSeller):
        await practice.do(loser, service.dispense, prescription_id=approved.id, whole=True)
    with pytest.raises(NoSuchPrescription):
        await practice.do(loser, queries.to_dispense, prescription_id=approved.id)


async def test_a_revocation_and_an_acceptance_at_once_let_one_of_them_win(practice):
    approved, store = await practice.approved(), await practice.store()
    answers = await asyncio.gather(
        practice.accept(store, approved),
        practice.do(
            practice.doctor, service.revoke, prescription_id=approved.id, reason="剂量有误"
        ),
        return_exceptions=True,
    )
    assert [isinstance(answer, WrongState) for answer in answers].count(True) == 1


async def test_the_doctor_revokes_until_a_seller_has_accepted(practice):
    prescription, _ = await practice.accepted()
    with pytest.raises(WrongState):
        await practice.do(
            practice.doctor, service.revoke, prescription_id=prescription.id, reason="剂量有误"
        )


async def test_what_one_seller_lets_go_another_may_accept(practice):
    prescription, store = await practice.accepted()
    given = {"prescription_id": prescription.id, "reason": "缺货"}
    await practice.do(store, service.let_go, **given)
    other = await practice.store()
    await practice.accept(other, prescription)
    assert (await practice.now(prescription)).seller_id == other.institution_id


@pytest.mark.parametrize("whole", [True, False])
async def test_ds_06_what_was_dispensed_in_part_is_used_up_everywhere(practice, clock, whole):
    """Also where it was begun, and for good: its medicines are still taken when it is over."""
    prescription, store = await practice.accepted()
    await practice.do(store, service.dispense, prescription_id=prescription.id, whole=False)
    with pytest.raises(WrongState):
        await practice.accept(await practice.store(), prescription)
    with pytest.raises(WrongState):
        await practice.do(store, service.dispense, prescription_id=prescription.id, whole=whole)
    clock.forward(days=1)
    await deliver(practice.place.app)
    used = await practice.now(prescription)
    assert used.state is State.PARTLY_DISPENSED
    assert fhir.medication_requests(used)[0]["status"] == "completed"


async def test_a_prescription_holds_until_the_end_of_its_day(practice, clock):
    """RX-01, without waiting for any timer."""
    signed = await practice.signed()
    assert (await practice.now(signed)).expires_at == datetime(2030, 1, 7, 16, tzinfo=UTC)
    clock.forward(hours=12)
    with pytest.raises(Expired):
        await practice.approve(signed)


async def test_a_longer_validity_counts_the_day_of_issue(practice, clock):
    """RX-01."""
    approved = await practice.approved(sheet(days_valid=3, validity_reason="患者住地偏远"))
    clock.forward(hours=59)
    await practice.accept(await practice.store(), approved)
    clock.forward(hours=2)
    assert (await practice.now(approved)).expires_at == datetime(2030, 1, 9, 16, tzinfo=UTC)


async def test_what_has_expired_is_not_dispensed_though_it_was_accepted(practice, clock):
    """RX-01."""
    prescription, store = await practice.accepted()
    clock.forward(hours=12)
    with pytest.raises(Expired):
        await practice.do(store, service.dispense, prescription_id=prescription.id, whole=True)


async def test_the_clock_tidies_what_was_not_dispensed(practice, clock):
    """RX-01."""
    app = practice.place.app
    waiting, (accepted, _) = await practice.signed(), await practice.accepted()
    done, store = await practice.accepted()
    await practice.do(store, service.dispense, prescription_id=done.id, whole=True)
    clock.forward(hours=12)
    while await within(app, WORKER, timers.fire):
        pass
    await deliver(app, WIRING)
    states = [await practice.state(each) for each in (waiting, accepted, done)]
    assert states == [State.LAPSED, State.LAPSED, State.DISPENSED]


async def test_a_timer_that_rings_too_early_ends_nothing(practice):
    signed = await practice.signed()
    await practice.place.do(practice.place.office, service.lapse, prescription_id=signed.id)
    assert await practice.state(signed) is State.TO_REVIEW


async def test_a_returned_prescription_is_mended_signed_again_and_approved(practice):
    """PH-06, RX-11."""
    signed = await practice.signed()
    for wrong in ({"note": " "}, {"reason": None}):
        with pytest.raises(ReasonMissing):
            await practice.send_back(signed, **wrong)
    await practice.send_back(signed)
    mended = await practice.do(
        practice.doctor,
        service.write,
        prescription_id=signed.id,
        version=1,
        sheet=sheet(line(days=5)),
    )
    document = await practice.sign(mended)
    await practice.come(mended, document)
    await practice.agree(await practice.approve(signed))
    now = await practice.now(signed)
    assert (now.state, now.version, now.document_id) == (State.APPROVED, 2, document.id)


async def test_what_was_signed_and_what_was_written_can_not_be_changed(practice):
    await practice.signed()
    for change in (
        "UPDATE prescribing.document SET text = 'x'",
        "DELETE FROM prescribing.document",
        "UPDATE prescribing.version SET sheet = 'x'",
        "DELETE FROM prescribing.version",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await practice.place.app.pool.execute(change)


async def test_another_institution_learns_nothing_of_a_prescription(practice, app):
    signed = await practice.signed()
    elsewhere = await Practice.open(await Place.found(app))
    await elsewhere.place.relate(practice.patient.person_id, DOCTOR, PHARMACIST)
    elsewhere.patient = practice.patient
    with pytest.raises(NoSuchPrescription):
        await elsewhere.do(elsewhere.doctor, queries.prescription, prescription_id=signed.id)
    with pytest.raises(NoSuchPrescription):
        await elsewhere.do(elsewhere.pharmacist, service.claim, prescription_id=signed.id)
    with pytest.raises(NoSuchPrescription):
        await elsewhere.do(
            elsewhere.doctor, service.revoke, prescription_id=signed.id, reason="开错"
        )


async def test_a_prescription_of_somebody_else_is_not_found_through_a_chart(practice):
    signed = await practice.signed()
    other = await practice.place.patient(PHARMACIST, DOCTOR)
    with pytest.raises(NoSuchPrescription):
        await practice.do(
            practice.pharmacist, service.claim, person_id=other.person_id, prescription_id=signed.id
        )


async def test_the_person_sees_their_own_but_not_a_draft(practice):
    await practice.drafted()
    signed = await practice.signed()
    found = await practice.do(practice.patient, queries.of_person)
    assert [each.id for each in found] == [signed.id]


async def test_what_was_dispensed_runs_for_as_long_as_its_longest_line(practice, clock):
    prescription, store = await practice.accepted()
    await practice.do(store, service.dispense, prescription_id=prescription.id, whole=True)
    clock.forward(days=6)
    assert [p.id for p in await practice.do(practice.doctor, queries.live_of)] == [prescription.id]
    clock.forward(days=2)
    assert await practice.do(practice.doctor, queries.live_of) == []
