"""What billing announces. Ids and codes only; fields are added, never renamed."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class BillEvent:
    """`institution_id` is the payee's; the subject is what the bill is for."""

    name: ClassVar[str]
    bill_id: UUID
    person_id: UUID
    institution_id: UUID
    subject_type: str
    subject_id: UUID

    @property
    def owner(self) -> UUID:
        return self.person_id


@dataclass(frozen=True, slots=True)
class BillOpened(BillEvent):
    name: ClassVar[str] = "billing.bill_opened"


@dataclass(frozen=True, slots=True)
class BillPaid(BillEvent):
    name: ClassVar[str] = "billing.bill_paid"


@dataclass(frozen=True, slots=True)
class BillVoided(BillEvent):
    name: ClassVar[str] = "billing.bill_voided"


@dataclass(frozen=True, slots=True)
class BillDue(BillEvent):
    """The time for paying is over. What the provider knows is asked before the bill lapses."""

    name: ClassVar[str] = "billing.bill_due"


@dataclass(frozen=True, slots=True)
class BillLapsed(BillEvent):
    name: ClassVar[str] = "billing.bill_lapsed"


@dataclass(frozen=True, slots=True)
class BillRefunded(BillEvent):
    """The whole or a part is owed back; `RefundDone` tells when it has arrived."""

    name: ClassVar[str] = "billing.bill_refunded"


@dataclass(frozen=True, slots=True)
class PaymentEvent:
    name: ClassVar[str]
    payment_id: UUID
    bill_id: UUID
    person_id: UUID
    institution_id: UUID

    @property
    def owner(self) -> UUID:
        return self.person_id


@dataclass(frozen=True, slots=True)
class PaymentOrdered(PaymentEvent):
    """There is a code to scan."""

    name: ClassVar[str] = "billing.payment_ordered"


@dataclass(frozen=True, slots=True)
class PaymentDue(PaymentEvent):
    """Its code is no longer valid; the order is to be closed."""

    name: ClassVar[str] = "billing.payment_due"


@dataclass(frozen=True, slots=True)
class PaymentEnded(PaymentEvent):
    """Closed or failed; the bill may be paid anew."""

    name: ClassVar[str] = "billing.payment_ended"


@dataclass(frozen=True, slots=True)
class RefundEvent:
    name: ClassVar[str]
    refund_id: UUID
    bill_id: UUID
    person_id: UUID
    institution_id: UUID

    @property
    def owner(self) -> UUID:
        return self.person_id


@dataclass(frozen=True, slots=True)
class RefundPlanned(RefundEvent):
    name: ClassVar[str] = "billing.refund_planned"


@dataclass(frozen=True, slots=True)
class RefundDone(RefundEvent):
    name: ClassVar[str] = "billing.refund_done"


@dataclass(frozen=True, slots=True)
class RefundFailed(RefundEvent):
    """The provider could not give the money back: staff must."""

    name: ClassVar[str] = "billing.refund_failed"


@dataclass(frozen=True, slots=True)
class BooksDue:
    """A payee's day is over and the provider's statement of it can be fetched."""

    name: ClassVar[str] = "billing.books_due"
    institution_id: UUID
    day: str  # ISO 8601

    @property
    def owner(self) -> UUID:
        return self.institution_id


@dataclass(frozen=True, slots=True)
class DifferencesFound:
    name: ClassVar[str] = "billing.differences_found"
    institution_id: UUID
    day: str

    @property
    def owner(self) -> UUID:
        return self.institution_id
