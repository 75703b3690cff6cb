import asyncio
from dataclasses import replace
from decimal import Decimal

import asyncpg
import pytest

from lianyi.access.errors import NoSuchPerson
from lianyi.access.model import Sensitive
from lianyi.kernel import timers
from lianyi.kernel.lifecycle import WrongRole, WrongState
from lianyi.kernel.work import within
from lianyi.orders import events, queries, service
from lianyi.orders.errors import (
    AlreadyExecuted,
    BadBarcode,
    DoctorReleases,
    Incomplete,
    NoSuchItem,
    NoSuchOrder,
    NoSuchSpecimen,
    NotTheirSpecimen,
    NotTreating,
    OwnMeasurement,
    ReadBackDiffers,
    ReasonMissing,
    UnknownObservations,
)
from lianyi.orders.model import Reading, Rejection, State
from lianyi.people import queries as people
from lianyi.people.model import DOCTOR, NURSE, TECHNICIAN
from lianyi.terminology.model import Level
from lianyi.worker.deliver import WORKER
from tests.orders.make import POTASSIUM, SODIUM, WOMAN, Bench
from tests.place import Place

HIGH = {"potassium": "6.8"}


async def answer(bench, order, *, receiver=None, value="6.8", hat=None):
    receiver = receiver or bench.doctor
    posts = await bench.place.ask(bench.technician, people.posts, ids=[receiver.post_id])
    await bench.do(
        hat or bench.second,
        service.answer,
        order_id=order.id,
        receiver=posts.get(receiver.post_id),
        read_back={POTASSIUM: Decimal(value)},
    )


async def has_rung(bench, order):
    while await within(bench.place.app, WORKER, timers.fire):
        pass
    return await bench.place.rows(
        "SELECT 1 FROM kernel.outbox WHERE name = $1 AND body LIKE $2",
        events.CriticalDue.name,
        f"%{order.id}%",
    )


async def test_an_order_goes_its_way_from_payment_to_release(bench):
    order = await bench.verified()
    assert await bench.state(order) is State.VERIFIED
    await bench.do(bench.second, service.release, order_id=order.id)
    assert await bench.state(order) is State.RELEASED


async def test_nothing_is_taken_before_it_is_paid(bench):
    order = await bench.order()
    with pytest.raises(WrongState):
        await bench.do(bench.nurse, service.label, order_id=order.id)


async def test_an_emergency_does_not_wait_for_money_and_says_why(bench):
    order = await bench.order()
    with pytest.raises(ReasonMissing):
        await bench.do(bench.doctor, service.defer, order_id=order.id, reason=" ")
    await bench.do(bench.doctor, service.defer, order_id=order.id, reason="胸痛待查，先检后付")
    await bench.do(bench.nurse, service.label, order_id=order.id)
    seen = await bench.see(bench.doctor, queries.order, order_id=order.id)
    assert (seen.state, seen.deferred) == (State.LABELLED, "胸痛待查，先检后付")


async def test_only_a_doctor_may_defer_and_only_the_platform_says_that_it_is_paid(bench):
    order = await bench.order()
    with pytest.raises(WrongRole):
        await bench.do(bench.nurse, service.defer, order_id=order.id, reason="急诊")
    with pytest.raises(WrongRole):
        await bench.place.do(bench.doctor, service.clear, order_id=order.id)


async def test_money_that_comes_twice_or_late_clears_once(bench):
    order = await bench.labelled()
    await bench.place.do(bench.place.office, service.clear, order_id=order.id)
    assert await bench.state(order) is State.LABELLED


async def test_a_specimen_is_taken_from_nobody_else(bench):
    """The person whose card was read must be the one the label names."""
    order = await bench.labelled()
    other = await bench.place.patient(NURSE)
    with pytest.raises(NotTheirSpecimen):
        await bench.do(bench.nurse, service.take, order_id=order.id, person_id=other.person_id)
    assert await bench.state(order) is State.LABELLED


async def test_a_rejected_specimen_is_retaken_under_another_barcode(bench):
    order = await bench.received()
    first = await bench.see(bench.technician, queries.order, order_id=order.id)
    await bench.do(bench.technician, service.reject, order_id=order.id, reason=Rejection.HAEMOLYSED)
    with pytest.raises(NoSuchSpecimen):
        await bench.see(bench.technician, queries.scanned, barcode=first.barcode)
    again = await bench.do(bench.nurse, service.label, order_id=order.id)
    assert again.barcode != first.barcode
    found = await bench.see(bench.technician, queries.scanned, barcode=again.barcode)
    assert (found.id, found.state) == (order.id, State.LABELLED)


