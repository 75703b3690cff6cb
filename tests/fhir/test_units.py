"""Quantities are found in every unit that means the same, and in none that doesn't."""

from decimal import Decimal

import pytest

from lianyi.terminology.rules import units
from tests.records import make

UCUM = "http://unitsofmeasure.org"
GLUCOSE = "2339-0"

pytestmark = pytest.mark.skipif(not units.is_built(), reason="the units are not built: npm ci")


def measured(person_id, value, code, **more):
    quantity = {"value": Decimal(value), "unit": code, "system": UCUM, "code": code, **more}
    body = make.observation(person_id, code=GLUCOSE)
    return {**body, "valueQuantity": quantity}


@pytest.fixture
async def held(ward):
    """Observations by how they are written."""
    amounts = ("5.4 mg/dL", "0.054 g/L", "6.0 mg/dL", "5.4 mmol/L", "37.0 Cel", "98.6 [degF]")
    bodies = {one: measured(ward.person_id, *one.split()) for one in amounts}
    bodies["< 5 mg/dL"] = measured(ward.person_id, "5", "mg/dL", comparator="<")
    bodies["no unit"] = make.observation(ward.person_id, Decimal("5.4"), code=GLUCOSE)
    await ward.publish(*bodies.values())
    return {body["id"]: name for name, body in bodies.items()}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (f"5.4|{UCUM}|mg/dL", {"5.4 mg/dL", "0.054 g/L"}),
        (f"0.054|{UCUM}|g/L", {"5.4 mg/dL", "0.054 g/L"}),
        (f"54|{UCUM}|ug/mL", {"5.4 mg/dL", "0.054 g/L"}),
        (f"gt55|{UCUM}|mg/L", {"6.0 mg/dL"}),
        (f"lt5.2|{UCUM}|mg/dL", {"< 5 mg/dL"}),
        (f"5.4|{UCUM}|mmol/L", {"5.4 mmol/L"}),
        (f"310.15|{UCUM}|K", {"37.0 Cel", "98.6 [degF]"}),
        (f"98.6|{UCUM}|[degF]", {"37.0 Cel", "98.6 [degF]"}),
        (f"5.4|{UCUM}|mg/dL,37|{UCUM}|Cel", {"5.4 mg/dL", "0.054 g/L", "37.0 Cel", "98.6 [degF]"}),
        ("5.4||mg/dL", {"5.4 mg/dL"}),  # the unit as it is written
        ("5.4", {"5.4 mg/dL", "5.4 mmol/L", "no unit"}),
        (f"5.4|{UCUM}|mmHg", set()),
    ],
)
async def test_a_quantity_is_found_in_every_unit_of_its_dimension(
    doctors, ward, held, asked, found
):
    query = f"Observation?patient={ward.person_id}&code={GLUCOSE}&value-quantity={asked}"
    assert {held[id] for id in await doctors.found(query)} == found


async def test_a_pair_of_code_and_quantity_is_found_so_too(doctors, ward, held):
    query = f"Observation?patient={ward.person_id}&code-value-quantity={make.LOINC}|{GLUCOSE}"
    found = await doctors.found(f"{query}$0.054|{UCUM}|g/L")
    assert {held[id] for id in found} == {"5.4 mg/dL", "0.054 g/L"}
    assert await doctors.found(f"{query[:-1]}1$0.054|{UCUM}|g/L") == []


async def test_what_is_in_base_units_is_neither_sorted_nor_counted_twice(doctors, ward, held):
    query = f"Observation?patient={ward.person_id}&code={GLUCOSE}&_sort=value-quantity"
    found = [held[id] for id in await doctors.found(query)]
    assert sorted(found) == sorted(held.values())
    assert found[-1] == "98.6 [degF]"
