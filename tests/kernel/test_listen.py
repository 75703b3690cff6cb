"""The one ear of a process: it finds its connection again, and it stops when it is told to."""

import asyncio

import asyncpg
import pytest

from lianyi.kernel.listen import listen

PATIENCE = 5.0


class Ear:
    """A listening task, and every connection it has opened so far."""

    def __init__(self, dsn):
        self.dsn = dsn
        self.connections = []
        self.heard = asyncio.Queue()
        self.found = asyncio.Queue()
        self.task = asyncio.create_task(
            listen(self._connect, {"test_ear": self.heard.put_nowait}, self.found.put)
        )

    async def _connect(self):
        self.connections.append(await asyncpg.connect(self.dsn))
        return self.connections[-1]

    async def next(self, queue):
        async with asyncio.timeout(PATIENCE):
            return await queue.get()


async def test_a_broken_connection_is_found_again(dsn, app):
    ear = Ear(dsn)
    first = await ear.next(ear.found)
    first.terminate()
    assert await ear.next(ear.found) is not first
    await app.pool.execute("SELECT pg_notify('test_ear', 'again')")
    assert await ear.next(ear.heard) == "again"
    ear.task.cancel()


@pytest.mark.parametrize("ticks", range(5))
async def test_told_to_stop_while_its_connection_breaks_it_stops(dsn, ticks):
    """A database and a worker that are told to stop together must both end."""
    ear = Ear(dsn)
    (await ear.next(ear.found)).terminate()
    for _ in range(ticks):
        await asyncio.sleep(0)
    ear.task.cancel()
    done, _ = await asyncio.wait([ear.task], timeout=PATIENCE)
    assert done
    assert ear.task.cancelled()
