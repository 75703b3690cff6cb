"""Every statement about public keys that lie at an app's own address."""

from datetime import datetime, timedelta
from uuid import UUID

from lianyi.accounts.model.apps import KeySet
from lianyi.kernel.work import Tx

FIND_KEYS = (
    "SELECT keys, fresh_until, asked_at, heard_at FROM accounts.key_set WHERE client_id = $1"
)
# One of those who come together asks; who comes soon after it doesn't.
ASK_KEYS = """INSERT INTO accounts.key_set AS k (client_id, fresh_until, asked_at)
              VALUES ($1, $2, $2)
              ON CONFLICT (client_id) DO UPDATE SET asked_at = $2
              WHERE k.asked_at <= $2::timestamptz - $3::interval RETURNING client_id"""
KEEP_KEYS = """UPDATE accounts.key_set SET keys = $2, fresh_until = $3, heard_at = $4
               WHERE client_id = $1"""
NO_KEYS = "UPDATE accounts.key_set SET heard_at = $2 WHERE client_id = $1"


async def find(tx: Tx, client_id: UUID) -> KeySet | None:
    row = await tx.db.fetchrow(FIND_KEYS, client_id)
    return None if row is None else KeySet(**row)


async def ask(tx: Tx, client_id: UUID, *, pause: timedelta) -> bool:
    """Return whether nobody has asked for so long."""
    return await tx.db.fetchval(ASK_KEYS, client_id, tx.now, pause) is not None


async def keep(tx: Tx, client_id: UUID, keys: str, until: datetime) -> None:
    await tx.db.execute(KEEP_KEYS, client_id, keys, until, tx.now)


async def hear_nothing(tx: Tx, client_id: UUID) -> None:
    await tx.db.execute(NO_KEYS, client_id, tx.now)
