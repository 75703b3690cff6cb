"""The busiest acts as one statement: they leave what the ordinary way leaves, or nothing at all."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest

from lianyi.booking.errors import AlreadyBooked, HoldExpired, NoSuchAppointment, PayFirst, SlotFull
from lianyi.booking.model import Payment, Wish
from lianyi.booking.model.kept import Booked
from lianyi.journeys import book
from lianyi.kernel.named import ALWAYS
from lianyi.kernel.once import KeyReused, Once
from lianyi.kernel.work import within
from tests.billing.make import Till
from tests.booking.make import START, rush
from tests.journeys.test_book import pass_time

LEFT_BY = {
    "appointment": """SELECT state, number, ordinal, origin, expires_at, payment, fee_fen
                      FROM booking.appointment WHERE id = $1""",
    "slot": """SELECT number, free_from = 'infinity', referred_from = 'infinity'
               FROM booking.slot WHERE holder_id = $1""",
    "history": """SELECT thing, verb, before, after, at, why FROM kernel.history
                  WHERE thing_id = $1 ORDER BY seq""",
    "outbox": """SELECT name, lane, at FROM kernel.outbox
                 WHERE body LIKE '%' || $1::uuid || '%' ORDER BY seq""",
    "timer": "SELECT timer, due_at, name FROM kernel.timer WHERE thing_id = $1",
    "relation": """SELECT role, opened_at, until, ended_at FROM access.relation
                   WHERE cause_id = $1""",
}
ROUNDS = """SELECT tx, count(*) FROM kernel.history h JOIN booking.appointment a ON a.id = thing_id
            WHERE session_id = $1 GROUP BY tx"""
WHOSE = "SELECT person_id, number FROM booking.appointment WHERE id = $1"
TRACES = "SELECT count(*) FROM kernel.once WHERE key = $1"


class Ordinary(AssertionError):
    """The verb was run: one statement did not do."""


async def never(_):
    raise Ordinary


def key(app, body="body"):
    return Once(app.ids.new(app.clock()).hex, body, Booked)


async def hold(app, hat, session_id, once=None, verb=never, starts_at=START):
    once, wish = once or key(app), Wish(session_id, starts_at, hat.subject_id)
    return await rush(
        app, hat, verb, once, partial(book.hold_at_once, once=once, still=ALWAYS, wish=wish)
    )


async def confirm(app, hat, id, once=None, verb=never):
    once = once or key(app)
    act = partial(book.confirm_at_once, once=once, still=ALWAYS, appointment_id=id)
    return await rush(app, hat, verb, once, act)


def holds(hat, session_id, starts_at=START):
    return lambda tx: book.hold(
        tx, session_id=session_id, starts_at=starts_at, person_id=hat.subject_id
    )


def confirms(id):
    return lambda tx: book.confirm(tx, appointment_id=id)


def kind(answer):
    """Return what an answer is to a page, which doesn't care which way it came."""
    return Booked if isinstance(answer, Booked) else type(answer)


async def left(place, id):
    return {name: await place.rows(sql, id) for name, sql in LEFT_BY.items()}


def alike(traces):
    """Leave out what differs by the appointment: its number, and the lane of its events."""
    (appointment,) = traces["appointment"]
    (slot,) = traces["slot"]
    told = [(name, at) for name, _, at in traces["outbox"]]
    rest = {name: traces[name] for name in ("history", "timer", "relation")}
    return [*appointment[:1], *appointment[2:], *slot[1:], told, rest]


async def test_it_leaves_what_the_ordinary_way_leaves(app, clinic):
    session_id = await clinic.publish()
    plain, quick = await clinic.place.resident(), await clinic.place.resident()
    held = await clinic.hold(plain, session_id, once=key(app))
    got = await hold(app, quick, session_id)
    assert alike(await left(clinic.place, got.appointment_id)) == alike(
        await left(clinic.place, held.appointment_id)
    )
    await clinic.confirm(plain, held)
    await confirm(app, quick, got.appointment_id)
    assert alike(await left(clinic.place, got.appointment_id)) == alike(
        await left(clinic.place, held.appointment_id)
    )


