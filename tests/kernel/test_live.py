import asyncio

import asyncpg
import pytest

from lianyi.kernel import live
from lianyi.kernel.live import EVERYTHING, KEPT, MOST_WAITING, Hub


async def collect(stream):
    return [told.topic async for told in stream]


async def test_a_stream_hears_its_own_names_only():
    hub = Hub()
    with hub.subscribe(["person/1"]) as stream:
        hub.heard("person/2\nperson/1\n")
        hub.close()
        assert await collect(stream) == ["person/1"]
    assert len(hub) == 0


class Hand:
    """A clock that stands still until it is moved."""

    at = 1000.0

    def __call__(self):
        return self.at


async def test_a_page_hears_what_came_between_its_reading_and_its_stream():
    hand = Hand()
    hub = Hub(hand)
    hand.at += 1
    hub.heard("bill/1")
    hand.at += 1
    hub.heard("bill/2")
    assert await told_since(hub, hand.at - 1) == ["bill/1", "bill/2"]
    assert await told_since(hub, hand.at) == ["bill/2"]
    assert await told_since(hub, hand.at + 0.1) == []
    assert await told_since(hub, None) == []


async def told_since(hub, since):
    with hub.subscribe(["bill/1", "bill/2", "bill/3"], since) as stream:
        hub.close()
        return await collect(stream)


async def test_who_was_away_for_longer_than_is_remembered_reads_everything_again():
    hand = Hand()
    hub = Hub(hand)
    hub.heard("bill/1")
    hand.at += KEPT + 1
    hub.heard("queue")
    assert await told_since(hub, 1000.0) == [EVERYTHING]
    hub.again()
    assert await told_since(hub, hand.at - 1) == [EVERYTHING]
    assert await told_since(hub, hand.at) == []


async def test_who_is_far_behind_is_told_to_read_everything_again():
    hub = Hub()
    with hub.subscribe(["queue"]) as stream:
        for _ in range(MOST_WAITING + 1):
            hub.heard("queue")
        hub.close()
        assert await collect(stream) == [EVERYTHING]


async def test_after_a_broken_line_every_page_reads_again():
    hub = Hub()
    with hub.subscribe(["a"]) as one, hub.subscribe(["b"]) as other:
        hub.again()
        hub.close()
        assert [await collect(s) for s in (one, other)] == [[EVERYTHING], [EVERYTHING]]


@pytest.fixture
async def listening(dsn):
    db = await asyncpg.connect(dsn)
    heard = asyncio.Queue()
    await db.add_listener(live.CHANNEL, lambda *told: heard.put_nowait(told[3]))
    yield heard
    await db.close()


async def test_names_travel_between_processes_and_long_lists_in_pieces(app, listening):
    names = [f"person/{n:036d}" for n in range(300)]
    async with app.pool.acquire() as db:
        await live.relay(db, [*names, names[0]])
    heard = []
    while len(heard) < len(names):
        heard += (await listening.get()).splitlines()
    assert heard == names
