"""How a figure is told: a name, a value, and what it has to be seen beside."""

import json
from collections.abc import Sequence
from statistics import quantiles

PRECISE = 100  # from here on no decimals are told


def say(name: str, value: float, unit: str, *, limit: float, of: str) -> None:
    """Print one line. `of` says whose figure `limit` is: a law of the product's, or a peer's."""
    line = {"name": name, "value": _short(value), "unit": unit, "limit": _short(limit)}
    print(json.dumps({**line, "of": of, "ratio": _short(value / limit)}), flush=True)


def percentiles(seconds: Sequence[float]) -> tuple[float, float]:
    """Return the median and the 99th percentile, in milliseconds."""
    cuts = quantiles(seconds, n=100, method="inclusive")
    return cuts[49] * 1000, cuts[98] * 1000


def _short(value: float) -> float:
    return round(value) if abs(value) >= PRECISE else round(value, 3)
