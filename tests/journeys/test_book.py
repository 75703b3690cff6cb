"""Booking as people do it, and as they try to get round it (CAP-10, CAP-11, CAP-16)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lianyi.access import service as access
from lianyi.access.errors import NoSuchPerson
from lianyi.access.model import Mandate, Purpose, Scope
from lianyi.billing import service as billing
from lianyi.billing.model import BillState
from lianyi.booking import queries
from lianyi.booking.errors import (
    AlreadyBooked,
    AlreadySits,
    AlreadyWaiting,
    HoldExpired,
    MissedTooOften,
    NoSuchAppointment,
    NoSuchSession,
    NotExchangeable,
    NotReleased,
    NotWaiting,
    PayFirst,
    ReasonMissing,
    SessionNotOpen,
    SlotFull,
    SlotTooLong,
    StillFree,
    TooLate,
    TooManyThatDay,
)
from lianyi.booking.model import Kind, Payment
from lianyi.journeys import book
from lianyi.journeys import pay as money
from lianyi.kernel import timers
from lianyi.kernel.actor import NOWHERE, Actor, system
from lianyi.kernel.lifecycle import WrongRole, WrongState
from lianyi.kernel.work import within
from lianyi.people import service as people
from lianyi.people.errors import MayNotPractise, NoSuchPost
from lianyi.people.model import DOCTOR, GUEST
from tests.booking.make import START, Clinic
from tests.drain import deliver
from tests.place import Place

WORKER = system("worker", NOWHERE)
SAID = """SELECT count(*) FROM kernel.errand WHERE kind = 'book.tell' AND thing_id = $1"""


async def pass_time(app, clock, **by):
    """Let the clock run and the worker do what is due."""
    clock.forward(**by)
    while await within(app, WORKER, timers.fire):
        pass
    await deliver(app)


async def waits(clinic, hat, session_id):
    return await clinic.place.do(
        hat, book.join_waiting, session_id=session_id, person_id=hat.subject_id
    )


async def moves(clinic, hat, appointment_id, session_id, starts_at=START):
    return await clinic.place.do(
        hat,
        book.reschedule,
        appointment_id=appointment_id,
        session_id=session_id,
        starts_at=starts_at,
    )


async def stops(clinic, session_id, reason="医生外出会诊"):
    return await clinic.place.do(
        await clinic.place.admin(), book.stop, session_id=session_id, reason=reason
    )


async def test_a_number_is_found_held_and_confirmed(clinic):
    session_id = await clinic.publish()
    assert await clinic.remaining(session_id) == [2, 2]
    hat, id = await clinic.booked(session_id)
    assert await clinic.remaining(session_id) == [1, 2]
    (own,) = await clinic.place.ask(
        hat, book.own, person_id=hat.person_id, before=START + timedelta(days=9)
    )
    assert (own.id, own.number, own.state) == (id, 1, "confirmed")


async def test_every_public_question_has_its_answer(clinic):
    session_id = await clinic.publish()
    ask, place = clinic.place.ask, clinic.place
    span = {"first": START.date(), "last": START.date() + timedelta(days=14)}
    anyone = Actor(place.id, place.id, NOWHERE, GUEST)
    assert await ask(anyone, queries.departments, institution_id=place.id, **span) == [
        place.department_id
    ]
    (day,) = await ask(anyone, queries.days, department_id=place.department_id, **span)
    assert (day.day, day.sessions, day.has_numbers) == (START.date(), 1, True)
    (offer,) = await ask(anyone, queries.offers, department_id=place.department_id, day=day.day)
    assert (offer.session_id, offer.remaining, offer.fee_fen) == (session_id, 4, 2500)
    assert offer.doctor_name == "张建国"


async def test_nothing_can_be_taken_before_the_hour_of_release(clinic, clock, app):
    """CAP-11."""
    hat = await clinic.place.resident()
    session_id = await clinic.publish(releases_at=clock() + timedelta(minutes=1))
    with pytest.raises(NotReleased):
        await clinic.hold(hat, session_id)
    assert await clinic.remaining(session_id) == [0, 0]
    clock.forward(minutes=1)
    await clinic.hold(hat, session_id)
    await pass_time(app, clock)
    assert (await clinic.place.ask(hat, queries.session, session_id=session_id)).state == "open"


async def test_a_hold_ends_by_itself_and_the_number_returns_after_a_while(clinic, clock, app):
    """IDN-07, IDN-09: no timer is needed for either."""
    session_id = await clinic.publish(numbers_per_slot=1)
    hat, other = await clinic.place.resident(), await clinic.place.resident()
    got = await clinic.hold(hat, session_id)
    clock.forward(minutes=15)
    with pytest.raises(HoldExpired):
        await clinic.confirm(hat, got)
    with pytest.raises(SlotFull):
        await clinic.hold(other, session_id)
    clock.forward(minutes=20)
    await clinic.hold(other, session_id)
    assert await clinic.state(got.appointment_id) == "lapsed"


async def test_who_let_a_hold_expire_may_hold_again(clinic, clock):
    session_id = await clinic.publish()
    hat = await clinic.place.resident()
    first = await clinic.hold(hat, session_id)
    clock.forward(minutes=16)
    second = await clinic.hold(hat, session_id)
    assert await clinic.state(first.appointment_id) == "lapsed"
    assert second.number == 2


async def test_one_appointment_a_day_in_a_department(clinic):
    """IDN-07."""
    session_id = await clinic.publish()
    hat, id = await clinic.booked(session_id)
    with pytest.raises(AlreadyBooked) as refused:
        await clinic.hold(hat, session_id)
    assert refused.value.appointment_id == id


async def test_three_appointments_a_day_are_enough(clinic):
    """IDN-07."""
    place, hat = clinic.place, await clinic.place.resident()
    for code in ("03.01", "03.02", "03.03", "03.04"):
        department_id = await place.department(code, "专科")
        doctor = await place.appoint(DOCTOR, department_id=department_id)
        session_id = await clinic.publish(post_id=doctor.post_id, department_id=department_id)
        if code == "03.04":
            with pytest.raises(TooManyThatDay):
                await clinic.hold(hat, session_id)
        else:
            await clinic.booked(session_id, hat)


async def test_a_number_cannot_be_handed_to_somebody_else(clinic):
    """IDN-07: real names; nobody confirms, moves or cancels another's."""
    session_id = await clinic.publish()
    hat, thief = await clinic.place.resident(), await clinic.place.resident()
    got = await clinic.hold(hat, session_id)
    with pytest.raises(NoSuchAppointment):
        await clinic.confirm(thief, got)
    with pytest.raises(NoSuchAppointment):
        await clinic.cancel(thief, got.appointment_id)
    with pytest.raises(NoSuchAppointment):
        await moves(clinic, thief, got.appointment_id, session_id)


