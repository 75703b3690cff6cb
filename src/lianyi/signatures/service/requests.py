"""A document is given to its author's key to be signed, and the answer is written down."""

from dataclasses import replace
from uuid import UUID

from lianyi.kernel import errand, timers
from lianyi.kernel.lifecycle import advance, check_role
from lianyi.kernel.work import Tx
from lianyi.signatures import events, rules, tables
from lianyi.signatures.errors import BadDigest, KeyClosed, NotCertified
from lianyi.signatures.model import (
    CLOSED,
    SIGN_WAIT,
    SILENT,
    Certificate,
    Proof,
    Signature,
    SignatureState,
    Task,
)
from lianyi.signatures.service import certificates, keys
from lianyi.signatures.states import SIGNATURE

WAIT = "sign"
FORGED = "FORGED"  # our own code: what came back is no signature of this document
ENDED = {"REVOKED": "revoke", "EXPIRED": "expire"}  # the authority's codes
LOCKED = "LOCKED"
Subject = tuple[str, UUID]


async def ask(tx: Tx, *, subject: Subject, digest: str, document: UUID) -> Signature:
    """Have the acting post sign a document of which this is the SM3, in hexadecimal.

    The answer follows as `Signed` or `SigningRefused`.

    :raises AlreadyAsked, BadDigest, KeyClosed, NotCertified, WrongRole:
    """
    certificate = await keys.live(tx, tx.actor.post_id)
    unlocking = await tables.find_unlocking(tx, tx.actor.post_id)
    if unlocking is None or not unlocking.is_open(tx.now):
        raise KeyClosed
    return await _ask(tx, subject, digest, document, certificate)


async def ask_or_miss(tx: Tx, *, subject: Subject, digest: str, document: UUID) -> Signature:
    """Ask, or write down that the key was closed: for what its author may sign later too.

    :raises AlreadyAsked, BadDigest, WrongRole:
    """
    try:
        return await ask(tx, subject=subject, digest=digest, document=document)
    except (KeyClosed, NotCertified):
        signature = _drawn(tx, subject, digest, document)
        await tables.insert_signature(tx, signature, "miss", None, None)
        return signature


async def sign_slip(tx: Tx, *, signature_id: UUID) -> tuple[str, str, str]:
    """Return serial number, what opens the key, and digest; the second is empty when closed."""
    signature, _ = await tables.lock_signature(tx, signature_id)
    certificate = await _certificate(tx, signature)
    found = await tables.lock_live_unlocking(tx, signature.post_id)
    is_open = found is not None and found[0].is_open(tx.now)
    token = tx.keys.open_text(found[1]) if found and found[1] and is_open else ""
    return certificate.serial, token, signature.digest


async def signed(tx: Tx, *, signature_id: UUID, proof: Proof) -> None:
    """Keep a signature that holds; what does not is refused like any other."""
    signature, errand_id = await tables.lock_signature(tx, signature_id)
    if signature.state is not SignatureState.ASKED:
        return
    certificate = await _certificate(tx, signature)
    if trouble := _trouble(signature, proof, certificate):
        await _refuse(tx, signature, errand_id, trouble)
        return
    await tables.insert_proof(tx, signature_id, proof)
    event = events.Signed(*_about(signature))
    await advance(tx, SIGNATURE, signature_id, "sign", event=event)
    await _answered(tx, signature_id, errand_id)


async def refused(tx: Tx, *, signature_id: UUID, code: str = SILENT) -> None:
    """Note that nothing was signed, and why; the authority's word about the key is followed."""
    signature, errand_id = await tables.lock_signature(tx, signature_id)
    if signature.state is not SignatureState.ASKED:
        return
    await _refuse(tx, signature, errand_id, code)
    certificate = await _certificate(tx, signature)
    if code in ENDED:
        await certificates.end_as_told(tx, certificate_id=certificate.id, verb=ENDED[code])
    elif code == LOCKED:
        await keys.shut(tx, post_id=signature.post_id)


async def _ask(
    tx: Tx, subject: Subject, digest: str, document: UUID, certificate: Certificate
) -> Signature:
    signature = _drawn(tx, subject, digest, document, certificate)
    errand_id = await errand.plan(tx, Task.SIGN, thing_id=signature.id)
    await tables.insert_signature(tx, signature, "ask", errand_id, None)
    due = events.SigningDue(*_about(signature))
    await timers.set(tx, thing_id=signature.id, name=WAIT, due_at=tx.now + SIGN_WAIT, event=due)
    return signature


def _drawn(
    tx: Tx, subject: Subject, digest: str, document: UUID, certificate: Certificate | None = None
) -> Signature:
    """Return a request; without a certificate to sign with it is one that was missed."""
    check_role(tx, SIGNATURE, "ask")
    if not rules.is_digest(digest):
        raise BadDigest
    type, id = subject
    return Signature(
        id=tx.new_id(id),
        institution_id=tx.actor.institution_id,
        person_id=tx.actor.person_id,
        post_id=tx.actor.post_id,
        certificate_id=certificate.id if certificate else None,
        subject_type=type,
        subject_id=id,
        document_id=document,
        digest=digest,
        state=SignatureState.ASKED if certificate else SignatureState.REFUSED,
        at=tx.now,
        code="" if certificate else CLOSED,
        signed_at=None,
        proof=None,
    )


def _trouble(signature: Signature, proof: Proof, certificate: Certificate) -> str:
    """Return why what came back is not taken; RX-25: what ended meanwhile signs nothing."""
    if certificate.ended_at is not None:
        return "REVOKED"
    whole = replace(signature, proof=proof)
    return FORGED if rules.faults(whole, certificate, signature.digest) else ""


async def _certificate(tx: Tx, signature: Signature) -> Certificate:
    if signature.certificate_id is None:
        raise NotCertified
    (certificate,) = await tables.list_certificates(tx, [signature.certificate_id])
    return certificate


async def _refuse(tx: Tx, signature: Signature, errand_id: UUID, code: str) -> None:
    event = events.SigningRefused(*_about(signature), code)
    await advance(tx, SIGNATURE, signature.id, "refuse", why=code, event=event)
    await tables.set_code(tx, signature.id, code)
    await _answered(tx, signature.id, errand_id)


async def _answered(tx: Tx, signature_id: UUID, errand_id: UUID) -> None:
    """Forget what was sent: it holds what opens the key."""
    await errand.forget(tx, errand_id)
    await timers.clear(tx, thing_id=signature_id, name=WAIT)


def _about(signature: Signature) -> tuple[UUID, str, UUID, UUID, UUID, UUID]:
    return (
        signature.id,
        signature.subject_type,
        signature.subject_id,
        signature.document_id,
        signature.post_id,
        signature.institution_id,
    )
