"""What prescribing announces. Ids and codes only; fields are added, never renamed."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PrescriptionEvent:
    name: ClassVar[str]
    prescription_id: UUID
    person_id: UUID
    institution_id: UUID

    @property
    def owner(self) -> UUID:
        return self.person_id


@dataclass(frozen=True, slots=True)
class PrescriptionDrafted(PrescriptionEvent):
    name: ClassVar[str] = "prescribing.prescription_drafted"


@dataclass(frozen=True, slots=True)
class SignatureAsked(PrescriptionEvent):
    name: ClassVar[str] = "prescribing.signature_asked"


@dataclass(frozen=True, slots=True)
class SignatureRefused(PrescriptionEvent):
    """Its doctor has it back as a draft."""

    name: ClassVar[str] = "prescribing.signature_refused"


@dataclass(frozen=True, slots=True)
class PrescriptionSigned(PrescriptionEvent):
    """A pharmacist may review it now."""

    name: ClassVar[str] = "prescribing.prescription_signed"


@dataclass(frozen=True, slots=True)
class ReviewClaimed(PrescriptionEvent):
    """A pharmacist reads it now, or reads it no longer."""

    name: ClassVar[str] = "prescribing.review_claimed"


@dataclass(frozen=True, slots=True)
class ApprovalAsked(PrescriptionEvent):
    """A pharmacist agrees; the signature is on its way."""

    name: ClassVar[str] = "prescribing.approval_asked"


@dataclass(frozen=True, slots=True)
class ApprovalRefused(PrescriptionEvent):
    """The pharmacist's signature did not come: anybody may review it again."""

    name: ClassVar[str] = "prescribing.approval_refused"


@dataclass(frozen=True, slots=True)
class PrescriptionApproved(PrescriptionEvent):
    """It is in force (RX-28)."""

    name: ClassVar[str] = "prescribing.prescription_approved"


@dataclass(frozen=True, slots=True)
class PrescriptionReturned(PrescriptionEvent):
    name: ClassVar[str] = "prescribing.prescription_returned"


@dataclass(frozen=True, slots=True)
class PrescriptionRevoked(PrescriptionEvent):
    name: ClassVar[str] = "prescribing.prescription_revoked"


@dataclass(frozen=True, slots=True)
class PrescriptionHeld(PrescriptionEvent):
    """CON-28, CON-04: its visit did not end; its seller waits for what its doctor says."""

    name: ClassVar[str] = "prescribing.prescription_held"
    seller_id: UUID


@dataclass(frozen=True, slots=True)
class PrescriptionResumed(PrescriptionEvent):
    """Its doctor has decided that it is taken nevertheless."""

    name: ClassVar[str] = "prescribing.prescription_resumed"
    seller_id: UUID


@dataclass(frozen=True, slots=True)
class PrescriptionAccepted(PrescriptionEvent):
    """One seller keeps it from every other."""

    name: ClassVar[str] = "prescribing.prescription_accepted"


@dataclass(frozen=True, slots=True)
class PrescriptionLetGo(PrescriptionEvent):
    """Any seller may accept it again."""

    name: ClassVar[str] = "prescribing.prescription_let_go"


@dataclass(frozen=True, slots=True)
class PrescriptionPartlyDispensed(PrescriptionEvent):
    name: ClassVar[str] = "prescribing.prescription_partly_dispensed"


@dataclass(frozen=True, slots=True)
class PrescriptionDispensed(PrescriptionEvent):
    name: ClassVar[str] = "prescribing.prescription_dispensed"


@dataclass(frozen=True, slots=True)
class ValidityOver(PrescriptionEvent):
    """RX-01: the clock has ended it; whatever of it is open is tidied now."""

    name: ClassVar[str] = "prescribing.validity_over"


@dataclass(frozen=True, slots=True)
class PrescriptionLapsed(PrescriptionEvent):
    name: ClassVar[str] = "prescribing.prescription_lapsed"
