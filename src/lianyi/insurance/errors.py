"""How insurance says no."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from lianyi.kernel.refusal import Conflict, Invalid, NotFound


@dataclass(eq=False)
class NoSuchClaim(NotFound):
    id: UUID


@dataclass(eq=False)
class NoSuchDifference(NotFound):
    id: UUID


@dataclass(eq=False)
class NotCovered(Conflict):
    """INS-01: nobody has proven that this person is insured."""

    rule: ClassVar[str] = "INS-01"


@dataclass(eq=False)
class CoverKnown(Conflict):
    """The insurance is bound, or is being asked about."""


@dataclass(eq=False)
class StillAsking(Conflict):
    """What the person has to pay isn't known yet; they wait or pay alone."""

    id: UUID


@dataclass(eq=False)
class ClaimUnderWay(Conflict):
    """The agency is settling or undoing; until it has answered nothing else may happen."""

    id: UUID


@dataclass(eq=False)
class NoTraceCode(Conflict):
    """FR-20: an insured drug is settled by the codes of its packs."""

    rule: ClassVar[str] = "FR-20"
    item: str


@dataclass(eq=False)
class NotClaimable(Conflict):
    """INS-16, CON-26: no insurance pays for what this bill is of."""

    rule: ClassVar[str] = "INS-16"


@dataclass(eq=False)
class BadItem(Invalid):
    """A share lies between nothing and one, a standard above nothing."""


@dataclass(eq=False)
class ReasonMissing(Invalid):
    """Whoever reads it later must understand why."""
