"""What is alike and of one moment shares a statement: one round trip, one start, one commit.

Each act is a row of values for the same text, and has its own answer or none; so is each look.
Nobody waits for company (see `together`). Decision 0018.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import asyncpg

from lianyi.kernel import looks
from lianyi.kernel.db import Db, Statement
from lianyi.kernel.looks import Look, Rows
from lianyi.kernel.presumed import LastUsed
from lianyi.kernel.together import Together

if TYPE_CHECKING:
    from asyncpg import Pool, Record

T = TypeVar("T")
ACTS = 50  # in one transaction: what is announced waits for its end
LOOKS = 16  # in one: the first that is found waits for the last
KINDS = 500  # that are remembered
# A taken key, a limit, a race: the ordinary way may still do it, or has the words.
LOST = (asyncpg.IntegrityConstraintViolationError, asyncpg.TransactionRollbackError)
# These, a text that can't be stored, what takes too long: what others have no part in.
ONES_OWN = (*LOST, asyncpg.DataError, asyncpg.QueryCanceledError, UnicodeEncodeError)


@dataclass(frozen=True, slots=True, eq=False)
class Act:
    """One of many of a kind; two with the same values are two."""

    values: tuple[object, ...]


class Rounds:
    """Hands on what one process asks, a round of each kind at a time.

    What is wrong with one fails a whole round: then nothing was done, and each finds out by itself.
    """

    def __init__(self, pool: "Pool[Record]") -> None:
        self._pool = pool
        self._acts: dict[str, Together[Act, Record]] = {}
        self._looks: LastUsed[str, Together[Look[Any], Rows]] = LastUsed(KINDS)
        self._abreast: LastUsed[str, looks.Abreast] = LastUsed(KINDS)

    async def act(self, statement: Statement) -> "Record | None":
        """Return the row with which an act was done. None: nothing was changed by it."""
        sql, values = statement
        if sql not in self._acts:
            self._acts[sql] = Together(partial(self._do, sql), ACTS)
        return await self._acts[sql].ask(Act(values))

    async def take(self, look: Look[T]) -> T | None:
        """Return the answer of a look. None: it has none, or nothing was told."""
        together = self._looks.get(look.kind.alone)
        if together is None:
            together = Together(self._find, LOOKS, in_turns=True)
            self._looks.put(look.kind.alone, together)
        rows = await together.ask(look)
        return None if rows is None else look.read(rows)

    async def _do(self, sql: str, acts: Sequence[Act]) -> "dict[Act, Record]":
        try:
            async with self._pool.acquire() as db:
                rows = await db.fetch(sql, *zip(*[act.values for act in acts], strict=True))
        except ONES_OWN:
            return {}
        return {acts[row["nth"] - 1]: row for row in rows}

    async def _find(self, asked: Sequence[Look[Any]]) -> dict[Look[Any], Rows]:
        first, own = asked[0], LOST if len(asked) == 1 else ONES_OWN
        try:
            async with self._pool.acquire() as db:
                if len(asked) == 1:
                    return {first: await db.fetch(first.kind.alone, *first.values)}
                return await (await self._abreast_of(db, first.kind)).find(db, asked)
        except own:
            return {}

    async def _abreast_of(self, db: Db, kind: looks.Kind) -> looks.Abreast:
        known = self._abreast.get(kind.alone)
        if known is None:
            known = await looks.abreast(db, kind)
            self._abreast.put(kind.alone, known)
        return known
