"""The two shapes a connection comes in, and a statement kept for later."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from asyncpg import Connection, Record
    from asyncpg.pool import PoolConnectionProxy

Db: TypeAlias = "Connection[Record] | PoolConnectionProxy[Record]"
Statement: TypeAlias = tuple[str, tuple[object, ...]]

VALUE = re.compile(r"\$(\d+)")


def part_of(statement: Statement, values: list[object]) -> str:
    """Return a statement as a part of another one, whose values it joins."""
    sql, own = statement
    here = _moved(sql, len(values))
    values.extend(own)
    return here


@lru_cache(maxsize=512)
def _moved(sql: str, behind: int) -> str:
    return VALUE.sub(lambda found: f"${int(found[1]) + behind}", sql)


def literal(text: str) -> str:
    """Quote a value for the simple protocol, in which several statements share a round trip.

    Every connection runs with standard_conforming_strings, so a quote is all there is to double.
    """
    if "\0" in text:
        raise ValueError("NUL")
    return "'" + text.replace("'", "''") + "'"
