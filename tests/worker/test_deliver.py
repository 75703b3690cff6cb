from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

import asyncpg
import pytest

from lianyi.journeys.wiring import AtOnce, Wiring
from lianyi.kernel import dead_letters, live, outbox, timers
from lianyi.kernel.actor import NOWHERE, system
from lianyi.kernel.dead_letters import NoSuchLine
from lianyi.kernel.work import within
from lianyi.worker import deliver as worker
from tests.drain import deliver

PARKED = "SELECT tries, trouble FROM kernel.parked WHERE owner = $1"
RINGER = system("ringer", NOWHERE)


@dataclass(frozen=True)
class Rang:
    name: ClassVar[str] = "test.rang"
    owner: UUID
    institution_id: UUID
    number: int


class Bell:
    """A follower that fails on one number of one owner until it is mended."""

    def __init__(self, poison=None, *, at_once=False):
        self.poison, self.at_once = poison, at_once
        self.rounds = []

    @property
    def wiring(self):
        async def hear(tx, event):
            await tx.db.execute(
                "INSERT INTO heard (owner, number) VALUES ($1, $2)", event.owner, event.number
            )
            if self.poison == (event.owner, event.number):
                raise ZeroDivisionError

        async def hear_all(tx, events):
            self.rounds.append((tx.actor.institution_id, len(events)))
            for event in events:
                await hear(tx, event)

        return Wiring(
            followers={Rang: (AtOnce(hear_all) if self.at_once else hear,)},
            pages={Rang: lambda event: (f"bell/{event.owner}",)},
        )


@pytest.fixture
async def owners(app, dsn):
    db = await asyncpg.connect(dsn)
    await db.execute(
        "CREATE TABLE IF NOT EXISTS heard"
        " (n int GENERATED ALWAYS AS IDENTITY, owner uuid, number int)"
    )
    await db.execute("GRANT ALL ON heard TO lianyi_app")
    await db.close()
    first = app.ids.new(app.clock())
    return first, app.ids.new(app.clock(), first)  # two owners in one lane


async def ring(app, owners, numbers):
    async def verb(tx):
        for number in numbers:
            for owner in owners:
                await tx.emit(Rang(owner, NOWHERE, number))

    await within(app, RINGER, verb)


async def heard(app, owner):
    rows = await app.pool.fetch("SELECT number FROM heard WHERE owner = $1 ORDER BY n", owner)
    return [row["number"] for row in rows]


async def parked(app, owner):
    return [tuple(row) for row in await app.pool.fetch(PARKED, owner)]


@pytest.mark.parametrize("at_once", [False, True])
async def test_a_poisoned_event_parks_its_owners_line_only(app, clock, owners, at_once):
    sick, well = owners
    bell = Bell(poison=(sick, 2), at_once=at_once)
    await ring(app, owners, range(5))
    await deliver(app, bell.wiring)
    assert await heard(app, well) == [0, 1, 2, 3, 4]
    assert await heard(app, sick) == [0, 1]
    assert await parked(app, sick) == [(1, "ZeroDivisionError")]

    bell.poison = None
    await deliver(app, bell.wiring)
    assert await heard(app, sick) == [0, 1]  # not before its pause has passed
    clock.forward(seconds=3)
    await deliver(app, bell.wiring)
    assert await heard(app, sick) == [0, 1, 2, 3, 4]
    assert await parked(app, sick) == []


async def test_what_order_does_not_matter_to_is_handed_on_at_once_for_each_institution(app, owners):
    first, second = owners
    other = app.ids.new(app.clock())
    bell = Bell(at_once=True)

    async def verb(tx):
        for number, institution_id in enumerate((NOWHERE, other, NOWHERE)):
            await tx.emit(Rang(first, institution_id, number))
            await tx.emit(Rang(second, institution_id, number))

    await within(app, RINGER, verb)
    await deliver(app, bell.wiring)
    assert sorted(bell.rounds) == sorted([(NOWHERE, 4), (other, 2)])
    assert sorted(await heard(app, first)) == sorted(await heard(app, second)) == [0, 1, 2]
    await deliver(app, bell.wiring)
    assert len(bell.rounds) == 2


