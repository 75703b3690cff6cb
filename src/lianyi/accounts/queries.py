"""What a face asks before it knows anybody."""

from collections.abc import Sequence
from uuid import UUID

from lianyi.accounts import tables
from lianyi.accounts.model import Credentials, Own, Session
from lianyi.kernel import crypto
from lianyi.kernel.work import Tx


async def credentials(tx: Tx, *, login: str) -> Credentials | None:
    return await tables.find_credentials(tx, login.strip().lower())


async def sessions(tx: Tx, *, tokens: Sequence[str]) -> dict[str, Session]:
    """Return the live sessions of browsers' tokens; a token without one is left out."""
    of = {crypto.sm3(token.encode()): token for token in tokens}
    return {of[found.digest]: found for found in await tables.find_sessions(tx, tuple(of))}


async def phone_of(tx: Tx, *, account_id: UUID) -> str | None:
    """Return the proven phone of the account that asks, or None for staff logins."""
    return await tables.load_phone(tx, account_id)


async def own(tx: Tx, *, account_id: UUID) -> Own:
    """Return the account that asks: its login and how many browsers are signed in by it."""
    return await tables.load_own(tx, account_id)