async def test_nobody_books_for_a_stranger(clinic):
    session_id = await clinic.publish()
    hat, stranger = await clinic.place.resident(), await clinic.place.resident()
    with pytest.raises(NoSuchPerson):
        await clinic.hold(hat, session_id, person_id=stranger.person_id)
    posing = replace(hat, for_person_id=stranger.person_id)
    with pytest.raises(NoSuchPerson):
        await clinic.hold(posing, session_id)
    with pytest.raises(NoSuchPerson):
        await clinic.hold(await clinic.place.clerk(), session_id, person_id=stranger.person_id)


async def test_a_phone_alone_books_nothing(clinic):
    """IDN-07: proof level 1 at least."""
    session_id = await clinic.publish()
    guest = replace(await clinic.place.resident(), role=GUEST)
    with pytest.raises(WrongRole):
        await clinic.hold(guest, session_id)


async def test_a_mandate_for_booking_books_for_the_family(clinic):
    place, session_id = clinic.place, await clinic.publish()
    mother, child = await place.resident(), await place.resident()
    cause = place.app.ids.new(place.app.clock())
    mandate = Mandate(cause, mother.person_id, child.person_id, frozenset({Scope.BOOK}))
    await place.do(place.office, access.empower, mandate=mandate)
    acting = replace(mother, for_person_id=child.person_id)
    got = await clinic.hold(acting, session_id)
    assert got.person_id == child.person_id
    await place.do(place.office, access.end_mandate, cause_id=cause)
    with pytest.raises(NoSuchAppointment):
        await clinic.confirm(acting, got)