async def test_a_misread_barcode_and_another_institutions_are_refused(bench, app):
    order = await bench.labelled()
    barcode = (await bench.see(bench.nurse, queries.order, order_id=order.id)).barcode
    with pytest.raises(BadBarcode):
        await bench.see(bench.nurse, queries.scanned, barcode=barcode[:-1] + "x")
    elsewhere = await Bench.open(await Place.found(app))
    with pytest.raises(NoSuchSpecimen):
        await elsewhere.see(elsewhere.technician, queries.scanned, barcode=barcode)


async def test_nothing_is_measured_before_the_laboratory_has_it(bench):
    order = await bench.taken()
    with pytest.raises(WrongState):
        await bench.measure(order)


async def test_a_reading_that_is_missing_is_refused_by_its_code(bench):
    order = await bench.received()
    with pytest.raises(Incomplete) as refused:
        await bench.do(
            bench.technician,
            service.measure,
            order_id=order.id,
            readings=[Reading(POTASSIUM, Decimal(4))],
            about=WOMAN,
        )
    assert refused.value.codes == SODIUM
    assert await bench.state(order) is State.RECEIVED


async def test_each_result_says_how_it_lies_and_by_which_knowledge(bench):
    order = await bench.received()
    potassium, sodium = await bench.measure(order, potassium="5.9")
    assert (potassium.level, sodium.level) == (Level.HIGH, Level.NORMAL)
    assert potassium.version
    assert potassium.sources


async def test_who_measured_never_verifies_in_no_hat(bench):
    order = await bench.measured()
    with pytest.raises(OwnMeasurement):
        await bench.do(bench.technician, service.verify, order_id=order.id)
    other_hat = await bench.place.appoint(
        TECHNICIAN, person_id=bench.technician.person_id, department_id=None
    )
    with pytest.raises(OwnMeasurement):
        await bench.do(other_hat, service.verify, order_id=order.id)
    with pytest.raises(asyncpg.CheckViolationError):
        await bench.place.app.pool.execute(
            "UPDATE orders.order SET verified_by = measured_by WHERE id = $1", order.id
        )


async def test_what_is_sent_back_is_measured_again_and_stays_readable(bench):
    """EMR-04"""
    order = await bench.measured(values=HIGH)
    with pytest.raises(OwnMeasurement):
        await bench.do(bench.technician, service.send_back, order_id=order.id, reason="复查")
    await bench.do(bench.second, service.send_back, order_id=order.id, reason="疑似溶血，复查")
    await bench.measure(order)
    found = await bench.see(bench.second, queries.order, order_id=order.id)
    newest = (await bench.see(bench.second, queries.results_of, orders=[found]))[order.id]
    assert [str(each.value) for each in newest] == ["4.2", "140"]
    rows = await bench.place.rows(
        "SELECT round, value FROM orders.result WHERE order_id = $1 AND number = 1 ORDER BY round",
        order.id,
    )
    assert rows == [(1, Decimal("6.8")), (2, Decimal("4.2"))]


