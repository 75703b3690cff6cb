"""Certificates: asked for, issued, revoked, out of date."""

from uuid import UUID

from lianyi.kernel import errand, timers
from lianyi.kernel.lifecycle import advance, check_role
from lianyi.kernel.work import Tx
from lianyi.signatures import events, rules, tables
from lianyi.signatures.errors import BadPin, NotCertified
from lianyi.signatures.model import ISSUE_WAIT, SILENT, Certificate, CertificateState, Issued, Task
from lianyi.signatures.service import keys
from lianyi.signatures.states import CERTIFICATE

WAIT, EXPIRY = "issue", "expiry"
UNTRUSTED = "UNTRUSTED"  # our own code: what came is not the authority's, or names another


async def ask_certificate(tx: Tx, *, person_id: UUID, post_id: UUID, pin: str) -> Certificate:
    """Ask the authority for a certificate, whose key this PIN will open.

    :raises AlreadyCertified, BadPin, WrongRole:
    """
    check_role(tx, CERTIFICATE, "ask")
    if not rules.is_pin(pin):
        raise BadPin
    certificate = Certificate(
        id=tx.new_id(post_id),
        institution_id=tx.actor.institution_id,
        person_id=person_id,
        post_id=post_id,
        state=CertificateState.ASKED,
        at=tx.now,
        code="",
        serial="",
        pem="",
        issuer_pem="",
        expires_at=None,
        ended_at=None,
    )
    errand_id = await errand.plan(tx, Task.ISSUE, thing_id=certificate.id)
    await tables.insert_certificate(tx, certificate, tx.keys.seal_text(pin), errand_id)
    due = events.IssueDue(*_about(certificate))
    await timers.set(tx, thing_id=certificate.id, name=WAIT, due_at=tx.now + ISSUE_WAIT, event=due)
    return certificate


async def slip(tx: Tx, *, certificate_id: UUID) -> tuple[Certificate, str]:
    """Return what the authority is asked for, and the PIN.

    :raises NotCertified: nobody waits for it any more.
    """
    certificate, pin, _ = await tables.lock_certificate(tx, certificate_id)
    if pin is None:
        raise NotCertified
    return certificate, tx.keys.open_text(pin)


async def issued(tx: Tx, *, certificate_id: UUID, issued: Issued) -> None:
    """Take a certificate in, if it is the authority's own and names its holder."""
    certificate, _, errand_id = await tables.lock_certificate(tx, certificate_id)
    if certificate.state is not CertificateState.ASKED:
        return
    if not rules.is_trusted(issued, certificate.person_id.hex):
        await _refuse(tx, certificate, errand_id, UNTRUSTED)
        return
    await tables.hand_out(tx, certificate_id, issued)
    await _answered(tx, certificate_id, errand_id)
    event = events.CertificateIssued(*_about(certificate))
    await advance(tx, CERTIFICATE, certificate_id, "issue", event=event)
    due = events.ExpiryDue(*_about(certificate))
    await timers.set(tx, thing_id=certificate_id, name=EXPIRY, due_at=issued.expires_at, event=due)


async def not_issued(tx: Tx, *, certificate_id: UUID, code: str = SILENT) -> None:
    certificate, _, errand_id = await tables.lock_certificate(tx, certificate_id)
    if certificate.state is CertificateState.ASKED:
        await _refuse(tx, certificate, errand_id, code)


async def revoke(tx: Tx, *, post_id: UUID, reason: str) -> None:
    """End a post's certificate at once, an open key included (RX-25); the authority is told.

    :raises NotCertified, WrongRole:
    """
    check_role(tx, CERTIFICATE, "revoke")
    found = await tables.find_certificate(tx, post_id)
    if found is None or found.institution_id != tx.actor.institution_id:
        raise NotCertified
    await _end(tx, found, "revoke", reason)
    await errand.plan(tx, Task.REVOKE, thing_id=found.id)


async def revoke_slip(tx: Tx, *, certificate_id: UUID) -> str:
    """Return the serial number of what was revoked."""
    certificate, _, _ = await tables.lock_certificate(tx, certificate_id)
    return certificate.serial


async def expire(tx: Tx, *, certificate_id: UUID) -> None:
    certificate, _, _ = await tables.lock_certificate(tx, certificate_id)
    if certificate.state is CertificateState.ISSUED:
        await _end(tx, certificate, "expire", "")


async def end_as_told(tx: Tx, *, certificate_id: UUID, verb: str) -> None:
    """Follow the authority, which has ended a certificate by itself."""
    certificate, _, _ = await tables.lock_certificate(tx, certificate_id)
    if certificate.state is CertificateState.ISSUED:
        await _end(tx, certificate, verb, "authority")


async def _end(tx: Tx, certificate: Certificate, verb: str, reason: str) -> None:
    event = events.CertificateEnded(*_about(certificate))
    await advance(tx, CERTIFICATE, certificate.id, verb, why=reason, event=event)
    await tables.end_certificate(tx, certificate.id, tx.now)
    await timers.clear(tx, thing_id=certificate.id, name=EXPIRY)
    await keys.shut(tx, post_id=certificate.post_id)


async def _refuse(tx: Tx, certificate: Certificate, errand_id: UUID, code: str) -> None:
    await _answered(tx, certificate.id, errand_id, code)
    event = events.CertificateRefused(*_about(certificate))
    await advance(tx, CERTIFICATE, certificate.id, "refuse", why=code, event=event)


async def _answered(tx: Tx, certificate_id: UUID, errand_id: UUID, code: str = "") -> None:
    await tables.shut_certificate(tx, certificate_id, code)
    await errand.forget(tx, errand_id)
    await timers.clear(tx, thing_id=certificate_id, name=WAIT)


def _about(certificate: Certificate) -> tuple[UUID, UUID, UUID]:
    return certificate.id, certificate.post_id, certificate.institution_id
