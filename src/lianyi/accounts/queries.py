"""What a face asks before it knows anybody."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from lianyi.accounts import tables
from lianyi.accounts.model import Credentials, Own, Session
from lianyi.accounts.model.apps import Ask, Client, Held
from lianyi.accounts.tables import apps
from lianyi.kernel import crypto, named
from lianyi.kernel.db import Statement
from lianyi.kernel.moment import Moment
from lianyi.kernel.named import Part
from lianyi.kernel.work import Tx


async def credentials(tx: Tx, *, login: str) -> Credentials | None:
    return await tables.find_credentials(tx, login.strip().lower())


async def sessions(tx: Tx, *, tokens: Sequence[str]) -> dict[str, Session]:
    """Return the live sessions of browsers' tokens; a token without one is left out."""
    of = {crypto.sm3(token.encode()): token for token in tokens}
    return {of[found.digest]: found for found in await tables.find_sessions(tx, tuple(of))}


def still(at: Moment, *, session: Session) -> Statement:
    """Return the part of a WHERE that holds while a session is live and wears the same hat."""
    return tables.still(at, session)


def still_of_each(statement: Statement) -> Part:
    """Return the same for many, each of whom has an own session."""
    return named.part(statement, tables.WORN)


async def phone_of(tx: Tx, *, account_id: UUID) -> str | None:
    """Return the proven phone of the account that asks, or None for staff logins."""
    return await tables.load_phone(tx, account_id)


async def own(tx: Tx, *, account_id: UUID) -> Own:
    """Return the account that asks: its login and how many browsers are signed in by it."""
    return await tables.load_own(tx, account_id)


async def clients(tx: Tx, *, ids: Sequence[UUID]) -> dict[UUID, Client]:
    """Return registered apps; one that nobody has registered is left out."""
    return {client.id: client for client in await apps.find_clients(tx, ids)}


async def knows_origin(tx: Tx, *, origin: str) -> bool:
    """Return whether any registered app has pages there (INT-05)."""
    return await apps.knows_origin(tx, origin)


async def ask(tx: Tx, *, token: str) -> Ask | None:
    """Return what an app asks of whoever sits at the browser, while it may be answered."""
    return await apps.find_ask(tx, token)


async def lent(tx: Tx, *, person_id: UUID, client_id: UUID) -> dict[UUID, tuple[str, ...]]:
    """Return the scopes of what a person's affairs are lent to an app, and keep it still."""
    return await apps.list_lent(tx, person_id, client_id)


async def refused_at(tx: Tx, *, client_id: UUID, since: datetime) -> datetime | None:
    """Return when the acting person has refused an app, if that was their last word since then."""
    return await apps.find_refusal(tx, client_id, since)


async def held(tx: Tx, *, tokens: Sequence[str]) -> dict[str, Held]:
    """Return the live tokens of apps, with the hats they are worn in; others are left out."""
    return await apps.find_held(tx, tokens)


def still_held(at: Moment, *, token: str) -> Statement:
    """Return the part of a WHERE that holds while an app's token lives; its hat never changes."""
    return apps.still_held(at, token)
