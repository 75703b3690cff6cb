"""What leaves in bulk: who asks for it, what for, of how many, and who has agreed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lianyi.access.model import APP, EXPORT, Purpose
from lianyi.kernel.actor import Actor


class ExportState(StrEnum):
    ASKED = "asked"
    AGREED = "agreed"  # by one of two
    RUNNING = "running"
    READY = "ready"
    EXPIRED = "expired"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def is_waiting(self) -> bool:
        return self in {ExportState.ASKED, ExportState.AGREED}

    @property
    def is_over(self) -> bool:
        return not self.is_waiting and self not in {ExportState.RUNNING, ExportState.READY}


class Level(StrEnum):
    """Whose data: all a service may see, its patients', or those of a group of them."""

    SYSTEM = "system"
    PATIENT = "patient"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: `filters` are searches (`Observation?category=laboratory`).

    Of some patients, where they are named; with some elements (`status`, `Patient.name`) or all.
    """

    request: str
    reach: Level
    types: tuple[str, ...]
    filters: tuple[str, ...] = ()
    since: datetime | None = None
    patients: tuple[UUID, ...] = ()
    elements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vote:
    """One of the two who must agree (PRI-28): what for, after which impact assessment (PRI-11)."""

    export_id: UUID
    post_id: UUID
    person_id: UUID
    at: datetime
    why: str
    assessment: str


@dataclass(frozen=True, slots=True)
class Export:
    """`due_at` is when waiting, or keeping the files, ends; `as_of` when they were true."""

    id: UUID
    state: ExportState
    app_id: UUID
    institution_id: UUID
    approval_id: UUID
    purpose: Purpose
    scopes: tuple[str, ...]
    wanted: Wanted
    persons: int
    is_large: bool
    asked_at: datetime
    due_at: datetime
    as_of: datetime | None
    ended_why: str  # of whom it was refused or stopped by

    @property
    def hat(self) -> Actor:
        """The service's, as it was when it asked."""
        return Actor(
            self.app_id,
            self.approval_id,
            self.institution_id,
            APP,
            app_id=self.app_id,
            request_id=log_key(self.id),
            scopes=self.scopes,
        )


@dataclass(frozen=True, slots=True)
class Fetch:
    """A file that was fetched, from which byte on: who breaks off goes on where they were."""

    export_id: UUID
    part: int
    first_byte: int
    at: datetime


def log_key(export_id: UUID) -> str:
    """Return how the log of accesses names an export."""
    return f"{EXPORT}/{export_id}"
