"""What a certification authority (CA 电子认证) must offer: keys that only their holder can use.

Electronic Signature Law (电子签名法) Art. 13: made with data exclusive to the signer, under the
signer's control alone. So keys stay with the authority, a PIN opens them for a time, and what is
signed is the SM3 digest of the very document that was shown.
"""

from datetime import datetime
from typing import Annotated, Protocol
from uuid import UUID

import msgspec
from msgspec import Meta

from lianyi.kernel.errand import Answer

LONGEST_HOURS = 12
ROOT = "root.pem"  # among the papers an authority gives its customers: its own certificate
TEST = "lianyi-demo-ca"  # the serial number in the name of the demo's authority
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]  # SM3, in hexadecimal
Hours = Annotated[int, Meta(ge=1, le=LONGEST_HOURS)]


class Issue(msgspec.Struct, frozen=True, tag="issue"):
    holder: UUID
    name: str
    organization: str
    pin: str

    def __repr__(self) -> str:
        return f"Issue({self.holder})"


class Unlock(msgspec.Struct, frozen=True, tag="unlock"):
    serial: str
    pin: str
    hours: Hours = LONGEST_HOURS

    def __repr__(self) -> str:
        return f"Unlock({self.serial!r})"


class Sign(msgspec.Struct, frozen=True, tag="sign"):
    serial: str
    token: str
    digest: Digest

    def __repr__(self) -> str:
        return f"Sign({self.serial!r}, {self.digest!r})"


class Revoke(msgspec.Struct, frozen=True, tag="revoke"):
    serial: str
    reason: str


class Stamp(msgspec.Struct, frozen=True, tag="stamp"):
    digest: Digest


Act = Issue | Unlock | Sign | Revoke | Stamp


class Certificate(msgspec.Struct, frozen=True):
    """`certificate` and `public_key` are PEM."""

    serial: str
    certificate: str
    public_key: str
    expires_at: datetime


class Unlocked(msgspec.Struct, frozen=True):
    token: str
    until: datetime


class Stamped(msgspec.Struct, frozen=True):
    """The authority's word that a digest existed: its SM2 signature over `stamped(digest, at)`."""

    at: datetime
    stamp: str
    public_key: str


class Signed(msgspec.Struct, frozen=True):
    """The holder's SM2 signature over the digest's 32 bytes, base64, and when it was made."""

    signature: str
    stamped: Stamped


def stamped(digest: str, at: datetime) -> bytes:
    """Return the bytes that a time stamp signs."""
    return f"{digest} {at.isoformat()}".encode()


class Ca(Protocol):
    async def act(self, key: UUID, act: Act) -> Answer:
        """Do one act, once a key.

        The body of a yes is a `Certificate` for Issue, `Unlocked` for Unlock, `Signed` for Sign,
        `Stamped` for Stamp, and empty for Revoke. A no has a `code`: NO_CERTIFICATE, PIN_WRONG,
        PIN_BLOCKED, LOCKED, REVOKED or EXPIRED.
        """
        ...

    async def ask(self, key: UUID) -> Answer | None:
        """Return what was answered to a key, or None if it never arrived."""
        ...

    def root(self) -> str:
        """Return the authority's own certificate, as it was handed over with its papers.

        :raises OSError: while there is none.
        """
        ...
