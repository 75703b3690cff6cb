from dataclasses import replace
from datetime import date

import pytest

from lianyi.kernel.lifecycle import WrongRole
from lianyi.people import service
from lianyi.people.errors import BadBirthDate, BadName, BadNumber
from lianyi.people.model import Identity, IdType, Proof, Sex
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
