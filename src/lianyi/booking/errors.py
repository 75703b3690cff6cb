"""How booking says no."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from lianyi.booking.model import SessionState
from lianyi.kernel.refusal import Conflict, Invalid, NotFound


@dataclass(eq=False)
class NoSuchSession(NotFound):
    id: UUID


@dataclass(eq=False)
class NoSuchAppointment(NotFound):
    id: UUID


@dataclass(eq=False)
class NoSuchRoutine(NotFound):
    id: UUID


@dataclass(eq=False)
class NoSuchClosure(NotFound):
    id: UUID


@dataclass(eq=False)
class NotWaiting(NotFound):
    """The person is not on this session's waiting list."""

    session_id: UUID


@dataclass(eq=False)
class BadPlan(Invalid):
    """A field of a planned session that cannot be."""

    field: str


@dataclass(eq=False)
class SlotTooLong(Invalid):
    """Numbers are for a time of at most so many minutes."""

    rule: ClassVar[str] = "IDN-08"
    minutes: int


@dataclass(eq=False)
class ReasonMissing(Invalid):
    pass


@dataclass(eq=False)
class AlreadySits(Conflict):
    """The doctor has another session that overlaps."""

    session_id: UUID


@dataclass(eq=False)
class RoutineOverlaps(Conflict):
    """The doctor sits week by week at this time already."""

    routine_id: UUID


@dataclass(eq=False)
class DayClosed(Conflict):
    """The day is closed already."""

    day: date


@dataclass(eq=False)
class DayPast(Invalid):
    """A day that is over is neither closed nor opened."""

    day: date


@dataclass(eq=False)
class SessionNotOpen(Conflict):
    state: SessionState


@dataclass(eq=False)
class NotReleased(Conflict):
    releases_at: datetime


@dataclass(eq=False)
class SlotFull(Conflict):
    rule: ClassVar[str] = "IDN-09"


@dataclass(eq=False)
class StillFree(Conflict):
    """Nobody has to wait for a session that has numbers."""


@dataclass(eq=False)
class AlreadyWaiting(Conflict):
    session_id: UUID


@dataclass(eq=False)
class AlreadyBooked(Conflict):
    """One appointment a day in a department."""

    rule: ClassVar[str] = "IDN-07"
    appointment_id: UUID | None


@dataclass(eq=False)
class TooManyThatDay(Conflict):
    rule: ClassVar[str] = "IDN-07"
    limit: int


@dataclass(eq=False)
class MissedTooOften(Conflict):
    """Whoever stayed away so often books at the counter for a while."""

    rule: ClassVar[str] = "IDN-07"
    times: int


@dataclass(eq=False)
class HoldExpired(Conflict):
    rule: ClassVar[str] = "IDN-09"


@dataclass(eq=False)
class PayFirst(Conflict):
    """What is paid in advance is confirmed by its payment."""

    expires_at: datetime


@dataclass(eq=False)
class TooLate(Conflict):
    """The time of the appointment has come."""

    starts_at: datetime


@dataclass(eq=False)
class NotExchangeable(Conflict):
    """A paid appointment moves only to one of the same place, kind and price."""


@dataclass(eq=False)
class OtherDay(Conflict):
    """Checking in is possible from an hour on, until the session ends."""

    opens_at: datetime


@dataclass(eq=False)
class NobodyWaits(Conflict):
    session_id: UUID


@dataclass(eq=False)
class SomebodyInside(Conflict):
    """The patient who was called or is with the doctor comes first."""

    number: int
