"""How a line is changed to stay within a limit a day: another strength, or half a tablet. Pure."""

from collections.abc import Iterable
from decimal import Decimal

from lianyi.prescribing.model import Entry, Line
from lianyi.terminology.model import Amount, Drug

UNITS = (Decimal(1), Decimal(2), Decimal("0.5"))  # a whole one first


def within(
    line: Line, most: Amount, times: Decimal | None, drugs: Iterable[Drug], substance: str
) -> Entry | None:
    """Return the line with the highest dose that the limit a day allows, or None."""
    if times is None:
        return None
    fitting = [
        (content * units * times, units, drug, Amount(content * units, most.unit))
        for drug in drugs
        if _is_alike(drug, line, substance, most)
        for content in (drug.contents[0].amount.value,)
        for units in UNITS
        if content * units * times <= most.value
    ]
    if not fitting:
        return None
    best = max(fitting, key=lambda each: (each[0], -UNITS.index(each[1])))
    return Entry(best[2].code, best[3], line.frequency, line.days, None, line.advice)


def _is_alike(drug: Drug, line: Line, substance: str, most: Amount) -> bool:
    return (
        drug.substances == (substance,)
        and (drug.route, drug.form) == (line.route, line.form)
        and drug.contents[0].amount.unit == most.unit
    )
