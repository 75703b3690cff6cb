"""Acts of one moment that are alike share one statement: one round trip, one start, one commit.

Each act is a row of values for the same text, and each has its own answer or none. See 0018.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import asyncpg

from lianyi.kernel.db import Statement
from lianyi.kernel.together import Together

if TYPE_CHECKING:
    from asyncpg import Pool, Record

MOST = 50  # acts in one transaction: what is announced waits for its end
# A taken key, a limit, a text that can't be stored, a race: what others have no part in.
ONES_OWN = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.TransactionRollbackError,
)


@dataclass(frozen=True, slots=True, eq=False)
class Act:
    """One of many of a kind; two with the same values are two."""

    values: tuple[object, ...]


class Rounds:
    """Hands on the acts of one process, a round of each kind at a time."""

    def __init__(self, pool: "Pool[Record]") -> None:
        self._pool = pool
        self._kinds: dict[str, Together[Act, Record]] = {}

    async def ask(self, statement: Statement) -> "Record | None":
        """Return the row with which an act was done. None: nothing was changed by it."""
        sql, values = statement
        if sql not in self._kinds:
            self._kinds[sql] = Together(partial(self._go, sql), MOST)
        return await self._kinds[sql].ask(Act(values))

    async def _go(self, sql: str, acts: Sequence[Act]) -> "dict[Act, Record]":
        """Let all acts of a round be done, and return the rows of those that were.

        What is wrong with one fails all of them: then none was done, and each finds out by itself.
        """
        try:
            async with self._pool.acquire() as db:
                rows = await db.fetch(sql, *zip(*[act.values for act in acts], strict=True))
        except ONES_OWN:
            return {}
        return {acts[row["nth"] - 1]: row for row in rows}
