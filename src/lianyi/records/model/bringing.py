"""What an institution's own system brings in bulk, and how far it is."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lianyi.access.model import APP
from lianyi.kernel.actor import Actor


class BringingState(StrEnum):
    OPEN = "open"  # its files are coming
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Tally:
    """What was read, and what became of it: the four others always add up to the first."""

    read: int = 0
    stored: int = 0
    changed: int = 0
    duplicate: int = 0
    refused: int = 0

    @property
    def balanced(self) -> bool:
        return self.read == self.stored + self.changed + self.duplicate + self.refused


@dataclass(frozen=True, slots=True)
class Bringing:
    id: UUID
    state: BringingState
    app_id: UUID
    institution_id: UUID
    approval_id: UUID
    scopes: tuple[str, ...]
    asked_at: datetime
    ended_at: datetime | None
    tally: Tally

    @property
    def hat(self) -> Actor:
        """The service's, as it was when it asked."""
        return Actor(
            self.app_id,
            self.approval_id,
            self.institution_id,
            APP,
            app_id=self.app_id,
            request_id=f"import/{self.id}",
            scopes=self.scopes,
        )


@dataclass(frozen=True, slots=True)
class Delivered:
    """One file: its bytes as they came, and how far what is in it was read."""

    name: str
    size: int
    place: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a file, with the key it is sealed with."""

    first: int
    size: int
    key: bytes
