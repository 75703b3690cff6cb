"""What is sat week by week is rolled on each day, once, and never against the law (CAP-11)."""

import asyncio
from datetime import date, time, timedelta

import pytest

from lianyi.booking import queries
from lianyi.booking.errors import (
    AlreadySits,
    BadPlan,
    DayClosed,
    DayPast,
    NoSuchClosure,
    NoSuchRoutine,
    NotReleased,
    ReasonMissing,
    RoutineOverlaps,
    SlotTooLong,
)
from lianyi.booking.events import RoutineDue
from lianyi.booking.model import Half, Kind, Pattern, Payment
from lianyi.journeys import book, routines
from lianyi.kernel.lifecycle import WrongRole, WrongState
from lianyi.people import service as people
from lianyi.people.errors import MayNotPractise, NoSuchPost
from lianyi.people.model import DOCTOR
from tests.booking.make import plan
from tests.drain import deliver
from tests.journeys.test_book import SAID, pass_time
from tests.place import Place

TODAY = date(2030, 1, 7)  # a Monday, at noon
MORNINGS = [9, 11, 14, 16, 18, 21]  # Mondays, Wednesdays and Fridays until the fourteenth day
DAYS = """SELECT extract(day FROM day)::int, state FROM booking.session
          WHERE routine_id = $1 ORDER BY day"""
MADE = "SELECT day, count(*) FROM booking.session WHERE routine_id = $1 GROUP BY day"


def pattern(clinic, **given):
    whole = {
        "department_id": clinic.place.department_id,
        "post_id": clinic.doctor.post_id,
        "weekdays": (1, 3, 5),
        "first": TODAY,
        "half": Half.MORNING,
        "kind": Kind.ORDINARY,
        "begins": time(8),
        "ends": time(11, 30),
        "slot_minutes": 30,
        "numbers_per_slot": 2,
        "fee_code": "110200001",
        "fee_label": "普通门诊诊查费",
        "fee_fen": 2500,
        "payment": Payment.AT_VISIT,
        "release_days": 7,
        "room": "3 诊室",
    }
    return Pattern(**{**whole, **given})


async def set_up(clinic, hat=None, **given):
    hat = hat or await clinic.place.admin()
    return await clinic.place.do(hat, routines.set_up, pattern=pattern(clinic, **given))


async def sat(clinic, routine_id):
    """Return the days of a routine that stand."""
    rows = await clinic.place.rows(DAYS, routine_id)
    return [day for day, state in rows if state != "stopped"]


async def own(clinic):
    (found,) = await clinic.place.ask(
        await clinic.place.admin(), queries.routines, department_id=clinic.place.department_id
    )
    return found


async def session_on(clinic, day):
    rows = "SELECT id FROM booking.session WHERE institution_id = $1 AND day = $2"
    ((id,),) = await clinic.place.rows(rows, clinic.place.id, day)
    return id


async def close(clinic, day, reason="元旦放假"):
    admin = await clinic.place.admin()
    return await clinic.place.do(admin, routines.close_day, day=day, reason=reason)


async def test_all_days_that_can_be_booked_are_published_at_once(clinic):
    """CAP-11: this morning is over, and the fourteenth day is the last."""
    routine_id = await set_up(clinic)
    assert await sat(clinic, routine_id) == MORNINGS
    assert await clinic.remaining(await session_on(clinic, date(2030, 1, 9))) == [2] * 7


async def test_each_day_brings_the_next(clinic, app, clock):
    routine_id = await set_up(clinic)
    await pass_time(app, clock, days=2)
    assert await sat(clinic, routine_id) == [*MORNINGS, 23]
    await pass_time(app, clock, days=1)
    assert await sat(clinic, routine_id) == [*MORNINGS, 23]
    await pass_time(app, clock, days=1)
    assert (await sat(clinic, routine_id))[-2:] == [23, 25]


async def test_its_numbers_are_released_as_long_before_as_was_planned(clinic, app, clock):
    """CAP-11"""
    await set_up(clinic)
    hat = await clinic.place.resident()
    session_id = await session_on(clinic, date(2030, 1, 18))
    starts_at = (await clinic.place.ask(hat, queries.session, session_id=session_id)).starts_at
    with pytest.raises(NotReleased):
        await clinic.hold(hat, session_id, starts_at=starts_at)
    await pass_time(app, clock, days=4)
    await clinic.hold(hat, session_id, starts_at=starts_at)


async def test_after_a_long_silence_only_what_is_still_to_come_is_made(clinic, app, clock):
    routine_id = await set_up(clinic, weekdays=(1,))
    await pass_time(app, clock, days=35)
    days = [day for day, _ in await clinic.place.rows(MADE, routine_id)]
    assert min(days) == TODAY + timedelta(days=7)
    assert max(days) == TODAY + timedelta(days=49)
    assert TODAY + timedelta(days=21) not in days


