"""How supervision says no."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from lianyi.kernel.refusal import Conflict, Invalid, NotAllowed, NotFound
from lianyi.supervision.model import State


@dataclass(eq=False)
class NoSuchUpload(NotFound):
    id: UUID


@dataclass(eq=False)
class ReasonMissing(Invalid):
    """Who looks at it later must understand what was mended."""


@dataclass(eq=False)
class StillUnderWay(Conflict):
    """It is being reported already; its answer comes by itself."""

    state: State


@dataclass(eq=False)
class NoSuchTrail(NotFound):
    """No visit with this id was ever closed, or this hat may not know of it."""

    visit_id: UUID


@dataclass(eq=False)
class NoSuchCase(NotFound):
    id: UUID


@dataclass(eq=False)
class OwnCase(NotAllowed):
    """CON-18: a name is opened by two people; nobody agrees to what they asked for themselves."""

    rule: ClassVar[str] = "CON-18"


@dataclass(eq=False)
class CaseShut(Conflict):
    """Nobody has agreed yet, or the time it was open for is over."""

    rule: ClassVar[str] = "CON-18"
