import asyncio

import asyncpg
import pytest

from lianyi.kernel import live
from lianyi.kernel.live import EVERYTHING, WAITING, Hub


async def collect(stream):
    return [topic async for topic in stream]


async def test_a_stream_hears_its_own_names_only():
    hub = Hub()
    with hub.subscribe(["person/1"]) as stream:
        hub.heard("person/2\nperson/1\n")
        hub.close()
        assert await collect(stream) == ["person/1"]
    assert len(hub) == 0


async def test_who_is_far_behind_is_told_to_read_everything_again():
    hub = Hub()
    with hub.subscribe(["queue"]) as stream:
        for _ in range(WAITING + 1):
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
