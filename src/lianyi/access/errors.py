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
