"""How billing says no."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from lianyi.billing.model import BillState
from lianyi.kernel.refusal import Conflict, Invalid, NotFound


@dataclass(eq=False)
class NoSuchBill(NotFound):
    id: UUID


@dataclass(eq=False)
class NoSuchPayment(NotFound):
    id: UUID


@dataclass(eq=False)
class NoSuchRefund(NotFound):
    id: UUID


@dataclass(eq=False)
class NoSuchDifference(NotFound):
    id: UUID


@dataclass(eq=False)
class NoBillFor(NotFound):
    """Nothing is charged for this."""

    type: str
    id: UUID


@dataclass(eq=False)
class NoSuchPayee(NotFound):
    """The institution takes no money here."""

    institution_id: UUID


@dataclass(eq=False)
class BadMerchant(Invalid):
    """A sub-merchant's number has eight to ten digits."""


@dataclass(eq=False)
class MerchantTaken(Conflict):
    """Another payee has this account: money would reach the wrong one."""


@dataclass(eq=False)
class NoPrice(Conflict):
    """The institution's price list has no price for these now: nothing may be charged (CAP-113)."""

    codes: str


@dataclass(eq=False)
class BadLines(Invalid):
    """A bill needs lines, each with a quantity above zero."""


@dataclass(eq=False)
class BadPrice(Invalid):
    """It is negative, has over four places, begins in the past or ends before it begins."""


@dataclass(eq=False)
class AlreadyBilled(Conflict):
    """The subject has a bill that isn't over."""

    type: str
    id: UUID


@dataclass(eq=False)
class NotPayable(Conflict):
    """The bill waits for no money any more."""

    id: UUID
    state: BillState


@dataclass(eq=False)
class BillOverdue(Conflict):
    """The time for paying is over."""

    rule: ClassVar[str] = "IDN-09"
    id: UUID
    due_at: datetime


@dataclass(eq=False)
class PaymentUnderway(Conflict):
    """A payment for this bill is on its way; what became of it must be known first."""

    id: UUID


@dataclass(eq=False)
class PriceSet(Conflict):
    """Another price of the same item begins at the same instant."""

    item: str


@dataclass(eq=False)
class BadShare(Invalid):
    """The insurer's part lies between nothing and the whole."""

    total_fen: int


@dataclass(eq=False)
class TooLittleGiven(Invalid):
    """Less was put on the counter than the bill comes to."""

    fen: int


@dataclass(eq=False)
class WholeOnly(Conflict):
    """What an insurer has shared is taken back as a whole."""

    rule: ClassVar[str] = "INS-21"
    id: UUID


@dataclass(eq=False)
class LineRefunded(Conflict):
    """One of these lines is not on the bill, or has been refunded."""

    id: UUID


@dataclass(eq=False)
class NotCash(Conflict):
    """Only what was paid in cash is handed back in cash."""

    id: UUID


@dataclass(eq=False)
class ReasonMissing(Invalid):
    """Whoever reads the books later must understand why."""


@dataclass(eq=False)
class OrderStands(Conflict):
    """What an order costs goes back when the order is taken back, not at the counter."""

    id: UUID
