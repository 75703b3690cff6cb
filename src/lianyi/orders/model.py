"""The nouns of orders."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from lianyi.access.model import Sensitive
from lianyi.terminology.model import Level, Sex


class State(StrEnum):
    ORDERED = "ordered"  # charged; waits for the money
    CLEARED = "cleared"  # paid, or to be paid later in an emergency
    LABELLED = "labelled"
    TAKEN = "taken"
    RECEIVED = "received"
    REJECTED = "rejected"  # the specimen; a new one is taken
    MEASURED = "measured"
    CRITICAL = "critical"  # verified; must be called and read back
    ESCALATED = "escalated"  # nobody has read it back in time
    VERIFIED = "verified"
    RELEASED = "released"
    CANCELLED = "cancelled"


# Work has been done for the person's money: it is not given back any more.
EXECUTED = frozenset(
    {
        State.TAKEN,
        State.RECEIVED,
        State.MEASURED,
        State.CRITICAL,
        State.ESCALATED,
        State.VERIFIED,
        State.RELEASED,
    }
)
# Measured, and not yet the person's to know.
UNRELEASED = frozenset({State.MEASURED, State.CRITICAL, State.ESCALATED, State.VERIFIED})
BENCH = (
    State.CRITICAL,
    State.ESCALATED,
    State.MEASURED,
    State.RECEIVED,
    State.TAKEN,
    State.VERIFIED,
)
TAKING = (State.REJECTED, State.LABELLED, State.CLEARED)  # a tube is to be labelled or filled
CRITICAL = frozenset({Level.CRITICAL_LOW, Level.CRITICAL_HIGH})


class Rejection(StrEnum):
    """Why a laboratory can't use a specimen (标本拒收原因)."""

    HAEMOLYSED = "haemolysed"  # 溶血
    CLOTTED = "clotted"  # 凝块
    TOO_LITTLE = "too_little"  # 量不足
    WRONG_CONTAINER = "wrong_container"  # 容器错误
    UNLABELLED = "unlabelled"  # 标识不清
    WRONG_PERSON = "wrong_person"  # 患者与申请不符
    TOO_LATE = "too_late"  # 送检超时
    LEAKED = "leaked"  # 渗漏或破损


@dataclass(frozen=True, slots=True)
class Item:
    """What can be ordered here; `code` is that of the price list.

    The results of a `mediated` item are released by a doctor, never by the laboratory (IDN-11).
    """

    institution_id: UUID
    code: str
    label: str
    specimen: str
    observations: tuple[str, ...]
    mediated: bool


@dataclass(frozen=True, slots=True)
class Order:
    """One item for one person.

    `deferred` is why it may be paid later, `barcode` that of the newest specimen. Who measured
    and who verified are persons, whichever hat they wore.
    """

    id: UUID
    institution_id: UUID
    person_id: UUID
    encounter_id: UUID
    state: State
    code: str
    label: str
    specimen: str
    observations: tuple[str, ...]
    mediated: bool
    classes: frozenset[Sensitive]
    ordered_by: UUID
    at: datetime
    deferred: str
    measured_by: UUID | None
    measured_at: datetime | None
    verified_by: UUID | None
    verified_at: datetime | None
    barcode: str | None


@dataclass(frozen=True, slots=True)
class Specimen:
    id: UUID
    order_id: UUID
    barcode: str
    labelled_at: datetime
    taken_at: datetime | None = None
    taken_by: UUID | None = None
    received_at: datetime | None = None
    rejected_at: datetime | None = None
    rejection: Rejection | None = None


@dataclass(frozen=True, slots=True)
class About:
    """What of a person decides which range a result is held against. None: not known."""

    sex: Sex | None
    age: Decimal | None  # years


@dataclass(frozen=True, slots=True)
class Reading:
    """What was measured: a number in the observation's own unit, or words."""

    observation: str
    value: Decimal | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """A reading with its interpretation, by which knowledge. `UNKNOWN`: it could not be judged."""

    observation: str
    label: str
    unit: str
    value: Decimal | None
    words: str
    level: Level
    low: Decimal | None
    high: Decimal | None
    version: str
    sources: tuple[str, ...]

    @property
    def is_critical(self) -> bool:
        return self.level in CRITICAL


@dataclass(frozen=True, slots=True)
class Call:
    """Who was told of a critical value, when, and what they read back (TEL-14)."""

    order_id: UUID
    caller_id: UUID
    receiver_id: UUID
    at: datetime
    read_back: str
    agreed: bool
