"""Reports to the province as the institution's office and the authorities look at them (LIC-11)."""

import pytest

from lianyi.journeys import oversight_desk, reports_desk
from lianyi.kernel.lifecycle import WrongRole
from lianyi.people.model import CLERK, DRUG_AUTHORITY, HEALTH_COMMISSION, INSURER, OPERATOR, Kind
from tests.journeys.test_report import office
from tests.journeys.test_report import province as province  # noqa: PLC0414 - a fixture
from tests.journeys.test_visit import ward as ward  # noqa: PLC0414 - a fixture
from tests.web.counting import statements
from tests.web.reader import reading, wearing

MOST = 12  # statements a page


@pytest.fixture
async def reader(app):
    async with reading(app) as reader:
        yield reader


@pytest.fixture
async def refused(province, ward):
    """Return a ward whose visit the platform has refused."""
    await province.work()
    await province.provider.fails(refuse=1)
    await ward.sign()
    await province.work()
    return ward


async def test_the_office_mends_a_refused_report_from_its_page(province, refused, reader):
    await wearing(reader, refused.place, await refused.place.admin())
    page = await reader.get("/admin/reports")
    assert page.says("待处理 1", "平台未予接收", "被退回")
    page = await reader.submit(page, "/resend", reason="已核对内容，重报")
    assert page.says("待处理 0", "待上报")
    await province.work()
    page = await reader.get("/admin/reports")
    assert page.says("待处理 0", "全部上报都有回执", "第 2 版")


async def test_without_saying_what_was_mended_nothing_is_sent_again(refused, reader):
    await wearing(reader, refused.place, await refused.place.admin())
    page = await reader.submit(await reader.get("/admin/reports"), "/resend", reason="再")
    assert page.status == 422
    assert page.says("请写明理由", "待处理 1")


async def test_the_office_compares_the_days_counts_when_it_wants(province, ward, reader):
    """LIC-11"""
    await ward.sign()
    await province.work()
    await wearing(reader, ward.place, await ward.place.admin())
    await reader.submit(await reader.get("/admin/reports"), "/compare")
    await province.work()
    page = await reader.get("/admin/reports")
    assert page.says("相符")


async def test_the_commission_follows_a_number_to_its_list(refused, reader, app):
    commission = await office(app, Kind.HEALTH_COMMISSION, HEALTH_COMMISSION)
    await wearing(reader, refused.place, commission)
    page = await reader.get("/regulator")
    assert page.says("监管总览", "每日对数", "待处置")
    (href, *_) = [one.href for one in page.links if "kind=visit" in one.href]
    assert (await reader.get(href)).says("上报列表", "平台未予接收")
    assert (await reader.get("/regulator/screen")).says("互联网诊疗监管平台", "今日就诊")
    licences = await reader.get("/regulator/licences")
    assert licences.says("机构与许可", "青山市第一人民医院")
    assert str(refused.place.id) in licences.html


async def test_no_page_of_an_authority_names_a_patient(refused, reader, app):
    """PRI-26"""
    commission = await office(app, Kind.HEALTH_COMMISSION, HEALTH_COMMISSION)
    await wearing(reader, refused.place, commission)
    patient = refused.patient.person_id
    for path in ("/regulator", "/regulator/reports", "/regulator/screen"):
        page = await reader.get(path)
        assert "王秀英" not in page.html
        assert str(patient) not in page.html


async def test_the_drug_authority_sees_neither_visits_nor_hospitals(refused, reader, app):
    authority = await office(app, Kind.DRUG_AUTHORITY, DRUG_AUTHORITY)
    await wearing(reader, refused.place, authority)
    page = await reader.get("/regulator")
    assert page.says("调剂发药")
    assert not page.says("每日对数")
    assert not (await reader.get("/regulator/reports?kind=visit")).says("平台未予接收")
    licences = await reader.get("/regulator/licences")
    assert licences.says("机构与许可")
    assert str(refused.place.id) not in licences.html


@pytest.mark.parametrize("role", [INSURER, CLERK, OPERATOR])
@pytest.mark.parametrize("path", ["", "/reports", "/screen", "/licences"])
async def test_nobody_else_sees_what_the_authorities_see(ward, reader, role, path):
    await wearing(reader, ward.place, await ward.place.hat(role))
    assert (await reader.get(f"/regulator{path}")).status == 403


async def test_only_the_own_office_sees_its_reports(ward, app):
    commission = await office(app, Kind.HEALTH_COMMISSION, HEALTH_COMMISSION)
    for hat in (commission, ward.doctor):
        with pytest.raises(WrongRole):
            await ward.place.ask(hat, reports_desk.reports)


async def test_the_desks_ask_the_same_for_one_report_and_for_many(province, ward, app):
    await province.work()
    commission = await office(app, Kind.HEALTH_COMMISSION, HEALTH_COMMISSION)
    views = (
        (await ward.place.admin(), reports_desk.reports),
        (commission, oversight_desk.oversight),
    )
    before = [(await statements(app, hat, view))[0] for hat, view in views]
    await ward.sign()
    await province.work()
    after = [(await statements(app, hat, view))[0] for hat, view in views]
    assert before == after
    assert max(after) <= MOST
