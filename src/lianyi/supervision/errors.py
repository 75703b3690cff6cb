"""How supervision says no."""

from dataclasses import dataclass
from uuid import UUID

from lianyi.kernel.refusal import Conflict, Invalid, NotFound
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
