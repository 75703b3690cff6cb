"""A resident's results: released ones only, abnormal first, each in plain words (检查检验结果).

They are read from the record, so that release, sensitive classes and other institutions' parts are
decided by the door alone (CAP-15, IDN-11).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from lianyi.access.model import Chart
from lianyi.journeys import vitals
from lianyi.journeys.resident_desk import Who, enter
from lianyi.journeys.vitals import Vital
from lianyi.kernel.work import Tx
from lianyi.orders import queries as orders
from lianyi.orders.model import Order, State
from lianyi.people import queries as people
from lianyi.records import queries as records
from lianyi.records.model import Measurement
from lianyi.terminology import queries as terminology
from lianyi.terminology.model import Observation

LOINC = "http://loinc.org"
CHINESE = "zh"  # what laboratories and price lists are written in
MANY = 300  # observations looked through for the newest of each kind
TREND = 8  # values
UNDER_WAY = frozenset(State) - {State.RELEASED, State.CANCELLED}
HIGH, LOW = frozenset({"H", "HH"}), frozenset({"L", "LL"})
# What wants attention comes first, then what could not be judged, then what is in order.
ORDER = {"HH": 0, "LL": 0, "H": 1, "L": 1, "": 2}
FINE = 3


@dataclass(frozen=True, slots=True)
class Line:
    """The newest result of one kind; `trend` runs from old to new."""

    newest: Measurement
    place: str
    observation: Observation
    trend: tuple[Decimal, ...]

    def name(self, language: str) -> str:
        """Return what it is called: in Chinese as the laboratory has it."""
        if language == CHINESE:
            return self.newest.what.text
        return terminology.plain(self.observation, language).name

    def what(self, language: str) -> str:
        return terminology.plain(self.observation, language).what

    def meaning(self, language: str) -> str:
        """Return in general terms what it can mean to lie outside the range."""
        plain = terminology.plain(self.observation, language)
        if self.newest.interpretation in HIGH:
            return plain.high
        return plain.low if self.newest.interpretation in LOW else ""

    @property
    def rank(self) -> int:
        return ORDER.get(self.newest.interpretation, FINE)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order under way."""

    order: Order

    def name(self, language: str) -> str:
        """Return what it is called: in another language than its own by what it measures."""
        if language == CHINESE:
            return self.order.label
        known = terminology.snapshot().observations
        found = (known.get(code) for code in self.order.observations)
        names = [terminology.plain(one, language).name for one in found if one is not None]
        return ", ".join(names) or self.order.label


@dataclass(frozen=True, slots=True)
class ResultsPage:
    """`locked` says that the reader's proof, or their mandate, does not reach so far."""

    who: Who
    locked: bool
    waiting: tuple[Waiting, ...] = ()
    abnormal: tuple[Line, ...] = ()
    others: tuple[Line, ...] = ()
    vitals: tuple[Vital, ...] = ()


async def results(tx: Tx) -> ResultsPage:
    """Return what is under way and the newest result of each kind.

    :raises NoSuchPerson:
    """
    who, chart = await enter(tx, "results")
    if chart is None:
        return ResultsPage(who, locked=True)
    placed = await orders.orders_of(tx, chart)
    lines = await _lines(tx, chart)
    return ResultsPage(
        who,
        locked=False,
        waiting=tuple(Waiting(order) for order in placed if order.state in UNDER_WAY),
        abnormal=tuple(line for line in lines if line.rank < ORDER[""]),
        others=tuple(line for line in lines if line.rank >= ORDER[""]),
        vitals=await vitals.newest(tx, chart, who.person),
    )


async def _lines(tx: Tx, chart: Chart) -> list[Line]:
    measured = await records.observations_of(tx, chart, limit=MANY)
    places = await people.institutions(tx, ids=list({each.holder_id for each in measured}))
    names = {id: place.short_name for id, place in places.items()}
    lines = [_line(series, names) for series in _by_kind(measured)]
    return sorted(lines, key=lambda line: line.rank)


def _by_kind(measured: Sequence[Measurement]) -> list[list[Measurement]]:
    """Group what the knowledge base can explain, newest first; vital signs are told apart."""
    known = terminology.snapshot().observations
    found: dict[str, list[Measurement]] = {}
    for each in measured:
        observation = known.get(each.what.code) if each.what.system == LOINC else None
        if observation is not None and observation.kind != "vital":
            found.setdefault(each.what.code, []).append(each)
    return list(found.values())


def _line(series: Sequence[Measurement], places: dict[UUID, str]) -> Line:
    newest = series[0]
    same_unit = [each.value for each in series if each.unit == newest.unit]
    values = [value for value in same_unit if value is not None][:TREND]
    return Line(
        newest=newest,
        place=places.get(newest.holder_id, ""),
        observation=terminology.observation(newest.what.code),
        trend=tuple(reversed(values)),
    )
