"""What one statement finds and writes down: alone, or abreast with others of its kind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

import msgspec

from lianyi.kernel import named
from lianyi.kernel.db import Db

if TYPE_CHECKING:
    from asyncpg import Record

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
U = TypeVar("U")
Rows: TypeAlias = "Sequence[Record]"
AS_TEXT = frozenset({"json", "jsonb"})  # what is JSON itself comes written out

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True)
class Kind:
    """What is the same in all looks that are alike: the texts of their one statement.

    `found` is a SELECT, as `looked`. `told` is an INSERT that selects values alone, without FROM;
    it is done if a row is found of which `told_of` holds. `also` are more parts of the statement,
    which read `looked` alone, and `shown` what of it comes back.
    """

    found: str
    told: str
    told_of: str
    also: str = ""
    shown: str = "*"

    @cached_property
    def alone(self) -> str:
        """Return the statement that finds and tells; looks of which it is the same are alike."""
        return f"""WITH looked AS MATERIALIZED ({self.found}),
                     told AS ({self.told} WHERE EXISTS (SELECT FROM looked WHERE {self.told_of}))
                     {self.also}
                   SELECT {self.shown} FROM looked"""


class Look(msgspec.Struct, Generic[T_co], frozen=True, eq=False):
    """One question: `$1` … of its kind are its `values`, and `read` makes an answer of the rows."""

    kind: Kind
    values: tuple[object, ...]
    read: Callable[[Rows], T_co | None]

    async def take(self, db: Db) -> T_co | None:
        """Return its answer, found by itself: what takes long, others need not wait for."""
        return self.read(await db.fetch(self.kind.alone, *self.values))

    def then(self, make: Callable[[T_co], U | None]) -> "Look[U]":
        """Return the look whose answer is made of this one's, if there is one."""
        return Look(self.kind, self.values, partial(_made, self.read, make))

    def or_else(self, act: Callable[[], None]) -> "Look[T_co]":
        """Return the same look, after which something is done if it has no answer."""
        return Look(self.kind, self.values, partial(_missed, self.read, act))


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
    """A statement that takes the values of many looks as one text, a record each.

    To hand over a column of each value took longer than all else that a look costs this process.
    """

    sql: str
    names: tuple[str, ...]
    binary: tuple[str, ...]  # bytes, of which JSON has none

    async def find(self, db: Db, looks: Sequence[Look[Any]]) -> dict[Look[Any], Rows]:
        """Return the rows of each look.

        :raises UnicodeEncodeError: a value is no text.
        """
        records = [self._record(nth, look) for nth, look in enumerate(looks, 1)]
        rows = await db.fetch(self.sql, _encoder.encode(records).decode())
        places = {nth: tuple(some) for nth, some in groupby(rows, itemgetter("nth"))}
        return {look: places.get(nth, ()) for nth, look in enumerate(looks, 1)}

    def _record(self, nth: int, look: Look[Any]) -> dict[str, object]:
        record: dict[str, object] = dict(zip(self.names, look.values, strict=True))
        for name in self.binary:
            record[name] = _hex(record[name])
        record["nth"] = nth
        return record


async def abreast(db: Db, kind: Kind) -> Abreast:
    """Return the statement for many of a kind; its database knows of what type each value is."""
    types = [one.name for one in (await db.prepare(kind.alone)).get_parameters()]
    names = tuple(f"v{n}" for n, _ in enumerate(types, 1))
    of = dict(zip(names, types, strict=True))
    taken = ", ".join(f"{name} {'text' if type in AS_TEXT else type}" for name, type in of.items())
    columns = {
        n: f"abreast.{name}::{of[name]}" if of[name] in AS_TEXT else f"abreast.{name}"
        for n, name in enumerate(names, 1)
    }
    sql = f"""WITH abreast AS MATERIALIZED (
                SELECT * FROM json_to_recordset($1::text::json) AS abreast ({taken}, nth bigint)),
              looked AS MATERIALIZED (
                SELECT abreast.nth, one.* FROM abreast,
                  LATERAL ({named.of_columns(kind.found, columns)}) AS one),
              told AS ({named.of_columns(kind.told, columns)} FROM abreast WHERE EXISTS (
                SELECT FROM looked WHERE looked.nth = abreast.nth AND {kind.told_of}))
              {kind.also}
              SELECT nth, {kind.shown} FROM looked"""
    return Abreast(sql, names, tuple(name for name in names if of[name].startswith("bytea")))


def _hex(value: object) -> object:
    match value:
        case bytes():
            return f"\\x{value.hex()}"
        case list() | tuple():
            return [_hex(one) for one in value]
        case _:
            return value
