"""How a pharmacy says no."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from lianyi.kernel.refusal import Conflict, Invalid, NotAllowed, NotFound
from lianyi.pharmacy.model import Finding, SaleState


@dataclass(eq=False)
class NoSuchSeller(NotFound):
    id: UUID


@dataclass(eq=False)
class NoSuchSale(NotFound):
    id: UUID


@dataclass(eq=False)
class NoSuchBatch(NotFound):
    id: UUID


@dataclass(eq=False)
class NoSuchPack(NotFound):
    """No pack with this trace code is on this seller's shelves."""

    trace_code: str


@dataclass(eq=False)
class BadTraceCode(Invalid):
    """PR-09: neither a code of the main platform, nor a maker's, nor a GS1 square code."""


@dataclass(eq=False)
class BadBatch(Invalid):
    """A batch needs a lot number, a maker, an expiry after today and packs with trace codes."""


@dataclass(eq=False)
class OtherBatch(Conflict):
    """The lot was taken in before, as something else or with another expiry."""

    lot: str


@dataclass(eq=False)
class PackKnown(Conflict):
    """A pack with one of these trace codes has been taken in before, here or elsewhere."""

    rule: ClassVar[str] = "PR-10"
    trace_codes: str


@dataclass(eq=False)
class PackSold(Conflict):
    """The trace code belongs to a sale: one sale per pack in the whole network."""

    rule: ClassVar[str] = "FR-20"
    trace_code: str


@dataclass(eq=False)
class PackBlocked(Conflict):
    """In quarantine, destroyed, expired or about to expire: it is not handed out."""

    rule: ClassVar[str] = "PR-07"
    trace_code: str
    expires_on: date


@dataclass(eq=False)
class NotOnPrescription(Conflict):
    """The scanned pack is another drug, form or strength than prescribed."""

    rule: ClassVar[str] = "PH-05"
    drug: str


@dataclass(eq=False)
class EnoughScanned(Conflict):
    """All packs of this line have been scanned."""

    rule: ClassVar[str] = "PH-05"
    drug: str


@dataclass(eq=False)
class NotInStock(Conflict):
    """Fewer packs than prescribed can be promised."""

    drugs: str


@dataclass(eq=False)
class NotAllScanned(Conflict):
    """Packs of these lines haven't been scanned."""

    rule: ClassVar[str] = "FR-20"
    drugs: str


@dataclass(eq=False)
class ChecksMissing(Conflict):
    """A comparison nobody has confirmed blocks the release."""

    rule: ClassVar[str] = "PH-05"
    checks: str


@dataclass(eq=False)
class OwnFilling(NotAllowed):
    """Who filled it doesn't check it where somebody else could."""

    rule: ClassVar[str] = "PH-08"


@dataclass(eq=False)
class OwnPrescription(NotAllowed):
    """Who wrote a prescription neither reviews nor checks it."""

    rule: ClassVar[str] = "PH-08"


@dataclass(eq=False)
class NobodyOnDuty(Conflict):
    """A shop sells on prescription only while one of its pharmacists is on duty (LIC-04)."""

    rule: ClassVar[str] = "DS-13"


@dataclass(eq=False)
class AlreadyWithSeller(Conflict):
    """One live sale per prescription, in the whole network."""

    rule: ClassVar[str] = "DS-06"


@dataclass(eq=False)
class NotBefore(Conflict):
    """Nothing leaves before the prescription was signed and approved."""

    rule: ClassVar[str] = "CON-14"


@dataclass(eq=False)
class PrescriptionExpired(Conflict):
    """Its validity is over: nothing may be dispensed on it."""

    rule: ClassVar[str] = "RX-01"
    valid_until: datetime


@dataclass(eq=False)
class TooLate(Conflict):
    """The time for this step is over; what was paid comes back."""

    due_at: datetime


@dataclass(eq=False)
class CanNotSell(Conflict):
    """What the law keeps from going this way, all of it."""

    findings: tuple[Finding, ...]


@dataclass(eq=False)
class PriceChanged(Conflict):
    """What was shown isn't what it costs any more: it is shown anew first."""

    rule: ClassVar[str] = "CAP-113"


@dataclass(eq=False)
class NoDelivery(Conflict):
    """The seller doesn't deliver, or has no counter to collect at."""


@dataclass(eq=False)
class AddressMissing(Invalid):
    """A courier needs an address and a phone."""


@dataclass(eq=False)
class LastLine(Conflict):
    """Nothing would be left of the sale: it is declined as a whole."""


@dataclass(eq=False)
class PaidAlready(Conflict):
    """What was paid as a whole is filled as a whole or given back as a whole."""

    rule: ClassVar[str] = "INS-21"


@dataclass(eq=False)
class WrongWay(Conflict):
    """To be delivered, not collected; or the other way round."""


@dataclass(eq=False)
class NotTheReceiver(Conflict):
    """The card or document isn't the patient's, and no proxy was named."""

    rule: ClassVar[str] = "DS-16"


@dataclass(eq=False)
class BadProxy(Invalid):
    """A proxy shows an identity card: name and number, beside the patient's."""

    rule: ClassVar[str] = "INS-02"


@dataclass(eq=False)
class ReasonMissing(Invalid):
    """Whoever reads it later must understand why."""


@dataclass(eq=False)
class NotHanded(Conflict):
    """Only what was handed over comes back."""

    state: SaleState