@pytest.mark.parametrize("table", ["result", "call"])
async def test_no_result_and_no_call_is_ever_changed_or_removed(app, table):
    """EMR-04, TEL-14"""
    for change in (f"DELETE FROM orders.{table}", f"UPDATE orders.{table} SET at = at"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.pool.execute(change)


async def test_a_critical_value_can_not_pass_without_a_call(bench):
    """TEL-14"""
    order = await bench.verified(values=HIGH)
    assert await bench.state(order) is State.CRITICAL
    with pytest.raises(WrongState):
        await bench.do(bench.doctor, service.release, order_id=order.id)
    await answer(bench, order)
    assert await bench.state(order) is State.VERIFIED


async def test_a_wrong_read_back_is_refused_and_the_call_stays(bench):
    """TEL-14"""
    order = await bench.verified(values=HIGH)
    with pytest.raises(ReadBackDiffers):
        await answer(bench, order, value="8.6")
    assert await bench.state(order) is State.CRITICAL
    await answer(bench, order, receiver=bench.nurse)
    found = await bench.see(bench.second, queries.order, order_id=order.id)
    calls = await bench.see(bench.second, queries.calls_of, orders=[found])
    assert [(c.receiver_id, c.read_back, c.agreed) for c in calls] == [
        (bench.doctor.post_id, f"{POTASSIUM} = 8.6", False),
        (bench.nurse.post_id, f"{POTASSIUM} = 6.8", True),
    ]


async def test_a_critical_value_is_told_to_somebody_who_treats_here(bench, app):
    """TEL-14"""
    order = await bench.verified(values=HIGH)
    elsewhere = await Place.found(app)
    for stranger in (bench.technician, await bench.place.clerk(), await elsewhere.doctor()):
        with pytest.raises(NotTreating):
            await answer(bench, order, receiver=stranger)


async def test_a_critical_value_nobody_has_read_back_in_time_escalates(bench, clock):
    """TEL-14"""
    order = await bench.verified(values=HIGH)
    assert not await has_rung(bench, order)
    clock.forward(minutes=10)
    assert await has_rung(bench, order)
    await bench.place.do(bench.place.office, service.escalate, order_id=order.id)
    assert await bench.state(order) is State.ESCALATED
    await answer(bench, order)
    await bench.place.do(bench.place.office, service.escalate, order_id=order.id)
    assert await bench.state(order) is State.VERIFIED


async def test_a_value_read_back_in_time_rings_no_more(bench, clock):
    """TEL-14"""
    order = await bench.verified(values=HIGH)
    await answer(bench, order)
    clock.forward(minutes=10)
    assert not await has_rung(bench, order)


async def test_critical_sensitive_and_mediated_results_are_released_by_a_doctor(bench):
    """IDN-11"""
    critical = await bench.verified(values=HIGH)
    await answer(bench, critical)
    sensitive = await bench.verified(classes=frozenset({Sensitive.INFECTION}))
    await bench.offer(code="M1", label="肿瘤标志物", mediated=True)
    mediated = await bench.verified(code="M1")
    for order in (critical, sensitive, mediated):
        with pytest.raises(DoctorReleases):
            await bench.do(bench.second, service.release, order_id=order.id)
        await bench.do(bench.doctor, service.release, order_id=order.id)


@pytest.mark.parametrize("reached", ["order", "cleared", "labelled"])
async def test_what_was_not_carried_out_is_cancelled_with_a_reason(bench, reached):
    order = await getattr(bench, reached)()
    with pytest.raises(ReasonMissing):
        await bench.do(bench.doctor, service.cancel, order_id=order.id, reason="")
    await bench.do(bench.doctor, service.cancel, order_id=order.id, reason="患者拒绝")
    assert await bench.state(order) is State.CANCELLED


@pytest.mark.parametrize("reached", ["taken", "received", "measured", "verified"])
async def test_what_was_carried_out_can_not_be_cancelled(bench, reached):
    order = await getattr(bench, reached)()
    with pytest.raises(AlreadyExecuted):
        await bench.do(bench.doctor, service.cancel, order_id=order.id, reason="患者拒绝")


async def test_another_institution_and_another_patient_have_no_such_order(bench, app):
    order = await bench.order()
    other = await bench.place.patient(DOCTOR)
    with pytest.raises(NoSuchOrder):
        await bench.do(
            bench.doctor,
            service.cancel,
            order_id=order.id,
            reason="开错",
            person_id=other.person_id,
        )
    elsewhere = await Place.found(app)
    await elsewhere.relate(bench.patient.person_id, DOCTOR)
    foreign = replace(bench, place=elsewhere)
    with pytest.raises(NoSuchOrder):
        await foreign.do(await elsewhere.doctor(), service.cancel, order_id=order.id, reason="开错")
    with pytest.raises(NoSuchOrder):
        await foreign.see(await elsewhere.doctor(), queries.order, order_id=order.id)


async def test_who_does_not_treat_the_patient_can_do_nothing(bench):
    await bench.order()
    stranger = await bench.place.resident()
    with pytest.raises(NoSuchPerson):
        await bench.do(
            bench.doctor,
            service.cancel,
            order_id=stranger.person_id,
            reason="开错",
            person_id=stranger.person_id,
        )


async def test_only_what_is_offered_can_be_ordered_and_only_what_is_known_offered(bench):
    with pytest.raises(NoSuchItem):
        await bench.order(code="none")
    with pytest.raises(UnknownObservations) as refused:
        await bench.offer(observations=(POTASSIUM, "0-0"))
    assert refused.value.codes == "0-0"
    with pytest.raises(WrongRole):
        await bench.offer(hat=bench.doctor)


async def test_two_who_verify_at_once_verify_once(bench):
    order = await bench.measured()
    third = await bench.place.appoint(TECHNICIAN, name="孙立")
    verify = [bench.do(hat, service.verify, order_id=order.id) for hat in (bench.second, third) * 3]
    answers = await asyncio.gather(*verify, return_exceptions=True)
    assert sum(isinstance(each, tuple) for each in answers) == 1
    assert all(isinstance(each, tuple | WrongState) for each in answers)
