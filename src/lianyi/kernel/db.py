"""The two shapes a connection comes in, and a statement kept for later."""

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from asyncpg import Connection, Record
    from asyncpg.pool import PoolConnectionProxy

Db: TypeAlias = "Connection[Record] | PoolConnectionProxy[Record]"
Statement: TypeAlias = tuple[str, tuple[object, ...]]


def literal(text: str) -> str:
    """Quote a value for the simple protocol, in which several statements share a round trip.

    Every connection runs with standard_conforming_strings, so a quote is all there is to double.
    """
    if "\0" in text:
        raise ValueError("NUL")
    return "'" + text.replace("'", "''") + "'"
