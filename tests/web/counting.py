"""Counting the statements a view costs: at most twelve, and as many for one row as for many."""

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


async def statements(app, hat, view):
    """Return how many statements a view asks, and the view."""

    async def counted(tx):
        db = Counting(tx.db)
        seen = await view(replace(tx, db=db))
        return db.asked, seen

    return await reading(app, hat, counted)
