"""What one statement finds and writes down: alone, or abreast with others of its kind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from lianyi.kernel import named
from lianyi.kernel.db import Db

if TYPE_CHECKING:
    from asyncpg import Record

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
U = TypeVar("U")
Rows: TypeAlias = "Sequence[Record]"


@dataclass(frozen=True, slots=True, eq=False)
class Look(Generic[T_co]):
    """One question: `$1` … in its texts are its `values`, and `read` makes an answer of the rows.

    `found` is a SELECT, as `looked`. `told` is an INSERT that selects values alone, without FROM;
    it is done if a row is found of which `told_of` holds. `also` are more parts of the statement,
    which read `looked` alone, and `shown` what of it comes back.
    """

    found: str
    told: str
    told_of: str
    values: tuple[object, ...]
    read: Callable[[Rows], T_co | None]
    also: str = ""
    shown: str = "*"

    @property
    def alone(self) -> str:
        """Return the statement that finds and tells; looks of which it is the same are alike."""
        return f"""WITH looked AS MATERIALIZED ({self.found}),
                     told AS ({self.told} WHERE EXISTS (SELECT FROM looked WHERE {self.told_of}))
                     {self.also}
                   SELECT {self.shown} FROM looked"""

    async def take(self, db: Db) -> T_co | None:
        """Return its answer, found by itself: what takes long, others need not wait for."""
        return self.read(await db.fetch(self.alone, *self.values))

    def then(self, make: Callable[[T_co], U | None]) -> "Look[U]":
        """Return the look whose answer is made of this one's, if there is one."""
        return self._read_by(partial(_made, self.read, make))

    def or_else(self, act: Callable[[], None]) -> "Look[T_co]":
        """Return the same look, after which something is done if it has no answer."""
        return self._read_by(partial(_missed, self.read, act))

    def _read_by(self, read: Callable[[Rows], U | None]) -> "Look[U]":
        own = (self.found, self.told, self.told_of, self.values)
        return Look(*own, read, self.also, self.shown)


def _made(read: Callable[[Rows], T | None], make: Callable[[T], U | None], rows: Rows) -> U | None:
    answer = read(rows)
    return None if answer is None else make(answer)


def _missed(read: Callable[[Rows], T | None], act: Callable[[], None], rows: Rows) -> T | None:
    answer = read(rows)
    if answer is None:
        act()
    return answer


@dataclass(frozen=True, slots=True)
class Abreast:
    """A statement that takes a column of each value. In a column of arrays they are texts."""

    sql: str
    arrays: tuple[int, ...]

    async def find(self, db: Db, looks: Sequence[Look[Any]]) -> dict[Look[Any], Rows]:
        """Return the rows of each look."""
        rows = await db.fetch(self.sql, *self._columns(looks))
        places = {nth: tuple(some) for nth, some in groupby(rows, itemgetter("nth"))}
        return {look: places.get(nth, ()) for nth, look in enumerate(looks, 1)}

    def _columns(self, looks: Sequence[Look[Any]]) -> list[list[object]]:
        columns = [list(one) for one in zip(*(look.values for look in looks), strict=True)]
        for n in self.arrays:
            columns[n] = [_literal(one) for one in columns[n]]
        return columns


async def abreast(db: Db, look: Look[Any]) -> Abreast:
    """Return the statement for many of a kind; its database knows of what type each value is."""
    types = (await db.prepare(look.alone)).get_parameters()
    arrays = {n for n, one in enumerate(types, 1) if one.kind == "array"}
    taken = ", ".join(
        f"${n}::{'text' if n in arrays else one.name}[]" for n, one in enumerate(types, 1)
    )
    columns = {
        n: f"abreast.v{n}::{one.name}" if n in arrays else f"abreast.v{n}"
        for n, one in enumerate(types, 1)
    }
    sql = f"""WITH abreast AS MATERIALIZED (
                SELECT * FROM unnest({taken})
                  WITH ORDINALITY AS abreast ({", ".join(f"v{n}" for n in columns)}, nth)),
              looked AS MATERIALIZED (
                SELECT abreast.nth, one.* FROM abreast,
                  LATERAL ({named.of_columns(look.found, columns)}) AS one),
              told AS ({named.of_columns(look.told, columns)} FROM abreast WHERE EXISTS (
                SELECT FROM looked WHERE looked.nth = abreast.nth AND {look.told_of}))
              {look.also}
              SELECT nth, {look.shown} FROM looked"""
    return Abreast(sql, tuple(n - 1 for n in arrays))


def _literal(value: object) -> str | None:
    """Return a value as PostgreSQL writes it; of arrays, those of one dimension."""
    match value:
        case None:
            return None
        case list() | tuple():
            return "{" + ",".join(_element(one) for one in value) + "}"
        case datetime():
            return value.isoformat()
        case _:
            return str(value)


def _element(value: object) -> str:
    text = _literal(value)
    if text is None:
        return "NULL"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
