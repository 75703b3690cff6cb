"""A timer tidies and announces what the clock has already made true.

It is set in the transaction that needs it and comes back as an event through the outbox. Truth
never waits for it: statements compare `expires_at` with the instant of their transaction.
"""

from datetime import datetime
from uuid import UUID

from lianyi.kernel import outbox
from lianyi.kernel.work import Tx

BATCH = 200
ARE_DUE = "SELECT EXISTS (SELECT FROM kernel.timer WHERE due_at <= $1)"


async def set(tx: Tx, *, thing_id: UUID, name: str, due_at: datetime, event: outbox.Event) -> None:
    """Announce the event at `due_at`. Setting a timer again moves it."""
    await tx.db.execute(
        f"""INSERT INTO kernel.timer (thing_id, timer, due_at, {outbox.COLUMNS})
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (thing_id, timer) DO UPDATE
            SET due_at = excluded.due_at, name = excluded.name, body = excluded.body""",
        thing_id,
        name,
        due_at,
        *outbox.columns(event),
    )


async def clear(tx: Tx, *, thing_id: UUID, name: str) -> None:
    await tx.db.execute(
        "DELETE FROM kernel.timer WHERE thing_id = $1 AND timer = $2", thing_id, name
    )


async def are_due(tx: Tx) -> bool:
    """Tell whether there is anything to fire."""
    found: bool = await tx.db.fetchval(ARE_DUE, tx.now)
    return found


async def fire(tx: Tx) -> int:
    """Turn the timers that are due into events, and return how many there were."""
    status = await tx.db.execute(
        f"""WITH due AS (
              DELETE FROM kernel.timer WHERE (thing_id, timer) IN (
                SELECT thing_id, timer FROM kernel.timer WHERE due_at <= $1
                ORDER BY due_at LIMIT {BATCH} FOR UPDATE SKIP LOCKED)
              RETURNING {outbox.COLUMNS}, due_at)
            INSERT INTO kernel.outbox ({outbox.COLUMNS}, at)
            SELECT {outbox.COLUMNS}, $1 FROM due ORDER BY due_at""",
        tx.now,
    )
    return int(status.rpartition(" ")[2])