async def test_reception_books_for_whom_it_knows_and_only_here(clinic, app):
    """Another tenant's session is not there."""
    place, session_id = clinic.place, await clinic.publish()
    patient = await place.patient()
    clerk = await place.clerk()
    got = await clinic.hold(clerk, session_id, person_id=patient.person_id)
    assert (await clinic.confirm(clerk, got)).origin == "desk"
    there = await Clinic.open(await Place.found(app))
    stranger = await there.place.clerk()
    with pytest.raises(NoSuchSession):
        await clinic.hold(stranger, session_id, person_id=patient.person_id)
    with pytest.raises(NoSuchAppointment):
        await clinic.cancel(stranger, got.appointment_id)


async def test_reception_knows_whoever_has_booked_until_they_cancel(clinic):
    place, session_id = clinic.place, await clinic.publish()
    hat, id = await clinic.booked(session_id)
    clerk = await place.clerk()
    await place.open(clerk, hat.person_id, Purpose.RECEIVE)
    await clinic.cancel(hat, id)
    with pytest.raises(NoSuchPerson):
        await place.open(clerk, hat.person_id, Purpose.RECEIVE)


async def test_who_stays_away_three_times_books_at_the_counter(clinic, clock, app):
    """IDN-07: no-shows are counted and have a limit."""
    hat = await clinic.place.resident()
    for day in range(3):
        begin = START + timedelta(days=day)
        session_id = await clinic.publish(starts_at=begin)
        _, id = await clinic.booked(session_id, hat, starts_at=begin)
        await pass_time(app, clock, seconds=(begin - clock()).total_seconds() + 3600)
        assert await clinic.state(id) == "no_show"
    session_id = await clinic.publish(starts_at=START + timedelta(days=5))
    with pytest.raises(MissedTooOften):
        await clinic.hold(hat, session_id, starts_at=START + timedelta(days=5))
    clerk = await clinic.place.clerk()
    await clinic.hold(
        clerk, session_id, starts_at=START + timedelta(days=5), person_id=hat.person_id
    )


async def test_a_freed_number_is_offered_to_who_waits_before_the_public(clinic, clock, app):
    """IDN-07, CAP-11."""
    session_id = await clinic.publish(numbers_per_slot=1, ends_at=START + timedelta(minutes=30))
    hat, id = await clinic.booked(session_id)
    waiting, later, public = [await clinic.place.resident(phone="13800000001") for _ in range(3)]
    await waits(clinic, waiting, session_id)
    clock.forward(seconds=1)
    await waits(clinic, later, session_id)
    await clinic.cancel(hat, id)
    await deliver(app)
    ((offer, state),) = await clinic.place.rows(
        "SELECT appointment_id, state FROM booking.waiting WHERE person_id = $1", waiting.person_id
    )
    assert state == "offered"
    assert await clinic.place.rows(SAID, offer) == [(1,)]
    clock.forward(minutes=25)  # longer than any delay: the number is kept all the same
    with pytest.raises(SlotFull):
        await clinic.hold(public, session_id)
    await clinic.place.do(waiting, book.confirm, appointment_id=offer)
    assert await clinic.place.rows(
        "SELECT state FROM booking.waiting WHERE session_id = $1 ORDER BY at", session_id
    ) == [("taken",), ("waiting",)]


