"""What a person doesn't see yet of what an institution's own software has brought (IDN-11)."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from lianyi.records.model import Entry, Measurement

Since: TypeAlias = tuple[datetime, UUID]  # where a list of those who wait goes on


@dataclass(frozen=True, slots=True)
class Unreleased:
    """Whose results wait for somebody to explain them, how many, and since when."""

    person_id: UUID
    count: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Withheld:
    """A result that other software brought and the person doesn't see yet (IDN-11).

    `measured` is what an observation says; `results` are the ids of those a report is made of.
    """

    entry: Entry
    measured: Measurement | None
    results: tuple[str, ...]
