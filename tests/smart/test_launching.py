"""A doctor starts a company's app beside a visit; what it is told, and what is refused."""

from html import escape
from urllib.parse import parse_qs, urlsplit

import pytest

from lianyi.access.model import Purpose
from lianyi.accounts.model import Account
from lianyi.cli.tour import page as pages
from lianyi.consult.model import Reason
from lianyi.journeys import app_launch, apps, follow_up
from lianyi.people.model import DOCTOR
from lianyi.web.session import COOKIE
from tests.apps import Program
from tests.booking.make import Clinic as Morning
from tests.consult.make import Clinic
from tests.journeys.test_visit import ward as ward  # noqa: PLC0414 - a fixture
from tests.place import Place
from tests.smart.conftest import FHIR, returned
from tests.web.counting import statements
from tests.web.staff import token_of

START = "https://app.test/start?from=lianyi"
TREATING = (Purpose.TREAT, "patient/*.rs user/*.rs")
WANTED = "launch openid fhirUser patient/Encounter.rs patient/Observation.rs"
SESSION = "SELECT session_id FROM booking.appointment WHERE id = $1"
MOST = 12  # statements a page


@pytest.fixture
async def doctors(sitting, ward):
    """The browser of the doctor whose visit is under way."""
    return await sitting(ward.doctor)


@pytest.fixture
async def curve(company):
    """An app that is approved for treating and can be started."""
    return await company(TREATING, initiate_login_uri=START)


def at(ward):
    return f"/clinic/visits/{ward.appointment_id}"


async def beside(reader, visit):
    """Return what the page of a visit fetches, as it stands beside it."""
    page = await reader.get(visit)
    assert f'hx-get="{visit}/apps"' in page.html
    asked = {"hx-request": "true", "hx-target": "apps"}
    drawn = await reader.http.get(f"{visit}/apps", headers=asked)
    assert "<main" not in drawn.text
    return pages.read(drawn.status_code, str(drawn.url), drawn.text)


async def pressed(reader, page, action, **given):
    """Press the button and return the answer that the new tab gets."""
    form = page.form(action)
    return await reader.http.post(form.action, data={**form.fields, **given})


def started(answer):
    """Return what an app hears at its own address."""
    assert answer.status_code == 200, answer.text
    url = pages.read(200, "", answer.text).link("没有自动打开")
    assert f'content="0; url={escape(url)}"' in answer.text
    assert url.startswith(START), url
    said = {name: value for name, (value,) in parse_qs(urlsplit(url).query).items()}
    assert (said.pop("from"), said.pop("iss")) == ("lianyi", FHIR)
    assert set(said) == {"launch"}
    return said["launch"]


async def test_a_doctor_starts_an_app_beside_a_visit_and_it_knows_whose(curve, doctors, ward):
    """INT-04: patient and encounter go with the token; each press is a start of its own."""
    page = await beside(doctors, at(ward))
    assert page.says("血压日记", "青山数字健康有限公司")
    assert 'target="_blank" rel="noopener"' in page.html
    first, launch = [started(await pressed(doctors, page, "/apps")) for _ in range(2)]
    assert first != launch
    led = (await curve.bring(doctors, WANTED, launch=launch)).headers["location"]
    asked = await doctors.get(led)
    answer = await pressed(doctors, asked, f"{led}/agree")
    given = (await curve.token(code=returned(answer)["code"])).json()
    assert given["patient"] == str(ward.patient.person_id)
    assert given["encounter"] == str(ward.appointment_id)
    assert given["need_patient_banner"] is True
    token = given["access_token"]
    assert (await curve.get(f"Encounter/{given['encounter']}", token)).status_code == 200
    again = await curve.bring(doctors, WANTED, launch=launch)
    assert returned(again)["error"] == "invalid_request"


async def test_what_nobody_may_start_here_is_not_shown(company, doctors, ward, app):
    """CAP-39: for another purpose, without hands, without an address, elsewhere, or ended."""
    start = {"initiate_login_uri": START}
    assert (await beside(doctors, at(ward))).html.strip() == ""
    await company((Purpose.OWN, "patient/*.rs"), **start)
    await company((Purpose.TREAT, "system/*.rs"), **start)
    await company(TREATING)
    other = await company(**start)
    await Program(await Place.found(app), other.program.app_id).approved(TREATING[1])
    ended = await company(**start)
    id = await ended.program.approved(TREATING[1])
    admin = await ward.place.admin()
    await ward.place.do(admin, apps.withdraw_approval, approval_id=id, why="合同到期")
    page = await beside(doctors, at(ward))
    assert page.html.strip() == ""