async def test_after_eight_tries_only_a_person_frees_the_line(app, clock, owners):
    sick, _ = owners
    bell = Bell(poison=(sick, 0))
    await ring(app, owners, [0])
    for _ in range(10):
        await deliver(app, bell.wiring)
        clock.forward(days=1)
    assert await parked(app, sick) == [(outbox.TRIES, "ZeroDivisionError")]

    bell.poison = None
    line = await line_of(app, sick)
    assert (line.stuck, line.next_at, line.behind) == (True, None, 0)
    await free(app, dead_letters.resend, line)
    await deliver(app, bell.wiring)
    assert await heard(app, sick) == [0]
    with pytest.raises(NoSuchLine):
        await free(app, dead_letters.resend, line)


async def line_of(app, owner, institution_id=None):
    lines = await within(
        app, RINGER, lambda tx: dead_letters.lines(tx, institution_id=institution_id)
    )
    return next((line for line in lines if line.owner == owner), None)


async def free(app, verb, line, institution_id=None, **given):
    await within(
        app,
        RINGER,
        lambda tx: verb(tx, owner=line.owner, seq=line.seq, institution_id=institution_id, **given),
    )


async def test_a_skipped_event_is_never_followed_and_tells_who_skipped_it_and_why(app, owners):
    sick, _ = owners
    bell = Bell(poison=(sick, 1))
    await ring(app, owners, range(3))
    await deliver(app, bell.wiring)
    line = await line_of(app, sick)
    assert (line.tries, line.trouble, line.behind) == (1, "ZeroDivisionError", 1)

    await free(app, dead_letters.skip, line, why="the bell was melted down")
    await deliver(app, bell.wiring)
    assert await heard(app, sick) == [0, 2]
    skipped = await within(app, RINGER, lambda tx: dead_letters.skipped(tx, institution_id=None))
    assert [(one.post_id, one.why) for one in skipped if one.owner == sick] == [
        (RINGER.post_id, "the bell was melted down")
    ]
    trace = "SELECT verb, post_id, why FROM kernel.history WHERE thing_id = $1"
    assert [tuple(row) for row in await app.pool.fetch(trace, sick)] == [
        ("skip", RINGER.post_id, f"#{line.seq} the bell was melted down")
    ]


async def test_a_line_of_another_institution_is_neither_seen_nor_freed(app, owners):
    sick, _ = owners
    bell = Bell(poison=(sick, 0))
    await ring(app, owners, [0])
    await deliver(app, bell.wiring)
    line = await line_of(app, sick)
    elsewhere = app.ids.new(app.clock())
    assert await line_of(app, sick, elsewhere) is None
    assert await line_of(app, sick, NOWHERE) == line
    with pytest.raises(NoSuchLine):
        await free(app, dead_letters.resend, line, elsewhere)
    with pytest.raises(NoSuchLine):
        await free(app, dead_letters.skip, line, elsewhere, why="not mine")
    assert await line_of(app, sick) == line


async def test_events_behind_an_uncommitted_one_wait_for_it(app, owners):
    if app.pool.get_max_size() == 1:
        pytest.skip("needs a second connection")
    one, _ = owners
    wiring = Bell().wiring
    async with app.pool.acquire() as slow, slow.transaction():
        await outbox.store(slow, Rang(one, NOWHERE, 1), app.clock())
        await ring(app, [one], [2])
        await worker.deliver(app, wiring)
        assert await heard(app, one) == []
    await deliver(app, wiring)
    assert await heard(app, one) == [1, 2]


async def test_a_timer_rings_when_it_is_due_and_only_once(app, clock, owners):
    one, _ = owners

    async def wind(tx):
        event = Rang(one, NOWHERE, 7)
        await timers.set(tx, thing_id=one, name="late", due_at=tx.now, event=event)
        await timers.set(tx, thing_id=one, name="gone", due_at=tx.now, event=event)
        await timers.clear(tx, thing_id=one, name="gone")

    await within(app, RINGER, wind)
    while await within(app, RINGER, timers.fire):
        pass
    await deliver(app, Bell().wiring)
    assert await heard(app, one) == [7]
    assert await within(app, RINGER, timers.fire) == 0


async def test_open_pages_hear_the_name_of_what_changed_after_the_commit(app, dsn, owners):
    one, _ = owners
    told = []
    page = await asyncpg.connect(dsn)
    await page.add_listener(live.CHANNEL, lambda *heard: told.append(heard[3]))
    await ring(app, [one], [1])
    await deliver(app, Bell().wiring)
    while not told:
        await page.fetchval("SELECT 1")
    assert told == [f"bell/{one}\n"]
    await page.close()
