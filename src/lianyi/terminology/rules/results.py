"""How a laboratory or vital value lies: in, below or above its range, or critical."""

from decimal import Decimal

from lianyi.terminology.model import UNSOURCED, Critical, Flag, Level, Observation, Range, Sex


def flag_of(
    observation: Observation, *, value: Decimal, sex: Sex | None, age: Decimal | None, version: str
) -> Flag:
    """Return the flag of a value in the observation's own unit; `age` in years.

    A critical value is critical for anyone: it is called even where no range fits the person.
    """
    fitting = range_for(observation, sex=sex, age=age)
    level = _critical_level(observation.critical, value) or _level(fitting, value)
    return Flag(
        level=level,
        observation=observation.code,
        version=version,
        low=fitting.low if fitting else None,
        high=fitting.high if fitting else None,
        sources=_sources(observation.critical, fitting),
    )


def range_for(observation: Observation, *, sex: Sex | None, age: Decimal | None) -> Range | None:
    """Return the range of this person, or None where sex or age is missing and would decide."""
    for candidate in observation.ranges:
        if candidate.source == UNSOURCED:
            continue
        if candidate.sex not in (None, sex):
            continue
        if age is not None and candidate.since <= age < candidate.until:
            return candidate
    return None


def _critical_level(critical: Critical | None, value: Decimal) -> Level | None:
    if critical is None or critical.source == UNSOURCED:
        return None
    if critical.low is not None and value <= critical.low:
        return Level.CRITICAL_LOW
    if critical.high is not None and value >= critical.high:
        return Level.CRITICAL_HIGH
    return None


def _level(fitting: Range | None, value: Decimal) -> Level:
    if fitting is None:
        return Level.UNKNOWN
    if fitting.low is not None and value < fitting.low:
        return Level.LOW
    if fitting.high is not None and value > fitting.high:
        return Level.HIGH
    return Level.NORMAL


def _sources(critical: Critical | None, fitting: Range | None) -> tuple[str, ...]:
    return tuple(sorted({basis.source for basis in (critical, fitting) if basis is not None}))
