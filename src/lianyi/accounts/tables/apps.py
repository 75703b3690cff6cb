"""Every statement about apps and their tokens."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from lianyi.accounts.model.apps import (
    ASK_LIFE,
    CODE_LIFE,
    LAUNCH_LIFE,
    Ask,
    Client,
    ClientKind,
    Context,
    Held,
    Lease,
    Registration,
    TokenKind,
)
from lianyi.accounts.rules import clients as rules
from lianyi.accounts.rules.jwt import Asserted
from lianyi.kernel import crypto
from lianyi.kernel.actor import Actor, Role
from lianyi.kernel.db import Statement
from lianyi.kernel.moment import Moment
from lianyi.kernel.work import Tx

if TYPE_CHECKING:
    from asyncpg import Record

INSERT_CLIENT = """INSERT INTO accounts.client (id, created_at, name, company, credit_code, contact,
                     about, kind, secret, keys, redirects, origins, launch_url, scopes, notifies,
                     keys_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"""
FIND_CLIENTS = "SELECT * FROM accounts.client WHERE id = ANY ($1::uuid[])"
KNOWS_ORIGIN = "SELECT EXISTS (SELECT FROM accounts.client WHERE origins @> ARRAY[$1::text])"
INSERT_LAUNCH = """INSERT INTO accounts.launch (digest, client_id, person_id, post_id, patient_id,
                     encounter, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)"""
USE_LAUNCH = """UPDATE accounts.launch SET used_at = $3
                WHERE digest = $1 AND client_id = $2 AND used_at IS NULL AND expires_at > $3
                RETURNING digest"""
INSERT_ASK = """INSERT INTO accounts.ask (digest, client_id, redirect, scopes, state, challenge,
                  nonce, launch, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"""
FIND_ASK = """SELECT a.*, l.person_id, l.post_id, l.patient_id, l.encounter
              FROM accounts.ask a LEFT JOIN accounts.launch l ON l.digest = a.launch
              WHERE a.digest = $1 AND a.used_at IS NULL AND a.expires_at > $2"""
USE_ASK = """UPDATE accounts.ask SET used_at = $2, answered_by = $3, agreed = $4
             WHERE digest = $1 AND used_at IS NULL AND expires_at > $2 RETURNING digest"""
LAST_WORD = """SELECT used_at, agreed FROM accounts.ask
               WHERE answered_by = $1 AND client_id = $2 AND used_at > $3
               ORDER BY used_at DESC LIMIT 1"""
INSERT_LEASE = """INSERT INTO accounts.lease (id, client_id, approval_id, permission_id, person_id,
                    post_id, institution_id, role, for_person_id, encounter, scopes, nonce,
                    session, started_at, until)
                  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"""
INSERT_CODE = """INSERT INTO accounts.grant_code (digest, lease_id, redirect, challenge, expires_at)
                 VALUES ($1, $2, $3, $4, $5)"""
LOCK_CODE = """SELECT c.lease_id, c.redirect, c.challenge, c.expires_at, c.used_at, l.client_id
               FROM accounts.grant_code c JOIN accounts.lease l ON l.id = c.lease_id
               WHERE c.digest = $1 FOR UPDATE OF c"""
USE_CODE = "UPDATE accounts.grant_code SET used_at = $2 WHERE digest = $1"
# A lease lives while nobody has ended it and, if it rests on a browser's session, that one does.
LIVE = """l.ended_at IS NULL AND l.until > $2 AND (l.session IS NULL OR EXISTS (
            SELECT FROM accounts.session s WHERE s.digest = l.session AND s.ended_at IS NULL
              AND s.expires_at > $2))"""
LOAD_LEASE = f"SELECT l.* FROM accounts.lease l WHERE l.id = $1 AND {LIVE}"
INSERT_HELD = """INSERT INTO accounts.token (digest, lease_id, kind, scopes, expires_at)
                  VALUES ($1, $2, $3, $4, $5)"""
LOCK_HELD = """SELECT t.lease_id, t.kind, t.scopes AS token_scopes, t.expires_at, t.ended_at,
                  l.client_id
                FROM accounts.token t JOIN accounts.lease l ON l.id = t.lease_id
                WHERE t.digest = $1 FOR UPDATE OF t"""
END_HELD = "UPDATE accounts.token SET ended_at = $2 WHERE digest = $1 AND ended_at IS NULL"
FIND_HELD = f"""SELECT t.digest, t.kind, t.scopes AS token_scopes, t.expires_at, l.*
                FROM accounts.token t JOIN accounts.lease l ON l.id = t.lease_id
                WHERE t.digest = ANY ($1) AND t.ended_at IS NULL AND t.expires_at > $2
                  AND {LIVE}"""
STILL_HELD = f"""EXISTS (SELECT FROM accounts.token t JOIN accounts.lease l ON l.id = t.lease_id
                  WHERE t.digest = $1 AND t.ended_at IS NULL AND t.expires_at > $2 AND {LIVE})"""
END_LEASE = "UPDATE accounts.lease SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL"
END_APPROVED = """UPDATE accounts.lease SET ended_at = $2
                  WHERE approval_id = $1 AND ended_at IS NULL"""
# What a person lent themselves, and what their own affairs were lent by somebody who acts for them.
IS_LENT = """client_id = $2 AND ended_at IS NULL
             AND (for_person_id = $1 OR (person_id = $1 AND for_person_id IS NULL))"""
END_LENT = f"UPDATE accounts.lease SET ended_at = $3 WHERE {IS_LENT}"
LENT = f"SELECT id, scopes FROM accounts.lease WHERE {IS_LENT} FOR UPDATE"
END_SOME = "UPDATE accounts.lease SET ended_at = $2 WHERE id = ANY ($1) AND ended_at IS NULL"
END_OF_PERSON = """UPDATE accounts.lease SET ended_at = $2
                   WHERE ended_at IS NULL AND person_id = $1"""
ASSERT = """INSERT INTO accounts.assertion (client_id, jti, expires_at) VALUES ($1, $2, $3)
            ON CONFLICT DO NOTHING RETURNING jti"""

OVER = """DELETE FROM accounts.assertion WHERE (client_id, jti) IN (
            SELECT client_id, jti FROM accounts.assertion WHERE expires_at < $1 LIMIT $2)"""
BATCH = 1000


def digest_of(token: str) -> bytes:
    return crypto.sm3(token.encode())


async def insert_client(tx: Tx, id: UUID, form: Registration, secret: str) -> None:
    urls = (*form.redirects, form.launch_url)
    origins = sorted({origin for url in urls if (origin := rules.origin_of(url))})
    await tx.db.execute(
        INSERT_CLIENT,
        id,
        tx.now,
        form.name.strip(),
        form.company.strip(),
        form.credit_code,
        form.contact.strip(),
        form.about.strip(),
        form.kind,
        digest_of(secret) if secret else None,
        form.keys or None,
        list(form.redirects),
        origins,
        form.launch_url,
        list(form.scopes),
        list(form.notifies),
        form.keys_at,
    )


async def find_clients(tx: Tx, ids: Sequence[UUID]) -> list[Client]:
    return [_client(row) for row in await tx.db.fetch(FIND_CLIENTS, list(ids))]


async def knows_origin(tx: Tx, origin: str) -> bool:
    known: bool = await tx.db.fetchval(KNOWS_ORIGIN, origin)
    return known


async def insert_launch(tx: Tx, token: str, client_id: UUID, context: Context) -> None:
    who = (context.person_id, context.post_id, context.patient_id, context.encounter)
    await tx.db.execute(INSERT_LAUNCH, digest_of(token), client_id, *who, tx.now + LAUNCH_LIFE)


async def use_launch(tx: Tx, token: str, client_id: UUID) -> bytes | None:
    found: bytes | None = await tx.db.fetchval(USE_LAUNCH, digest_of(token), client_id, tx.now)
    return found


async def insert_ask(tx: Tx, token: str, ask: Ask, launch: bytes | None) -> None:
    await tx.db.execute(
        INSERT_ASK,
        digest_of(token),
        ask.client_id,
        ask.redirect,
        list(ask.scopes),
        ask.state,
        ask.challenge,
        ask.nonce,
        launch,
        tx.now + ASK_LIFE,
    )


async def find_ask(tx: Tx, token: str) -> Ask | None:
    row = await tx.db.fetchrow(FIND_ASK, digest_of(token), tx.now)
    return None if row is None else _ask(row)


async def use_ask(tx: Tx, token: str, *, agreed: bool) -> bool:
    given = (digest_of(token), tx.now, tx.actor.person_id, agreed)
    return await tx.db.fetchval(USE_ASK, *given) is not None


async def find_refusal(tx: Tx, client_id: UUID, since: datetime) -> datetime | None:
    row = await tx.db.fetchrow(LAST_WORD, tx.actor.person_id, client_id, since)
    return None if row is None or row["agreed"] else row["used_at"]


async def insert_lease(tx: Tx, lease: Lease) -> None:
    hat = lease.hat
    await tx.db.execute(
        INSERT_LEASE,
        lease.id,
        lease.client_id,
        lease.approval_id,
        lease.permission_id,
        hat.person_id,
        hat.post_id,
        hat.institution_id,
        hat.role,
        hat.for_person_id,
        lease.encounter,
        list(hat.scopes),
        lease.nonce,
        lease.session,
        tx.now,
        lease.until,
    )


async def insert_code(tx: Tx, code: str, lease_id: UUID, ask: Ask) -> None:
    until = tx.now + CODE_LIFE
    await tx.db.execute(INSERT_CODE, digest_of(code), lease_id, ask.redirect, ask.challenge, until)


async def lock_code(tx: Tx, code: str) -> "Record | None":
    return await tx.db.fetchrow(LOCK_CODE, digest_of(code))


async def use_code(tx: Tx, code: str) -> None:
    await tx.db.execute(USE_CODE, digest_of(code), tx.now)


async def find_lease(tx: Tx, id: UUID) -> Lease | None:
    row = await tx.db.fetchrow(LOAD_LEASE, id, tx.now)
    return None if row is None else _lease(row, row["scopes"])


async def insert_token(
    tx: Tx, token: str, lease_id: UUID, *, kind: TokenKind, scopes: Sequence[str], until: datetime
) -> None:
    await tx.db.execute(INSERT_HELD, digest_of(token), lease_id, kind, list(scopes), until)


async def lock_token(tx: Tx, token: str) -> "Record | None":
    return await tx.db.fetchrow(LOCK_HELD, digest_of(token))


async def end_token(tx: Tx, token: str) -> None:
    await tx.db.execute(END_HELD, digest_of(token), tx.now)


async def find_held(tx: Tx, tokens: Sequence[str]) -> dict[str, Held]:
    of = {digest_of(token): token for token in tokens}
    rows = await tx.db.fetch(FIND_HELD, list(of), tx.now)
    return {of[row["digest"]]: _held(row) for row in rows}


def still_held(at: Moment, token: str) -> Statement:
    return STILL_HELD, (digest_of(token), at.now)


async def end_lease(tx: Tx, id: UUID) -> None:
    await tx.db.execute(END_LEASE, id, tx.now)


async def end_approved(tx: Tx, approval_id: UUID) -> None:
    await tx.db.execute(END_APPROVED, approval_id, tx.now)


async def end_lent(tx: Tx, person_id: UUID, client_id: UUID) -> None:
    await tx.db.execute(END_LENT, person_id, client_id, tx.now)


async def list_lent(tx: Tx, person_id: UUID, client_id: UUID) -> dict[UUID, tuple[str, ...]]:
    rows = await tx.db.fetch(LENT, person_id, client_id)
    return {row["id"]: tuple(row["scopes"]) for row in rows}


async def end_leases(tx: Tx, ids: Sequence[UUID]) -> None:
    await tx.db.execute(END_SOME, list(ids), tx.now)


async def end_leases_of(tx: Tx, person_id: UUID) -> None:
    await tx.db.execute(END_OF_PERSON, person_id, tx.now)


async def take_assertion(tx: Tx, said: Asserted, *, until: datetime) -> bool:
    """Return whether nobody has said this before; it is remembered for so long."""
    return await tx.db.fetchval(ASSERT, said.client_id, said.jti, until) is not None


async def forget_assertions(tx: Tx) -> int:
    done: str = await tx.db.execute(OVER, tx.now, BATCH)
    return int(done.removeprefix("DELETE "))


def _client(row: "Record") -> Client:
    return Client(
        id=row["id"],
        name=row["name"],
        company=row["company"],
        credit_code=row["credit_code"],
        contact=row["contact"],
        about=row["about"],
        kind=ClientKind(row["kind"]),
        secret=row["secret"],
        keys=row["keys"],
        redirects=tuple(row["redirects"]),
        launch_url=row["launch_url"],
        scopes=tuple(row["scopes"]),
        created_at=row["created_at"],
        notifies=tuple(row["notifies"]),
        keys_at=row["keys_at"],
    )


def _ask(row: "Record") -> Ask:
    context = None
    if row["launch"] is not None:
        who = (row["person_id"], row["post_id"], row["patient_id"])
        context = Context(*who, row["encounter"])
    asked = (row["redirect"], tuple(row["scopes"]), row["state"], row["challenge"], row["nonce"])
    return Ask(row["client_id"], *asked, context)


def _lease(row: "Record", scopes: Sequence[str]) -> Lease:
    hat = Actor(
        row["person_id"],
        row["post_id"],
        row["institution_id"],
        Role(row["role"]),
        row["for_person_id"],
        row["client_id"],
        scopes=tuple(scopes),
    )
    return Lease(
        row["id"],
        row["client_id"],
        hat,
        row["encounter"],
        row["until"],
        row["approval_id"],
        row["permission_id"],
        row["session"],
        row["nonce"],
    )


def _held(row: "Record") -> Held:
    scopes = tuple(row["token_scopes"])
    return Held(_lease(row, scopes), TokenKind(row["kind"]), scopes, row["expires_at"])
