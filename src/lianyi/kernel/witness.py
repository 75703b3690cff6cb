"""What must be on paper before anything may be told: rows that outlive the refusal they led to.

A write keeps its rows in its own transaction. A pure read has none: its rows join the next batch
of the process, and the answer waits for that batch's commit. A batch waits for the one before it
and for nothing else, so that a lone reader is answered soon and a crowd shares its commits.
"""

import asyncio
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

import asyncpg

from lianyi.kernel.db import Db, Statement
from lianyi.kernel.refusal import Unavailable

if TYPE_CHECKING:
    from asyncpg import Pool, Record


class NotLogged(Unavailable):
    """What had to be witnessed could not be written, so nothing may be told."""


async def write(db: Db, rows: Sequence[Statement]) -> None:
    """Write rows in the order given; many of one kind go out together."""
    for sql, alike in groupby(rows, key=itemgetter(0)):
        values = [each for _, each in alike]
        if len(values) == 1:  # most acts open one door
            await db.execute(sql, *values[0])
        else:
            await db.executemany(sql, values)


async def testify(db: Db, rows: Sequence[Statement]) -> None:
    """Write the rows in a transaction of their own, after the change was rolled back."""
    if not rows:
        return
    try:
        if len({sql for sql, _ in rows}) == 1:  # what goes out together is a transaction by itself
            await write(db, rows)
            return
        async with db.transaction(isolation="read_committed"):
            await write(db, rows)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as trouble:
        raise NotLogged from trouble


class Scribe:
    """Writes the access rows of all reads of one process, a batch at a time."""

    def __init__(self, pool: "Pool[Record]") -> None:
        self._pool = pool
        self._rows: list[Statement] = []
        self._batch: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    async def keep(self, rows: Sequence[Statement]) -> None:
        """Return when the rows are committed.

        :raises NotLogged:
        """
        if not rows:
            return
        self._rows.extend(rows)
        if self._batch is None:
            self._batch = asyncio.create_task(self._write_next())
        await asyncio.shield(self._batch)

    async def _write_next(self) -> None:
        async with self._turn:
            rows, self._rows, self._batch = self._rows, [], None
            async with self._pool.acquire() as db:
                await testify(db, rows)
