"""How well events and errands flow: depths, lags and ages, for the people who keep it running."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from lianyi.kernel import ids
from lianyi.kernel.work import Tx

SHOWN = 50
LATE = timedelta(minutes=1)  # what waits longer than this wants a person's eye

# What is parked waits for a person and would hide how the rest flows.
FLOW = """
SELECT count(*) AS depth, min(o.at) AS oldest, kernel.oldest_write() AS oldest_write,
  (SELECT count(*) FROM kernel.parked) AS parked
FROM kernel.outbox o WHERE o.delivered_at IS NULL
  AND NOT EXISTS (SELECT FROM kernel.parked p WHERE p.owner = o.owner)"""

# An errand in its first try counts as unknown by design; it is in trouble after its first pause.
TROUBLED = """
FROM kernel.errand WHERE id >= $1 AND ($2::uuid IS NULL OR institution_id = $2)
  AND outcome IN ('no', 'unknown') AND (outcome = 'no' OR tries > 1 OR next_at <= $3)"""
BY_KIND = f"""
SELECT kind, outcome, count(*) AS count, max(tries) AS tries,
  (array_agg(id ORDER BY id))[1] AS oldest_id
{TROUBLED} GROUP BY kind, outcome ORDER BY outcome DESC, kind"""
ERRANDS = f"""
SELECT id, kind, thing_id, outcome, tries, next_at
{TROUBLED} ORDER BY outcome DESC, id LIMIT {SHOWN}"""


@dataclass(frozen=True, slots=True)
class Flow:
    """`oldest_write` is the age of the oldest transaction that writes: no event passes it."""

    depth: int
    lag: timedelta
    parked: int
    oldest_write: timedelta

    @property
    def is_late(self) -> bool:
        return self.lag > LATE

    @property
    def is_held_up(self) -> bool:
        return self.oldest_write > LATE


@dataclass(frozen=True, slots=True)
class Kind:
    """Errands of one kind that failed ('no') or whose outcome is 'unknown'."""

    kind: str
    outcome: str
    count: int
    tries: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Troubled:
    id: UUID
    kind: str
    thing_id: UUID
    outcome: str
    tries: int
    next_at: datetime

    @property
    def since(self) -> datetime:
        return ids.made_at(self.id)


async def flow(tx: Tx) -> Flow:
    """Return how events flow on the whole platform: numbers only, which belong to nobody."""
    row = await tx.db.fetchrow(FLOW)
    assert row is not None  # noqa: S101 - it counts, so there is one row
    none = timedelta()
    lag = tx.now - row["oldest"] if row["oldest"] else none
    return Flow(row["depth"], max(lag, none), row["parked"], row["oldest_write"] or none)


async def by_kind(tx: Tx, *, institution_id: UUID | None, since: datetime) -> list[Kind]:
    """Count the errands in trouble that were planned since then, the unknown ones first."""
    rows = await tx.db.fetch(BY_KIND, ids.first_at(since), institution_id, tx.now)
    return [
        Kind(r["kind"], r["outcome"], r["count"], r["tries"], ids.made_at(r["oldest_id"]))
        for r in rows
    ]


async def troubled(tx: Tx, *, institution_id: UUID | None, since: datetime) -> list[Troubled]:
    """Return the oldest of those errands."""
    rows = await tx.db.fetch(ERRANDS, ids.first_at(since), institution_id, tx.now)
    return [Troubled(**row) for row in rows]
