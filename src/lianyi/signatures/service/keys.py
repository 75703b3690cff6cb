"""A key is opened by its holder's PIN, for hours, and closed again."""

from datetime import timedelta
from uuid import UUID

from lianyi.kernel import errand, timers
from lianyi.kernel.lifecycle import advance, check_role
from lianyi.kernel.work import Tx
from lianyi.signatures import events, rules, tables
from lianyi.signatures.errors import BadPin, NotCertified
from lianyi.signatures.model import (
    LONGEST,
    SILENT,
    UNLOCK_WAIT,
    Certificate,
    Task,
    Unlocking,
    UnlockingState,
)
from lianyi.signatures.states import UNLOCKING

WAIT, CLOSING = "unlock", "close"


async def unlock(tx: Tx, *, pin: str, hours: timedelta = LONGEST) -> Unlocking:
    """Have the acting post's key opened, for twelve hours at most.

    :raises BadPin, KeyOpen, NotCertified, WrongRole:
    """
    check_role(tx, UNLOCKING, "ask")
    if not rules.is_pin(pin):
        raise BadPin
    certificate = await live(tx, tx.actor.post_id)
    unlocking = Unlocking(
        id=tx.new_id(tx.actor.post_id),
        certificate_id=certificate.id,
        post_id=tx.actor.post_id,
        institution_id=tx.actor.institution_id,
        state=UnlockingState.ASKED,
        at=tx.now,
        until=tx.now + min(hours, LONGEST),
        code="",
    )
    errand_id = await errand.plan(tx, Task.UNLOCK, thing_id=unlocking.id)
    await _make_room(tx)
    await tables.insert_unlocking(tx, unlocking, tx.keys.seal_text(pin), errand_id)
    due = events.UnlockingDue(*_about(unlocking))
    await timers.set(tx, thing_id=unlocking.id, name=WAIT, due_at=tx.now + UNLOCK_WAIT, event=due)
    return unlocking


async def live(tx: Tx, post_id: UUID) -> Certificate:
    """Return the certificate a post signs with.

    :raises NotCertified:
    """
    found = await tables.find_certificate(tx, post_id)
    if found is None or not found.is_live(tx.now):
        raise NotCertified
    return found


async def unlock_slip(tx: Tx, *, unlocking_id: UUID) -> tuple[Unlocking, str, str]:
    """Return an unlocking, the serial number of its certificate, and the PIN.

    :raises NotCertified: nobody waits for it any more.
    """
    unlocking, pin, _ = await tables.lock_unlocking(tx, unlocking_id)
    if pin is None:
        raise NotCertified
    (certificate,) = await tables.list_certificates(tx, [unlocking.certificate_id])
    return unlocking, certificate.serial, tx.keys.open_text(pin)


async def unlocked(tx: Tx, *, unlocking_id: UUID, token: str) -> None:
    """Keep, sealed, what opens the key until its hours are over."""
    unlocking, _, errand_id = await tables.lock_unlocking(tx, unlocking_id)
    if unlocking.state is not UnlockingState.ASKED:
        return
    await _answered(tx, unlocking_id, errand_id)
    event = events.KeyOpened(*_about(unlocking))
    await advance(tx, UNLOCKING, unlocking_id, "open", event=event)
    await tables.open_key(tx, unlocking_id, tx.keys.seal_text(token))
    due = events.ClosingDue(*_about(unlocking))
    await timers.set(tx, thing_id=unlocking_id, name=CLOSING, due_at=unlocking.until, event=due)


async def not_unlocked(tx: Tx, *, unlocking_id: UUID, code: str = SILENT) -> None:
    unlocking, _, errand_id = await tables.lock_unlocking(tx, unlocking_id)
    if unlocking.state is UnlockingState.ASKED:
        await _refuse(tx, unlocking, errand_id, code)


async def close(tx: Tx, *, unlocking_id: UUID) -> None:
    """Close one opened key, if it still is."""
    unlocking, _, _ = await tables.lock_unlocking(tx, unlocking_id)
    if unlocking.state is UnlockingState.OPEN:
        await _close(tx, unlocking)


async def shut(tx: Tx, *, post_id: UUID, code: str = SILENT) -> None:
    """Close whatever of a post is open, or being opened."""
    found = await tables.lock_live_unlocking(tx, post_id)
    if found is None:
        return
    unlocking, _, errand_id = found
    if unlocking.state is UnlockingState.OPEN:
        await _close(tx, unlocking)
    else:
        await _refuse(tx, unlocking, errand_id, code)


async def _make_room(tx: Tx) -> None:
    """Tidy a key whose hours are over and whose timer hasn't come yet."""
    found = await tables.lock_live_unlocking(tx, tx.actor.post_id)
    if found and found[0].state is UnlockingState.OPEN and not found[0].is_open(tx.now):
        await _close(tx, found[0])


async def _close(tx: Tx, unlocking: Unlocking) -> None:
    await tables.shut_unlocking(tx, unlocking.id)
    event = events.KeyShut(*_about(unlocking))
    await advance(tx, UNLOCKING, unlocking.id, "close", event=event)
    await timers.clear(tx, thing_id=unlocking.id, name=CLOSING)


async def _refuse(tx: Tx, unlocking: Unlocking, errand_id: UUID, code: str) -> None:
    await _answered(tx, unlocking.id, errand_id, code)
    event = events.UnlockingRefused(*_about(unlocking))
    await advance(tx, UNLOCKING, unlocking.id, "refuse", why=code, event=event)


async def _answered(tx: Tx, unlocking_id: UUID, errand_id: UUID, code: str = "") -> None:
    await tables.shut_unlocking(tx, unlocking_id, code)
    await errand.forget(tx, errand_id)
    await timers.clear(tx, thing_id=unlocking_id, name=WAIT)


def _about(unlocking: Unlocking) -> tuple[UUID, UUID, UUID]:
    return unlocking.id, unlocking.post_id, unlocking.institution_id
