"""The nouns of booking."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from lianyi.booking.model.kept import Booked


class Half(StrEnum):
    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


class Kind(StrEnum):
    ORDINARY = "ordinary"  # 普通号
    EXPERT = "expert"  # 专家号
    ONLINE = "online"  # 网上复诊


class Payment(StrEnum):
    PREPAY = "prepay"  # confirmed by the payment
    AT_VISIT = "at_visit"  # confirmed by the person, paid on the day


class Origin(StrEnum):
    """How an appointment came to be."""

    SELF = "self"
    DESK = "desk"
    OFFER = "offer"  # a freed number offered to the waiting list
    ADDED = "added"  # a number staff added on purpose (加号)


class SessionState(StrEnum):
    SCHEDULED = "scheduled"
    OPEN = "open"
    STOPPED = "stopped"
    ENDED = "ended"


class AppointmentState(StrEnum):
    HELD = "held"
    CONFIRMED = "confirmed"
    CHECKED_IN = "checked_in"
    CALLED = "called"
    WITH_DOCTOR = "with_doctor"
    SEEN = "seen"
    MISSED = "missed"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"
    STOPPED = "stopped"
    NO_SHOW = "no_show"


class WaitingState(StrEnum):
    WAITING = "waiting"
    OFFERED = "offered"
    TAKEN = "taken"
    PASSED = "passed"
    LEFT = "left"
    CLOSED = "closed"


class RoutineState(StrEnum):
    ACTIVE = "active"
    ENDED = "ended"


class ClosureState(StrEnum):
    CLOSED = "closed"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class Plan:
    """One session as the administration plans it. `reserved` numbers are for referrals (FD-08).

    `routine_id` is what it repeats, if it wasn't planned by hand.
    """

    department_id: UUID
    post_id: UUID
    day: date
    half: Half
    kind: Kind
    starts_at: datetime
    ends_at: datetime
    slot_minutes: int
    numbers_per_slot: int
    fee_code: str
    fee_label: str
    fee_fen: int
    payment: Payment
    releases_at: datetime
    room: str = ""
    reserved: int = 0
    routine_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Pattern:
    """How somebody sits week by week, from `first` on. Monday is 1; `release_days` are before."""

    department_id: UUID
    post_id: UUID
    weekdays: tuple[int, ...]
    first: date
    half: Half
    kind: Kind
    begins: time
    ends: time
    slot_minutes: int
    numbers_per_slot: int
    fee_code: str
    fee_label: str
    fee_fen: int
    payment: Payment
    release_days: int
    room: str = ""


@dataclass(frozen=True, slots=True)
class Routine:
    """A pattern that goes on. Days until `through` are decided; `held` is why no later one is."""

    id: UUID
    institution_id: UUID
    doctor_id: UUID
    doctor_name: str
    state: RoutineState
    pattern: Pattern
    through: date
    held: tuple[str, ...]

    @property
    def held_from(self) -> date:
        return self.through + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Closure:
    """A day on which no routine of the institution sits, such as a holiday."""

    id: UUID
    day: date
    reason: str


@dataclass(frozen=True, slots=True)
class Sitter:
    """Who sits, under the words that were shown when the session was published."""

    doctor_id: UUID
    doctor_name: str
    grade: str
    department_name: str


@dataclass(frozen=True, slots=True)
class Number:
    """One number to be published."""

    number: int
    starts_at: datetime
    ends_at: datetime
    free_from: datetime
    referred_from: datetime


@dataclass(frozen=True, slots=True)
class Slot:
    """A number that was taken."""

    number: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """`calls` counts what was called so far; `called_number` is the last."""

    id: UUID
    institution_id: UUID
    department_id: UUID
    post_id: UUID
    doctor_id: UUID
    doctor_name: str
    grade: str
    department_name: str
    room: str
    day: date
    half: Half
    kind: Kind
    starts_at: datetime
    ends_at: datetime
    fee_code: str
    fee_label: str
    fee_fen: int
    payment: Payment
    releases_at: datetime
    state: SessionState
    calls: int
    new_in_a_row: int
    called_number: int | None


@dataclass(frozen=True, slots=True)
class Appointment:
    id: UUID
    institution_id: UUID
    session_id: UUID
    number: int
    department_id: UUID
    person_id: UUID
    day: date
    starts_at: datetime
    ends_at: datetime
    state: AppointmentState
    origin: Origin
    expires_at: datetime
    fee_code: str
    fee_label: str
    fee_fen: int
    payment: Payment
    arrived_at: datetime | None


@dataclass(frozen=True, slots=True)
class Got(Booked):
    """What a person has after a hold or a confirmation."""

    institution_id: UUID
    session_id: UUID
    person_id: UUID
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime
    origin: Origin
    fee_code: str
    fee_label: str
    fee_fen: int
    payment: Payment


@dataclass(frozen=True, slots=True)
class Wish:
    """Which number somebody wants, and for whom."""

    session_id: UUID
    starts_at: datetime
    person_id: UUID


@dataclass(frozen=True, slots=True)
class Situation:
    """Why a wish might not be granted: looked up only after it was not."""

    state: SessionState | None  # None: no such session
    releases_at: datetime | None
    next_free_at: datetime | None  # when the earliest number of this time can be taken
    own_id: UUID | None  # the person's appointment in this department that day
    own_is_stale: bool
    that_day: int
    missed: int
    sees_person: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a number is held: until when, and when it is free again if nothing follows."""

    origin: Origin
    expires_at: datetime
    free_from: datetime
    per_day: int
    missed_limit: int
    missed_since: datetime
    referred: bool


