"""What a resident reads of an observation, in one language."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plain:
    """In general terms only. `source` is that of the name."""

    name: str
    what: str
    high: str
    low: str
    source: str
