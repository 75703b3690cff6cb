"""How files says no."""

from dataclasses import dataclass
from uuid import UUID

from lianyi.kernel.refusal import Invalid, NotFound, Unavailable


@dataclass(eq=False)
class UnknownType(Invalid):
    """Only pictures and PDF are kept; what it is, is told by its content and never by its name."""


@dataclass(eq=False)
class TooBig(Invalid):
    """More bytes, or more pixels once unpacked, than anything a patient or doctor has to show."""

    megabytes: int
    megapixels: int


@dataclass(eq=False)
class BrokenFile(Invalid):
    """It begins like a picture or a PDF, but is not a whole one."""


@dataclass(eq=False)
class NoSuchFile(NotFound):
    id: UUID


@dataclass(eq=False)
class ContentLost(Unavailable):
    """The row is there, but what lies on the disk is missing or was changed."""

    id: UUID
