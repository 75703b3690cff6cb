"""Acts that move no state and still must be known for ever: who did them, when and why."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lianyi.kernel.work import Tx


async def note(
    tx: Tx, thing: str, id: UUID, verb: str, *, after: str, before: str = "", why: str = ""
) -> None:
    """Write an act beside the moves of `advance`, into the log that nobody can change."""
    await tx.db.execute(
        "INSERT INTO kernel.history (thing, thing_id, verb, before, after, post_id, at, why)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        thing,
        id,
        verb,
        before,
        after,
        tx.actor.post_id,
        tx.now,
        why,
    )


@dataclass(frozen=True, slots=True)
class Act:
    """One line of the history. Why it was done is left out: people write names into reasons."""

    seq: int
    thing: str
    thing_id: UUID
    verb: str
    before: str
    after: str
    post_id: UUID
    at: datetime


async def acts(tx: Tx, *, thing_ids: Collection[UUID]) -> list[Act]:
    """Return everything that was done to these things, in the order in which it was written."""
    rows = await tx.db.fetch(
        "SELECT seq, thing, thing_id, verb, coalesce(before, '') AS before, after, post_id, at"
        " FROM kernel.history WHERE thing_id = ANY ($1::uuid[]) ORDER BY seq",
        list(thing_ids),
    )
    return [Act(**row) for row in rows]
