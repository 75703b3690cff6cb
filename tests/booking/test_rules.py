"""The pure rules, by tables of cases."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from lianyi.booking import rules
from lianyi.booking.model import Calling, Obstacle, Origin, Payment, SessionState, Situation, Turn
from lianyi.kernel import profile
from lianyi.people.model import CLERK, DOCTOR, RESIDENT
from tests.booking.make import RELEASE, START, plan

NUMBERS = profile.at(START)
NOW = RELEASE + timedelta(hours=1)


class Somewhere:
    department_id = UUID(int=1)


def a_plan(**given):
    return plan(Somewhere, UUID(int=2), **given)


def turn(name, *, slot=0, came=-10, urgent=False, back=False, ready=0):
    """Somebody of the slot n (half an hour each) who came so many minutes after the start."""
    starts_at = START + slot * timedelta(minutes=30)
    return Turn(
        appointment_id=UUID(int=ord(name)),
        person_id=UUID(int=ord(name)),
        number=ord(name) - ord("a") + 1,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=30),
        arrived_at=START + timedelta(minutes=came),
        urgent=urgent,
        comes_back=back,
        ready_at_call=ready,
    )


QUEUES = {
    "by number within a slot": ([turn("b"), turn("a", came=-5)], Calling(0, 0), "ab"),
    "by slot, not by arrival: who comes early does not overtake": (
        [turn("b", slot=1, came=-50), turn("a", came=-5)],
        Calling(0, 0),
        "ab",
    ),
    "late for the own slot: by arrival": (
        [turn("a", came=40), turn("c", slot=1, came=0)],
        Calling(0, 0),
        "ca",
    ),
    "urgent before everybody": ([turn("a"), turn("z", slot=3, urgent=True)], Calling(0, 0), "za"),
    "returning after two new": (
        [turn("a"), turn("b"), turn("c"), turn("r", back=True)],
        Calling(0, 0),
        "abrc",
    ),
    "returning at once when two new were just called": (
        [turn("a"), turn("r", back=True)],
        Calling(5, 2),
        "ra",
    ),
    "returning one after the other when nobody new waits": (
        [turn("r", back=True), turn("q", back=True, came=-20)],
        Calling(0, 0),
        "qr",
    ),
    "two returning are not called in a row while new ones wait": (
        [turn("a"), turn("b"), turn("r", back=True), turn("q", back=True, came=-20)],
        Calling(0, 2),
        "qabr",
    ),
    "missed: due after three calls": (
        [turn("m", ready=3), turn("n"), turn("o"), turn("p"), turn("s")],
        Calling(0, 0),
        "nopms",
    ),
    "missed: called when nobody else waits": ([turn("m", ready=9)], Calling(0, 0), "m"),
    "missed and urgent: no waiting": (
        [turn("a"), turn("m", urgent=True, ready=9)],
        Calling(0, 0),
        "ma",
    ),
    "nobody": ([], Calling(0, 0), ""),
}


@pytest.mark.parametrize("case", QUEUES, ids=str)
def test_everybody_is_called_in_turn(case):
    """CAP-12."""
    turns, calling, order = QUEUES[case]
    called = rules.called_in_turn(turns, calling, NUMBERS)
    assert "".join(chr(t.appointment_id.int) for t in called) == order


@pytest.mark.parametrize(
    ("ahead", "visits", "minutes"),
    [(0, [], 0), (3, [], 45), (2, [6, 6, 6], 12), (2, [5, 7, 30], 14), (1, [60] * 20 + [4] * 8, 4)],
)
def test_a_wait_is_estimated_from_the_real_pace(ahead, visits, minutes):
    took = [timedelta(minutes=n) for n in visits]
    assert rules.minutes_to_wait(ahead, took, timedelta(minutes=15)) == minutes


BAD_PLANS = {
    "ends_at": {"ends_at": START},
    "day": {"day": (START - timedelta(days=3)).date()},
    "slot_minutes": {"slot_minutes": 25},
    "numbers_per_slot": {"numbers_per_slot": 0},
    "reserved": {"reserved": 5},
    "fee_fen": {"fee_fen": -1},
}


@pytest.mark.parametrize("field", BAD_PLANS)
def test_a_plan_that_cannot_be_names_its_field(field):
    assert next(rules.troubles_with(a_plan(**BAD_PLANS[field]), NOW, NUMBERS)) == field


def test_a_prepaid_session_has_a_fee():
    free = a_plan(payment=Payment.PREPAY, fee_fen=0)
    assert list(rules.troubles_with(free, NOW, NUMBERS)) == ["fee_fen"]


def test_a_plan_lies_within_the_horizon():
    """CAP-11."""
    far = START + timedelta(days=20)
    late = a_plan(starts_at=far)
    assert list(rules.troubles_with(late, NOW, NUMBERS)) == ["day"]


@pytest.mark.parametrize(("minutes", "precise"), [(30, True), (60, True), (61, False)])
def test_a_slot_is_at_most_an_hour_wide(minutes, precise):
    """IDN-08."""
    assert rules.is_precise(a_plan(slot_minutes=minutes), NUMBERS) is precise


def test_reserved_numbers_become_public_two_days_before_their_time():
    """FD-08."""
    later = a_plan(starts_at=START + timedelta(days=5), reserved=1)
    *public, reserved = rules.numbers(later, NUMBERS)
    assert {number.free_from for number in public} == {RELEASE}
    assert reserved.free_from == reserved.starts_at - timedelta(hours=48)
    assert reserved.referred_from == RELEASE


def situation(**given):
    whole = Situation(
        state=SessionState.OPEN,
        releases_at=RELEASE,
        next_free_at=RELEASE,
        own_id=None,
        own_is_stale=False,
        that_day=0,
        missed=0,
        sees_person=True,
    )
    return replace(whole, **given)


OBSTACLES = {
    None: {},
    Obstacle.UNKNOWN_SESSION: {"state": None},
    Obstacle.UNKNOWN_PERSON: {"sees_person": False},
    Obstacle.NOT_OPEN: {"state": SessionState.STOPPED},
    Obstacle.NOT_RELEASED: {"releases_at": NOW + timedelta(seconds=1)},
    Obstacle.STALE_HOLD: {"own_is_stale": True, "own_id": UUID(int=3)},
    Obstacle.ALREADY_BOOKED: {"own_id": UUID(int=3)},
    Obstacle.TOO_MANY: {"that_day": 3},
    Obstacle.MISSED_TOO_OFTEN: {"missed": 3},
    Obstacle.FULL: {"next_free_at": NOW + timedelta(seconds=1)},
}


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_every_refused_wish_has_a_reason(obstacle):
    """IDN-07, IDN-09."""
    terms = rules.terms(RESIDENT, Origin.SELF, NOW, NUMBERS, delay=timedelta())
    assert rules.obstacle(situation(**OBSTACLES[obstacle]), terms, NOW) is obstacle


def test_only_a_doctor_takes_what_is_reserved_for_referrals():
    """FD-08, CAP-16."""
    assert [rules.may_take_reserved(role) for role in (DOCTOR, CLERK, RESIDENT)] == [
        True,
        False,
        False,
    ]


def test_what_is_freed_is_away_from_the_public_for_minutes_nobody_can_foretell():
    """IDN-07."""
    delays = rules.delay_range(NUMBERS)
    assert (delays[0], delays.stop) == (180, 1200)
