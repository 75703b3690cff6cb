"""An app's public keys are fetched from where they lie, by an errand (jwks_uri).

Only an app that an institution has approved has its address asked: its administrator has seen it.
The address is resolved and pinned as those of subscriptions are (SSRF).
"""

from uuid import UUID

from lianyi.access import queries as consents
from lianyi.accounts import queries as accounts
from lianyi.accounts.errors import NoSuchClient
from lianyi.accounts.model.apps import Client, Proof
from lianyi.accounts.rules import jwt
from lianyi.accounts.service import keys
from lianyi.kernel import errand
from lianyi.kernel.errand import Answer, Errand
from lianyi.kernel.work import Tx
from lianyi.links import Links
from lianyi.links.hooks import Place

KIND = "app.keys"


def topic(client_id: UUID) -> str:
    """Return what waits for an app's keys hears; no page can ask for a name like this."""
    return f"#keys/{client_id}"


def claimed(proof: Proof) -> UUID | None:
    """Return whose keys would prove it."""
    return jwt.issuer_of(proof.assertion) if proof.assertion else None


async def ask(tx: Tx, *, client_id: UUID, proof: Proof) -> bool:
    """Have keys fetched that aren't held; return whether it is worth waiting for them."""
    client = (await accounts.clients(tx, ids=[client_id])).get(client_id)
    kid = jwt.key_of(proof.assertion)
    if client is None or not client.keys_at or not kid:
        return False
    if not (await consents.live_approvals(tx, app_ids=[client_id]))[client_id]:
        return False
    if await keys.is_to_be_asked(tx, client, kid=kid):
        await errand.plan(tx, KIND, thing_id=client_id)
        return True
    return await keys.is_worth_waiting(tx, client, kid=kid)


async def _prepare(tx: Tx, client_id: UUID) -> Place:
    return Place((await _client(tx, client_id)).keys_at)


async def _send(links: Links, _: UUID, place: Place) -> Answer:
    return await links.hooks.fetch(place)


async def _ask(_links: Links, _key: UUID, _place: Place) -> None:
    """Know nothing of what was asked before: who asks again hears it again."""


async def _record(tx: Tx, client_id: UUID, answer: Answer) -> None:
    client, said = await _client(tx, client_id), answer.body
    await keys.keep(tx, client=client, text=said.get("text", ""), seconds=said.get("seconds"))


async def _client(tx: Tx, client_id: UUID) -> Client:
    found = await accounts.clients(tx, ids=[client_id])
    if client_id not in found:
        raise NoSuchClient
    return found[client_id]


FETCH: Errand[Links, Place] = Errand(KIND, Place, _prepare, _send, _ask, _record)
