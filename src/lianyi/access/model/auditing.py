"""What somebody looks for in the log of who has read."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

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


Place: TypeAlias = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class Sought:
    """All clauses must hold. `after` is the last line of the page before."""

    clauses: tuple[Clause, ...] = ()
    after: Place | None = None
    upwards: bool = False