async def test_the_same_key_gets_the_first_answer(app, clinic):
    session_id, hat, once = await clinic.publish(), await clinic.place.resident(), key(app)
    first = await hold(app, hat, session_id, once)
    assert await hold(app, hat, session_id, once, holds(hat, session_id)) == first
    once = key(app)
    kept = await confirm(app, hat, first.appointment_id, once)
    assert await confirm(app, hat, first.appointment_id, once) == kept
    assert await clinic.remaining(session_id) == [1, 2]


async def test_the_ordinary_way_has_kept_enough_for_the_same_key(app, clinic):
    """Its answer says more; who comes again with the key is told as much as a page needs."""
    session_id, hat, once = await clinic.publish(), await clinic.place.resident(), key(app)
    first = await within(app, hat, holds(hat, session_id), once=once)
    again = await hold(app, hat, session_id, once, holds(hat, session_id))
    assert again == Booked(first.appointment_id, first.number)


async def test_ten_clicks_at_once_are_one_hold(app, clinic):
    session_id, hat, once = await clinic.publish(), await clinic.place.resident(), key(app)
    clicks = [hold(app, hat, session_id, once, holds(hat, session_id)) for _ in range(10)]
    assert len({got.appointment_id for got in await asyncio.gather(*clicks)}) == 1
    assert await clinic.remaining(session_id) == [1, 2]


async def test_a_key_of_another_act_changes_nothing(app, clinic):
    session_id, hat, once = await clinic.publish(), await clinic.place.resident(), key(app)
    await hold(app, hat, session_id, once)
    later = START + timedelta(days=1)
    other = await clinic.publish(starts_at=later)
    reused = Once(once.key, "other", Booked)
    with pytest.raises(KeyReused):
        await hold(app, hat, other, reused, holds(hat, other, later), later)
    assert await clinic.remaining(other) == [2, 2]


async def test_who_asks_at_the_same_moment_shares_a_statement_and_nothing_else(app, clinic):
    """IDN-09: each has a number, a key and an answer of their own."""
    session_id = await clinic.publish(numbers_per_slot=20, slot_minutes=60)
    people = [await clinic.place.resident() for _ in range(20)]
    held = await asyncio.gather(*(hold(app, hat, session_id) for hat in people))
    whose = [(await clinic.place.rows(WHOSE, got.appointment_id))[0] for got in held]
    assert whose == [(hat.person_id, got.number) for hat, got in zip(people, held, strict=True)]
    assert {got.number for got in held} == set(range(1, 21))
    rounds = await clinic.place.rows(ROUNDS, session_id)
    assert sum(acts for _, acts in rounds) == 20
    assert len(rounds) < 20
    ids = [got.appointment_id for got in held]
    kept = await asyncio.gather(*(confirm(app, *one) for one in zip(people, ids, strict=True)))
    assert [got.appointment_id for got in kept] == ids
    assert [await clinic.state(id) for id in ids] == ["confirmed"] * 20


async def test_of_60_at_once_for_50_numbers_exactly_50_have_one(app, clinic):
    """IDN-09, INT-17"""
    session_id = await clinic.publish(numbers_per_slot=50, slot_minutes=60)
    people = [await clinic.place.resident() for _ in range(60)]
    tries = [hold(app, hat, session_id, verb=holds(hat, session_id)) for hat in people]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert {got.number for got in answers if isinstance(got, Booked)} == set(range(1, 51))
    assert sum(isinstance(answer, SlotFull) for answer in answers) == 10


