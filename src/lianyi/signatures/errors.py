"""How signatures say no."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from lianyi.kernel.refusal import Conflict, Invalid, NotFound


@dataclass(eq=False)
class BadPin(Invalid):
    """Six digits open a key."""


@dataclass(eq=False)
class BadDigest(Invalid):
    """Not the SM3 of anything."""


@dataclass(eq=False)
class NoSuchSignature(NotFound):
    id: UUID


@dataclass(eq=False)
class NotCertified(Conflict):
    """RX-25: who has no live certificate signs nothing."""

    rule: ClassVar[str] = "RX-25"


@dataclass(eq=False)
class AlreadyCertified(Conflict):
    """A post holds one certificate at a time."""


@dataclass(eq=False)
class KeyClosed(Conflict):
    """EMR-06: only the holder opens the key, and nothing is signed while it is closed."""

    rule: ClassVar[str] = "EMR-06"


@dataclass(eq=False)
class KeyOpen(Conflict):
    """The key is open, or its PIN is being asked about."""


@dataclass(eq=False)
class AlreadyAsked(Conflict):
    """The document is signed, or its signature is on its way."""
