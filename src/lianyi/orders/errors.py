"""How orders say no."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from lianyi.kernel.refusal import Conflict, Invalid, NotAllowed, NotFound
from lianyi.orders.model import State


@dataclass(eq=False)
class NoSuchOrder(NotFound):
    id: UUID


@dataclass(eq=False)
class NoSuchItem(NotFound):
    """The institution offers nothing under this code."""

    item: str


@dataclass(eq=False)
class NoSuchSpecimen(NotFound):
    """No live specimen of a patient of this bench has this barcode."""

    barcode: str


@dataclass(eq=False)
class BadBarcode(Invalid):
    """Its check digit is wrong: it was misread."""


@dataclass(eq=False)
class UnknownObservations(Invalid):
    """The loaded knowledge base doesn't know these, so nothing could be said about a result."""

    codes: str


@dataclass(eq=False)
class ReasonMissing(Invalid):
    """Whoever reads the order later must understand why."""


@dataclass(eq=False)
class NotTheirSpecimen(Conflict):
    """The tube was labelled for somebody else than the person who sits here."""


@dataclass(eq=False)
class Incomplete(Invalid):
    """Each ordered observation needs one reading, and nothing else has one."""

    codes: str


@dataclass(eq=False)
class OwnMeasurement(NotAllowed):
    """Who measured never verifies."""


@dataclass(eq=False)
class AlreadyExecuted(Conflict):
    """The specimen has been taken: the order stands and its fee stays."""

    id: UUID
    state: State


@dataclass(eq=False)
class ReadBackDiffers(Conflict):
    """What the receiver has read back isn't what was measured."""

    rule: ClassVar[str] = "TEL-14"


@dataclass(eq=False)
class NotTreating(Invalid):
    """A critical value is told to a doctor or nurse in post at this institution."""


@dataclass(eq=False)
class DoctorReleases(NotAllowed):
    """IDN-11: a critical or sensitive result is released by a doctor who can explain it."""
