"""SM2 signatures with SM3 (国密签名), through the one library that has them: replace it here.

Source: GB/T 32918.2; the signer's id is the standard's default, "1234567812345678". Keys are PEM.
"""

from base64 import encodebytes
from typing import Any

from cryptography import x509
from tongsuopy.crypto import hashes, serialization
from tongsuopy.crypto.asymciphers import ec
from tongsuopy.crypto.exceptions import InternalError, InvalidSignature

PEM = serialization.Encoding.PEM
WITH_SM3 = ec.ECDSA(hashes.SM3())
KEY_AT = 6  # fields of a certificate before its key (RFC 5280 4.1)


def new_key() -> bytes:
    """Return a private key."""
    key: bytes = ec.generate_private_key(ec.SM2()).private_bytes(
        PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return key


def public_key(key: bytes, *, der: bool = False) -> bytes:
    """Return the public half as a SubjectPublicKeyInfo."""
    public: bytes = (
        _private(key)
        .public_key()
        .public_bytes(
            serialization.Encoding.DER if der else PEM,
            serialization.PublicFormat.SubjectPublicKeyInfo,
        )
    )
    return public


def sign(key: bytes, message: bytes) -> bytes:
    signature: bytes = _private(key).sign(message, WITH_SM3)
    return signature


def has_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether this signature of this very message was made by the key's holder."""
    try:
        serialization.load_pem_public_key(public).verify(signature, message, WITH_SM3)
    except (InvalidSignature, InternalError, ValueError):  # the second: not even a signature
        return False
    return True


def key_of(certificate: x509.Certificate) -> bytes:
    """Return the public key that a certificate is about, whose curve `cryptography` can't read.

    :raises ValueError: for what is no certificate of the third version.
    """
    _, fields = _field(certificate.tbs_certificate_bytes)
    for _ in range(KEY_AT):
        fields, _ = _after(fields)
    _, whole = _after(fields)
    text = encodebytes(whole).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{text}-----END PUBLIC KEY-----\n".encode()


def _field(der: bytes) -> tuple[int, bytes]:
    """Return how long the head of the first DER field is, and the field's content."""
    if len(der) < 2:  # noqa: PLR2004 - a tag and a length
        raise ValueError(der)
    more = der[1] & 0x7F if der[1] & 0x80 else 0
    head = 2 + more
    size = int.from_bytes(der[2:head], "big") if more else der[1]
    if head + size > len(der):
        raise ValueError(der)
    return head, der[head : head + size]


def _after(der: bytes) -> tuple[bytes, bytes]:
    """Return what follows the first field, and the field itself."""
    head, content = _field(der)
    end = head + len(content)
    return der[end:], der[:end]


def _private(key: bytes) -> Any:  # noqa: ANN401 - the library has no types
    return serialization.load_pem_private_key(key, None)
