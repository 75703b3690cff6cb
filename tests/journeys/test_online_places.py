"""Who may treat online where: tried on all four kinds of hospital (LIC-01, CON-08, 23, 24)."""

from datetime import date

import asyncpg
import pytest

from lianyi.journeys import follow_up
from lianyi.people import service as people
from lianyi.people.errors import DepartmentNotLicensed, MayNotPractise
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


async def guest(app, kind, *, filed):
    """A doctor of another hospital, in a post at a place of this kind and perhaps filed there."""
    behind = await Place.found(app)
    await behind.department(SUBJECT, NAME)
    place = await Place.found(app, kind, parent=behind if kind in LEANING else None)
    ward = await place.department(SUBJECT, NAME, online=kind not in NEVER)
    doctor = await _physician(await Place.found(app))
    if filed:
        filing = Filing(f"BA{doctor.person_id.int % 10**9}", filed_on=TODAY, main_agreed_on=TODAY)
        await place.do(
            place.office, people.file_practice, person_id=doctor.person_id, filing=filing
        )
    hat = await place.appoint(DOCTOR, person_id=doctor.person_id, department_id=ward)
    return Clinic(behind, place, hat, None, "")


AGREED = {"main_agreed_on": TODAY}
MAY = {
    "second_name": second_name,
    "independent": lambda app: independent(app, **AGREED),
    "county": county,
}
MAY_NOT = {"health_centre": health_centre, "village_clinic": village_clinic}
ALL = {**MAY, **MAY_NOT}
LEANING = {Kind.INTERNET_SECOND_NAME, Kind.INTERNET_INDEPENDENT}
NEVER = (Kind.HEALTH_CENTRE, Kind.VILLAGE_CLINIC)
BY_OWN_ONLY = (Kind.COUNTY_HOSPITAL, *NEVER)


@pytest.mark.parametrize("kind", MAY.values(), ids=MAY)
async def test_a_doctor_in_order_goes_online(app, kind):
    clinic = await kind(app)
    assert await clinic.go_online()
    await clinic.place.do(clinic.doctor, follow_up.go_offline)


@pytest.mark.parametrize("kind", MAY_NOT.values(), ids=MAY_NOT)
async def test_a_health_centre_and_a_village_clinic_have_no_online_care(app, kind):
    """CON-23: neither by what they are nor by their departments."""
    assert await refused(await kind(app)) == {
        "CON-23 not_offered",
        "CON-23 department_not_licensed",
    }


@pytest.mark.parametrize("kind", NEVER)
async def test_a_place_without_online_care_opens_no_department_online(app, kind):
    """CON-23"""
    place = await Place.found(app, kind)
    with pytest.raises(DepartmentNotLicensed):
        await place.department(SUBJECT, NAME, online=True)


@pytest.mark.parametrize("kind", ALL.values(), ids=ALL)
async def test_on_the_day_after_the_licence_ends_nobody_goes_online(app, owner, kind):
    """LIC-01: on the last day it still may; and an end is said beside whatever else is wrong."""
    clinic = await kind(app)
    ends = "UPDATE people.institution SET licence_until = $2 WHERE id = $1"
    await owner.execute(ends, clinic.place.id, date(2030, 1, 7))
    before = set() if kind in MAY.values() else await refused(clinic)
    assert not {each for each in before if each.startswith("LIC-01")}
    if kind in MAY.values():
        assert await clinic.go_online()
        await clinic.place.do(clinic.doctor, follow_up.go_offline)
    await owner.execute(ends, clinic.place.id, date(2030, 1, 6))
    assert await refused(clinic) == {*before, "LIC-01 expired"}


INTERNET = {name: MAY[name] for name in ("second_name", "independent")}


@pytest.mark.parametrize("kind", INTERNET.values(), ids=INTERNET)
async def test_an_internet_hospital_closes_with_the_hospital_behind_it(app, owner, kind):
    """LIC-01"""
    clinic = await kind(app)
    await owner.execute(
        "UPDATE people.institution SET licence_until = '2029-12-31' WHERE id = $1",
        clinic.hospital.id,
    )
    assert "LIC-01 parent_expired" in await refused(clinic)


@pytest.mark.parametrize("kind", MAY.values(), ids=MAY)
async def test_a_department_that_is_not_licensed_in_person_is_not_offered_online(app, owner, kind):
    """CON-23: at the hospital behind, and where there is none at the place itself."""
    clinic = await kind(app)
    await owner.execute(
        "UPDATE people.department SET licensed = false WHERE institution_id = $1 AND code = $2",
        clinic.hospital.id,
        SUBJECT,
    )
    assert await refused(clinic) == {"CON-23 department_not_licensed"}


@pytest.mark.parametrize("kind", [*sorted(LEANING), *BY_OWN_ONLY])
async def test_a_doctor_of_another_hospital_wants_the_filing_everywhere(app, kind):
    """CON-24, LIC-14: also at a second name, which is one body with its own hospital only."""
    found = await refused(await guest(app, kind, filed=False))
    assert {"CON-24 not_filed", "LIC-14 not_filed"} <= found


@pytest.mark.parametrize("kind", sorted(LEANING))
async def test_an_internet_hospital_may_have_a_filed_doctor_of_another_hospital(app, kind):
    """CON-24"""
    assert await (await guest(app, kind, filed=True)).go_online()


@pytest.mark.parametrize("kind", BY_OWN_ONLY)
async def test_a_filing_does_not_help_where_only_the_own_doctors_may(app, kind):
    """CON-24"""
    found = await refused(await guest(app, kind, filed=True))
    assert "CON-24 not_filed" in found
    if kind is Kind.COUNTY_HOSPITAL:
        assert found == {"CON-24 not_filed"}


async def test_an_independent_internet_hospital_wants_the_main_place_to_agree(app):
    """CON-08"""
    assert await refused(await independent(app)) == {"CON-08 main_has_not_agreed"}


async def test_an_independent_internet_hospital_wants_the_filing_of_its_own_hospital_too(app):
    """CON-24, LIC-14: leaning on a hospital doesn't make its doctors one's own."""
    hospital = await Place.found(app)
    clinic = await _internet(app, Kind.INTERNET_INDEPENDENT, hospital, await _physician(hospital))
    assert await refused(clinic) == {"CON-24 not_filed", "LIC-14 not_filed"}


async def test_a_filing_that_is_over_is_none(app):
    """CON-24"""
    over = await independent(app, **AGREED, valid_until=date(2029, 12, 31))
    assert "CON-24 not_filed" in await refused(over)
