"""SM2 signatures with SM3 (国密签名), through the one library that has them: replace it here.

Source: GB/T 32918.2; the signer's id is the standard's default, "1234567812345678". Keys are PEM.
"""

from typing import Any

from tongsuopy.crypto import hashes, serialization
from tongsuopy.crypto.asymciphers import ec
from tongsuopy.crypto.exceptions import InternalError, InvalidSignature

PEM = serialization.Encoding.PEM
WITH_SM3 = ec.ECDSA(hashes.SM3())


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


def _private(key: bytes) -> Any:  # noqa: ANN401 - the library has no types
    return serialization.load_pem_private_key(key, None)
