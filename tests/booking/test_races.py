"""IDN-09, INT-17: a number is never given twice, whoever asks at the same moment."""

import asyncio

import pytest

from lianyi.booking.errors import AlreadyBooked, SlotFull, TooManyThatDay
from lianyi.booking.model import Got
from lianyi.booking.model.kept import Booked
from lianyi.kernel.once import Once

LEFT = """SELECT count(*) FROM booking.slot WHERE session_id = $1 AND free_from < 'infinity'"""
STANDING = """SELECT state, count(*) FROM booking.appointment WHERE session_id = $1
              GROUP BY state"""
HELD = """SELECT count(*) FROM booking.slot s JOIN booking.appointment a ON a.id = s.holder_id
            AND a.session_id = s.session_id AND a.number = s.number WHERE s.session_id = $1"""
DUE = """SELECT count(*) FROM kernel.timer JOIN booking.appointment a ON a.id = thing_id
         WHERE a.session_id = $1"""
TRACED = """SELECT verb, count(*) FROM kernel.history JOIN booking.appointment a ON a.id = thing_id
            WHERE a.session_id = $1 GROUP BY verb ORDER BY verb"""
SHARED = """SELECT count(DISTINCT h.tx) FROM kernel.history h
            JOIN booking.appointment a ON a.id = thing_id WHERE a.session_id = $1"""


async def crowd(clinic, size):
    """Register people in a few transactions: who they are is not what is tried here."""
    return [await clinic.place.resident() for _ in range(size)]


async def book(clinic, hat, session_id):
    got = await clinic.hold(hat, session_id)
    return await clinic.confirm(hat, got)


async def book_in_a_rush(clinic, hat, session_id):
    """Book as the pages do."""
    got = await clinic.hold_in_a_rush(hat, session_id)
    return await clinic.confirm_in_a_rush(hat, got.appointment_id)


@pytest.mark.parametrize("way", [book, book_in_a_rush])
async def test_of_500_at_once_for_50_numbers_exactly_50_are_confirmed(clinic, way):
    session_id = await clinic.publish(numbers_per_slot=50, slot_minutes=60)
    people = await crowd(clinic, 500)
    answers = await asyncio.gather(
        *(way(clinic, hat, session_id) for hat in people), return_exceptions=True
    )
    booked = [answer for answer in answers if isinstance(answer, Got | Booked)]
    assert len(booked) == 50
    assert sum(isinstance(answer, SlotFull) for answer in answers) == 450
    assert {answer.number for answer in booked} == set(range(1, 51))
    rows = clinic.place.rows
    assert await rows(STANDING, session_id) == [("confirmed", 50)]
    assert await rows(TRACED, session_id) == [("confirm", 50), ("hold", 50)]
    assert [await rows(sql, session_id) for sql in (LEFT, HELD, DUE)] == [[(0,)], [(50,)], [(0,)]]
    ((transactions,),) = await rows(SHARED, session_id)
    assert (transactions < 100) == (way is book_in_a_rush)


async def test_one_person_clicking_twenty_times_gets_one_number(clinic):
    """IDN-07."""
    session_id = await clinic.publish(numbers_per_slot=10)
    hat = await clinic.place.resident()
    answers = await asyncio.gather(
        *(clinic.hold(hat, session_id) for _ in range(20)), return_exceptions=True
    )
    assert sum(isinstance(answer, Got) for answer in answers) == 1
    assert sum(isinstance(answer, AlreadyBooked) for answer in answers) == 19


async def test_one_key_sent_ten_times_at_once_is_one_hold(clinic):
    session_id = await clinic.publish(numbers_per_slot=10)
    hat = await clinic.place.resident()
    once = Once("key", "body", Got)
    answers = await asyncio.gather(*(clinic.hold(hat, session_id, once=once) for _ in range(10)))
    assert len({answer.appointment_id for answer in answers}) == 1


async def test_the_limit_of_a_day_holds_against_a_race_over_departments(clinic):
    """IDN-07: a person's three appointments of a day."""
    place = clinic.place
    sessions = []
    for code in ("03.01", "03.02", "03.03", "03.04", "03.05"):
        department_id = await place.department(code, f"专科{code}")
        doctor = await place.appoint("doctor", department_id=department_id)
        sessions.append(await clinic.publish(post_id=doctor.post_id, department_id=department_id))
    hat = await place.resident()
    answers = await asyncio.gather(
        *(clinic.hold(hat, id) for id in sessions), return_exceptions=True
    )
    assert sum(isinstance(answer, Got) for answer in answers) == 3
    assert sum(isinstance(answer, TooManyThatDay) for answer in answers) == 2
