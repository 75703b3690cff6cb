"""What orders announce. Ids and codes only; fields are added, never renamed."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class OrderEvent:
    name: ClassVar[str]
    order_id: UUID
    person_id: UUID
    institution_id: UUID

    @property
    def owner(self) -> UUID:
        return self.person_id


@dataclass(frozen=True, slots=True)
class OrderPlaced(OrderEvent):
    name: ClassVar[str] = "orders.order_placed"


@dataclass(frozen=True, slots=True)
class OrderCleared(OrderEvent):
    """Paid, or to be paid later: its specimen may be taken."""

    name: ClassVar[str] = "orders.order_cleared"


@dataclass(frozen=True, slots=True)
class OrderMoved(OrderEvent):
    """It has gone one step on its way from the person to the verified result, or back."""

    name: ClassVar[str] = "orders.order_moved"


@dataclass(frozen=True, slots=True)
class SpecimenRejected(OrderEvent):
    """The person has to give another one."""

    name: ClassVar[str] = "orders.specimen_rejected"


@dataclass(frozen=True, slots=True)
class CriticalFound(OrderEvent):
    """TEL-14: somebody who treats the person is to be called now."""

    name: ClassVar[str] = "orders.critical_found"


@dataclass(frozen=True, slots=True)
class CriticalDue(OrderEvent):
    """TEL-14: the time for reading a critical value back is over."""

    name: ClassVar[str] = "orders.critical_due"


@dataclass(frozen=True, slots=True)
class CriticalEscalated(OrderEvent):
    name: ClassVar[str] = "orders.critical_escalated"


@dataclass(frozen=True, slots=True)
class ResultsVerified(OrderEvent):
    """Who treats the person may rely on them; the person doesn't see them yet."""

    name: ClassVar[str] = "orders.results_verified"


@dataclass(frozen=True, slots=True)
class ResultsReleased(OrderEvent):
    name: ClassVar[str] = "orders.results_released"


@dataclass(frozen=True, slots=True)
class OrderCancelled(OrderEvent):
    name: ClassVar[str] = "orders.order_cancelled"
