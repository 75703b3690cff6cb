"""Somebody of an imported history comes to the counter and is seen by a doctor (导入的病案)."""

from datetime import date

import pytest

from lianyi.access.model import Purpose
from lianyi.journeys import card
from lianyi.kernel.actor import NOWHERE, Actor
from lianyi.people import fhir as people
from lianyi.people.model import CLERK, RESIDENT, Identity, IdType, Sex
from lianyi.records import queries as records
from tests.booking.make import START, Clinic
from tests.cli.test_imports import bundle, patient, run
from tests.identity import id_number
from tests.place import Place
from tests.records import make
from tests.web.reader import reading, wearing

NAME, RECORD, BORN = "Blair Conroy", "p1", date(1980, 2, 29)


@pytest.fixture
def number():
    """Return the number of an identity card, which stands in the file too."""
    return id_number(BORN)


@pytest.fixture
async def clinic(clock, place, tmp_path, number):
    """Return a place that has imported one history, on a morning its doctor sits."""
    clinic = await Clinic.open(place)
    await clinic.publish()
    clock.now = START
    told = {**make.allergy("x", text="Penicillin"), "patient": {"reference": f"Patient/{RECORD}"}}
    weight = {
        **make.observation("x", 92.71260130601613, code="29463-7"),
        "subject": {"reference": f"Patient/{RECORD}"},
    }
    file = tmp_path / "bundle.json"
    whole = patient(identifier=[{"system": people.NUMBER, "value": number}])
    file.write_text(bundle(whole, told, weight), encoding="utf-8")
    report = await run(place, file)
    assert (report.stored, report.refused) == (3, 0)
    return clinic


@pytest.fixture
async def counter(app, clinic):
    async with reading(app) as reader:
        await wearing(reader, clinic.place, await clinic.place.appoint(CLERK, name="姚丽"))
        yield reader


async def find(counter, **given):
    desk = await counter.get("/reception")
    asked = {"own_name": NAME, "record": RECORD, **given}
    return await counter.submit(desk, "/reception/record", **asked)


async def test_who_was_imported_is_found_given_a_number_and_opened_by_the_doctor(
    app, clinic, counter
):
    found = await find(counter)
    assert found.says(NAME, "身份未核验", "加号")
    given = {"session": found.form("/add").choices["session"][1], "add_reason": "现场就诊"}
    added = await counter.submit(found, "/add", **given)
    assert added.says(NAME, "签到")
    again = await counter.submit(added, "/add", **given)
    assert (again.status, again.says("已有预约")) == (422, True)
    await counter.submit(added, "/check-in")
    async with reading(app) as doctor:
        await wearing(doctor, clinic.place, clinic.doctor)
        called = await doctor.submit(await doctor.get("/clinic"), "/clinic/call")
        inside = await doctor.submit(called, "/clinic/start")
        assert inside.says(NAME, "过敏：Penicillin", "体重", "92.713")


@pytest.mark.parametrize("wrong", [{"record": "p2"}, {"own_name": "Blair Stranger"}])
async def test_number_and_name_must_both_be_right_and_nothing_is_told(clinic, counter, wrong):
    refused = await find(counter, **wrong)
    assert refused.status == 422
    assert refused.says("没有找到这个病案号和姓名的患者")
    assert "Conroy" not in refused.html.replace(f'value="{NAME}"', "")
    known = "SELECT 1 FROM access.relation WHERE institution_id = $1"
    assert await clinic.place.rows(known, clinic.place.id) == []


async def test_who_shows_the_card_that_the_file_has_is_that_person_and_finds_their_history(
    clinic, counter, number
):
    """IDN-01, IDN-04: the file proves nobody, the document does."""
    place, office = clinic.place, await clinic.place.appoint(CLERK)
    holder = Identity(NAME, IdType.RESIDENT_ID, number, Sex.FEMALE, BORN)
    granted = await place.do(office, card.open_at_counter, identity=holder)
    resident = Actor(granted.person_id, granted.person_id, NOWHERE, RESIDENT)
    chart = await place.open(resident, resident.person_id, Purpose.OWN)
    own = await place.ask(resident, lambda tx: records.everything(tx, chart))
    assert {one.type for one in own} >= {"AllergyIntolerance", "Observation"}
    found = await find(counter)
    assert found.says(NAME)
    assert not found.says("身份未核验")


async def test_who_shows_another_card_is_somebody_else_and_sees_nothing_of_it(clinic, counter):
    """IDN-01, EMR-17"""
    place, office = clinic.place, await clinic.place.appoint(CLERK)
    holder = Identity(NAME, IdType.RESIDENT_ID, id_number(BORN), Sex.FEMALE, BORN)
    granted = await place.do(office, card.open_at_counter, identity=holder)
    resident = Actor(granted.person_id, granted.person_id, NOWHERE, RESIDENT)
    chart = await place.open(resident, resident.person_id, Purpose.OWN)
    own = await place.ask(resident, lambda tx: records.everything(tx, chart))
    assert [one.type for one in own if one.type != "Patient"] == []
    assert (await find(counter)).says(NAME, "身份未核验")


async def test_another_institution_finds_nobody_by_that_number(app, clinic):
    """EMR-17: a record number is the institution's own."""
    there = await Place.found(app)
    async with reading(app) as reader:
        await wearing(reader, there, await there.clerk())
        assert (await find(reader)).says("没有找到这个病案号和姓名的患者")
