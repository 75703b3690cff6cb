"""Every statement accounts sends to the database. Private to this package."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from lianyi.accounts.model import (
    CODE_LIFE,
    CODE_TRIES,
    FAILURES,
    IDLE_RESIDENT,
    IDLE_STAFF,
    REST,
    SESSION_LIFE,
    TOUCH,
    Account,
    Credentials,
    Own,
    Session,
)
from lianyi.kernel import bulk
from lianyi.kernel.actor import Actor, Role
from lianyi.kernel.db import Statement
from lianyi.kernel.moment import Moment
from lianyi.kernel.named import Kinds
from lianyi.kernel.work import Tx

if TYPE_CHECKING:
    from asyncpg import Record

INSERT_CODE = """INSERT INTO accounts.code (id, phone_index, phone, digest, created_at, expires_at)
                 VALUES ($1, $2, $3, $4, $5, $6)"""
COUNT_CODES = "SELECT count(*) FROM accounts.code WHERE phone_index = $1 AND created_at > $2"
# The newest code only, and one try is counted before it is compared: the row lock makes a hundred
# guesses at once a hundred tries.
TRY_CODE = f"""UPDATE accounts.code SET tries = tries + 1
               WHERE id = (SELECT id FROM accounts.code WHERE phone_index = $1
                           ORDER BY created_at DESC LIMIT 1)
                 AND used_at IS NULL AND expires_at > $2 AND tries < {CODE_TRIES}
               RETURNING id, digest"""
FIND_BY_PHONE = "SELECT id, person_id, false AS staff FROM accounts.account WHERE phone_index = $1"
INSERT_PHONE = """INSERT INTO accounts.account (id, phone_index, phone, created_at)
                  VALUES ($1, $2, $3, $4) ON CONFLICT (phone_index) DO NOTHING"""
FIND_CREDENTIALS = "SELECT id, password FROM accounts.account WHERE login = $1"
LOCK_STAFF = """SELECT id, person_id, totp, totp_step, failures, failed_at FROM accounts.account
                WHERE id = $1 FOR UPDATE"""
FIND_SESSIONS = """SELECT s.digest, s.account_id, s.person_id, s.post_id, s.institution_id, s.role,
                    s.for_person_id, s.started_at, s.seen_at, a.person_id AS owner,
                    a.login IS NOT NULL AS staff
                  FROM accounts.session s JOIN accounts.account a ON a.id = s.account_id
                  WHERE s.digest = ANY ($1) AND s.ended_at IS NULL AND s.expires_at > $2
                    AND s.seen_at > $2 - CASE WHEN a.login IS NULL THEN $3::interval
                                              ELSE $4::interval END"""
SKIP = """UPDATE accounts.session s
          SET seen_at = seen_at + $4::interval, expires_at = expires_at + $4::interval
          FROM accounts.account a
          WHERE a.id = s.account_id AND s.ended_at IS NULL AND s.expires_at > $1
            AND s.seen_at > $1 - CASE WHEN a.login IS NULL THEN $2::interval
                                      ELSE $3::interval END"""
# The part of a WHERE that holds while a session is as it was, and was noticed to be in use lately.
STILL = """EXISTS (SELECT FROM accounts.session s WHERE s.digest = $1 AND s.ended_at IS NULL
             AND s.expires_at > $2 AND s.seen_at >= $3 AND s.post_id = $4 AND s.role = $5
             AND s.person_id = $6 AND s.institution_id = $7
             AND s.for_person_id IS NOT DISTINCT FROM $8)"""
WORN: Kinds = (  # the values of that part
    ("session_digest", "bytea"),
    ("session_now", "timestamptz"),
    ("session_used", "timestamptz"),
    ("session_post", "uuid"),
    ("session_role", "text"),
    ("session_person", "uuid"),
    ("session_place", "uuid"),
    ("session_for", "uuid"),
)
LOAD_OWN = """SELECT coalesce(a.login, '') AS login, a.password AS password_hash,
                (SELECT count(*) FROM accounts.session s WHERE s.account_id = a.id
                 AND s.ended_at IS NULL AND s.expires_at > $2
                 AND s.seen_at > $2::timestamptz - $3::interval) AS sessions
              FROM accounts.account a WHERE a.id = $1"""


async def insert_code(tx: Tx, *, phone: str, code: str) -> UUID:
    id = tx.new_id()
    index, sealed = tx.keys.digest(phone), tx.keys.seal_text(f"{phone} {code}")
    digest = tx.keys.digest(f"{id} {code}")
    await tx.db.execute(INSERT_CODE, id, index, sealed, digest, tx.now, tx.now + CODE_LIFE)
    return id


async def count_codes(tx: Tx, phone: str, since: datetime) -> int:
    count: int = await tx.db.fetchval(COUNT_CODES, tx.keys.digest(phone), since)
    return count


async def load_code(tx: Tx, id: UUID) -> tuple[str, str]:
    """Return the phone and the code to send to it."""
    sealed = await tx.db.fetchval("SELECT phone FROM accounts.code WHERE id = $1", id)
    phone, code = tx.keys.open_text(sealed).split()
    return phone, code


async def try_code(tx: Tx, phone: str) -> tuple[UUID, bytes] | None:
    row = await tx.db.fetchrow(TRY_CODE, tx.keys.digest(phone), tx.now)
    return None if row is None else (row["id"], row["digest"])


async def use_code(tx: Tx, id: UUID) -> None:
    await tx.db.execute("UPDATE accounts.code SET used_at = $2 WHERE id = $1", id, tx.now)


async def find_or_insert_phone(tx: Tx, phone: str) -> Account:
    index = tx.keys.digest(phone)
    await tx.db.execute(INSERT_PHONE, tx.new_id(), index, tx.keys.seal_text(phone), tx.now)
    return Account(**dict(await tx.db.fetchrow(FIND_BY_PHONE, index) or {}))


async def load_phone(tx: Tx, account_id: UUID) -> str | None:
    sealed = await tx.db.fetchval("SELECT phone FROM accounts.account WHERE id = $1", account_id)
    return sealed and tx.keys.open_text(sealed)


async def bind_person(tx: Tx, account_id: UUID, person_id: UUID) -> None:
    await tx.db.execute(
        "UPDATE accounts.account SET person_id = $2 WHERE id = $1", account_id, person_id
    )


async def move_phone(tx: Tx, *, person_id: UUID, phone: str) -> None:
    """Let another phone be the person's way in; the old one leads nowhere from now on."""
    await tx.db.execute(
        "UPDATE accounts.account SET person_id = NULL"
        " WHERE person_id = $1 AND phone_index IS NOT NULL",
        person_id,
    )
    account = await find_or_insert_phone(tx, phone)
    await bind_person(tx, account.id, person_id)


