"""Public keys of apps that say where theirs lie (`jwks_uri`): held for a while, asked for again.

Whoever holds the app's address may change its keys; what was held too long proves nothing. SMART
Backend Services 2.2, "Retrieving the app's public key".
"""

from datetime import timedelta

from lianyi.accounts.events import KeysAsked
from lianyi.accounts.model.apps import KEYS_LIFE, KEYS_LONGEST, KEYS_PAUSE, Client
from lianyi.accounts.rules import jwt
from lianyi.accounts.tables import keys as tables
from lianyi.kernel.work import Tx


async def keys_of(tx: Tx, client: Client) -> str:
    """Return the keys that hold now; nothing, where there are none."""
    held = await tables.find(tx, client.id) if client.keys_at else None
    return held.keys if held and held.fresh_until > tx.now else ""


async def is_worth_waiting(tx: Tx, client: Client, *, kid: str) -> bool:
    """Tell whether somebody is asking for the key of that name already."""
    held = await tables.find(tx, client.id)
    return held is not None and held.is_awaited and kid not in jwt.names(held.keys)


async def is_to_be_asked(tx: Tx, client: Client, *, kid: str) -> bool:
    """Tell whether a key that isn't held is to be asked for, and have nobody else ask it.

    INT-03: not by every assertion that names another one, or anybody could have us ask for ever.
    """
    held = await tables.find(tx, client.id)
    if held and held.fresh_until > tx.now and kid in jwt.names(held.keys):
        return False
    return await tables.ask(tx, client.id, pause=KEYS_PAUSE)


async def keep(tx: Tx, *, client: Client, text: str, seconds: int | None) -> None:
    """Hold what an app's address has said, for as long as it says, or go on with what is held.

    What can prove nothing is no answer. Held are they a minute at least, and a day at most.
    """
    keys = jwt.usable(text)
    if keys:
        said = KEYS_LIFE if seconds is None else timedelta(seconds=seconds)
        until = tx.now + min(max(said, KEYS_PAUSE), KEYS_LONGEST)
        await tables.keep(tx, client.id, keys, until)
    else:
        await tables.hear_nothing(tx, client.id)
    await tx.emit(KeysAsked(client.id))
