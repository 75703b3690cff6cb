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
MANY = 300  # observations looked through for the newest of each kind
TREND = 8  # values
UNDER_WAY = frozenset(State) - {State.RELEASED, State.CANCELLED}
HIGH, LOW = frozenset({"H", "HH"}), frozenset({"L", "LL"})
# What wants attention comes first, then what could not be judged, then what is in order.
ORDER = {"HH": 0, "LL": 0, "H": 1, "L": 1, "": 2}
FINE = 3


@dataclass(frozen=True, slots=True)
class Line:
    """The newest result of one kind. `meaning` is general; `trend` runs from old to new."""

    newest: Measurement
    place: str
    what: str
    meaning: str
    trend: tuple[Decimal, ...]

    @property
    def rank(self) -> int:
        return ORDER.get(self.newest.interpretation, FINE)


@dataclass(frozen=True, slots=True)
class ResultsPage:
    """`locked` says that the reader's proof, or their mandate, does not reach so far."""

    who: Who
    locked: bool
    waiting: tuple[Order, ...] = ()
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
        waiting=tuple(order for order in placed if order.state in UNDER_WAY),
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
    observation = terminology.observation(newest.what.code)
    same_unit = [each.value for each in series if each.unit == newest.unit]
    values = [value for value in same_unit if value is not None][:TREND]
    return Line(
        newest=newest,
        place=places.get(newest.holder_id, ""),
        what=observation.what,
        meaning=_meaning(observation, newest.interpretation),
        trend=tuple(reversed(values)),
    )


def _meaning(observation: Observation, interpretation: str) -> str:
    if interpretation in HIGH:
        return observation.high
    return observation.low if interpretation in LOW else ""