async def test_an_offer_nobody_answers_goes_to_the_next(clinic, clock, app):
    session_id = await clinic.publish(numbers_per_slot=1, ends_at=START + timedelta(minutes=30))
    hat, id = await clinic.booked(session_id)
    first, second = [await clinic.place.resident() for _ in range(2)]
    await waits(clinic, first, session_id)
    clock.forward(seconds=1)
    await waits(clinic, second, session_id)
    await clinic.cancel(hat, id)
    await deliver(app)
    await pass_time(app, clock, minutes=30)
    assert await clinic.place.rows(
        "SELECT state FROM booking.waiting WHERE session_id = $1 ORDER BY at", session_id
    ) == [("passed",), ("offered",)]


async def test_the_list_is_for_full_sessions_and_one_place_each(clinic):
    session_id = await clinic.publish(numbers_per_slot=1, ends_at=START + timedelta(minutes=30))
    hat = await clinic.place.resident()
    with pytest.raises(StillFree):
        await waits(clinic, hat, session_id)
    booked, _ = await clinic.booked(session_id)
    with pytest.raises(AlreadyBooked):
        await waits(clinic, booked, session_id)
    await waits(clinic, hat, session_id)
    with pytest.raises(AlreadyWaiting):
        await waits(clinic, hat, session_id)
    leave = {"session_id": session_id, "person_id": hat.person_id}
    await clinic.place.do(hat, book.leave_waiting, **leave)
    with pytest.raises(NotWaiting):
        await clinic.place.do(hat, book.leave_waiting, **leave)


async def test_moving_gives_up_the_old_number_only_for_a_new_one(clinic):
    """CAP-10."""
    monday = await clinic.publish()
    tuesday = await clinic.publish(starts_at=START + timedelta(days=1), numbers_per_slot=1)
    hat, id = await clinic.booked(monday)
    moved = await moves(clinic, hat, id, tuesday, START + timedelta(days=1))
    assert (moved.id, moved.session_id, moved.state) == (id, tuesday, "confirmed")
    other, other_id = await clinic.booked(monday)
    with pytest.raises(SlotFull):
        await moves(clinic, other, other_id, tuesday, START + timedelta(days=1))
    assert await clinic.state(other_id) == "confirmed"
    dear = await clinic.publish(
        starts_at=START + timedelta(days=2), fee_fen=10000, kind=Kind.EXPERT
    )
    with pytest.raises(NotExchangeable):
        await moves(clinic, other, other_id, dear, START + timedelta(days=2))


async def test_a_visit_that_has_begun_is_neither_moved_nor_cancelled(clinic, clock):
    session_id = await clinic.publish()
    hat, id = await clinic.booked(session_id)
    clock.now = START
    with pytest.raises(TooLate):
        await clinic.cancel(hat, id)
    with pytest.raises(TooLate):
        await moves(clinic, hat, id, session_id)


async def test_a_stopped_session_tells_everybody_and_offers_another(clinic, app, clock):
    """停诊 in one act: another doctor, another day, or the money back."""
    session_id = await clinic.publish()
    instead = await clinic.publish(starts_at=START + timedelta(days=1))
    first, first_id = await clinic.booked(session_id)
    _, second_id = await clinic.booked(session_id)
    half_past = START + timedelta(minutes=30)
    held = await clinic.hold(await clinic.place.resident(), session_id, starts_at=half_past)
    assert await stops(clinic, session_id) == 3
    await deliver(app)
    for id in (first_id, second_id):
        assert await clinic.state(id) == "stopped"
        assert await clinic.place.rows(SAID, id) == [(1,)]
    assert await clinic.state(held.appointment_id) == "cancelled"
    with pytest.raises(SessionNotOpen):
        await clinic.hold(await clinic.place.resident(), session_id)
    (offer,) = await clinic.place.ask(
        first,
        queries.offers_instead,
        session_id=session_id,
        first=START.date(),
        last=START.date() + timedelta(days=14),
    )
    assert offer.session_id == instead
    await moves(clinic, first, first_id, instead, START + timedelta(days=1))
    assert await clinic.state(first_id) == "confirmed"
    await pass_time(app, clock, days=3)
    assert await clinic.state(second_id) == "cancelled"
    assert await clinic.place.rows(
        "SELECT count(*) FROM booking.no_show WHERE person_id IN"
        " (SELECT person_id FROM booking.appointment WHERE id = $1)",
        second_id,
    ) == [(0,)]


