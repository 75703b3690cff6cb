"""Dose arithmetic in legal units (RX-09): the amount a day, and the packs to hand out."""

from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal

from lianyi.terminology.model import Amount, Drug, Frequency

GRAMS = {"g": Decimal(1), "mg": Decimal("0.001"), "ug": Decimal("0.000001")}


def converted(amount: Amount, unit: str) -> Amount | None:
    """Return the amount in another unit, or None where the two do not measure the same."""
    if amount.unit == unit:
        return amount
    if amount.unit in GRAMS and unit in GRAMS:
        return Amount(amount.value * GRAMS[amount.unit] / GRAMS[unit], unit)
    return None


def exceeds(amount: Amount, most: Amount) -> bool | None:
    """Return None where the units do not allow an answer."""
    same = converted(amount, most.unit)
    return None if same is None else same.value > most.value


def units_of(drug: Drug, dose: Amount) -> Decimal | None:
    """Return how many tablets (puffs, mL) make up a dose; None for a compound or another unit."""
    if dose.unit == drug.unit:
        return dose.value
    if len(drug.contents) != 1:
        return None
    same = converted(dose, drug.contents[0].amount.unit)
    return None if same is None else same.value / drug.contents[0].amount.value


def daily_amounts(drug: Drug, *, units: Decimal, frequency: Frequency) -> Mapping[str, Amount]:
    """Return the amount a day of each substance; empty where the times are open (需要时)."""
    if frequency.times is None:
        return {}
    return {
        content.substance: Amount(
            content.amount.value * units * frequency.times, content.amount.unit
        )
        for content in drug.contents
    }


def packs_for(drug: Drug, *, units: Decimal, frequency: Frequency, days: int) -> int | None:
    """Return the whole packs that last the days; None where the times are open."""
    if frequency.times is None:
        return None
    needed = units * frequency.times * days / drug.pack_size
    return int(needed.to_integral_value(rounding=ROUND_CEILING))
