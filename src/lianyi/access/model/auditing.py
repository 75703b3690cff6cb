"""What somebody looks for in the log of who has read."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias


class Field(StrEnum):
    """What a line of the log can be found by, as `tables.auditing` reads it from a row."""

    ID = "id"
    ACTION = "action"
    OUTCOME = "outcome"
    TYPE = "type"
    SUBTYPE = "subtype"
    AGENT = "agent"
    APP = "app"
    ENTITY = "entity"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Has:
    """One of the values is there; None: any."""

    field: Field
    values: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class During:
    """It was in a span of time, whose end is no part of it; None is open."""

    low: datetime | None = None
    high: datetime | None = None


@dataclass(frozen=True, slots=True)
class Clause:
    """One of the alternatives holds, or with `is_not` none of them does."""

    alternatives: tuple[Has | During, ...]
    is_not: bool = False


Place: TypeAlias = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class Sought:
    """All clauses must hold. `after` is the last line of the page before."""

    clauses: tuple[Clause, ...] = ()
    after: Place | None = None
    upwards: bool = False
