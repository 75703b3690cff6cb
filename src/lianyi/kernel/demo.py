"""A demo's clock can be moved forward; the clock of a database with real people can not.

Its offset is one row of `kernel.demo`, which exists only in a database that was born as a demo.
A move is told to every process of the installation over NOTIFY.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from lianyi.kernel.db import Db
from lianyi.kernel.refusal import Conflict, Invalid

CHANNEL = "lianyi_clock"
MS = timedelta(milliseconds=1)


class NotADemo(Conflict):
    """Here lives the time of real people, which nobody moves."""


class BackInTime(Invalid):
    """What has happened would happen again: a demo's clock moves forward only."""


@dataclass(slots=True)
class Clock:
    """Real time, plus the offset of a demo."""

    real: Callable[[], datetime]
    is_demo: bool = False
    offset: timedelta = timedelta()

    def __call__(self) -> datetime:
        return self.real() + self.offset

    async def read(self, db: Db) -> None:
        """Learn the offset anew, at a start and after a broken connection."""
        ms = await db.fetchval("SELECT offset_ms FROM kernel.demo")
        self.is_demo = ms is not None
        self.offset = (ms or 0) * MS

    def heard(self, payload: str) -> None:
        """Follow a move that another process made."""
        if self.is_demo:
            self.offset = int(payload) * MS


async def forward(db: Db, clock: Clock, *, by: timedelta) -> datetime:
    """Move the clock of this demo and return its new time. Never part of another transaction.

    :raises BackInTime:
    :raises NotADemo:
    """
    if by < MS:
        raise BackInTime
    ms = await db.fetchval(
        "UPDATE kernel.demo SET offset_ms = offset_ms + $1 RETURNING offset_ms", by // MS
    )
    if ms is None:
        raise NotADemo
    clock.offset = ms * MS
    await db.execute("SELECT pg_notify($1, $2)", CHANNEL, str(ms))
    return clock()


async def is_born(db: Db) -> bool:
    """Return whether this database was born as a demo: nobody real lives in it."""
    return bool(await db.fetchval("SELECT EXISTS (SELECT FROM kernel.demo)"))


async def is_seeded(db: Db) -> bool:
    """Return whether the demo network is in this database."""
    return bool(await db.fetchval("SELECT seeded FROM kernel.demo"))


async def seeded(db: Db) -> None:
    """Remember it, in the transaction that brought the network in."""
    await db.execute("UPDATE kernel.demo SET seeded = true")
