"""What somebody asks who looks for a number, and what they see who have one."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from lianyi.booking.model import AppointmentState


@dataclass(frozen=True, slots=True)
class Where:
    """Where and when a number is looked for; None is anywhere. `after` is the last one's place."""

    first: date
    last: date
    institution_id: UUID | None = None
    department_id: UUID | None = None
    doctor_id: UUID | None = None
    after: tuple[datetime, UUID] | None = None  # the start of a time, and its session


@dataclass(frozen=True, slots=True)
class Coming:
    """A visit somebody has before them, with what its session says of it now."""

    appointment_id: UUID
    institution_id: UUID
    number: int
    state: AppointmentState
    day: date
    starts_at: datetime
    doctor_name: str
    department_name: str
    room: str
    called_number: int | None
