"""What a FHIR search asks for, as it is understood. Pure values."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID


class Why(StrEnum):
    """Why a parameter is not answered."""

    UNKNOWN = "unknown"
    MODIFIER = "modifier"
    VALUE = "value"
    TOO_DEEP = "too_deep"
    AMBIGUOUS = "ambiguous"
    LIVE = "live"  # it leads to what no record holds
    WIDE = "wide"  # one of these has to be named


@dataclass(frozen=True, slots=True)
class Trouble:
    """One parameter that can't be answered, by its whole name."""

    name: str
    why: Why

    @property
    def code(self) -> str:
        return f"records.search.{self.why}"


@dataclass(frozen=True, slots=True)
class Code:
    """A token asked for: `system` None is any, empty is none at all; `code` None is any.

    `begins`: every code that begins so, of a system whose codes say in that way what is below them.
    """

    system: str | None
    code: str | None
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Time:
    prefix: str
    low: datetime
    high: datetime


@dataclass(frozen=True, slots=True)
class Size:
    """A number as exact as it was written: 5.40 is from 5.395 to 5.405."""

    prefix: str
    low: Decimal
    high: Decimal
    exact: Decimal
    system: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """What a link leads to: of any type where none is named, or an address by itself."""

    type: str
    id: str


Value: TypeAlias = Code | Time | Size | Target | str


@dataclass(frozen=True, slots=True)
class Those:
    """Some versions of resources of one type: their ids, and beside each its number."""

    ids: tuple[str, ...]
    versions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Few:
    """So many at most, it is presumed: which they are, the search has to find out by itself."""

    most: int


@dataclass(frozen=True, slots=True)
class Match:
    """One of the values is there; with the modifier `not`, none of them is.

    `among`: these versions of resources have it and no others, which somebody has found out.
    """

    name: str
    type: str
    modifier: str
    values: tuple[Value, ...]
    among: Those | Few | None = None


@dataclass(frozen=True, slots=True)
class Within:
    """It belongs to somebody or something by one of several links (a compartment)."""

    names: tuple[str, ...]
    target: Target


@dataclass(frozen=True, slots=True)
class Missing:
    name: str
    type: str
    is_missing: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """All parts are there in one element, for one of the given rows of values."""

    names: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]

    def parts(self) -> tuple[Match, ...]:
        """Return what must hold of each part by itself."""
        columns = zip(*self.rows, strict=True)
        named = zip(self.names, self.types, columns, strict=True)
        return tuple(Match(name, type, "", values) for name, type, values in named)


@dataclass(frozen=True, slots=True)
class Chain:
    """What a link leads to answers a term itself."""

    name: str
    type: str
    term: "Term"


@dataclass(frozen=True, slots=True)
class Reverse:
    """Something of a type links here and answers a term."""

    type: str
    name: str
    term: "Term"


@dataclass(frozen=True, slots=True)
class Ids:
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Updated:
    values: tuple[Time, ...]


Term: TypeAlias = Match | Within | Missing | Pair | Chain | Reverse | Ids | Updated


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked of one type; all terms must hold.

    `is_personal`: what it can find is about one person, and so belongs to them. `is_led`: few
    resources lead to all that it can find; None: nobody has found that out.
    """

    type: str
    terms: tuple[Term, ...] = ()
    troubles: tuple[Trouble, ...] = field(default=(), compare=False)
    is_personal: bool = False
    is_led: bool | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Order:
    """One key of `_sort`. Resources without a value come last, up or down."""

    name: str
    type: str
    is_down: bool


@dataclass(frozen=True, slots=True)
class Include:
    """Resources that come along: those linked to, or (`is_reverse`) those that link here."""

    type: str
    name: str  # empty: by any link
    target: str  # empty: of any type
    is_reverse: bool
    iterates: bool


@dataclass(frozen=True, slots=True)
class Total:
    """How many resources there are, and whose they are where that is so few that it tells."""

    number: int
    few: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Gathering:
    """Everything of the person of a chart, or of one encounter; `after` is the last one's place.

    `period` is when it happened, by any date that a resource has; one without is always in it.
    """

    encounter: str = ""
    types: tuple[str, ...] = ()  # empty: any
    since: datetime | None = None
    period: tuple[datetime | None, datetime | None] = (None, None)  # the end is no part of it
    after: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Changes:
    """What a history asks for: of one resource, of a type, or of all; `after` is the last one's."""

    type: str = ""
    fhir_id: str = ""
    version: int | None = None
    since: datetime | None = None
    current: tuple[datetime, datetime] | None = None  # the end is no part of it
    after: tuple[datetime, int] | None = None


@dataclass(frozen=True, slots=True)
class Taking:
    """What an export takes of some types, as it was at an instant.

    All that is a person's, or else (`with_others`) also what is everybody's and the institution's
    own. Of a type that searches are named for, what answers one of them. `elements` are all that is
    wanted of each, where some are named.
    """

    types: tuple[str, ...]
    as_of: datetime
    since: datetime | None = None
    searches: tuple[Search, ...] = ()
    with_others: bool = False
    elements: tuple[str, ...] = ()
