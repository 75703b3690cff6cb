"""What booking announces. Ids and codes only; fields are added, never renamed.

A session's id lies in its institution's bucket, and one session's events keep their order.
"""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SessionEvent:
    name: ClassVar[str]
    session_id: UUID
    institution_id: UUID

    @property
    def owner(self) -> UUID:
        return self.session_id


@dataclass(frozen=True, slots=True)
class SessionPublished(SessionEvent):
    name: ClassVar[str] = "booking.session_published"


@dataclass(frozen=True, slots=True)
class SessionReleased(SessionEvent):
    """The instant from which its numbers can be taken has come."""

    name: ClassVar[str] = "booking.session_released"


@dataclass(frozen=True, slots=True)
class SessionStopped(SessionEvent):
    name: ClassVar[str] = "booking.session_stopped"


@dataclass(frozen=True, slots=True)
class SessionOver(SessionEvent):
    """Its last hour is past: who never came is counted."""

    name: ClassVar[str] = "booking.session_over"


@dataclass(frozen=True, slots=True)
class NumberFreed(SessionEvent):
    """Somebody gave a number back; the waiting list comes first."""

    name: ClassVar[str] = "booking.number_freed"
    number: int


@dataclass(frozen=True, slots=True)
class AppointmentEvent:
    name: ClassVar[str]
    appointment_id: UUID
    session_id: UUID
    person_id: UUID
    institution_id: UUID

    @property
    def owner(self) -> UUID:
        return self.session_id


@dataclass(frozen=True, slots=True)
class NumberHeld(AppointmentEvent):
    name: ClassVar[str] = "booking.number_held"


@dataclass(frozen=True, slots=True)
class HoldDue(AppointmentEvent):
    """The time for confirming is over. The number may have been confirmed since."""

    name: ClassVar[str] = "booking.hold_due"


@dataclass(frozen=True, slots=True)
class NumberOffered(AppointmentEvent):
    """A freed number is kept for somebody who waited for one."""

    name: ClassVar[str] = "booking.number_offered"


@dataclass(frozen=True, slots=True)
class AppointmentConfirmed(AppointmentEvent):
    name: ClassVar[str] = "booking.appointment_confirmed"


@dataclass(frozen=True, slots=True)
class AppointmentLapsed(AppointmentEvent):
    name: ClassVar[str] = "booking.appointment_lapsed"


@dataclass(frozen=True, slots=True)
class AppointmentCancelled(AppointmentEvent):
    name: ClassVar[str] = "booking.appointment_cancelled"


@dataclass(frozen=True, slots=True)
class AppointmentMoved(AppointmentEvent):
    """It is now for another time, day or doctor; its id and its bill are the same."""

    name: ClassVar[str] = "booking.appointment_moved"


@dataclass(frozen=True, slots=True)
class AppointmentStopped(AppointmentEvent):
    """The session does not take place: another doctor, day or the money back is to be chosen."""

    name: ClassVar[str] = "booking.appointment_stopped"


@dataclass(frozen=True, slots=True)
class CheckedIn(AppointmentEvent):
    name: ClassVar[str] = "booking.checked_in"


@dataclass(frozen=True, slots=True)
class Called(AppointmentEvent):
    name: ClassVar[str] = "booking.called"


@dataclass(frozen=True, slots=True)
class Missed(AppointmentEvent):
    name: ClassVar[str] = "booking.missed"


@dataclass(frozen=True, slots=True)
class VisitStarted(AppointmentEvent):
    name: ClassVar[str] = "booking.visit_started"


@dataclass(frozen=True, slots=True)
class VisitFinished(AppointmentEvent):
    name: ClassVar[str] = "booking.visit_finished"


@dataclass(frozen=True, slots=True)
class DidNotCome(AppointmentEvent):
    name: ClassVar[str] = "booking.did_not_come"


@dataclass(frozen=True, slots=True)
class RoutineDue:
    """A new day can be booked: what is sat week by week is rolled on."""

    name: ClassVar[str] = "booking.routine_due"
    routine_id: UUID
    institution_id: UUID

    @property
    def owner(self) -> UUID:
        return self.routine_id