async def copy_phones(tx: Tx, phones: Mapping[UUID, str]) -> None:
    rows = [
        {
            "id": tx.new_id(),
            "phone_index": tx.keys.digest(phone),
            "phone": tx.keys.seal_text(phone),
            "created_at": tx.now,
            "person_id": person_id,
        }
        for person_id, phone in phones.items()
    ]
    await bulk.copy(tx.db, "accounts.account", rows)


async def insert_staff(
    tx: Tx, *, login: str, person_id: UUID, password_hash: str, secret: str
) -> UUID:
    id = tx.new_id(person_id)
    await tx.db.execute(
        "INSERT INTO accounts.account (id, login, person_id, password, totp, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        id,
        login,
        person_id,
        password_hash,
        tx.keys.seal_text(secret),
        tx.now,
    )
    return id


async def find_credentials(tx: Tx, login: str) -> Credentials | None:
    row = await tx.db.fetchrow(FIND_CREDENTIALS, login)
    return None if row is None else Credentials(row["id"], row["password"])


async def lock_staff(tx: Tx, account_id: UUID) -> "Record":
    row = await tx.db.fetchrow(LOCK_STAFF, account_id)
    assert row is not None  # noqa: S101 - credentials were read for it, and nothing is deleted
    return row


async def fail(tx: Tx, account_id: UUID) -> None:
    """Count a failure; a failure after a rest begins a new count."""
    await tx.db.execute(
        """UPDATE accounts.account SET failed_at = $2,
             failures = CASE WHEN failed_at > $2::timestamptz - $3::interval
                             THEN least(failures + 1, $4) ELSE 1 END
           WHERE id = $1""",
        account_id,
        tx.now,
        REST,
        FAILURES,
    )


