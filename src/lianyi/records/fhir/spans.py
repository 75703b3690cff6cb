"""From when until when a FHIR date may have been: 2024 is as long as a year, a day as a day."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

Json: TypeAlias = Any
Span: TypeAlias = tuple[datetime, datetime]  # the end is no part of it
EVER = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
YEAR, MONTH, DAY = len("2024"), len("2024-05"), len("2024-05-01")
MINUTE, SECOND = len("2024-05-01T09:00"), len("2024-05-01T09:00:00")
MONTHS = 12
OFFSET = re.compile(r"(T[\d:.]*)(?:Z|[+ -]\d\d:\d\d)$")
LEAP = re.compile(r"(T..:..:)60")  # to the clocks of computers the second before it is as long


def of(kind: str, value: Json, zone: ZoneInfo) -> Span | None:
    """Read a date, dateTime, instant, Period or Timing. None: there is no such time."""
    if isinstance(value, str):
        return read(value, zone)
    if kind == "Period":
        return _between(value, zone)
    spans = list(_timed(value, zone))
    return (min(low for low, _ in spans), max(high for _, high in spans)) if spans else None


@lru_cache(maxsize=10_000)  # what belongs together says the same times again and again
def read(text: str, zone: ZoneInfo) -> Span | None:
    """Read a text as FHIR writes times; without a zone it is a time of this one."""
    filled = text + "0001-01-01"[len(text) :] if len(text) < DAY else text
    filled = LEAP.sub(r"\g<1>59", filled.replace(" ", "+"))  # a plus that a form has decoded
    try:
        low = datetime.fromisoformat(filled)
        low = low if low.tzinfo else low.replace(tzinfo=zone)
        return low.astimezone(UTC), _end(text, low).astimezone(UTC)
    except (ValueError, OverflowError):  # 30 February
        return None


def _end(text: str, low: datetime) -> datetime:
    size = len(OFFSET.sub(r"\1", text))
    if size <= YEAR:
        return low.replace(year=low.year + 1)
    if size <= MONTH:
        return low.replace(year=low.year + low.month // MONTHS, month=low.month % MONTHS + 1)
    if size <= DAY:
        return low + timedelta(days=1)
    if size <= MINUTE:
        return low + timedelta(minutes=1)
    return low + (timedelta(seconds=1) if "." not in text else timedelta(milliseconds=1))


def _between(period: Mapping[str, Any], zone: ZoneInfo) -> Span | None:
    start, end = period.get("start"), period.get("end")
    first = read(start, zone) if start else EVER
    last = read(end, zone) if end else EVER
    return None if first is None or last is None else (first[0], last[1])


def _timed(timing: Mapping[str, Any], zone: ZoneInfo) -> Iterator[Span]:
    bounds = timing.get("repeat", {}).get("boundsPeriod")
    if bounds and (span := _between(bounds, zone)):
        yield span
    for event in timing.get("event", ()):
        if span := read(event, zone):
            yield span