async def test_only_the_administration_stops_and_says_why(clinic):
    session_id = await clinic.publish()
    with pytest.raises(WrongRole):
        await clinic.place.do(
            await clinic.place.clerk(), book.stop, session_id=session_id, reason="医生生病"
        )
    with pytest.raises(ReasonMissing):
        await stops(clinic, session_id, " ")
    await stops(clinic, session_id)
    with pytest.raises(WrongState):
        await stops(clinic, session_id)


async def test_staff_may_add_a_number_on_purpose(clinic, app):
    """Nobody else gets past the last number, and what is added never goes to the public."""
    place = clinic.place
    session_id = await clinic.publish(numbers_per_slot=1, ends_at=START + timedelta(minutes=30))
    await clinic.booked(session_id)
    patient, clerk = await place.patient(), await place.clerk()
    extra = {"session_id": session_id, "person_id": patient.person_id}
    with pytest.raises(ReasonMissing):
        await place.do(clerk, book.add, reason="", **extra)
    with pytest.raises(WrongRole):
        await place.do(patient, book.add, reason="求加号", **extra)
    id = await place.do(clerk, book.add, reason="外地患者，术后复查", **extra)
    assert await place.rows(
        "SELECT number, origin, state FROM booking.appointment WHERE id = $1", id
    ) == [(2, "added", "confirmed")]
    await clinic.cancel(patient, id)
    await deliver(app)
    assert await clinic.remaining(session_id) == [0]


async def test_only_a_doctor_takes_reserved_numbers_until_two_days_before(clinic, clock):
    """FD-08, CAP-16."""
    begin = START + timedelta(days=6)
    session_id = await clinic.publish(
        starts_at=begin, ends_at=begin + timedelta(minutes=30), reserved=2
    )
    patient = await clinic.place.patient()
    with pytest.raises(SlotFull):
        await clinic.hold(patient, session_id, starts_at=begin)
    await clinic.hold(clinic.doctor, session_id, starts_at=begin, person_id=patient.person_id)
    clock.now = begin - timedelta(hours=48)
    await clinic.hold(await clinic.place.resident(), session_id, starts_at=begin)


async def test_a_session_is_published_by_the_administration_for_its_own_doctors(clinic, app):
    with pytest.raises(SlotTooLong):
        await clinic.publish(slot_minutes=120, ends_at=START + timedelta(hours=2))
    elsewhere = await (await Place.found(app)).doctor()
    with pytest.raises(NoSuchPost):
        await clinic.publish(post_id=elsewhere.post_id)
    await clinic.publish()
    with pytest.raises(AlreadySits):
        await clinic.publish(starts_at=START + timedelta(minutes=30))


async def test_nobody_sits_after_the_last_day_of_a_licence(app):
    """LIC-01: from the next day on nothing is offered."""
    last = START.date() - timedelta(days=1)
    clinic = await Clinic.open(await Place.found(app, licence_until=last))
    with pytest.raises(MayNotPractise) as refused:
        await clinic.publish()
    assert [finding.rule for finding in refused.value.findings] == ["LIC-01"]
    await clinic.publish(starts_at=START - timedelta(days=1))


async def test_online_sessions_need_a_department_licensed_for_it(clinic):
    """CON-23."""
    with pytest.raises(MayNotPractise) as refused:
        await clinic.publish(kind=Kind.ONLINE)
    assert "CON-23" in {finding.rule for finding in refused.value.findings}


