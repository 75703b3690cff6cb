"""Proving who one is, and what follows for the browser that did."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import argon2

from lianyi.accounts import rules, tables
from lianyi.accounts.errors import BadPhone, Resting, TooManyCodes, WeakPassword
from lianyi.accounts.model import (
    CODE_DIGITS,
    CODES_AN_HOUR,
    FAILURES,
    REST,
    Account,
    Opened,
    Session,
)
from lianyi.accounts.tables import apps as of_apps
from lianyi.kernel import crypto, demo, history
from lianyi.kernel.actor import Actor
from lianyi.kernel.demo import NotADemo
from lianyi.kernel.work import Tx

HASHER = argon2.PasswordHasher()
# What a password is checked against when the login is unknown, so that both take as long. It is
# written down because to draw it costs every process of an installation a part of its start.
NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4"
    "$PNxL7w0CmPsEQvFDCjKbPg$UQfQjGCLmShSNqPQFql6fzICuNwf9ZcfS+Ip2AiQV0g"
)


async def new_code(tx: Tx, *, phone: str) -> UUID:
    """Draw a code for a phone and return its id; whoever calls sends it.

    :raises BadPhone, TooManyCodes:
    """
    number = _phone(phone)
    await tx.alone(UUID(bytes=tx.keys.digest(number)[:16]), "code")
    if await tables.count_codes(tx, number, tx.now - timedelta(hours=1)) >= CODES_AN_HOUR:
        raise TooManyCodes
    return await tables.insert_code(tx, phone=number, code=crypto.digits(CODE_DIGITS))


async def code_to_send(tx: Tx, *, code_id: UUID) -> tuple[str, str]:
    """Return a phone and the code for it."""
    return await tables.load_code(tx, code_id)


async def prove_phone(tx: Tx, *, phone: str, code: str) -> Account | None:
    """Return the account of the phone, made if it is new, or None if the code is not right.

    A wrong try is an answer, not a refusal: it has to be counted, and a refusal would undo that.
    """
    number = _phone(phone)
    tried = await tables.try_code(tx, number)
    if tried is None:
        return None
    id, digest = tried
    if not crypto.same(tx.keys.digest(f"{id} {code.strip()}"), digest):
        return None
    await tables.use_code(tx, id)
    return await tables.find_or_insert_phone(tx, number)


async def add_staff(
    tx: Tx, *, login: str, person_id: UUID, password_hash: str, secret: str
) -> UUID:
    """Give a member of staff a way in. `secret` is the base32 TOTP secret their phone app keeps."""
    return await tables.insert_staff(
        tx, login=login, person_id=person_id, password_hash=password_hash, secret=secret
    )


def hash_password(password: str) -> str:
    """Return what may be stored. Takes a core 0.1 s: call it in a thread.

    :raises WeakPassword:
    """
    if not rules.is_strong(password):
        raise WeakPassword
    return HASHER.hash(password)


def is_password(password_hash: str | None, password: str) -> bool:
    """Compare; as slow for an unknown login as for a known one. Call it in a thread."""
    try:
        return HASHER.verify(password_hash or NOBODY, password) and password_hash is not None
    except argon2.exceptions.VerificationError:
        return False


async def prove_staff(tx: Tx, *, account_id: UUID, password: bool, code: str) -> Account | None:
    """Return the account if its password was right and the one-time code is; else count a failure.

    SEC-02: two factors. SEC-03: five failures, and the account rests. A code works once.

    :raises Resting:
    """
    row = await tables.lock_staff(tx, account_id)
    if row["failures"] >= FAILURES and row["failed_at"] > tx.now - REST:
        raise Resting(until=row["failed_at"] + REST)
    step = rules.matching_step(tx.keys.open_text(row["totp"]), code.strip(), tx.now)
    if not password or step is None or step <= row["totp_step"]:
        await tables.fail(tx, account_id)
        return None
    await tables.succeed(tx, account_id, step)
    return Account(account_id, row["person_id"], staff=True)


async def confirm(tx: Tx, *, account_id: UUID, code: str) -> bool:
    """Prove again who sits here, by the second factor of an account that is signed in (CON-09).

    A wrong code counts as a failed sign-in does.

    :raises Resting:
    """
    return await prove_staff(tx, account_id=account_id, password=True, code=code) is not None


async def change_password(
    tx: Tx, *, session: Session, password: bool, code: str, password_hash: str
) -> bool:
    """Replace a password if the old one was right and the one-time code is; else count a failure.

    All other browsers of the account are put out: whoever knew the old password may sit there.

    :raises Resting:
    """
    account_id = session.account.id
    proven = await prove_staff(tx, account_id=account_id, password=password, code=code)
    if proven is None:
        return False
    await tables.set_password(tx, account_id, password_hash)
    await tables.end_other_sessions(tx, account_id, session.digest)
    await history.note(tx, "accounts.account", account_id, "change_password", after="changed")
    return True


async def open_session(tx: Tx, *, account: Account, hat: Actor) -> Opened:
    token = crypto.token()
    digest = crypto.sm3(token.encode())
    await tables.insert_session(tx, digest=digest, account=account, hat=hat)
    await tables.log_hat(tx, digest, hat)
    return Opened(token, account)


async def wear(tx: Tx, *, digest: bytes, hat: Actor) -> None:
    """Change the hat of a session: an act of its own, and on paper."""
    await tables.wear(tx, digest, hat)
    await tables.log_hat(tx, digest, hat)


async def skip(tx: Tx, *, by: timedelta) -> None:
    """Carry whoever is signed in over the time that a demo skips: nobody was away in it (SEC-03).

    :raises NotADemo: where real people live, nobody's session is prolonged.
    """
    if not await demo.is_born(tx.db):
        raise NotADemo
    await tables.skip(tx, by)


async def sign_out(tx: Tx, *, digest: bytes) -> None:
    await tables.end_session(tx, digest)


async def sign_out_everywhere(tx: Tx, *, person_id: UUID) -> None:
    """Put every browser and app out at once: a phone was lost, a post ended, a holder died."""
    await tables.end_sessions_of(tx, person_id)
    await of_apps.end_leases_of(tx, person_id)


async def bind(tx: Tx, *, account_id: UUID, person_id: UUID) -> None:
    """Remember who is behind a phone."""
    await tables.bind_person(tx, account_id, person_id)


async def move_phone(tx: Tx, *, person_id: UUID, phone: str) -> None:
    await tables.move_phone(tx, person_id=person_id, phone=_phone(phone))


async def add_phones(tx: Tx, *, phones: Mapping[UUID, str]) -> None:
    """Give many persons a way in, each by a phone that nobody has yet.

    :raises BadPhone:
    """
    known = {person_id: _phone(phone) for person_id, phone in phones.items()}
    await tables.copy_phones(tx, known)


def _phone(text: str) -> str:
    number = rules.phone(text)
    if number is None:
        raise BadPhone
    return number
