"""An administrator decides about a company's app."""

import asyncio
import re

import pytest

from tests.fhir.conftest import program
from tests.fhir.subscriptions.receiver import (
    Receiver,
    as_own,
    as_service,
    firm_at,
    hook,
    subscribed,
)
from tests.identity import credit_code
from tests.place import BY_PHONE
from tests.smart.conftest import Company, document
from tests.web.test_sign_in import Reader

__all__ = ["program"]
TERMS = {"purpose": "own", "scopes": "patient/*.rs", "assessment": "PIA-2030-11", "days": "90"}
OWN = "patient/Observation.rs"


@pytest.fixture
async def office(sitting, ward):
    """The browser of the hospital's administrator."""
    return await sitting(await ward.place.admin())


@pytest.fixture
async def brought(http, ward):
    """Register an app and lay it before the hospital, as its company does; return its answer."""
    institutions = {"institutions": [str(ward.place.id)]}
    answer = await http.post("/smart/register", json=document(**institutions))
    return answer.json()


async def decided(office, ward, verb, **given):
    page = await office.get("/admin/apps")
    (id,) = (row[0] for row in await ward.place.rows(ASKED, ward.place.id))
    return await office.submit(page, f"/admin/apps/{id}/{verb}", **given)


ASKED = """SELECT id FROM access.approval WHERE institution_id = $1
           ORDER BY asked_at DESC LIMIT 1"""


async def test_an_administrator_approves_what_a_company_asks_and_takes_it_back(
    office, ward, http, brought, patients
):
    """CAP-39, PRI-11"""
    page = await office.get("/admin/apps")
    assert page.says("血压日记")
    assert page.says("全部健康档案")
    assert (await decided(office, ward, "approve", **TERMS)).says("已批准")
    app = Company(http, ward, brought)
    given = await app.tokens(patients, OWN)
    assert (await app.get("Observation", given["access_token"])).status_code == 200
    done = await decided(office, ward, "withdraw", reason="合同到期")
    assert done.says("已撤销")
    assert (await app.get("Observation", given["access_token"])).status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"assessment": ""},
        {"purpose": "inspect"},
        {"scopes": "patient/Observation.sr"},
        {"scopes": "patient/Nonsense.rs"},
        {"scopes": "patient/Observation.rs?nonsense=1"},
        {"days": "0"},
        {"days": "1000"},
    ],
)
async def test_what_is_no_sound_approval_is_said_on_the_page(office, ward, brought, wrong):
    """CAP-39, PRI-11: nothing is approved by it."""
    assert (await decided(office, ward, "approve", **{**TERMS, **wrong})).status == 422
    rows = await ward.place.rows(
        "SELECT state FROM access.approval WHERE app_id = $1", brought["client_id"]
    )
    assert rows == [("asked",)]


async def test_an_administrator_refuses_and_takes_up_another(office, ward, brought):
    assert (await decided(office, ward, "refuse", reason="用途不明")).says("未批准")
    page = await office.get("/admin/apps")
    again = await office.submit(page, "/admin/apps", client=brought["client_id"])
    assert again.says("待审批")
    unknown = await office.submit(page, "/admin/apps", client=str(ward.person_id))
    assert unknown.status == 422


async def test_nobody_sees_or_decides_about_another_hospitals_apps(
    sitting, elsewhere, ward, brought
):
    """PRI-10"""
    other = await sitting(await elsewhere.place.admin())
    assert not (await other.get("/admin/apps")).says("血压日记")
    (id,) = (row[0] for row in await ward.place.rows(ASKED, ward.place.id))
    own = await elsewhere.place.admin()
    assert own.institution_id != ward.place.id
    page = await other.get("/admin/apps")
    form = page.form("/admin/apps")
    tried = await other.http.post(f"/admin/apps/{id}/approve", data={**form.fields, **TERMS})
    assert tried.status_code == 422
    assert (await ward.place.rows("SELECT state FROM access.approval WHERE id = $1", id)) == [
        ("asked",)
    ]
    doctor = await sitting(ward.doctor)
    assert (await doctor.get("/admin/apps")).status == 403


async def test_a_person_who_is_not_proven_enough_is_not_asked(sitting, ward, diary):
    """IDN-01: a phone alone agrees to nothing."""
    resident = await ward.place.resident(scopes=BY_PHONE)
    phone = await sitting(resident)
    led = (await diary.bring(phone, OWN)).headers["location"]
    page = await phone.get(led)
    assert not page.says("同意授权")


COMPANY = {
    "name": "护理随访",
    "company": "青山数字健康有限公司",
    "contact": "privacy@app.test",
    "kind": "secret",
    "redirects": "https://app.test/cb",
    "scopes": "patient/Observation.rs",
}


async def test_a_company_registers_on_a_page_and_is_told_its_secret_once(http, ward, office):
    page = await Reader(http).get("/apps/register")
    given = {**COMPANY, "credit_code": credit_code(), "institution": str(ward.place.id)}
    wrong = {"scopes": "patient/Observation.sr", "redirects": "http://app.test/cb"}
    refused = await Reader(http).submit(page, "/apps/register", **{**given, **wrong})
    assert (refused.status, refused.says("例如 patient/Observation.rs")) == (422, True)
    done = await Reader(http).submit(page, "/apps/register", **given)
    assert (done.status, done.says("密钥只显示这一次")) == (200, True)
    assert (await office.get("/admin/apps")).says("护理随访")
    kept = await ward.place.rows("SELECT count(*) FROM kernel.once WHERE answer LIKE '%secret%'")
    assert kept == [(0,)]


async def test_one_form_registers_one_app_however_often_it_is_sent(http, ward):
    """Whichever answer the company sees, the secret in it is that of the only app there is."""
    page = await Reader(http).get("/apps/register")
    given = {**COMPANY, "credit_code": credit_code(), "institution": str(ward.place.id)}
    fields = {**page.form("/apps/register").fields, **given}
    answers = await asyncio.gather(*(http.post("/apps/register", data=fields) for _ in range(3)))
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len({facts(answer) for answer in answers}) == 1
    apps = "SELECT count(*) FROM accounts.client WHERE credit_code = $1"
    assert await ward.place.rows(apps, given["credit_code"]) == [(1,)]
    other = await http.post("/apps/register", data={**fields, "name": "另一个应用"})
    assert other.status_code == 409


def facts(answer):
    """Return what a page tells of an app: its number and its secret."""
    return tuple(re.findall(r"<dd[^>]*>([^<]+)</dd>", answer.text))


async def test_what_an_app_is_told_stands_on_the_pages_of_who_let_it(
    sitting, office, ward, http, program, patients
):
    """PRI-04, PRI-10: since when, how much, and what is wrong with it."""
    place = ward.place
    firm = await firm_at(place, "https://app.test/hook")
    criteria = f"Observation?subject=Patient/{ward.person_id}"
    body = hook(Receiver("https://app.test/hook"), criteria)
    own = await program(await as_own(ward, firm))
    made = await subscribed(own, body)
    service = await program(await as_service(ward, firm))
    dead = await subscribed(service, body)
    await service.put(f"Subscription/{dead['id']}", {**dead, "status": "off"})
    page = await patients.get("/record/apps")
    assert page.says("随访", "自动通知", "检查检验结果", "生效", "尚未通知")
    assert (await office.get("/admin/apps")).says("自动通知", "已停", "应用已停止订阅")
    assert (await office.get("/admin/apps")).says("https://app.test/hook")
    await patients.submit(page, "/record/apps/withdraw")
    page = await patients.get("/record/apps")
    assert page.says("已停", "不再有效")
    assert made["status"] == "active"
