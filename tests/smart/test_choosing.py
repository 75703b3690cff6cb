"""Staff start an app by itself, and say whom it is about before it hears anything."""

from datetime import timedelta

import pytest

from lianyi.access.model import Purpose
from lianyi.journeys import app_desk
from lianyi.people.model import CLERK, DOCTOR, NURSE
from lianyi.records import service as records
from tests.booking.make import START
from tests.booking.make import Clinic as Morning
from tests.drain import deliver
from tests.journeys.test_visit import ward as ward  # noqa: PLC0414 - a fixture
from tests.place import Place
from tests.records import make
from tests.smart.conftest import returned
from tests.web.counting import statements

TREATING = (Purpose.TREAT, "patient/*.rs user/*.rs")
WANTED = "launch/patient launch/encounter openid patient/Observation.rs"
NOBODY = "没有找到这位患者"
HALF = timedelta(minutes=30)
MOST = 12  # statements a page
READ = """SELECT granted, what, cause FROM access.log
          WHERE person_ids @> ARRAY[$1::uuid] AND reader_id = $2 ORDER BY seq DESC LIMIT 1"""
LENT = "SELECT for_person_id FROM accounts.lease WHERE client_id = $1"
SESSION = "SELECT session_id FROM booking.appointment WHERE id = $1"


@pytest.fixture
async def curve(company):
    return await company(TREATING, (Purpose.OWN, "patient/*.rs"))


@pytest.fixture
async def doctors(sitting, ward):
    return await sitting(ward.doctor)


async def asked(app, reader, scope=WANTED, text=""):
    """Return where an app's question stands, and its page."""
    led = (await app.bring(reader, scope)).headers["location"]
    return led, await reader.get(f"{led}?q={text}" if text else led)


async def pressed(reader, led, page, **given):
    form = page.form(f"{led}/agree")
    return await reader.http.post(form.action, data={**form.fields, **given})


async def test_a_doctor_chooses_one_of_todays_patients_and_the_app_hears_whom(curve, doctors, ward):
    """INT-04: standalone, as SMART has it; the app sees that one and, by patient/, no other."""
    person, other = ward.patient.person_id, await ward.place.patient(DOCTOR)
    led, page = await asked(curve, doctors)
    assert page.says("今天的患者", "王秀英")
    assert f'value="{other.person_id}"' not in page.html
    answer = await pressed(doctors, led, page, patient=str(person))
    given = (await curve.token(code=returned(answer)["code"])).json()
    assert given["patient"] == str(person)
    assert given["need_patient_banner"] is True
    assert "encounter" not in given
    assert set(given["scope"].split()) == {"launch/patient", "openid", "patient/Observation.rs"}
    for id, seen in ((person, 1), (other.person_id, 0)):
        body = make.observation(id)
        await ward.do(ward.doctor, records.publish_all, owner=id, bodies=[body])
        found = await curve.get(f"Observation?patient={id}", given["access_token"])
        assert len(found.json().get("entry", ())) == seen
    assert await ward.place.rows(LENT, curve.id) == [(person,)]


async def test_nothing_is_lent_before_somebody_is_chosen(curve, doctors, ward):
    """INT-04: the question stands until then."""
    led, page = await asked(curve, doctors)
    missing = await pressed(doctors, led, page)
    assert (missing.status_code, "请选择一位患者" in missing.text) == (422, True)
    assert await ward.place.rows(LENT, curve.id) == []
    chosen = await pressed(doctors, led, page, patient=str(ward.patient.person_id))
    assert "code" in returned(chosen)


async def test_patients_in_care_are_found_by_name_or_its_initials_and_stay_masked(
    curve, doctors, ward
):
    """INT-07: nobody beyond the desk is found, nor said to be elsewhere."""
    mine = await ward.place.patient(DOCTOR, name="欧阳雪梅")
    away = await Place.found(ward.app)
    theirs = await away.patient(DOCTOR, name="欧阳雪松")
    await deliver(ward.app)
    for text in ("欧阳", "雪梅", "oyxm", "ouyangxue"):
        _, page = await asked(curve, doctors, text=text)
        assert f'value="{mine.person_id}"' in page.html, text
        assert str(theirs.person_id) not in page.html
        assert not page.says("欧阳雪梅")
    _, elsewhere = await asked(curve, doctors, text="欧阳雪松")
    _, nowhere = await asked(curve, doctors, text="甲乙丙丁")
    assert elsewhere.says(NOBODY)
    assert nowhere.says(NOBODY)
    assert await ward.place.rows(READ, mine.person_id, ward.doctor.person_id) == [
        (True, "app", "relation")
    ]
    assert await ward.place.rows(READ, theirs.person_id, ward.doctor.person_id) == []


