"""What signatures announce. Ids and codes only; fields are added, never renamed."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """Something about what a post signs with."""

    name: ClassVar[str]
    thing_id: UUID
    post_id: UUID
    institution_id: UUID

    @property
    def owner(self) -> UUID:
        return self.post_id


@dataclass(frozen=True, slots=True)
class CertificateAsked(KeyEvent):
    name: ClassVar[str] = "signatures.certificate_asked"


@dataclass(frozen=True, slots=True)
class CertificateIssued(KeyEvent):
    name: ClassVar[str] = "signatures.certificate_issued"


@dataclass(frozen=True, slots=True)
class CertificateRefused(KeyEvent):
    name: ClassVar[str] = "signatures.certificate_refused"


@dataclass(frozen=True, slots=True)
class CertificateEnded(KeyEvent):
    """Revoked, or out of date."""

    name: ClassVar[str] = "signatures.certificate_ended"


@dataclass(frozen=True, slots=True)
class IssueDue(KeyEvent):
    """The authority has been silent too long about a certificate."""

    name: ClassVar[str] = "signatures.issue_due"


@dataclass(frozen=True, slots=True)
class ExpiryDue(KeyEvent):
    """The last day of a certificate is over."""

    name: ClassVar[str] = "signatures.expiry_due"


@dataclass(frozen=True, slots=True)
class KeyOpened(KeyEvent):
    name: ClassVar[str] = "signatures.key_opened"


@dataclass(frozen=True, slots=True)
class UnlockingRefused(KeyEvent):
    name: ClassVar[str] = "signatures.unlocking_refused"


@dataclass(frozen=True, slots=True)
class UnlockingDue(KeyEvent):
    """The authority has been silent too long about a PIN."""

    name: ClassVar[str] = "signatures.unlocking_due"


@dataclass(frozen=True, slots=True)
class ClosingDue(KeyEvent):
    """The hours of an open key are over."""

    name: ClassVar[str] = "signatures.closing_due"


@dataclass(frozen=True, slots=True)
class KeyShut(KeyEvent):
    name: ClassVar[str] = "signatures.key_shut"


@dataclass(frozen=True, slots=True)
class SignatureEvent:
    name: ClassVar[str]
    signature_id: UUID
    subject_type: str
    subject_id: UUID
    document_id: UUID
    post_id: UUID
    institution_id: UUID

    @property
    def owner(self) -> UUID:
        return self.subject_id


@dataclass(frozen=True, slots=True)
class SigningDue(SignatureEvent):
    """The authority has been silent too long about a signature."""

    name: ClassVar[str] = "signatures.signing_due"


@dataclass(frozen=True, slots=True)
class Signed(SignatureEvent):
    name: ClassVar[str] = "signatures.signed"


@dataclass(frozen=True, slots=True)
class SigningRefused(SignatureEvent):
    """Nothing was signed, and whatever waited for it goes back to its author."""

    name: ClassVar[str] = "signatures.signing_refused"
    code: str = ""