async def test_a_start_is_refused_by_name(curve, company, doctors, ward, app):
    """CAP-39: withdrawn meanwhile, approved elsewhere only, unknown, or without an address."""
    page = await beside(doctors, at(ward))
    other = await company(initiate_login_uri=START)
    await Program(await Place.found(app), other.program.app_id).approved(TREATING[1])
    silent = await company(TREATING)
    ((approval,),) = await ward.place.rows(
        "SELECT id FROM access.approval WHERE app_id = $1", curve.id
    )
    admin = await ward.place.admin()
    await ward.place.do(admin, apps.withdraw_approval, approval_id=approval, why="合同到期")
    for id, status, words in (
        (curve.id, 409, "没有医疗机构为此用途批准这个应用"),
        (other.id, 409, "没有医疗机构为此用途批准这个应用"),
        (silent.id, 409, "没有登记启动地址"),
        (str(ward.appointment_id), 404, "没有登记过这个应用"),
        ("nonsense", 422, ""),
    ):
        refused = await pressed(doctors, page, "/apps", app=id)
        assert (refused.status_code, words in refused.text) == (status, True)


async def test_nobody_starts_an_app_for_another_doctors_patient(curve, doctors, ward):
    """PRI-09: with the very form that the doctor was shown."""
    page = await beside(doctors, at(ward))
    colleague = await ward.place.appoint(DOCTOR, name="李四光")
    doctors.http.cookies.set(COOKIE, await token_of(ward.place, colleague))
    refused = await pressed(doctors, page, "/apps")
    assert (refused.status_code, "location" in refused.headers) == (404, False)


async def test_an_app_is_started_beside_an_online_visit_while_it_lasts(company, doctors, app):
    """INT-04"""
    clinic = await Clinic.open(app)
    curve = await company(initiate_login_uri=START)
    await Program(clinic.place, curve.program.app_id).approved(TREATING[1])
    visit = await clinic.met()
    account_id, _ = await clinic.account()
    account = Account(account_id, clinic.doctor.person_id, staff=True)
    doctors.http.cookies.set(COOKIE, await token_of(clinic.place, clinic.doctor, account))
    page = await beside(doctors, f"/clinic/online/{visit.id}")
    launch = started(await pressed(doctors, page, "/apps"))
    led = (await curve.bring(doctors, WANTED, launch=launch)).headers["location"]
    answer = await pressed(doctors, await doctors.get(led), f"{led}/agree")
    given = (await curve.token(code=returned(answer)["code"])).json()
    assert given["encounter"] == str(visit.id)
    assert given["patient"] == str(clinic.patient.person_id)
    over = {"reason": Reason.SEVERE, "target": "急诊"}
    await clinic.act(follow_up.turn_offline, visit, **over)
    assert "/apps" not in (await doctors.get(f"/clinic/online/{visit.id}")).html
    assert (await pressed(doctors, page, "/apps")).status_code == 409


async def test_apps_cost_the_same_for_one_and_for_many(curve, company, ward, app):
    one, _ = await statements(app, ward.doctor, app_launch.startable)
    for _ in range(3):
        await company(TREATING, initiate_login_uri=START)
    many, seen = await statements(app, ward.doctor, app_launch.startable)
    assert len(seen) == 4
    assert one == many <= MOST


async def test_only_doctors_have_apps_beside_a_visit(curve, sitting, ward):
    nurse = await sitting(ward.nurse)
    assert (await nurse.get(f"{at(ward)}/apps")).status == 403


async def test_a_visit_that_has_not_begun_has_none(curve, doctors, ward):
    """INT-04: there is no encounter yet."""
    page = await beside(doctors, at(ward))
    ((session_id,),) = await ward.place.rows(SESSION, ward.appointment_id)
    id = (await Morning(ward.place, ward.doctor).arrived(session_id))[1]
    assert "/apps" not in (await doctors.get(f"/clinic/visits/{id}")).html
    form = page.form("/apps")
    early = await doctors.http.post(f"/clinic/visits/{id}/apps", data=form.fields)
    assert early.status_code == 409