async def test_a_timer_that_rings_twice_makes_nothing_twice(clinic, app, clock):
    routine_id = await set_up(clinic)
    clock.forward(days=2)

    async def ring(tx):
        await tx.emit(RoutineDue(routine_id, clinic.place.id))

    for _ in range(2):
        await clinic.place.do(clinic.place.office, ring)
    await deliver(app)
    assert await sat(clinic, routine_id) == [*MORNINGS, 23]


async def test_of_ten_that_roll_at_once_one_makes_each_day(clinic, clock):
    routine_id = await set_up(clinic)
    clock.forward(days=7)
    due = RoutineDue(routine_id, clinic.place.id)
    office = clinic.place.office
    await asyncio.gather(*(clinic.place.do(office, routines.roll, event=due) for _ in range(10)))
    made = await clinic.place.rows(MADE, routine_id)
    assert {count for _, count in made} == {1}
    assert len(made) == len(MORNINGS) + 3


async def test_what_was_stopped_never_comes_back(clinic, app, clock):
    routine_id = await set_up(clinic)
    admin, day = await clinic.place.admin(), date(2030, 1, 16)
    session_id = await session_on(clinic, day)
    await clinic.place.do(admin, book.stop, session_id=session_id, reason="外出会诊")
    await pass_time(app, clock, days=5)
    rows = await clinic.place.rows(DAYS, routine_id)
    assert [state for each, state in rows if each == day.day] == ["stopped"]
    again = plan(clinic.place, clinic.doctor.post_id, day=day, routine_id=routine_id)
    later = again.starts_at + timedelta(days=7, hours=6)
    with pytest.raises(AlreadySits):  # the database says so too
        await clinic.publish(
            day=day, routine_id=routine_id, starts_at=later, ends_at=later + timedelta(hours=1)
        )


async def test_what_was_planned_by_hand_goes_before(clinic):
    """One day at another hour: the routine makes no second session beside it."""
    await clinic.publish()  # on the ninth, at eight
    routine_id = await set_up(clinic)
    assert await sat(clinic, routine_id) == MORNINGS[1:]


async def test_what_is_ended_is_rolled_on_no_more_and_what_stands_stays(clinic, app, clock):
    routine_id = await set_up(clinic)
    admin = await clinic.place.admin()
    with pytest.raises(ReasonMissing):
        await clinic.place.do(admin, routines.end, routine_id=routine_id, reason=" ")
    await clinic.place.do(admin, routines.end, routine_id=routine_id, reason="改为下午出诊")
    await pass_time(app, clock, days=2)
    assert await sat(clinic, routine_id) == MORNINGS
    with pytest.raises(WrongState):
        await clinic.place.do(admin, routines.end, routine_id=routine_id, reason="再停一次")


async def test_a_closed_day_is_left_out(clinic, app, clock):
    routine_id = await set_up(clinic)
    await close(clinic, date(2030, 1, 23))
    await pass_time(app, clock, days=4)
    assert await sat(clinic, routine_id) == [*MORNINGS, 25]


async def test_closing_a_day_stops_what_is_sat_by_routine_and_tells_who_booked(clinic, app):
    """The doctor on call, planned by hand, stays."""
    await set_up(clinic)
    day = date(2030, 1, 9)
    session_id = await session_on(clinic, day)
    hat, appointment_id = await clinic.booked(session_id)
    on_call = await clinic.place.appoint(DOCTOR)
    by_hand = await clinic.publish(post_id=on_call.post_id)
    assert await close(clinic, day) == 1
    await deliver(app)
    assert await clinic.state(appointment_id) == "stopped"
    assert await clinic.place.rows(SAID, appointment_id) == [(1,)]
    assert (await clinic.place.ask(hat, queries.session, session_id=by_hand)).state != "stopped"


async def test_a_day_is_closed_once_with_a_reason_and_not_when_it_is_over(clinic):
    await close(clinic, date(2030, 1, 23))
    with pytest.raises(DayClosed):
        await close(clinic, date(2030, 1, 23))
    with pytest.raises(DayPast):
        await close(clinic, TODAY - timedelta(days=1))
    with pytest.raises(ReasonMissing):
        await close(clinic, date(2030, 1, 24), reason="")


async def test_a_day_opened_again_before_it_is_reached_is_sat(clinic, app, clock):
    routine_id = await set_up(clinic)
    await close(clinic, date(2030, 1, 23))
    await close(clinic, date(2030, 1, 16))
    admin = await clinic.place.admin()
    for closure in await clinic.place.ask(admin, queries.closures, first=TODAY):
        await clinic.place.do(admin, routines.reopen_day, closure_id=closure.id)
    await pass_time(app, clock, days=2)
    assert await sat(clinic, routine_id) == [day for day in [*MORNINGS, 23] if day != 16]
    with pytest.raises(WrongState):
        await clinic.place.do(admin, routines.reopen_day, closure_id=closure.id)


