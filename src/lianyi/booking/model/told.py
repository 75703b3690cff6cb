"""What anybody may be told of numbers, and what they look for them by."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from lianyi.booking.model import Session
from lianyi.kernel.sought import Clause


class Availability(StrEnum):
    """What anybody may be told of a number: nothing of who has it, or of when it is given back.

    A number that is held, taken, kept for referrals or on its way back (IDN-07) is taken. One that
    is not released yet, over, or of a session that was stopped can be had by nobody, and is closed.
    """

    FREE = "free"
    TAKEN = "taken"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Listed:
    """A number of a session, as anybody may be told of it."""

    session: Session
    number: int
    starts_at: datetime
    ends_at: datetime
    availability: Availability


class Field(StrEnum):
    """What a number can be found by, as `tables.slots` reads it from its row."""

    ID = "id"
    SESSION_ID = "session_id"
    SESSION = "session"
    DOCTOR = "doctor"
    POST = "post"
    START = "start"
    AVAILABILITY = "availability"
    KIND = "kind"
    DEPARTMENT = "department"
    IS_ACTIVE = "is_active"


@dataclass(frozen=True, slots=True)
class Near:
    """Where an index begins: at some sessions, at who sits, between two instants. None: anywhere.

    `sitters` are doctors and posts alike.
    """

    sessions: tuple[UUID, ...] | None = None
    sitters: tuple[UUID, ...] | None = None
    low: datetime | None = None
    high: datetime | None = None

    @property
    def is_somewhere(self) -> bool:
        return self.sessions is not None or self.sitters is not None


Place: TypeAlias = tuple[datetime, UUID, int]


@dataclass(frozen=True, slots=True)
class Sought:
    """All clauses must hold; `near` tells of them what an index can use. `after` is the last one's.

    The earliest come first, or else the latest.
    """

    near: Near
    clauses: tuple[Clause, ...] = ()
    after: Place | None = None
    upwards: bool = True