class Obstacle(StrEnum):
    UNKNOWN_SESSION = "unknown_session"
    UNKNOWN_PERSON = "unknown_person"
    NOT_OPEN = "not_open"
    NOT_RELEASED = "not_released"
    STALE_HOLD = "stale_hold"
    ALREADY_BOOKED = "already_booked"
    TOO_MANY = "too_many"
    MISSED_TOO_OFTEN = "missed_too_often"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Waiting:
    id: UUID
    institution_id: UUID
    session_id: UUID
    person_id: UUID
    state: WaitingState
    at: datetime
    appointment_id: UUID | None


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody who has checked in and waits to be called."""

    appointment_id: UUID
    person_id: UUID
    number: int
    starts_at: datetime
    ends_at: datetime
    arrived_at: datetime
    urgent: bool
    comes_back: bool
    ready_at_call: int


@dataclass(frozen=True, slots=True)
class Calling:
    """Where a session's calling stands."""

    calls: int
    new_in_a_row: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person stands in the live queue. Who is on the way has no place yet."""

    appointment_id: UUID
    number: int
    state: AppointmentState
    called_number: int | None
    ahead: int | None
    minutes: int | None
    room: str


@dataclass(frozen=True, slots=True)
class Roster:
    """A session as its staff see it: who waits, in the order of calling, and all who booked."""

    session: Session
    turns: tuple[Turn, ...]
    appointments: tuple[Appointment, ...]


@dataclass(frozen=True, slots=True)
class GivenBack:
    """An appointment that was cancelled, and whether its fee goes back."""

    appointment: Appointment
    refundable: bool


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    sessions: int
    has_numbers: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """A session as the public sees it, with the numbers that can be taken now."""

    session_id: UUID
    institution_id: UUID
    department_id: UUID
    post_id: UUID
    doctor_name: str
    grade: str
    department_name: str
    day: date
    half: Half
    kind: Kind
    starts_at: datetime
    ends_at: datetime
    fee_label: str
    fee_fen: int
    payment: Payment
    releases_at: datetime
    state: SessionState
    remaining: int


@dataclass(frozen=True, slots=True)
class Time:
    starts_at: datetime
    ends_at: datetime
    remaining: int
