"""National cryptography (国密) for what is kept: SM4-GCM seals a value, HMAC-SM3 finds it again.

A sealed value starts with the id of its key, so that keys can be rotated by sealing anew.
"""

import os
import secrets
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

NONCE = 12
TAG = 16
KEY_ID = 2
SM4_BYTES = 16
INDEX_BYTES = 32
IDENTITY_BYTES = 64


class Tampered(Exception):
    """A sealed value does not open with its key: it was changed, or the key is not ours."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The key ring of one installation. The newest seal key seals; all of them open."""

    seals: dict[int, bytes]
    index: bytes
    identity: bytes = b""  # of this installation, by which others know what it signs

    def seal(self, value: bytes, *, bound: bytes = b"") -> bytes:
        """Return what opens only beside that which it is bound to."""
        id = max(self.seals)
        nonce = os.urandom(NONCE)
        seal = Cipher(algorithms.SM4(self.seals[id]), modes.GCM(nonce)).encryptor()
        seal.authenticate_additional_data(bound)
        sealed = seal.update(value) + seal.finalize()
        return id.to_bytes(KEY_ID, "big") + nonce + sealed + seal.tag

    def open(self, sealed: bytes, *, bound: bytes = b"") -> bytes:
        """Return what was sealed, and bound to this.

        :raises Tampered:
        """
        id = int.from_bytes(sealed[:KEY_ID], "big")
        nonce, body = sealed[KEY_ID : KEY_ID + NONCE], sealed[KEY_ID + NONCE : -TAG]
        if id not in self.seals:
            raise Tampered
        opened = Cipher(algorithms.SM4(self.seals[id]), modes.GCM(nonce, sealed[-TAG:])).decryptor()
        try:
            opened.authenticate_additional_data(bound)
            return opened.update(body) + opened.finalize()
        except InvalidTag as trouble:
            raise Tampered from trouble

    def seal_text(self, value: str) -> bytes:
        return self.seal(value.encode())

    def open_text(self, sealed: bytes) -> str:
        return self.open(sealed).decode()

    def digest(self, value: str) -> bytes:
        """Return the 32 bytes by which a value is found without being readable."""
        mac = _keyed(self.index).copy()
        mac.update(value.encode())
        return mac.finalize()


@cache
def _keyed(index: bytes) -> hmac.HMAC:
    """Return what a digest begins with: to make it ready takes longer than most digests."""
    return hmac.HMAC(index, hashes.SM3())


def sm3(value: bytes) -> bytes:
    digest = hashes.Hash(hashes.SM3())
    digest.update(value)
    return digest.finalize()


def token() -> str:
    """Return 256 random bits as URL-safe text: a session, a secret in a link."""
    return secrets.token_urlsafe(32)


def digits(count: int) -> str:
    """Return a code a person can type."""
    return f"{secrets.randbelow(10**count):0{count}d}"


def new_key() -> bytes:
    """Return a new key for SM4."""
    return secrets.token_bytes(SM4_BYTES)


def same(one: bytes, other: bytes) -> bool:
    """Compare without telling, by the time it takes, where two secrets differ."""
    return secrets.compare_digest(one, other)


def load_keys(folder: Path) -> Keys:
    """Read the key ring, and make it when this is the first start of an installation."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _make_once(folder / "seal-1.key", SM4_BYTES)
    _make_once(folder / "index.key", INDEX_BYTES)
    _make_once(folder / "identity.key", IDENTITY_BYTES)
    seals = {int(file.stem.split("-")[1]): file.read_bytes() for file in folder.glob("seal-*.key")}
    index, identity = ((folder / f"{name}.key").read_bytes() for name in ("index", "identity"))
    return Keys(seals, index, identity)


def _make_once(file: Path, size: int) -> None:
    """Write a new key, unless another process has just done so."""
    if file.exists():
        return
    draft = file.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(secrets.token_bytes(size))
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