@pytest.mark.parametrize("text", ["%", "a,b", "\\", "x" * 500, "a%00b"])
async def test_what_is_no_name_finds_nobody(curve, doctors, text):
    _, page = await asked(curve, doctors, text=text)
    assert (page.status, page.says(NOBODY)) == (200, True)


async def test_nobody_beyond_the_desk_can_be_chosen(curve, doctors, ward):
    """INT-07, PRI-09: with the id of somebody who was not offered; the try is logged."""
    stranger = await (await Place.found(ward.app)).patient(DOCTOR)
    led, page = await asked(curve, doctors)
    refused = await pressed(doctors, led, page, patient=str(stranger.person_id))
    unknown = await pressed(doctors, led, page, patient=str(ward.appointment_id))
    assert [one.status_code for one in (refused, unknown)] == [404, 404]
    assert await ward.place.rows(LENT, curve.id) == []
    ((granted, what, _),) = await ward.place.rows(READ, stranger.person_id, ward.doctor.person_id)
    assert (granted, what) == (False, "app")


async def test_who_has_objected_to_the_app_is_not_offered_and_cannot_be_chosen(
    curve, doctors, ward
):
    """PRI-04: the company doesn't even hear that they are a patient here."""
    patient = ward.patient
    given = await curve.program.permitted(patient, "patient/*.rs")
    led, before = await asked(curve, doctors)
    await curve.program.take_back(patient, given)
    _, page = await asked(curve, doctors)
    assert before.says("王秀英")
    assert f'value="{patient.person_id}"' not in page.html
    refused = await pressed(doctors, led, before, patient=str(patient.person_id))
    assert refused.status_code == 404
    assert await ward.place.rows(LENT, curve.id) == []


async def test_a_nurse_finds_a_patient_and_a_clerk_opens_nothing(curve, sitting, ward):
    """PRI-26: by the relation of the own role."""
    mine = await ward.place.patient(NURSE, name="司马青")
    doctors_only = await ward.place.patient(DOCTOR, name="司马红")
    await deliver(ward.app)
    nurse = await sitting(ward.nurse)
    _, today = await asked(curve, nurse)
    assert today.says("今天的患者", "王秀英")
    assert str(mine.person_id) not in today.html  # who has no number today
    stranger = await sitting(await (await Place.found(ward.app)).hat(NURSE))
    _, empty = await asked(curve, stranger)
    assert not empty.says("王秀英")
    led, page = await asked(curve, nurse, text="sm")
    assert str(doctors_only.person_id) not in page.html
    answer = await pressed(nurse, led, page, patient=str(mine.person_id))
    given = (await curve.token(code=returned(answer)["code"])).json()
    assert given["patient"] == str(mine.person_id)
    _, page = await asked(curve, await sitting(await ward.place.hat(CLERK)))
    assert page.status == 409


async def test_an_app_that_asks_for_no_patient_gets_none(curve, doctors):
    led, page = await asked(curve, doctors, "openid user/Observation.rs")
    assert page.says("您可见的患者")
    answer = await pressed(doctors, led, page)
    given = (await curve.token(code=returned(answer)["code"])).json()
    assert "patient" not in given


async def test_the_choice_costs_the_same_for_one_and_for_many(curve, doctors, ward):
    led, _ = await asked(curve, doctors)
    token = led.rsplit("/", 1)[1]

    async def page(tx):
        return await app_desk.ask_staff(tx, token=token, text="")

    one, _ = await statements(ward.app, ward.doctor, page)
    ((session_id,),) = await ward.place.rows(SESSION, ward.appointment_id)
    for _ in range(2):
        await Morning(ward.place, ward.doctor).arrived(session_id, starts_at=START + HALF)
    many, seen = await statements(ward.app, ward.doctor, page)
    assert len(seen.choice.persons) == 3
    assert one == many <= MOST
