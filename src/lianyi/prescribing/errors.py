"""How prescribing says no."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from lianyi.kernel.refusal import Conflict, Invalid, NotAllowed, NotFound, Unavailable
from lianyi.prescribing.model import Finding
from lianyi.prescribing.model.review import Item


@dataclass(eq=False)
class NoSuchPrescription(NotFound):
    id: UUID


@dataclass(eq=False)
class VersionMoved(Conflict):
    """Somebody has changed it meanwhile, perhaps the same doctor in another window."""

    rule: ClassVar[str] = "RX-11"
    id: UUID
    version: int


@dataclass(eq=False)
class NotTheirPrescription(NotAllowed):
    """Only the doctor who writes a prescription changes, signs or revokes it."""

    id: UUID


@dataclass(eq=False)
class OwnPrescription(NotAllowed):
    """Nobody reviews their own, whatever hat they wear."""

    rule: ClassVar[str] = "PH-08"
    id: UUID


@dataclass(eq=False)
class TakenByOther(Conflict):
    """Another pharmacist is reading it."""

    id: UUID
    until: datetime


@dataclass(eq=False)
class OtherDocument(Conflict):
    """What was read is not what is to be reviewed now."""

    rule: ClassVar[str] = "PH-04"
    id: UUID


@dataclass(eq=False)
class Unanswered(Invalid):
    """Every item of a review has an answer; what could not be checked is checked by hand."""

    rule: ClassVar[str] = "PH-04"
    items: tuple[Item, ...]


@dataclass(eq=False)
class ItemsFailed(Invalid):
    """What does not pass is sent back, never approved (PH-06)."""

    rule: ClassVar[str] = "PH-06"
    items: tuple[Item, ...]


@dataclass(eq=False)
class Expired(Conflict):
    """Its validity is over."""

    rule: ClassVar[str] = "RX-01"
    id: UUID
    expired_at: datetime


@dataclass(eq=False)
class Held(Conflict):
    """A red flag stopped its visit, and its doctor has not decided yet."""

    rule: ClassVar[str] = "CON-28"
    id: UUID


@dataclass(eq=False)
class HeldOffline(Held):
    """Its visit was turned offline, and its doctor has not decided yet."""

    rule: ClassVar[str] = "CON-04"


@dataclass(eq=False)
class NotHeld(Conflict):
    """There is nothing to decide: it never was held, or its doctor has decided."""

    id: UUID


@dataclass(eq=False)
class OtherSeller(Conflict):
    """Another seller has accepted it."""

    id: UUID


@dataclass(eq=False)
class ReasonMissing(Invalid):
    """Whoever reads the prescription later must understand why."""


@dataclass(eq=False)
class BadLine(Invalid):
    """A drug is dispensed only by dose, frequency, days and total (RX-09)."""

    rule: ClassVar[str] = "RX-09"
    field: str


@dataclass(eq=False)
class Unsafe(Conflict):
    """Something blocks it, or a reason is missing. All of it, the worst first."""

    rule: ClassVar[str] = "PH-04"
    findings: tuple[Finding, ...]


@dataclass(eq=False)
class CheckFailed(Unavailable):
    """The check came to no end: what nobody has checked is neither shown as safe nor signed."""

    rule: ClassVar[str] = "INT-20"


@dataclass(eq=False)
class KnowledgeNotApproved(Unavailable):
    """No pharmacist here has approved this release of the knowledge base: nothing is signed."""

    version: str


@dataclass(eq=False)
class NotByHand(NotAllowed):
    """Every drug is entered by a person, in a session of theirs: what a program sends is none."""

    rule: ClassVar[str] = "CON-13"


@dataclass(eq=False)
class OneAtATime(Conflict):
    """Every drug is entered by a person, one by one; a list is never taken over whole."""

    rule: ClassVar[str] = "CON-13"


@dataclass(eq=False)
class NotFollowedUp(Conflict):
    """Online only in a follow-up that its doctor has confirmed (CON-03), in no counsel (CON-26)."""

    rule: ClassVar[str] = "CON-03"
    id: UUID
