"""Every statement signatures send to the database. Private to this package."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg

from lianyi.kernel.lifecycle import begin
from lianyi.kernel.outbox import Event
from lianyi.kernel.work import Tx
from lianyi.signatures.errors import AlreadyAsked, AlreadyCertified, KeyOpen, NoSuchSignature
from lianyi.signatures.events import CertificateAsked
from lianyi.signatures.model import (
    Certificate,
    CertificateState,
    Issued,
    Proof,
    Signature,
    SignatureState,
    Unlocking,
    UnlockingState,
)
from lianyi.signatures.states import CERTIFICATE, SIGNATURE, UNLOCKING

if TYPE_CHECKING:
    from asyncpg import Record

CERTIFICATE_COLUMNS = """id, institution_id, person_id, post_id, state, at, code, serial, pem,
                         issuer_pem, expires_at, ended_at"""
UNLOCKING_COLUMNS = "id, certificate_id, post_id, institution_id, state, at, until, code"
SIGNATURE_COLUMNS = """s.id, s.institution_id, s.person_id, s.post_id, s.certificate_id,
                       s.subject_type, s.subject_id, s.document_id, s.digest, s.state, s.at, s.code,
                       p.at AS signed_at, p.signature, p.stamp, p.stamped_at"""
LOCK_CERTIFICATE = f"""SELECT {CERTIFICATE_COLUMNS}, pin, errand_id FROM signatures.certificate
                       WHERE id = $1 FOR UPDATE"""
NEWEST_CERTIFICATE = f"""SELECT {CERTIFICATE_COLUMNS} FROM signatures.certificate
                         WHERE post_id = $1 ORDER BY at DESC, id DESC LIMIT 1"""
CERTIFICATES = f"""SELECT {CERTIFICATE_COLUMNS} FROM signatures.certificate
                   WHERE id = ANY ($1)"""
NEWEST_OF_POSTS = f"""SELECT DISTINCT ON (post_id) {CERTIFICATE_COLUMNS}
                      FROM signatures.certificate WHERE post_id = ANY ($1)
                      ORDER BY post_id, at DESC, id DESC"""
HAND_OUT = """UPDATE signatures.certificate
              SET serial = $2, pem = $3, issuer_pem = $4, expires_at = $5 WHERE id = $1"""
SHUT_CERTIFICATE = """UPDATE signatures.certificate SET pin = NULL, code = $2 WHERE id = $1"""
END_CERTIFICATE = "UPDATE signatures.certificate SET ended_at = $2 WHERE id = $1"
LOCK_UNLOCKING = f"""SELECT {UNLOCKING_COLUMNS}, pin, errand_id FROM signatures.unlocking
                     WHERE id = $1 FOR UPDATE"""
LOCK_LIVE_UNLOCKING = f"""SELECT {UNLOCKING_COLUMNS}, token, errand_id FROM signatures.unlocking
                          WHERE post_id = $1 AND state IN ('asked', 'open') FOR UPDATE"""
NEWEST_UNLOCKING = f"""SELECT {UNLOCKING_COLUMNS} FROM signatures.unlocking
                       WHERE post_id = $1 ORDER BY at DESC, id DESC LIMIT 1"""
OPEN_KEY = "UPDATE signatures.unlocking SET token = $2 WHERE id = $1"
SHUT_UNLOCKING = "UPDATE signatures.unlocking SET pin = NULL, token = NULL, code = $2 WHERE id = $1"
LOCK_SIGNATURE = f"""SELECT {SIGNATURE_COLUMNS}, s.errand_id FROM signatures.signature s
                     LEFT JOIN signatures.proof p ON p.signature_id = s.id
                     WHERE s.id = $1 FOR UPDATE OF s"""
SIGNATURES = f"""SELECT {SIGNATURE_COLUMNS} FROM signatures.signature s
                 LEFT JOIN signatures.proof p ON p.signature_id = s.id
                 WHERE (s.subject_type, s.subject_id) IN (SELECT * FROM unnest($1::text[],
                   $2::uuid[])) ORDER BY s.at, s.id"""
# What an author still owes: asked in vain, and not asked again since.
OWED = f"""SELECT {SIGNATURE_COLUMNS} FROM signatures.signature s
           LEFT JOIN signatures.proof p ON p.signature_id = s.id
           WHERE s.post_id = $1 AND s.state = 'refused' AND s.subject_type = ANY ($2)
             AND NOT EXISTS (SELECT FROM signatures.signature later
               WHERE later.subject_type = s.subject_type AND later.subject_id = s.subject_id
                 AND later.digest = s.digest AND (later.state <> 'refused'
                   OR (later.at, later.id) > (s.at, s.id)))
           ORDER BY s.at, s.id LIMIT 50"""
INSERT_PROOF = """INSERT INTO signatures.proof
                    (signature_id, signature, stamp, stamped_at, at) VALUES ($1, $2, $3, $4, $5)"""
CODE = "UPDATE signatures.signature SET code = $2 WHERE id = $1"


async def insert_certificate(tx: Tx, certificate: Certificate, pin: bytes, errand_id: UUID) -> None:
    """Write a certificate that is asked for.

    :raises AlreadyCertified:
    """
    event = CertificateAsked(certificate.id, certificate.post_id, certificate.institution_id)
    row = {
        "institution_id": certificate.institution_id,
        "person_id": certificate.person_id,
        "post_id": certificate.post_id,
        "at": certificate.at,
        "pin": pin,
        "errand_id": errand_id,
    }
    try:
        await begin(tx, CERTIFICATE, certificate.id, "ask", row=row, event=event)
    except asyncpg.UniqueViolationError:
        raise AlreadyCertified from None


async def lock_certificate(tx: Tx, id: UUID) -> tuple[Certificate, bytes | None, UUID]:
    """Return it with its PIN, still sealed, and the errand it is asked by."""
    row = await tx.db.fetchrow(LOCK_CERTIFICATE, id)
    if row is None:
        raise NoSuchSignature(id=id)
    return _certificate(row), row["pin"], row["errand_id"]


async def find_certificate(tx: Tx, post_id: UUID) -> Certificate | None:
    """Return the newest certificate of a post, live or not."""
    row = await tx.db.fetchrow(NEWEST_CERTIFICATE, post_id)
    return _certificate(row) if row else None


async def list_certificates(tx: Tx, ids: Collection[UUID]) -> list[Certificate]:
    return [_certificate(row) for row in await tx.db.fetch(CERTIFICATES, list(ids))]


async def list_of_posts(tx: Tx, post_ids: Collection[UUID]) -> list[Certificate]:
    return [_certificate(row) for row in await tx.db.fetch(NEWEST_OF_POSTS, list(post_ids))]


async def hand_out(tx: Tx, id: UUID, issued: Issued) -> None:
    await tx.db.execute(
        HAND_OUT, id, issued.serial, issued.pem, issued.issuer_pem, issued.expires_at
    )


async def shut_certificate(tx: Tx, id: UUID, code: str = "") -> None:
    """Wipe the PIN of what has been answered."""
    await tx.db.execute(SHUT_CERTIFICATE, id, code)


async def end_certificate(tx: Tx, id: UUID, at: datetime) -> None:
    await tx.db.execute(END_CERTIFICATE, id, at)


async def insert_unlocking(tx: Tx, unlocking: Unlocking, pin: bytes, errand_id: UUID) -> None:
    """Write that a key is to be opened.

    :raises KeyOpen:
    """
    row = {
        "certificate_id": unlocking.certificate_id,
        "post_id": unlocking.post_id,
        "institution_id": unlocking.institution_id,
        "at": unlocking.at,
        "until": unlocking.until,
        "pin": pin,
        "errand_id": errand_id,
    }
    try:
        await begin(tx, UNLOCKING, unlocking.id, "ask", row=row)
    except asyncpg.UniqueViolationError:
        raise KeyOpen from None


async def lock_unlocking(tx: Tx, id: UUID) -> tuple[Unlocking, bytes | None, UUID]:
    row = await tx.db.fetchrow(LOCK_UNLOCKING, id)
    if row is None:
        raise NoSuchSignature(id=id)
    return _unlocking(row), row["pin"], row["errand_id"]


async def lock_live_unlocking(tx: Tx, post_id: UUID) -> tuple[Unlocking, bytes | None, UUID] | None:
    """Return what is open or being asked about, its token still sealed, and its errand."""
    row = await tx.db.fetchrow(LOCK_LIVE_UNLOCKING, post_id)
    return (_unlocking(row), row["token"], row["errand_id"]) if row else None


async def find_unlocking(tx: Tx, post_id: UUID) -> Unlocking | None:
    row = await tx.db.fetchrow(NEWEST_UNLOCKING, post_id)
    return _unlocking(row) if row else None


async def open_key(tx: Tx, id: UUID, token: bytes) -> None:
    await tx.db.execute(OPEN_KEY, id, token)


async def shut_unlocking(tx: Tx, id: UUID, code: str = "") -> None:
    """Wipe what opens the key, and the PIN."""
    await tx.db.execute(SHUT_UNLOCKING, id, code)


async def insert_signature(
    tx: Tx, signature: Signature, verb: str, errand_id: UUID | None, event: Event | None
) -> None:
    """Write a request.

    :raises AlreadyAsked:
    """
    row = {
        "institution_id": signature.institution_id,
        "person_id": signature.person_id,
        "post_id": signature.post_id,
        "certificate_id": signature.certificate_id,
        "subject_type": signature.subject_type,
        "subject_id": signature.subject_id,
        "document_id": signature.document_id,
        "digest": signature.digest,
        "at": signature.at,
        "code": signature.code,
        "errand_id": errand_id,
    }
    try:
        await begin(tx, SIGNATURE, signature.id, verb, row=row, event=event)
    except asyncpg.UniqueViolationError:
        raise AlreadyAsked from None


async def lock_signature(tx: Tx, id: UUID) -> tuple[Signature, UUID]:
    row = await tx.db.fetchrow(LOCK_SIGNATURE, id)
    if row is None:
        raise NoSuchSignature(id=id)
    return _signature(row), row["errand_id"]


async def list_signatures(tx: Tx, subjects: Sequence[tuple[str, UUID]]) -> list[Signature]:
    """Return all requests for these subjects, oldest first."""
    types, ids = [type for type, _ in subjects], [id for _, id in subjects]
    return [_signature(row) for row in await tx.db.fetch(SIGNATURES, types, ids)]


async def list_owed(tx: Tx, post_id: UUID, types: Collection[str]) -> list[Signature]:
    return [_signature(row) for row in await tx.db.fetch(OWED, post_id, list(types))]


async def insert_proof(tx: Tx, signature_id: UUID, proof: Proof) -> None:
    await tx.db.execute(
        INSERT_PROOF, signature_id, proof.signature, proof.stamp, proof.stamped_at, tx.now
    )


async def set_code(tx: Tx, id: UUID, code: str) -> None:
    await tx.db.execute(CODE, id, code)


def _certificate(row: "Record") -> Certificate:
    values = {name: row[name] for name in Certificate.__slots__}
    return Certificate(**{**values, "state": CertificateState(row["state"])})


def _unlocking(row: "Record") -> Unlocking:
    values = {name: row[name] for name in Unlocking.__slots__}
    return Unlocking(**{**values, "state": UnlockingState(row["state"])})


def _signature(row: "Record") -> Signature:
    proof = None
    if row["signature"] is not None:
        proof = Proof(row["signature"], row["stamp"], row["stamped_at"])
    values = {name: row[name] for name in Signature.__slots__ if name != "proof"}
    return Signature(**{**values, "state": SignatureState(row["state"])}, proof=proof)
