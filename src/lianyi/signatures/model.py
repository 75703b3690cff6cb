"""The nouns of electronic signatures."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

LONGEST = timedelta(hours=12)  # that a key stays open
ISSUE_WAIT = timedelta(days=1)  # for an authority that doesn't answer
UNLOCK_WAIT = timedelta(minutes=2)  # a PIN is kept no longer
SIGN_WAIT = timedelta(minutes=5)
SILENT = "SILENT"  # our own code: nobody answered in time
CLOSED = "CLOSED"  # our own code: the key was not open


class CertificateState(StrEnum):
    ASKED = "asked"
    ISSUED = "issued"
    REFUSED = "refused"
    REVOKED = "revoked"
    EXPIRED = "expired"


class UnlockingState(StrEnum):
    ASKED = "asked"
    OPEN = "open"
    REFUSED = "refused"
    CLOSED = "closed"


class SignatureState(StrEnum):
    ASKED = "asked"
    SIGNED = "signed"
    REFUSED = "refused"


class Task(StrEnum):
    """The kinds of errand to the authority."""

    ISSUE = "sign.issue"
    UNLOCK = "sign.unlock"
    SIGN = "sign.sign"
    REVOKE = "sign.revoke"


class Fault(StrEnum):
    """What is wrong with a signature."""

    DOCUMENT = "document"  # it was made over something else
    CHAIN = "chain"  # the certificate is not the authority's, nor the authority itself
    HOLDER = "holder"  # the certificate names somebody else
    SIGNATURE = "signature"
    STAMP = "stamp"
    PERIOD = "period"  # made outside the certificate's days
    REVOKED = "revoked"  # made after the certificate was revoked


@dataclass(frozen=True, slots=True)
class Issued:
    """What an authority hands out. Both certificates are PEM; the issuer's is our anchor."""

    serial: str
    pem: str
    issuer_pem: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Certificate:
    """One post's right to sign; `code` says why the authority refused it."""

    id: UUID
    institution_id: UUID
    person_id: UUID
    post_id: UUID
    state: CertificateState
    at: datetime
    code: str
    serial: str
    pem: str
    issuer_pem: str
    expires_at: datetime | None
    ended_at: datetime | None

    def is_live(self, now: datetime) -> bool:
        live = self.state is CertificateState.ISSUED
        return live and self.expires_at is not None and now < self.expires_at


@dataclass(frozen=True, slots=True)
class Unlocking:
    """A key opened by its holder's PIN, until when by our own clock."""

    id: UUID
    certificate_id: UUID
    post_id: UUID
    institution_id: UUID
    state: UnlockingState
    at: datetime
    until: datetime
    code: str

    def is_open(self, now: datetime) -> bool:
        return self.state is UnlockingState.OPEN and now < self.until


@dataclass(frozen=True, slots=True)
class Proof:
    """What the authority gave for a digest: signature and time stamp, both base64."""

    signature: str
    stamp: str
    stamped_at: datetime


@dataclass(frozen=True, slots=True)
class Signature:
    """One request for a signature over one document; `digest` is its SM3, in hexadecimal."""

    id: UUID
    institution_id: UUID
    person_id: UUID
    post_id: UUID
    certificate_id: UUID | None
    subject_type: str
    subject_id: UUID
    document_id: UUID
    digest: str
    state: SignatureState
    at: datetime
    code: str
    signed_at: datetime | None
    proof: Proof | None


@dataclass(frozen=True, slots=True)
class Checked:
    """A signature held against its certificate. `faults` empty: it is what it says."""

    signature: Signature
    faults: tuple[Fault, ...]

    @property
    def is_valid(self) -> bool:
        return self.signature.state is SignatureState.SIGNED and not self.faults


@dataclass(frozen=True, slots=True)
class Own:
    """What a post can sign with now, and the newest try to open its key."""

    certificate: Certificate | None
    unlocking: Unlocking | None