async def test_when_a_post_ends_its_sessions_stop(clinic, app):
    """LIC-13: who may no longer practise here does not keep patients waiting."""
    session_id = await clinic.publish()
    _, id = await clinic.booked(session_id)
    await clinic.place.do(
        clinic.place.office, people.end_post, post_id=clinic.doctor.post_id, why="离职"
    )
    await deliver(app)
    assert await clinic.state(id) == "stopped"


# Paid in advance.


@pytest.fixture
async def till(clinic):
    place = clinic.place
    await place.do(
        place.office,
        billing.add_payee,
        institution_id=place.id,
        label="青山一院",
        merchant=f"19{place.id.int % 10**8:08d}",
    )
    return clinic


async def bill_of(clinic, hat, appointment_id):
    rows = await clinic.place.rows(
        "SELECT id, state FROM billing.bill WHERE subject_id = $1", appointment_id
    )
    return rows[0]


async def pay(clinic, appointment_id):
    """Pay in cash at the counter, the shortest way money comes in."""
    ((bill_id, person_id),) = await clinic.place.rows(
        "SELECT id, person_id FROM billing.bill WHERE subject_id = $1", appointment_id
    )
    clerk = await clinic.place.clerk()
    await clinic.place.do(clerk, money.take_cash, bill_id=bill_id, person_id=person_id)


async def paid_number(clinic, **given):
    session_id = await clinic.publish(payment=Payment.PREPAY, **given)
    hat = await clinic.place.patient()
    got = await clinic.hold(hat, session_id)
    return session_id, hat, got


async def test_what_is_paid_in_advance_is_confirmed_by_the_payment_alone(till, app):
    _, hat, got = await paid_number(till)
    with pytest.raises(PayFirst):
        await till.confirm(hat, got)
    await pay(till, got.appointment_id)
    await deliver(app)
    assert await till.state(got.appointment_id) == "confirmed"


async def test_paid_too_late_the_number_is_taken_if_nobody_else_has_it(till, app, clock):
    _, _, got = await paid_number(till, numbers_per_slot=1)
    await pay(till, got.appointment_id)
    clock.forward(minutes=40)
    await deliver(app)
    assert await till.state(got.appointment_id) == "confirmed"


async def test_paid_too_late_for_a_number_that_is_gone_the_money_goes_back(till, app, clock):
    """IDN-09: and never a number sold twice."""
    session_id, hat, got = await paid_number(till, numbers_per_slot=1)
    await pay(till, got.appointment_id)
    clock.forward(minutes=40)
    await till.hold(await till.place.resident(), session_id)
    await deliver(app)
    assert await till.state(got.appointment_id) == "lapsed"
    _, state = await bill_of(till, hat, got.appointment_id)
    assert state == BillState.REFUNDED
    assert await till.place.rows(SAID, got.appointment_id) == [(1,)]


@pytest.mark.parametrize(("hours", "refunded"), [(2, True), (1, False)])
async def test_the_fee_goes_back_until_two_hours_before(till, app, clock, hours, refunded):
    """CAP-10."""
    _, hat, got = await paid_number(till)
    await pay(till, got.appointment_id)
    await deliver(app)
    clock.now = START - timedelta(hours=hours)
    assert await till.cancel(hat, got.appointment_id) is refunded
    _, state = await bill_of(till, hat, got.appointment_id)
    assert (state == BillState.REFUNDED) is refunded


async def test_a_hold_given_back_leaves_no_bill_open(till):
    _, hat, got = await paid_number(till)
    await till.cancel(hat, got.appointment_id)
    _, state = await bill_of(till, hat, got.appointment_id)
    assert state == BillState.VOID


async def test_the_fee_of_a_stopped_session_goes_back_when_nothing_else_is_chosen(till, app, clock):
    session_id, hat, got = await paid_number(till)
    await pay(till, got.appointment_id)
    await deliver(app)
    await stops(till, session_id)
    await pass_time(app, clock, days=3)
    _, state = await bill_of(till, hat, got.appointment_id)
    assert state == BillState.REFUNDED
