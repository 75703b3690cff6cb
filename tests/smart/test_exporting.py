"""A company's service takes data in bulk, by its own tokens, after two have agreed on a page."""

import json

import pytest

from lianyi.access.model import Purpose
from lianyi.people.model import ADMIN
from lianyi.worker import bulk
from tests.fhir.test_exporting import MANY
from tests.records import make
from tests.smart.conftest import FHIR, KEYS, Company

SCOPE = "system/*.rs"
YES = {"purpose": "病种质量分析", "assessment": "PIA-2030-07", "abroad": "no"}


@pytest.fixture
async def service(company):
    key = {"token_endpoint_auth_method": "private_key_jwt", "jwks": KEYS, "redirect_uris": []}
    return await company((Purpose.TREAT, SCOPE), **key)


@pytest.fixture
async def asked(service, ward, http):
    """Return where an export of more than 500 persons waits."""
    await ward.place.app.pool.fetch(MANY, ward.place.id, ward.place.app.clock(), 500)
    answer = await begun(service)
    return answer.headers["content-location"].removeprefix(f"{FHIR}/")


async def token_of(service: Company):
    answer = await service.serve(SCOPE)
    assert answer.status_code == 200, answer.text
    return answer.json()["access_token"]


async def begun(service):
    answer = await service.get(
        "Patient/$export?_type=Observation", await token_of(service), prefer="respond-async"
    )
    assert answer.status_code == 202, answer.text
    return answer


async def page_of(office, where, verb, **given):
    page = await office.get("/admin/exports")
    return await office.submit(page, f"/admin/exports/{where.rpartition('/')[2]}/{verb}", **given)


async def test_two_administrators_agree_and_the_service_fetches(
    service, asked, sitting, ward, patients, clock
):
    """PRI-11, PRI-28, INT-06: by real tokens, on the page; the person reads who let it leave."""
    body = make.observation(ward.person_id)
    await ward.publish(body)
    first = await sitting(await ward.place.admin())
    page = await first.get("/admin/exports")
    assert page.says("501 人")
    assert page.says("待批准")
    assert (await page_of(first, asked, "approve", **YES)).says("待第二人批准")
    assert (await first.get("/admin/exports")).says("您已同意，须由另一位管理员独立批准")
    second = await sitting(await ward.place.appoint(ADMIN, name="李四"))
    assert (await page_of(second, asked, "approve", **YES)).says("导出中")
    while await bulk.step(ward.place.app):
        pass
    token = await token_of(service)
    told = (await service.get(asked, token)).json()
    (one,) = told["output"]
    path = one["url"].removeprefix(f"{FHIR}/")
    lines = (await service.get(path, token)).text.split("\n")
    assert json.loads(lines[0])["id"] == body["id"]
    assert (await service.http.get(one["url"])).status_code == 401
    page = await first.get("/admin/exports")
    assert page.says("可下载")
    assert page.says("下载 1 次")
    read = await patients.get("/record/readings")
    assert read.says("批量导出病历（两人批准）")
    assert read.says("用途：病种质量分析；经 张建国、李四 批准，影响评估 PIA-2030-07")


async def test_what_is_wrong_with_a_yes_is_said_on_the_page(asked, sitting, ward):
    """PRI-11, PRI-20"""
    office = await sitting(await ward.place.admin())
    for wrong in ({"purpose": ""}, {"assessment": ""}, {"abroad": ""}):
        assert (await page_of(office, asked, "approve", **{**YES, **wrong})).status == 422
    abroad = await page_of(office, asked, "approve", **{**YES, "abroad": "yes"})
    assert abroad.status == 422
    assert abroad.says("数据须留在境内")


async def test_an_administrator_refuses_and_the_service_hears_why(service, asked, sitting, ward):
    office = await sitting(await ward.place.admin())
    assert (await page_of(office, asked, "refuse", reason="超出合同用途")).says("超出合同用途")
    answer = await service.get(asked, await token_of(service))
    assert answer.status_code == 403
    assert "超出合同用途" in answer.text


async def test_no_other_hospital_and_no_doctor_sees_the_page(asked, sitting, ward, elsewhere):
    """PRI-10, PRI-28"""
    other = await sitting(await elsewhere.place.admin())
    page = await other.get("/admin/exports")
    assert page.says("还没有应用申请批量导出")
    doctor = await sitting(ward.doctor)
    assert (await doctor.get("/admin/exports")).status == 403
