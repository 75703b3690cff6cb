"""Lines that an event holds back because its followers fail, and what a person may do about them.

After the last try only a person frees a line: by sending the event again once the cause is mended,
or by skipping it, which leaves who did it and why on the event and in the history.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lianyi.kernel import history, outbox
from lianyi.kernel.ids import lane
from lianyi.kernel.refusal import NotFound
from lianyi.kernel.work import Tx

SHOWN = 50

# $1 is the institution whose lines are seen, or null for all of them.
LINES = f"""
SELECT p.owner, p.seq, o.name, p.institution_id, p.tries, p.trouble, o.at AS since,
  CASE WHEN isfinite(p.next_at) THEN p.next_at END AS next_at, p.next_at = 'infinity' AS stuck,
  (SELECT count(*) FROM kernel.outbox b WHERE b.lane = o.lane AND b.owner = p.owner
     AND b.delivered_at IS NULL AND (b.tx, b.seq) > (o.tx, o.seq)) AS behind
FROM kernel.parked p JOIN kernel.outbox o ON o.seq = p.seq
WHERE $1::uuid IS NULL OR p.institution_id = $1
ORDER BY stuck DESC, o.at, p.seq LIMIT {SHOWN}"""
SKIPPED = f"""
SELECT seq, name, owner, skipped_by AS post_id, skipped_why AS why, delivered_at AS at
FROM kernel.outbox
WHERE skipped_by IS NOT NULL AND ($1::uuid IS NULL OR body::json ->> 'institution_id' = $1::text)
ORDER BY delivered_at DESC, seq DESC LIMIT {SHOWN}"""
RESEND = """UPDATE kernel.parked SET tries = 0, next_at = '-infinity'
            WHERE owner = $1 AND seq = $2 AND ($3::uuid IS NULL OR institution_id = $3)
            RETURNING true"""
SKIP = """
WITH freed AS (DELETE FROM kernel.parked WHERE owner = $1 AND seq = $2
                 AND ($3::uuid IS NULL OR institution_id = $3) RETURNING seq)
UPDATE kernel.outbox o SET delivered_at = $4, skipped_by = $5, skipped_why = $6
FROM freed WHERE o.seq = freed.seq RETURNING true"""


@dataclass(frozen=True, slots=True)
class Line:
    """One owner's events, held back by the first of them.

    It is `stuck` after the last try; before, `next_at` is the next one, or None for at once.
    """

    owner: UUID
    seq: int
    name: str
    institution_id: UUID
    tries: int
    trouble: str
    since: datetime
    next_at: datetime | None
    stuck: bool
    behind: int


@dataclass(frozen=True, slots=True)
class Skipped:
    seq: int
    name: str
    owner: UUID
    post_id: UUID
    why: str
    at: datetime


@dataclass(eq=False)
class NoSuchLine(NotFound):
    """The line runs again, or its event is another by now, or it is another institution's."""

    owner: UUID
    seq: int


async def lines(tx: Tx, *, institution_id: UUID | None) -> list[Line]:
    """Return the lines that are held back, at one institution or everywhere, the stuck first."""
    return [Line(**row) for row in await tx.db.fetch(LINES, institution_id)]


async def skipped(tx: Tx, *, institution_id: UUID | None) -> list[Skipped]:
    """Return the events that were skipped last."""
    return [Skipped(**row) for row in await tx.db.fetch(SKIPPED, institution_id)]


async def resend(tx: Tx, *, owner: UUID, seq: int, institution_id: UUID | None) -> None:
    """Try the event again at once, with all its tries before it.

    :raises NoSuchLine:
    """
    if not await tx.db.fetchval(RESEND, owner, seq, institution_id):
        raise NoSuchLine(owner=owner, seq=seq)
    await history.note(
        tx, "kernel.outbox", owner, "resend", before="parked", after="waiting", why=f"#{seq}"
    )


async def skip(tx: Tx, *, owner: UUID, seq: int, institution_id: UUID | None, why: str) -> None:
    """Let the line go on without this event. Its followers will never hear of it.

    :raises NoSuchLine:
    """
    await outbox.whole_lane(tx.db, lane(owner))
    gone = await tx.db.fetchval(SKIP, owner, seq, institution_id, tx.now, tx.actor.post_id, why)
    if not gone:
        raise NoSuchLine(owner=owner, seq=seq)
    await history.note(
        tx, "kernel.outbox", owner, "skip", before="parked", after="skipped", why=f"#{seq} {why}"
    )
