"""Who may treat online where: tried on all four kinds of hospital (LIC-01, CON-08, 23, 24)."""

from datetime import date

import asyncpg
import pytest

from lianyi.journeys import follow_up
from lianyi.people import service as people
from lianyi.people.errors import MayNotPractise
from lianyi.people.model import DOCTOR, Filing, Grade, Kind
from tests.consult.make import Clinic
from tests.place import Place

SUBJECT, NAME = "03.04", "心血管内科"
TODAY = date(2029, 12, 1)


@pytest.fixture
async def owner(dsn):
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


async def second_name(app):
    """A hospital's internet hospital under its second name, and a doctor of that hospital."""
    hospital = await Place.found(app)
    return await _internet(app, Kind.INTERNET_SECOND_NAME, hospital, await _physician(hospital))


async def independent(app, **filed):
    """An internet hospital of its own that leans on a hospital, and a filed doctor of that."""
    hospital = await Place.found(app)
    doctor = await _physician(hospital)
    clinic = await _internet(app, Kind.INTERNET_INDEPENDENT, hospital, doctor)
    filing = Filing(
        f"BA{doctor.person_id.int % 10**9}", **{"filed_on": TODAY, "main_agreed_on": None, **filed}
    )
    place = clinic.place
    await place.do(place.office, people.file_practice, person_id=doctor.person_id, filing=filing)
    return clinic


async def county(app):
    """A county hospital, and a doctor of its own."""
    place = await Place.found(app, Kind.COUNTY_HOSPITAL)
    ward = await place.department(SUBJECT, NAME, online=True)
    return Clinic(place, place, await place.appoint(DOCTOR, department_id=ward), None, "")


async def health_centre(app):
    place = await Place.found(app, Kind.HEALTH_CENTRE)
    return Clinic(place, place, await place.doctor(), None, "")


async def village_clinic(app):
    place = await Place.found(app, Kind.VILLAGE_CLINIC)
    return Clinic(place, place, await place.doctor(), None, "")


async def _physician(hospital):
    await hospital.department(SUBJECT, NAME)
    return await hospital.appoint(DOCTOR)


async def _internet(app, kind, hospital, doctor):
    place = await Place.found(app, kind, parent=hospital)
    ward = await place.department(SUBJECT, NAME, online=True)
    hat = await place.do(
        place.office,
        people.appoint,
        person_id=doctor.person_id,
        role=DOCTOR,
        department_id=ward,
        grade=Grade.MIDDLE,
    )
    return Clinic(hospital, place, hat, None, "")


async def refused(clinic):
    with pytest.raises(MayNotPractise) as found:
        await clinic.go_online()
    return {f"{each.rule} {each.trouble}" for each in found.value.findings}


AGREED = {"main_agreed_on": TODAY}
MAY = (second_name, lambda app: independent(app, **AGREED), county)


@pytest.mark.parametrize("kind", MAY, ids=["second_name", "independent", "county"])
async def test_a_doctor_in_order_goes_online(app, kind):
    clinic = await kind(app)
    assert await clinic.go_online()
    await clinic.place.do(clinic.doctor, follow_up.go_offline)


@pytest.mark.parametrize("kind", [health_centre, village_clinic])
async def test_a_health_centre_and_a_village_clinic_have_no_online_care(app, kind):
    """CON-23"""
    assert "CON-23 not_offered" in await refused(await kind(app))


@pytest.mark.parametrize("kind", MAY, ids=["second_name", "independent", "county"])
async def test_on_the_day_after_the_licence_ends_nobody_goes_online(app, owner, kind):
    """LIC-01"""
    clinic = await kind(app)
    await owner.execute(
        "UPDATE people.institution SET licence_until = '2029-12-31' WHERE id = $1", clinic.place.id
    )
    assert await refused(clinic) == {"LIC-01 expired"}


@pytest.mark.parametrize("kind", MAY[:2], ids=["second_name", "independent"])
async def test_an_internet_hospital_closes_with_the_hospital_behind_it(app, owner, kind):
    """LIC-01"""
    clinic = await kind(app)
    await owner.execute(
        "UPDATE people.institution SET licence_until = '2029-12-31' WHERE id = $1",
        clinic.hospital.id,
    )
    assert "LIC-01 parent_expired" in await refused(clinic)


@pytest.mark.parametrize("kind", MAY[:2], ids=["second_name", "independent"])
async def test_a_department_the_hospital_behind_has_not_is_not_offered_online(app, owner, kind):
    """CON-23"""
    clinic = await kind(app)
    await owner.execute(
        "UPDATE people.department SET licensed = false WHERE institution_id = $1 AND code = $2",
        clinic.hospital.id,
        SUBJECT,
    )
    assert await refused(clinic) == {"CON-23 department_not_licensed"}


async def test_an_independent_internet_hospital_wants_the_filing(app):
    """CON-24, LIC-14: the same doctor without a filing there."""
    hospital = await Place.found(app)
    clinic = await _internet(app, Kind.INTERNET_INDEPENDENT, hospital, await _physician(hospital))
    assert await refused(clinic) == {"CON-24 not_filed", "LIC-14 not_filed"}


async def test_an_independent_internet_hospital_wants_the_main_place_to_agree(app):
    """CON-08"""
    assert await refused(await independent(app)) == {"CON-08 main_has_not_agreed"}


async def test_a_filing_that_is_over_is_none(app):
    """CON-24"""
    over = await independent(app, **AGREED, valid_until=date(2029, 12, 31))
    assert "CON-24 not_filed" in await refused(over)


async def test_a_county_hospital_treats_online_by_its_own_doctors_only(app):
    """CON-24: a filing doesn't help where the licence is for the hospital's own."""
    place = await Place.found(app, Kind.COUNTY_HOSPITAL)
    ward = await place.department(SUBJECT, NAME, online=True)
    guest = await _physician(await Place.found(app))
    filing = Filing("BA7", filed_on=TODAY, main_agreed_on=TODAY)
    await place.do(place.office, people.file_practice, person_id=guest.person_id, filing=filing)
    hat = await place.appoint(DOCTOR, person_id=guest.person_id, department_id=ward)
    assert await refused(Clinic(place, place, hat, None, "")) == {"CON-24 not_filed"}
