"""How online visits say no."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from lianyi.consult.model import Finding
from lianyi.kernel.refusal import Conflict, Invalid, NotAllowed, NotFound


@dataclass(eq=False)
class NoSuchVisit(NotFound):
    id: UUID


@dataclass(eq=False)
class NoSuchOffer(NotFound):
    """The doctor offers nothing of this kind online."""

    post_id: UUID


@dataclass(eq=False)
class NotEligible(Conflict):
    """The law's findings against an online visit, all of them (CON-01, 02, 04, 11, 12, 17)."""

    findings: tuple[Finding, ...]


@dataclass(eq=False)
class MayNotEnd(Conflict):
    """What the law still wants before this visit can end (CON-02, CON-03, CON-26)."""

    findings: tuple[Finding, ...]


@dataclass(eq=False)
class NotVerified(NotAllowed):
    """The doctor's own identity wasn't proven within the hours of one online session."""

    rule: ClassVar[str] = "CON-09"


@dataclass(eq=False)
class PromiseOver(Conflict):
    """The promised time is over; the fee goes back."""

    rule: ClassVar[str] = "CON-27"
    due_at: datetime


@dataclass(eq=False)
class RoundsUsed(Conflict):
    """As many messages as were promised have been sent."""

    rounds: int


@dataclass(eq=False)
class NothingSaid(Invalid):
    """A message needs words or a picture."""


@dataclass(eq=False)
class ReasonMissing(Invalid):
    """The patient reads why."""


@dataclass(eq=False)
class Decided(Conflict):
    """The doctor's yes or no was given already."""

    rule: ClassVar[str] = "CON-03"


@dataclass(eq=False)
class AlreadyAsked(Conflict):
    """An open visit with the same doctor goes on first."""

    id: UUID


@dataclass(eq=False)
class Unanswered(Invalid):
    """Every question about danger is answered with yes or no (CON-28)."""


@dataclass(eq=False)
class UnknownDisease(Invalid):
    """The knowledge base has no diagnosis of this name."""


@dataclass(eq=False)
class ProofMissing(Invalid):
    """The chosen line of the record isn't there, or the paper isn't."""


@dataclass(eq=False)
class AlreadyRated(Conflict):
    pass


@dataclass(eq=False)
class PriceChanged(Conflict):
    """What was shown isn't what it costs any more: it is shown anew first."""

    rule: ClassVar[str] = "CON-27"


@dataclass(eq=False)
class BadTerms(Invalid):
    """An answer is promised within minutes and rounds above zero."""