async def test_a_day_that_is_closed_while_it_is_made_has_no_session(clinic, clock):
    routine_id = await set_up(clinic)
    clock.forward(days=2)
    due, day = RoutineDue(routine_id, clinic.place.id), date(2030, 1, 23)
    office = clinic.place.office
    await asyncio.gather(
        *(clinic.place.do(office, routines.roll, event=due) for _ in range(5)), close(clinic, day)
    )
    assert await sat(clinic, routine_id) == MORNINGS


async def until(clinic, last):
    return await clinic.place.license(clinic.doctor.person_id, DOCTOR, valid_until=last)


async def test_nobody_sits_by_routine_beyond_their_licence_and_again_when_it_is_renewed(
    clinic, app, clock
):
    """LIC-13: held, not ended; days that have gone by meanwhile are not made up for."""
    await until(clinic, date(2030, 1, 15))
    await deliver(app)
    routine_id = await set_up(clinic)
    assert await sat(clinic, routine_id) == [9, 11, 14]
    assert (await own(clinic)).held == ("people.LIC-13.expired",)
    await pass_time(app, clock, days=10)
    assert await sat(clinic, routine_id) == [9, 11, 14]
    await until(clinic, date(2031, 1, 15))
    await deliver(app)
    assert await sat(clinic, routine_id) == [9, 11, 14, 18, 21, 23, 25, 28, 30]
    assert (await own(clinic)).held == ()


async def test_a_licence_cut_short_stops_what_was_made(clinic, app):
    """LIC-13"""
    routine_id = await set_up(clinic)
    await until(clinic, date(2030, 1, 10))
    await deliver(app)
    assert await sat(clinic, routine_id) == [9]


async def test_with_the_post_ends_what_was_sat_in_it(clinic, app, clock):
    """LIC-13"""
    routine_id = await set_up(clinic)
    await clinic.place.do(
        clinic.place.office, people.end_post, post_id=clinic.doctor.post_id, why="离职"
    )
    await deliver(app)
    await pass_time(app, clock, days=9)
    assert await sat(clinic, routine_id) == []
    assert await clinic.place.rows(
        "SELECT state FROM booking.routine WHERE id = $1", routine_id
    ) == [("ended",)]


async def test_nothing_is_set_up_for_who_may_not_practise(clinic):
    """LIC-13"""
    await until(clinic, TODAY)
    with pytest.raises(MayNotPractise):
        await set_up(clinic, weekdays=(3,))
    assert (
        await clinic.place.rows(
            "SELECT 1 FROM booking.routine WHERE institution_id = $1", clinic.place.id
        )
        == []
    )


REFUSALS = {
    "no weekday": ({"weekdays": ()}, BadPlan),
    "no such weekday": ({"weekdays": (0, 8)}, BadPlan),
    "it begins in the past": ({"first": TODAY - timedelta(days=1)}, BadPlan),
    "it ends before it begins": ({"begins": time(12)}, BadPlan),
    "no numbers": ({"numbers_per_slot": 0}, BadPlan),
    "times too wide (IDN-08)": ({"slot_minutes": 70}, SlotTooLong),
    "nothing to prepay": ({"fee_fen": 0, "payment": Payment.PREPAY}, BadPlan),
}


@pytest.mark.parametrize("case", REFUSALS)
async def test_what_no_session_may_be_no_routine_is(clinic, case):
    given, refusal = REFUSALS[case]
    with pytest.raises(refusal):
        await set_up(clinic, **given)


async def test_nobody_sits_twice_at_once_by_routine(clinic):
    await set_up(clinic)
    with pytest.raises(RoutineOverlaps):
        await set_up(clinic, weekdays=(5, 6), begins=time(11), ends=time(12))
    await set_up(clinic, weekdays=(5, 6), begins=time(14), ends=time(17), half=Half.AFTERNOON)


async def test_only_the_own_administrator_plans_ends_and_closes(clinic, app):
    routine_id = await set_up(clinic)
    day = date(2030, 1, 23)
    await close(clinic, day)
    admin = await clinic.place.admin()
    (closure,) = await clinic.place.ask(admin, queries.closures, first=TODAY)
    with pytest.raises(WrongRole):
        await set_up(clinic, clinic.doctor, weekdays=(6,))
    stranger = await (await Place.found(app)).admin()
    with pytest.raises(NoSuchPost):
        await set_up(clinic, stranger, weekdays=(6,))
    with pytest.raises(NoSuchRoutine):
        await clinic.place.do(stranger, routines.end, routine_id=routine_id, reason="不是本院的")
    with pytest.raises(NoSuchClosure):
        await clinic.place.do(stranger, routines.reopen_day, closure_id=closure.id)
    with pytest.raises(WrongRole):
        await clinic.place.do(clinic.doctor, routines.close_day, day=day, reason="我想休息")
    assert await clinic.place.ask(stranger, queries.closures, first=TODAY) == []