async def test_what_is_wrong_with_one_is_refused_to_nobody_else(app, clinic):
    """A text that can't be stored, a number too many, a key used twice."""
    session_id, later = await clinic.publish(numbers_per_slot=9), START + timedelta(days=1)
    other = await clinic.publish(starts_at=later)
    greedy, sly, broken, honest = [await clinic.place.resident() for _ in range(4)]
    await hold(app, greedy, session_id)
    twice = key(app)

    def act(hat, session, starts_at=START, once=None):
        return hold(app, hat, session, once, holds(hat, session, starts_at), starts_at)

    answers = await asyncio.gather(
        act(greedy, session_id),
        act(sly, other, later, twice),
        act(sly, session_id, once=Once(twice.key, "another body", Booked)),
        act(broken, session_id, once=Once("no\0text", "body", Booked)),
        act(honest, session_id),
        return_exceptions=True,
    )
    again, first, second, unstorable, fine = map(kind, answers)
    assert (again, unstorable, fine) == (AlreadyBooked, ValueError, Booked)
    assert {first, second} == {Booked, KeyReused}
    assert (await clinic.place.rows(WHOSE, answers[4].appointment_id))[0][0] == honest.person_id


async def test_two_confirmations_at_once_are_one(app, clinic):
    session_id, hat = await clinic.publish(), await clinic.place.resident()
    id = (await hold(app, hat, session_id)).appointment_id
    tries = [confirm(app, hat, id, verb=confirms(id)) for _ in range(4)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(kind(one).__name__ for one in answers) == ["Booked", *["WrongState"] * 3]
    told = await clinic.place.rows(LEFT_BY["history"], id)
    assert [verb for _, verb, *_ in told] == ["hold", "confirm"]


async def test_the_last_number_goes_to_one_of_many(app, clinic):
    """IDN-09, INT-17"""
    session_id = await clinic.publish(numbers_per_slot=1, slot_minutes=60)
    people = [await clinic.place.resident() for _ in range(8)]
    tries = [hold(app, hat, session_id, verb=holds(hat, session_id)) for hat in people]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(answer, Booked) for answer in answers) == 1
    assert sum(isinstance(answer, SlotFull) for answer in answers) == 7


async def test_a_second_number_of_a_day_is_refused_in_words(app, clinic):
    """IDN-07"""
    session_id, hat, once = await clinic.publish(), await clinic.place.resident(), key(app)
    await hold(app, hat, session_id)
    with pytest.raises(AlreadyBooked):
        await hold(app, hat, session_id, once, holds(hat, session_id))
    assert await clinic.place.rows(TRACES, once.key) == [(0,)]


async def test_what_is_paid_first_goes_the_ordinary_way(app, clinic):
    """A bill belongs to the same transaction."""
    await Till.open(clinic.place)
    session_id, hat = await clinic.publish(payment=Payment.PREPAY), await clinic.place.resident()
    with pytest.raises(Ordinary):
        await hold(app, hat, session_id)
    got = await clinic.hold(hat, session_id)
    with pytest.raises(PayFirst):
        await confirm(app, hat, got.appointment_id, verb=confirms(got.appointment_id))


async def test_a_number_somebody_had_before_goes_the_ordinary_way(app, clinic, clock):
    """IDN-07: whoever waits for it is told first."""
    session_id = await clinic.publish(numbers_per_slot=1, slot_minutes=60)
    await hold(app, await clinic.place.resident(), session_id)
    await pass_time(app, clock, hours=1)
    with pytest.raises(Ordinary):
        await hold(app, await clinic.place.resident(), session_id)


async def test_an_expired_hold_and_a_strangers_are_confirmed_by_nobody(app, clinic, clock):
    """IDN-09"""
    session_id, hat = await clinic.publish(), await clinic.place.resident()
    id = (await hold(app, hat, session_id)).appointment_id

    with pytest.raises(NoSuchAppointment):
        await confirm(app, await clinic.place.resident(), id, verb=confirms(id))
    clock.forward(minutes=16)
    with pytest.raises(HoldExpired):
        await confirm(app, hat, id, verb=confirms(id))
    assert await clinic.state(id) == "held"