async def succeed(tx: Tx, account_id: UUID, step: int) -> None:
    await tx.db.execute(
        "UPDATE accounts.account SET failures = 0, totp_step = $2 WHERE id = $1", account_id, step
    )


async def set_password(tx: Tx, account_id: UUID, password_hash: str) -> None:
    await tx.db.execute(
        "UPDATE accounts.account SET password = $2 WHERE id = $1", account_id, password_hash
    )


async def load_own(tx: Tx, account_id: UUID) -> Own:
    row = await tx.db.fetchrow(LOAD_OWN, account_id, tx.now, IDLE_STAFF)
    assert row is not None  # noqa: S101 - somebody is signed in by it, and nothing is deleted
    return Own(**row)


async def insert_session(tx: Tx, *, digest: bytes, account: Account, hat: Actor) -> None:
    await tx.db.execute(
        """INSERT INTO accounts.session (digest, account_id, person_id, post_id, institution_id,
             role, started_at, seen_at, expires_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)""",
        digest,
        account.id,
        hat.person_id,
        hat.post_id,
        hat.institution_id,
        hat.role,
        tx.now,
        tx.now + SESSION_LIFE,
    )


async def find_sessions(tx: Tx, digests: Sequence[bytes]) -> list[Session]:
    rows = await tx.db.fetch(FIND_SESSIONS, digests, tx.now, IDLE_RESIDENT, IDLE_STAFF)
    if stale := [row["digest"] for row in rows if row["seen_at"] < tx.now - TOUCH]:
        await tx.db.execute(
            "UPDATE accounts.session SET seen_at = $2 WHERE digest = ANY ($1)", stale, tx.now
        )
    return [_session(row) for row in rows]


async def skip(tx: Tx, by: timedelta) -> None:
    await tx.db.execute(SKIP, tx.now, IDLE_RESIDENT, IDLE_STAFF, by)


def still(at: Moment, session: Session) -> Statement:
    hat = session.hat
    worn = (hat.post_id, hat.role, hat.person_id, hat.institution_id, hat.for_person_id)
    return STILL, (session.digest, at.now, at.now - TOUCH, *worn)


def _session(row: "Record") -> Session:
    account = Account(row["account_id"], row["owner"], row["staff"])
    hat = Actor(
        row["person_id"],
        row["post_id"],
        row["institution_id"],
        Role(row["role"]),
        row["for_person_id"],
        session_id=UUID(bytes=row["digest"][:16]),  # what others call it by
    )
    return Session(row["digest"], account, hat, row["started_at"])


async def wear(tx: Tx, digest: bytes, hat: Actor) -> None:
    await tx.db.execute(
        """UPDATE accounts.session SET person_id = $2, post_id = $3, institution_id = $4, role = $5,
             for_person_id = $6 WHERE digest = $1 AND ended_at IS NULL""",
        digest,
        hat.person_id,
        hat.post_id,
        hat.institution_id,
        hat.role,
        hat.for_person_id,
    )


async def log_hat(tx: Tx, digest: bytes, hat: Actor) -> None:
    await tx.db.execute(
        "INSERT INTO accounts.hat (digest, at, person_id, post_id, institution_id, role,"
        " for_person_id) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        digest,
        tx.now,
        hat.person_id,
        hat.post_id,
        hat.institution_id,
        hat.role,
        hat.for_person_id,
    )


async def end_session(tx: Tx, digest: bytes) -> None:
    await tx.db.execute(
        "UPDATE accounts.session SET ended_at = $2 WHERE digest = $1 AND ended_at IS NULL",
        digest,
        tx.now,
    )


async def end_other_sessions(tx: Tx, account_id: UUID, digest: bytes) -> None:
    await tx.db.execute(
        "UPDATE accounts.session SET ended_at = $3"
        " WHERE account_id = $1 AND digest <> $2 AND ended_at IS NULL",
        account_id,
        digest,
        tx.now,
    )


async def end_sessions_of(tx: Tx, person_id: UUID) -> None:
    await tx.db.execute(
        "UPDATE accounts.session SET ended_at = $2 WHERE person_id = $1 AND ended_at IS NULL",
        person_id,
        tx.now,
    )
