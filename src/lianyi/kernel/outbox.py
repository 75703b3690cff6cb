"""Events wait here beside the change that caused them, until the worker hands them on.

Order holds per owner. A reader stays below the oldest running transaction, because a lower `seq`
may still be uncommitted when a higher one is already visible.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol
from uuid import UUID

import msgspec

from lianyi.kernel import bulk
from lianyi.kernel.db import Db
from lianyi.kernel.ids import lane

BATCH = 200
TRIES = 8


class Event(Protocol):
    name: ClassVar[str]

    @property
    def owner(self) -> UUID: ...

    @property
    def institution_id(self) -> UUID: ...


@dataclass(frozen=True, slots=True)
class _Placed:
    """The one field that every event has."""

    institution_id: UUID


@dataclass(frozen=True, slots=True)
class Waiting:
    seq: int
    name: str
    body: str
    owner: UUID

    def event(self, kinds: Mapping[str, type[Any]]) -> Any:  # noqa: ANN401 - any of the kinds
        return msgspec.json.decode(self.body, type=kinds[self.name])

    @property
    def institution_id(self) -> UUID:
        """Whose event it is, also where its kind is unknown or cannot be read as such."""
        return msgspec.json.decode(self.body, type=_Placed).institution_id


def columns(event: Event | None) -> tuple[str | None, str | None, UUID | None, int | None]:
    """Return name, body, owner and lane, as `COLUMNS` wants them."""
    if event is None:
        return None, None, None, None
    return event.name, msgspec.json.encode(event).decode(), event.owner, lane(event.owner)


COLUMNS = "name, body, owner, lane"
LEASE = """SELECT lane FROM unnest($1::int[]) AS lane
           WHERE pg_try_advisory_xact_lock(hashtext('outbox'), lane)"""
TAKE = """SELECT next.seq, next.name, next.body, next.owner
          FROM unnest($1::int[]) AS mine (lane), LATERAL (
            SELECT tx, seq, name, body, owner FROM kernel.outbox o
            WHERE o.lane = mine.lane AND delivered_at IS NULL
              AND tx < pg_snapshot_xmin(pg_current_snapshot())
              AND NOT EXISTS (SELECT FROM kernel.parked p
                WHERE p.owner = o.owner AND p.next_at > $2)
            ORDER BY tx, seq LIMIT $3) AS next
          ORDER BY next.tx, next.seq LIMIT $3"""


async def store(db: Db, event: Event, now: datetime) -> None:
    await db.execute(
        f"INSERT INTO kernel.outbox ({COLUMNS}, at) VALUES ($1, $2, $3, $4, $5)",
        *columns(event),
        now,
    )


async def store_all(db: Db, events: Sequence[Event], now: datetime) -> None:
    """Store many events, which go out in this order."""
    names = [name.strip() for name in COLUMNS.split(",")]
    rows = (dict(zip(names, columns(event), strict=True)) for event in events)
    await bulk.copy(db, "kernel.outbox", [{**row, "at": now} for row in rows])


async def lanes(db: Db) -> list[int]:
    """Return the lanes that hold anything undelivered."""
    rows = await db.fetch(
        """WITH RECURSIVE held AS (
             (SELECT lane FROM kernel.outbox WHERE delivered_at IS NULL ORDER BY lane LIMIT 1)
             UNION ALL
             SELECT (SELECT lane FROM kernel.outbox WHERE delivered_at IS NULL
                     AND lane > held.lane ORDER BY lane LIMIT 1) FROM held WHERE held.lane >= 0)
           SELECT lane FROM held WHERE lane IS NOT NULL"""
    )
    return [row["lane"] for row in rows]


async def whole_lane(db: Db, lane: int) -> None:
    """Wait until no worker is at work on the lane, and keep them off for this transaction."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtext('outbox'), $1)", lane)


async def take(db: Db, lanes: Sequence[int], now: datetime, limit: int) -> list[Waiting]:
    """Lease lanes for this transaction and return what may be delivered, oldest first.

    A lane that another worker holds is left out.
    """
    mine = await db.fetch(LEASE, lanes)
    if not mine:
        return []
    rows = await db.fetch(TAKE, [row["lane"] for row in mine], now, limit)
    return [Waiting(**row) for row in rows]


async def first_times(db: Db, wanted: Collection[tuple[int, str]]) -> set[tuple[int, str]]:
    """Mark events as followed, each by a follower, and return those that were not yet."""
    if not wanted:
        return set()
    seqs, followers = zip(*wanted, strict=True)
    rows = await db.fetch(
        """INSERT INTO kernel.followed (seq, follower)
           SELECT * FROM unnest($1::bigint[], $2::text[])
           ON CONFLICT DO NOTHING RETURNING seq, follower""",
        seqs,
        followers,
    )
    return {(row["seq"], row["follower"]) for row in rows}


async def delivered(db: Db, events: list[Waiting], now: datetime) -> None:
    await db.execute(
        """WITH gone AS (UPDATE kernel.outbox SET delivered_at = $2 WHERE seq = ANY($1))
           DELETE FROM kernel.parked WHERE seq = ANY($1)""",
        [e.seq for e in events],
        now,
    )


async def park(db: Db, event: Waiting, now: datetime, trouble: str) -> None:
    """Hold back this owner's line; after the last try only a person can free it."""
    await db.execute(
        f"""INSERT INTO kernel.parked AS p (owner, seq, tries, next_at, trouble, institution_id)
            VALUES ($1, $2, 1, $3::timestamptz + interval '2 s', $4, $5)
            ON CONFLICT (owner) DO UPDATE SET tries = p.tries + 1, trouble = $4, next_at =
              CASE WHEN p.tries + 1 >= {TRIES} THEN 'infinity'
                   ELSE $3::timestamptz + interval '2 s' * 2 ^ p.tries END""",
        event.owner,
        event.seq,
        now,
        trouble,
        event.institution_id,
    )
