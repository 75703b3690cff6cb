"""What somebody looks for in the log of who has read."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from lianyi.kernel.sought import Clause


class Field(StrEnum):
    """What a line of the log can be found by, as `tables.auditing` reads it from a row."""

    ID = "id"
    AT = "at"
    ACTION = "action"
    OUTCOME = "outcome"
    TYPE = "type"
    SUBTYPE = "subtype"
    AGENT = "agent"
    APP = "app"
    ENTITY = "entity"
    ENTITY_TYPE = "entity_type"
    SOURCE = "source"
    POST = "post"
    READER = "reader"


Place: TypeAlias = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class Sought:
    """All clauses must hold. `after` is the last line of the page before."""

    clauses: tuple[Clause, ...] = ()
    after: Place | None = None
    upwards: bool = False


@dataclass(frozen=True, slots=True)
class Near:
    """What an index finds lines of an institution by; None: nothing of that kind is asked.

    `persons`: a line is of one of them; it is one of these `lines` of the log, or of `glasses`.
    """

    persons: tuple[UUID, ...] | None = None
    lines: tuple[int, ...] | None = None
    glasses: tuple[UUID, ...] | None = None
    low: datetime | None = None
    high: datetime | None = None
