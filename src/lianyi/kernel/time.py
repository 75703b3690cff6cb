"""Days belong to a place. `timestamptz` everywhere else."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def day(now: datetime, zone: ZoneInfo) -> date:
    return now.astimezone(zone).date()


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of a day."""
    return datetime.combine(day, time(), zone)


def end_of_day(now: datetime, zone: ZoneInfo, *, days: int = 1) -> datetime:
    """Return the first instant after the given number of calendar days, today counted."""
    return midnight(day(now, zone) + timedelta(days=days), zone)


def last_day(end: datetime, zone: ZoneInfo) -> date:
    """Return the last calendar day of what ends at an instant, such as the midnight after it."""
    return day(end - timedelta(microseconds=1), zone)


def span(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the first instant of a calendar day and that of the next."""
    return midnight(day, zone), midnight(day + timedelta(days=1), zone)
