"""What is measured again and again: the newest value, how it lies, where it goes (体征)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from lianyi.access.model import Chart
from lianyi.kernel.work import Tx
from lianyi.orders.rules import age_on, sex_of
from lianyi.people import service as registry
from lianyi.people.model import Person
from lianyi.records import queries as records
from lianyi.records.model import Measurement
from lianyi.terminology import queries as terminology
from lianyi.terminology.model import Flag, Level

LOINC = "http://loinc.org"
PRESSURE, PULSE, GLUCOSE, WEIGHT = "85354-9", "8867-4", "14771-0", "29463-7"
OXYGEN, TEMPERATURE = "59408-5", "8310-5"
SHOWN = (PRESSURE, PULSE, GLUCOSE, WEIGHT, OXYGEN, TEMPERATURE)
PARTS = {PRESSURE: ("8480-6", "8462-4")}  # systolic, diastolic
WRITTEN = {"mm[Hg]": "mmHg"}  # how a unit is also written; any other is not judged
LAST, MOST = 7, 4
WORST = (Level.CRITICAL_HIGH, Level.CRITICAL_LOW, Level.HIGH, Level.LOW, Level.UNKNOWN)
Range = tuple[Decimal | None, Decimal | None]


@dataclass(frozen=True, slots=True)
class Vital:
    """One kind. `values` has two where two belong together, and `ranges` one for each of them.

    `trend` follows the first value from old to new.
    """

    code: str
    at: datetime
    values: tuple[Decimal, ...]
    unit: str
    level: Level
    ranges: tuple[Range, ...]
    trend: tuple[Decimal, ...]

    @property
    def way(self) -> str:
        """Return to which side it lies: high, low or empty."""
        return next((way for way in ("high", "low") if self.level.endswith(way)), "")

    @property
    def goal(self) -> Decimal | None:
        """Return where the range of the first value ends, which the trend is drawn against."""
        return self.ranges[0][1]


async def newest(tx: Tx, chart: Chart, person: Person) -> tuple[Vital, ...]:
    """Return what was measured of the chart's person, at most four kinds, in one statement."""
    asked = [f"{LOINC}|{code}" for code in SHOWN]
    found = await records.measurements(tx, chart, codes=asked, limit=LAST)
    series = ((code, _whole(code, found[f"{LOINC}|{code}"])) for code in SHOWN)
    return tuple(_vital(tx, code, person, all) for code, all in series if all)[:MOST]


def _whole(code: str, found: Sequence[Measurement]) -> list[tuple[Measurement, ...]]:
    """Return the measurements that are numbers, each with all its parts, newest first."""
    parts = PARTS.get(code)
    each = [(one,) if parts is None else _parts(one, parts) for one in found]
    return [one for one in each if one and all(part.value is not None for part in one)]


def _parts(one: Measurement, codes: Sequence[str]) -> tuple[Measurement, ...]:
    by_code = {part.what.code: part for part in one.parts}
    return tuple(by_code[code] for code in codes) if by_code.keys() >= set(codes) else ()


def _vital(tx: Tx, code: str, person: Person, series: Sequence[tuple[Measurement, ...]]) -> Vital:
    last = series[0]
    flags = [_flag(tx, kind, person, one) for kind, one in zip(_kinds(code), last, strict=True)]
    alike = (one[0].value for one in reversed(series) if one[0].unit == last[0].unit)
    levels = {flag.level for flag in flags}
    return Vital(
        code=code,
        at=last[0].at,
        values=tuple(one.value for one in last if one.value is not None),
        unit=last[0].unit,
        level=next((level for level in WORST if level in levels), Level.NORMAL),
        ranges=tuple((flag.low, flag.high) for flag in flags),
        trend=tuple(value for value in alike if value is not None),
    )


def _kinds(code: str) -> tuple[str, ...]:
    return PARTS.get(code, (code,))


def _flag(tx: Tx, kind: str, person: Person, one: Measurement) -> Flag:
    """Return how a value lies. In a unit that isn't the range's own it is not judged."""
    unit = terminology.observation(kind).unit
    if one.value is None or one.unit not in {unit, WRITTEN.get(unit)}:
        return Flag(Level.UNKNOWN, kind, terminology.release().version)
    age = age_on(person.birth_date, registry.today(tx))
    return terminology.flag(one.value, kind, sex=sex_of(person.sex), age=age)
