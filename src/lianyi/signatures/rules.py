"""What a signature must be to be believed, long after the authority has gone. Pure.

EMR-06 (电子签名法 Art. 13): any later change to the signature or to what was signed is detectable.
EMR-08: it carries a trusted time.
"""

import re
from base64 import b64decode
from collections.abc import Iterator
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

from lianyi.kernel import sm2
from lianyi.signatures.model import Certificate, Fault, Issued, Proof, Signature

PIN = re.compile(r"[0-9]{6}")
DIGEST = re.compile(r"[0-9a-f]{64}")


def is_pin(text: str) -> bool:
    return PIN.fullmatch(text) is not None


def is_digest(text: str) -> bool:
    return DIGEST.fullmatch(text) is not None


def stamped(digest: str, at: datetime) -> bytes:
    """Return the bytes that a time stamp signs."""
    return f"{digest} {at.isoformat()}".encode()


def is_trusted(issued: Issued, holder: str) -> bool:
    """Return whether an issued certificate is the anchor's, and names its holder."""
    return _is_chained(issued.pem, issued.issuer_pem) and _names(issued.pem, issued.serial, holder)


def faults(signature: Signature, certificate: Certificate, digest: str) -> tuple[Fault, ...]:
    """Return everything that is wrong with a signature over the document with this digest."""
    if signature.proof is None:
        return (Fault.SIGNATURE,)
    return tuple(_faults(signature, signature.proof, certificate, digest))


def _faults(
    signature: Signature, proof: Proof, certificate: Certificate, digest: str
) -> Iterator[Fault]:
    if signature.digest != digest:
        yield Fault.DOCUMENT
    if not _is_chained(certificate.pem, certificate.issuer_pem):
        yield Fault.CHAIN
    if not _names(certificate.pem, certificate.serial, signature.person_id.hex):
        yield Fault.HOLDER
    if not _has_signed(certificate.pem, proof.signature, bytes.fromhex(digest)):
        yield Fault.SIGNATURE
    if not _has_signed(certificate.issuer_pem, proof.stamp, stamped(digest, proof.stamped_at)):
        yield Fault.STAMP
    if not _is_within(certificate.pem, proof.stamped_at):
        yield Fault.PERIOD
    if _is_after_end(signature, certificate):
        yield Fault.REVOKED


def _is_chained(pem: str, issuer_pem: str) -> bool:
    """Return whether the issuer has signed the certificate, and is an authority of its own."""
    try:
        certificate, issuer = _read(pem), _read(issuer_pem)
        return (
            certificate.issuer == issuer.subject
            and _is_authority(issuer)
            and _is_signed_by(issuer, issuer)
            and _is_signed_by(certificate, issuer)
        )
    except ValueError:
        return False


def _is_authority(issuer: x509.Certificate) -> bool:
    try:
        return issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _is_signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    key, body = sm2.key_of(issuer), certificate.tbs_certificate_bytes
    return sm2.has_signed(key, certificate.signature, body)


def _names(pem: str, serial: str, holder: str) -> bool:
    try:
        certificate = _read(pem)
    except ValueError:
        return False
    named = [name.value for name in certificate.subject.get_attributes_for_oid(_HOLDER)]
    return named == [holder] and f"{certificate.serial_number:X}" == serial


def _has_signed(pem: str, signature: str, message: bytes) -> bool:
    try:
        return sm2.has_signed(sm2.key_of(_read(pem)), b64decode(signature, validate=True), message)
    except ValueError:
        return False


def _is_within(pem: str, at: datetime) -> bool:
    try:
        certificate = _read(pem)
    except ValueError:
        return False
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def _is_after_end(signature: Signature, certificate: Certificate) -> bool:
    ended, signed = certificate.ended_at, signature.signed_at
    return ended is not None and signed is not None and signed > ended


def _read(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


_HOLDER = NameOID.SERIAL_NUMBER
