"""How access says no."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from lianyi.kernel.refusal import Conflict, Invalid, NotAllowed, NotFound


@dataclass(eq=False)
class NoSuchPerson(NotFound):
    """There is no such person, or this hat may not know that there is. It never tells which."""

    person_id: UUID


@dataclass(eq=False)
class ProofTooLow(NotAllowed):
    """The mandate is live but does not reach this far: see the counter with an identity card."""


@dataclass(eq=False)
class NoSuchConsent(NotFound):
    id: UUID


@dataclass(eq=False)
class NoSuchGlass(NotFound):
    id: UUID


@dataclass(eq=False)
class AskedTooSoon(Conflict):
    rule: ClassVar[str] = "PRI-05"
    again_at: datetime


@dataclass(eq=False)
class EmptyShare(Invalid):
    """The range of time is empty, or the consent would already have ended."""


@dataclass(eq=False)
class ReasonMissing(Invalid):
    """Breaking the glass needs a reason that a reviewer can judge."""

    rule: ClassVar[str] = "EMR-05"


@dataclass(eq=False)
class OwnGlass(NotAllowed):
    """Nobody reviews their own."""

    id: UUID


@dataclass(eq=False)
class OutOfScope(NotAllowed):
    """INT-04: the app's scopes do not reach so far, whatever its user may do."""

    type: str
    right: str


@dataclass(eq=False)
class TooOften(Conflict):
    """The app has asked whom numbers belong to as often as it may for now."""

    rule: ClassVar[str] = "INT-07"


@dataclass(eq=False)
class NoSuchApproval(NotFound):
    id: UUID


@dataclass(eq=False)
class NoSuchPermission(NotFound):
    id: UUID


@dataclass(eq=False)
class AskedAlready(Conflict):
    """The institution already has this app before it, or has approved it for this purpose."""

    app_id: UUID


@dataclass(eq=False)
class UnsoundTerms(Invalid):
    """An app needs a purpose it may have, scopes, an end, and an impact assessment before it."""

    rule: ClassVar[str] = "PRI-11"


@dataclass(eq=False)
class BeyondApproval(Conflict):
    """Nobody can let an app have what no institution has approved, nor longer than that."""

    rule: ClassVar[str] = "CAP-39"


@dataclass(eq=False)
class NoSuchExport(NotFound):
    id: UUID


@dataclass(eq=False)
class ManyExports(Conflict):
    """The app has as many exports under way, or waiting, as it may have at once."""

    most: int


@dataclass(eq=False)
class AgreedAlready(NotAllowed):
    """PRI-28: two different persons agree, each for themselves."""

    rule: ClassVar[str] = "PRI-28"


@dataclass(eq=False)
class OtherAssessment(Conflict):
    """PRI-11: the second names another impact assessment than the first."""

    rule: ClassVar[str] = "PRI-11"


@dataclass(eq=False)
class UnsoundVote(Invalid):
    """PRI-11: what the data are for, and the impact assessment made before, belong to each yes."""

    rule: ClassVar[str] = "PRI-11"


@dataclass(eq=False)
class AbroadOff(Conflict):
    """PRI-20: data stay in the country."""

    rule: ClassVar[str] = "PRI-20"


@dataclass(eq=False)
class GroundGone(Conflict):
    """CAP-39: the approval of the app on which an export rests has ended."""

    rule: ClassVar[str] = "CAP-39"


@dataclass(eq=False)
class TooManyToday(Conflict):
    """An app's searches have shown as many persons in a day as they may without two who agree."""

    rule: ClassVar[str] = "PRI-28"
    most: int
