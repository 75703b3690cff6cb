import asyncio
from dataclasses import replace
from datetime import date

import pytest

from lianyi.kernel.lifecycle import WrongRole
from lianyi.people import service
from lianyi.people.errors import BadBirthDate, BadName, BadNumber
from lianyi.people.model import Identity, IdType, Proof, Sex
from tests.identity import id_number
from tests.place import Place

HERS = Identity("Blair Conroy", IdType.FOREIGN, "mrn-1", Sex.FEMALE, date(1980, 2, 29))


async def register(place, identity=HERS, **given):
    return await place.do(place.office, service.register_foreign, identity=identity, **given)


async def proof_of(place, person_id):
    sql = "SELECT proof, died_on FROM people.person WHERE id = $1"
    return await place.rows(sql, person_id)


async def test_an_institutions_own_number_is_one_person_there_and_proves_nothing(app):
    place = await Place.found(app)
    id = await register(place, died_on=date(2020, 1, 2))
    assert await register(place, replace(HERS, name="Blair Kris")) == id
    assert await proof_of(place, id) == [(Proof.PHONE, date(2020, 1, 2))]


async def test_the_same_number_of_another_institution_is_somebody_else(app):
    here, there = await Place.found(app), await Place.found(app)
    assert await register(here) != await register(there)


async def test_registered_numbers_are_found_again_only_where_they_belong(app):
    here, there = await Place.found(app), await Place.found(app)
    id = await register(here)
    numbers = {"numbers": ["mrn-1", "mrn-2"]}
    assert await here.do(here.office, service.foreign_persons, **numbers) == {"mrn-1": id}
    assert await there.do(there.office, service.foreign_persons, **numbers) == {}


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"id_type": IdType.PASSPORT}, BadNumber),
        ({"name": " "}, BadName),
        ({"birth_date": date(2031, 1, 1)}, BadBirthDate),
    ],
)
async def test_nobody_is_registered_by_a_wrong_number_name_or_date(app, change, refusal):
    place = await Place.found(app)
    with pytest.raises(refusal):
        await register(place, replace(HERS, **change))


async def test_only_who_registers_people_registers_them(app):
    place = await Place.found(app)
    doctor = await place.doctor()
    with pytest.raises(WrongRole):
        await place.do(doctor, service.register_foreign, identity=HERS)
    with pytest.raises(WrongRole):
        await place.do(doctor, service.foreign_persons, numbers=["mrn-1"])


NAME, BORN = "王秀英", date(1980, 2, 29)


@pytest.fixture
def number():
    return id_number(BORN)


async def brought(place, number, **given):
    """Register somebody as a hospital's file does that has the number of their identity card."""
    told = {"name": NAME, "birth_date": BORN, "number": f"mrn-{number}", **given}
    died_on = told.pop("died_on", None)
    return await register(place, replace(HERS, **told), resident_number=number, died_on=died_on)


async def test_who_proves_to_have_the_card_is_whom_the_hospital_has_brought(app, number):
    """IDN-01, IDN-04: on the whole number, with proof, and under the same id."""
    place = await Place.found(app)
    id = await brought(place, number)
    assert await proof_of(place, id) == [(Proof.PHONE, None)]
    assert await place.person(NAME, number=number, proof=Proof.HOLDER) == id
    assert await proof_of(place, id) == [(Proof.HOLDER, None)]
    assert await place.person(NAME, number=number) == id
    assert await proof_of(place, id) == [(Proof.SEEN, None)]
    assert await brought(place, number) == id  # the hospital's system finds them as before
    numbers = {"numbers": [f"mrn-{number}"]}
    found = await place.do(place.office, service.foreign_persons, **numbers)
    assert found == {f"mrn-{number}": id}
    noted = "SELECT before, after FROM kernel.history WHERE thing_id = $1 AND verb = 'adopt'"
    assert await place.rows(noted, id) == [("foreign", "resident_id")]


@pytest.mark.parametrize(
    "told",
    [
        {"name": "王秀兰"},
        {"birth_date": date(1980, 2, 28)},
        {"sex": Sex.MALE},
        {"died_on": date(2020, 1, 2)},
    ],
)
async def test_who_is_told_to_be_somebody_else_is_nobody_s_history(app, number, told):
    place = await Place.found(app)
    other = await brought(place, number, **told)
    assert await place.person(NAME, number=number) != other


async def test_without_proof_nobody_is_joined(app, number):
    """IDN-04"""
    place = await Place.found(app)
    other = await brought(place, number)
    assert await place.person(NAME, number=number, proof=Proof.PHONE) != other


async def test_what_comes_after_the_card_and_from_a_second_hospital_stays_apart(app, clock, number):
    here, there = await Place.found(app), await Place.found(app)
    first = await brought(here, number)
    clock.forward(minutes=1)
    second = await brought(there, number)
    assert await here.person(NAME, number=number) == first
    third = await brought(await Place.found(app), number)
    assert len({first, second, third}) == 3
    assert await there.person(NAME, number=number) == first


async def test_a_name_is_the_same_however_a_system_parts_it(app, number):
    place = await Place.found(app)
    id = await brought(place, number, name="王 秀英", sex=Sex.UNKNOWN)
    assert await place.person(NAME, number=number) == id


async def test_a_number_that_a_later_file_corrects_is_the_one_that_counts(app, number):
    place, wrong = await Place.found(app), id_number(BORN)
    id = await brought(place, wrong)
    corrected = replace(HERS, name=NAME, birth_date=BORN, number=f"mrn-{wrong}")
    assert await register(place, corrected, resident_number=number) == id
    assert await place.person(NAME, number=wrong) != id
    assert await place.person(NAME, number=number) == id
    assert await register(place, corrected, resident_number=wrong) == id
    assert await place.person(NAME, number=number) == id


async def test_who_comes_with_one_card_at_the_same_moment_is_one_person(app, number):
    place = await Place.found(app)
    id = await brought(place, number)
    found = await asyncio.gather(*(place.person(NAME, number=number) for _ in range(5)))
    assert set(found) == {id}
