"""Writes X.509 certificates signed with SM2, which no library of ours can.

Source: RFC 5280 for the form; GM/T 0015 and OID 1.2.156.10197.1.501 for SM2 with SM3.
"""

import base64
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

from lianyi.kernel import sm2
from lianyi.kernel.crypto import sm3

INTEGER, BIT_STRING, OCTET_STRING, SEQUENCE = 0x02, 0x03, 0x04, 0x30
KEY_ID, KEY_ID_BYTES = 0x80, 20
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18
VERSION, EXTENSIONS = 0xA0, 0xA3
SM2_WITH_SM3 = bytes.fromhex("300a06082a811ccf55018375")  # AlgorithmIdentifier
KEY_USAGE, CONSTRAINTS = bytes.fromhex("0603551d0f"), bytes.fromhex("0603551d13")
OWN_KEY, ISSUERS_KEY = bytes.fromhex("0603551d0e"), bytes.fromhex("0603551d23")
SIGNING, ISSUING = bytes.fromhex("030206c0"), bytes.fromhex("03020106")
CRITICAL = bytes.fromhex("0101ff")  # the boolean TRUE, which also says "is an authority"
SHORT = 128
TWO_DIGIT_YEARS_END = 2050


@dataclass(frozen=True, slots=True)
class Draft:
    serial: int
    issuer: x509.Name
    subject: x509.Name
    public_key: bytes  # DER, as the next
    issuer_key: bytes
    begins_at: datetime
    ends_at: datetime
    is_authority: bool = False


def name(common_name: str, organization: str, id: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, id),
        ]
    )


def signed(draft: Draft, key: bytes) -> str:
    """Return the certificate as PEM."""
    body = _body(draft)
    signature = _field(BIT_STRING, b"\0" + sm2.sign(key, body))
    text = base64.encodebytes(_field(SEQUENCE, body + SM2_WITH_SM3 + signature)).decode()
    return f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n"


def _body(draft: Draft) -> bytes:
    usage = ISSUING if draft.is_authority else SIGNING
    constraints = _field(SEQUENCE, CRITICAL if draft.is_authority else b"")
    extensions = (
        _extension(KEY_USAGE, usage, CRITICAL)
        + _extension(CONSTRAINTS, constraints, CRITICAL)
        + _extension(OWN_KEY, _field(OCTET_STRING, _key_id(draft.public_key)))
        + _extension(ISSUERS_KEY, _field(SEQUENCE, _field(KEY_ID, _key_id(draft.issuer_key))))
    )
    return _field(
        SEQUENCE,
        _field(VERSION, _field(INTEGER, b"\2"))
        + _field(INTEGER, draft.serial.to_bytes(draft.serial.bit_length() // 8 + 1, "big"))
        + SM2_WITH_SM3
        + draft.issuer.public_bytes()
        + _field(SEQUENCE, _time(draft.begins_at) + _time(draft.ends_at))
        + draft.subject.public_bytes()
        + draft.public_key
        + _field(EXTENSIONS, _field(SEQUENCE, extensions)),
    )


def _extension(id: bytes, value: bytes, critical: bytes = b"") -> bytes:
    return _field(SEQUENCE, id + critical + _field(OCTET_STRING, value))


def _key_id(public_key: bytes) -> bytes:
    """Return what a key is called (RFC 7093: any digest of it will do)."""
    return sm3(public_key)[:KEY_ID_BYTES]


def _time(at: datetime) -> bytes:
    if at.year < TWO_DIGIT_YEARS_END:
        return _field(UTC_TIME, f"{at:%y%m%d%H%M%SZ}".encode())
    return _field(GENERALIZED_TIME, f"{at:%Y%m%d%H%M%SZ}".encode())


def _field(tag: int, value: bytes) -> bytes:
    size = len(value)
    if size < SHORT:
        return bytes([tag, size]) + value
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, SHORT | len(length)]) + length + value
