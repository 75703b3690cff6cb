"""Apps: registered by companies, started by people, given tokens that can be taken back.

A wrong code, secret or token is an answer (None), not a refusal: what follows from it (a lease that
ends because its code was used twice) has to stay.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from lianyi.accounts.errors import AskGone, BadRegistration
from lianyi.accounts.model.apps import (
    SERVICE_LIFE,
    TOKEN_LIFE,
    Ask,
    Client,
    ClientKind,
    Context,
    Issued,
    Lease,
    Proof,
    Registered,
    Registration,
    TokenKind,
)
from lianyi.accounts.rules import clients as rules
from lianyi.accounts.rules import jwt
from lianyi.accounts.service.keys import keys_of
from lianyi.accounts.tables import apps as tables
from lianyi.kernel import crypto, history
from lianyi.kernel.work import Tx

KEPT = timedelta(hours=1)  # that an assertion is remembered behind its end


async def register_client(tx: Tx, *, form: Registration) -> Registered:
    """Note an app of a company. It can do nothing before an institution approves it.

    :raises BadRegistration:
    """
    if fields := rules.trouble_with(form):
        raise BadRegistration(fields=", ".join(fields))
    id = tx.new_id()
    secret = crypto.token() if form.kind is ClientKind.SECRET else ""
    await tables.insert_client(tx, id, form, secret)
    await history.note(tx, "accounts.client", id, "register", after=form.kind)
    return Registered(id, secret)


async def prove_client(tx: Tx, *, proof: Proof, audience: str) -> Client | None:
    """Return the app that asks, if it proves itself in the way it was registered with (INT-03)."""
    claimed = jwt.issuer_of(proof.assertion) if proof.assertion else proof.client_id
    if claimed is None or (proof.client_id and proof.client_id != claimed):
        return None
    found = await tables.find_clients(tx, [claimed])
    if not found:
        return None
    (client,) = found
    return client if await _is_proven(tx, client, proof, audience) else None


async def open_launch(tx: Tx, *, client_id: UUID, context: Context) -> str:
    """Bind a start of an app to who starts it and for whom; it counts once and for minutes."""
    token = crypto.token()
    await tables.insert_launch(tx, token, client_id, context)
    return token


async def open_ask(tx: Tx, *, ask: Ask, launch: str = "") -> str | None:
    """Keep what an app asks until somebody answers it. None: what it was started with is gone."""
    started = await tables.use_launch(tx, launch, ask.client_id) if launch else None
    if launch and started is None:
        return None
    token = crypto.token()
    await tables.insert_ask(tx, token, ask, started)
    return token


async def answer_ask(tx: Tx, *, token: str, agreed: bool) -> Ask:
    """Return what was asked, and let it be answered once; a refusal is remembered (PRI-05).

    :raises AskGone:
    """
    ask = await tables.find_ask(tx, token)
    if ask is None or not await tables.use_ask(tx, token, agreed=agreed):
        raise AskGone
    return ask


async def lend(tx: Tx, *, lease: Lease, ask: Ask) -> str:
    """Lend to an app what was agreed, and return the code it redeems (INT-14: within a minute)."""
    await tables.insert_lease(tx, lease)
    code = crypto.token()
    await tables.insert_code(tx, code, lease.id, ask)
    return code


async def redeem(
    tx: Tx, *, client: Client, code: str, redirect: str, verifier: str
) -> Lease | None:
    """Return what a code was drawn for, once, to the app that can show its verifier (INT-01).

    INT-14: a code that comes again ends all that it gave, for somebody has stolen it.
    """
    row = await tables.lock_code(tx, code)
    if row is None or row["client_id"] != client.id:
        return None
    if row["used_at"] is not None:
        await tables.end_lease(tx, row["lease_id"])
        return None
    await tables.use_code(tx, code)
    if row["expires_at"] <= tx.now or row["redirect"] != redirect:
        return None
    if not rules.is_verifier_of(verifier, row["challenge"]):
        return None
    return await tables.find_lease(tx, row["lease_id"])


async def renew(tx: Tx, *, client: Client, refresh: str) -> Lease | None:
    """Return what a refresh token stands for, once; its scopes are those of the token.

    INT-14: one that comes again ends its family, for one of two holders is a thief.
    """
    row = await tables.lock_token(tx, refresh)
    if row is None or row["client_id"] != client.id or row["kind"] != TokenKind.REFRESH:
        return None
    if row["ended_at"] is not None:
        await tables.end_lease(tx, row["lease_id"])
        return None
    lease = await tables.find_lease(tx, row["lease_id"])
    if lease is None or row["expires_at"] <= tx.now:
        return None
    await tables.end_token(tx, refresh)
    return replace(lease, hat=replace(lease.hat, scopes=tuple(row["token_scopes"])))


async def serve(tx: Tx, *, lease: Lease) -> Issued:
    """Lend to a service, which has no user, for as long as one token lives (INT-03)."""
    await tables.insert_lease(tx, lease)
    return await issue(tx, lease=lease, scopes=lease.hat.scopes, refreshes=False, life=SERVICE_LIFE)


async def issue(
    tx: Tx, *, lease: Lease, scopes: Sequence[str], refreshes: bool, life: timedelta = TOKEN_LIFE
) -> Issued:
    """Draw an access token, and the next refresh token, which keeps all that was lent."""
    access, until = crypto.token(), min(tx.now + life, lease.until)
    await tables.insert_token(
        tx, access, lease.id, kind=TokenKind.ACCESS, scopes=scopes, until=until
    )
    refresh = crypto.token() if refreshes else ""
    if refresh:
        had = lease.hat.scopes
        await tables.insert_token(
            tx, refresh, lease.id, kind=TokenKind.REFRESH, scopes=had, until=lease.until
        )
    return Issued(access, refresh, until)


async def revoke(tx: Tx, *, client: Client, token: str) -> None:
    """End a token of this app; a refresh token with all that it stands for (RFC 7009)."""
    row = await tables.lock_token(tx, token)
    if row is None or row["client_id"] != client.id:
        return
    await tables.end_token(tx, token)
    if row["kind"] == TokenKind.REFRESH:
        await tables.end_lease(tx, row["lease_id"])


async def end_approved(tx: Tx, *, approval_id: UUID) -> None:
    """End all that rests on an institution's approval, at once."""
    await tables.end_approved(tx, approval_id)


async def end_lent(tx: Tx, *, person_id: UUID, client_id: UUID) -> None:
    """End what one person's affairs are lent to an app, at once (PRI-04)."""
    await tables.end_lent(tx, person_id, client_id)


async def end_leases(tx: Tx, *, ids: Sequence[UUID]) -> None:
    """End some of what was lent, at once."""
    await tables.end_leases(tx, ids)


async def forget_said(tx: Tx) -> int:
    """Forget what was asserted by proofs that nobody believes any more; return how many."""
    return await tables.forget_assertions(tx)


async def _is_proven(tx: Tx, client: Client, proof: Proof, audience: str) -> bool:
    if client.kind is ClientKind.PUBLIC:
        return not proof.secret and not proof.assertion
    if client.kind is ClientKind.SECRET:
        return not proof.assertion and rules.is_secret_of(client, proof.secret)
    keys = client.keys or await keys_of(tx, client)
    said = jwt.asserted(proof.assertion, keys, client_id=client.id, audience=audience, now=proof.at)
    if said is None:
        return False
    return await tables.take_assertion(tx, said, until=tx.now + jwt.ASSERTION_LIFE + KEPT)
