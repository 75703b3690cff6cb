"""Acts that move no state and still must be known for ever: who did them, when and why."""

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
