"""What an institution has done with persons' data in a span of days, as an audit asks (PRI-27)."""

from dataclasses import dataclass
from uuid import UUID

from lianyi.access.model import Cause, Purpose
from lianyi.kernel.actor import Role


@dataclass(frozen=True, slots=True)
class Activity:
    """One kind of processing: what for, in which role, on what basis, how often, how often not."""

    purpose: Purpose
    role: Role
    cause: Cause
    by_app: bool
    granted: int
    refused: int


@dataclass(frozen=True, slots=True)
class Shared:
    """What persons have said of sharing what one institution holds with another (EMR-17)."""

    holder_id: UUID
    receiver_id: UUID
    given: int
    refused: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class Permitted:
    """How many persons have let an app read, and how many have taken it back (PRI-09)."""

    app_id: UUID
    given: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class Emergencies:
    """Broken glasses (EMR-05); `late` wait for their review longer than they may (EMR-17)."""

    all: int
    justified: int
    objected: int
    late: int


@dataclass(frozen=True, slots=True)
class Compliance:
    activities: tuple[Activity, ...]
    shared: tuple[Shared, ...]
    permitted: tuple[Permitted, ...]
    emergencies: Emergencies
