"""What a pharmacy announces. Ids and codes only; fields are added, never renamed."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SaleEvent:
    """`institution_id` is the seller's."""

    name: ClassVar[str]
    sale_id: UUID
    person_id: UUID
    institution_id: UUID
    prescription_id: UUID

    @property
    def owner(self) -> UUID:
        return self.person_id


@dataclass(frozen=True, slots=True)
class SaleAsked(SaleEvent):
    name: ClassVar[str] = "pharmacy.sale_asked"


@dataclass(frozen=True, slots=True)
class SaleMoved(SaleEvent):
    """It has gone one step on its way to the hand-over."""

    name: ClassVar[str] = "pharmacy.sale_moved"


@dataclass(frozen=True, slots=True)
class SaleReady(SaleEvent):
    name: ClassVar[str] = "pharmacy.sale_ready"


@dataclass(frozen=True, slots=True)
class SaleSent(SaleEvent):
    name: ClassVar[str] = "pharmacy.sale_sent"


@dataclass(frozen=True, slots=True)
class SaleHandedOver(SaleEvent):
    name: ClassVar[str] = "pharmacy.sale_handed_over"


@dataclass(frozen=True, slots=True)
class SaleEnded(SaleEvent):
    """Declined, withdrawn, refused or lapsed: what was paid comes back."""

    name: ClassVar[str] = "pharmacy.sale_ended"


@dataclass(frozen=True, slots=True)
class SaleReturned(SaleEvent):
    name: ClassVar[str] = "pharmacy.sale_returned"


@dataclass(frozen=True, slots=True)
class SaleDue(SaleEvent):
    """The time for answering, paying or collecting is over."""

    name: ClassVar[str] = "pharmacy.sale_due"


@dataclass(frozen=True, slots=True)
class BatchMoved:
    """A batch came in, was locked away, let out or destroyed."""

    name: ClassVar[str] = "pharmacy.batch_moved"
    batch_id: UUID
    institution_id: UUID

    @property
    def owner(self) -> UUID:
        return self.institution_id
