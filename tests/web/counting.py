"""The statements a view costs: at most twelve, and as many for one row as for many."""

from contextlib import asynccontextmanager
from dataclasses import replace

from lianyi.kernel.work import reading

ASKS = ("fetch", "fetchrow", "fetchval", "execute", "executemany")


class Counting:
    """A connection that counts what it is asked."""

    def __init__(self, db):
        self._db, self.asked = db, 0

    def __getattr__(self, name):
        if name in ASKS:
            self.asked += 1
        return getattr(self._db, name)


class Overheard:
    """A pool whose connections are overheard: `said` is each statement, in its order."""

    def __init__(self, pool):
        self._pool, self.said = pool, []

    @asynccontextmanager
    async def acquire(self):
        async with self._pool.acquire() as db:
            with db.query_logger(lambda one: self.said.append(one.query)):
                yield db


async def statements(app, hat, view):
    """Return how many statements a view asks, and the view."""

    async def counted(tx):
        db = Counting(tx.db)
        seen = await view(replace(tx, db=db))
        return db.asked, seen

    return await reading(app, hat, counted)
