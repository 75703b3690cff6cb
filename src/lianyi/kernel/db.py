"""The two shapes a connection comes in, and a statement kept for later."""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, chain
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


def joined(statements: Sequence[Statement]) -> tuple[tuple[str, ...], tuple[object, ...]]:
    """Return statements as parts of one whose values are those of all, in this order."""
    texts = _joined(tuple([(sql, len(values)) for sql, values in statements]))
    return texts, tuple(chain.from_iterable([values for _, values in statements]))


@lru_cache(maxsize=512)
def _joined(parts: tuple[tuple[str, int], ...]) -> tuple[str, ...]:
    behind = accumulate([0, *(count for _, count in parts)])
    return tuple(_moved(sql, before) for (sql, _), before in zip(parts, behind, strict=False))


def literal(text: str) -> str:
    """Quote a value for the simple protocol, in which several statements share a round trip.

    Every connection runs with standard_conforming_strings, so a quote is all there is to double.
    """
    if "\0" in text:
        raise ValueError("NUL")
    return "'" + text.replace("'", "''") + "'"
