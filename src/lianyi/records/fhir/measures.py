"""Quantities in base units of UCUM, beside those written: 5.4 mg/dL is found as 0.054 g/L.

They are filed and asked for under a name of their own, so that a search without a unit, or for
whether there is a value at all, sees what was written only (FHIR R4, 3.1.1.4.11).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from lianyi.records.fhir.terms import Size, Value
from lianyi.records.model import Amount
from lianyi.terminology import queries as terminology

UCUM = "http://unitsofmeasure.org"
LEAST, MOST = Decimal("-1e40"), Decimal("1e40")
OPEN, NOTHING = frozenset({LEAST, MOST}), Decimal(0)
IN_BASE = ":ucum"  # follows the name of a parameter whose values are in base units


def filed(amount: Amount) -> Iterator[Amount]:
    """Yield an amount in base units, if its unit has any; an open end stays open."""
    if amount.system != UCUM or (one := terminology.canonical(NOTHING, amount.code)) is None:
        return
    low = _end(amount.low, amount.code)
    high = low if amount.high == amount.low else _end(amount.high, amount.code)
    unit = one.dimension
    yield Amount(amount.name + IN_BASE, low, high, UCUM, unit, unit, amount.part)


def _end(end: Decimal, code: str) -> Decimal:
    found = None if end in OPEN else terminology.canonical(end, code)
    return end if found is None else found.value


def asked(name: str, values: Sequence[Value]) -> tuple[str, tuple[Value, ...]]:
    """Return under which name values are asked for: in base units if all of them have such."""
    sizes = [in_base(value) if isinstance(value, Size) else None for value in values]
    found = tuple(size for size in sizes if size is not None)
    are_all = found and len(found) == len(values)
    return (name + IN_BASE, found) if are_all else (name, tuple(values))


def in_base(size: Size) -> Size | None:
    if size.system != UCUM or not size.unit:
        return None
    ends = [terminology.canonical(end, size.unit) for end in (size.low, size.high, size.exact)]
    low, high, exact = ends
    if low is None or high is None or exact is None:
        return None
    return replace(size, low=low.value, high=high.value, exact=exact.value, unit=exact.dimension)
