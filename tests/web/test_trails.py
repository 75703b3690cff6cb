"""A visit's list, its cases, a pack's way and the claims, each shown to whom it is there for."""

from contextlib import AsyncExitStack
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import asyncpg
import pytest

from lianyi.access import queries as readings
from lianyi.access import service as access
from lianyi.access.model import Cause, Purpose
from lianyi.consult.model import Reason
from lianyi.journeys import follow_up, prescribe
from lianyi.journeys.prescribe import Paper
from lianyi.people.model import (
    ADMIN,
    CLERK,
    DOCTOR,
    DRUG_AUTHORITY,
    HEALTH_COMMISSION,
    INSURER,
    OPERATOR,
    Kind,
)
from lianyi.prescribing.model import Entry
from lianyi.records.model import Diagnosed
from lianyi.terminology.model import Amount
from tests.consult.make import HYPERTENSION, NOTE, Clinic
from tests.drain import deliver
from tests.files.make import photo
from tests.journeys.test_fill import market as market  # noqa: PLC0414 - a fixture
from tests.journeys.test_follow_up import PAPER
from tests.journeys.test_report import office
from tests.journeys.test_report import province as province  # noqa: PLC0414 - a fixture
from tests.journeys.test_report_medicine import handed
from tests.journeys.test_trail import bureau as bureau  # noqa: PLC0414 - a fixture
from tests.journeys.test_trail import closed as closed  # noqa: PLC0414 - a fixture
from tests.journeys.test_visit import ward as ward  # noqa: PLC0414 - a fixture
from tests.web.reader import reading, wearing
from tests.web.resident import opened

NAME = "王秀英"
REASON = "投诉核查，案号 2030-017"


@pytest.fixture
async def reader(app):
    async with reading(app) as reader:
        yield reader


async def asked(reader, closed, bureau, **given):
    """Ask from the visit's own page, as the first of the two."""
    await wearing(reader, bureau.place, bureau.one)
    page = await reader.get(f"/regulator/visits/{closed.appointment_id}")
    return await reader.submit(page, "/ask", **{"opens": "name", "reason": REASON, **given})


async def test_the_commission_rebuilds_a_visit_in_order(closed, bureau, reader):
    """CON-18, SEC-17: who, when, what, and whether the chain holds; the patient by a pseudonym."""
    await wearing(reader, bureau.place, bureau.one)
    page = await reader.get(f"/regulator/visits/{closed.appointment_id}")
    assert page.says("就诊轨迹", "存证完好", "患者代号")
    words = page.words
    steps = [words.index(each) for each in ("待确认", "已预约", "候诊中", "就诊中", "已就诊")]
    assert steps == sorted(steps)
    assert NAME not in page.html
    assert str(closed.patient.person_id) not in page.html


async def test_a_list_that_no_longer_holds_says_so(closed, bureau, reader, dsn):
    """SEC-17"""
    owner = await asyncpg.connect(dsn)
    await owner.execute("SET session_replication_role = replica")
    await owner.execute(
        "UPDATE supervision.trail SET digest = '\\x00' WHERE visit_id = $1 AND number = 3",
        closed.appointment_id,
    )
    await owner.close()
    await wearing(reader, bureau.place, bureau.one)
    page = await reader.get(f"/regulator/visits/{closed.appointment_id}")
    assert page.says("存证不符", "保全现场")


async def test_the_commission_reads_how_a_visit_without_a_record_ended(province, reader, app):
    """CON-04, CON-18: turned offline, by whom, and nobody's name."""
    clinic = await Clinic.open(app)
    visit = await clinic.begun()
    await clinic.act(
        follow_up.turn_offline, visit, reason=Reason.NEW_SYMPTOMS, target="青山一院心血管内科门诊"
    )
    await province.work()
    commission = await office(app, Kind.HEALTH_COMMISSION, HEALTH_COMMISSION)
    await wearing(reader, clinic.place, commission)
    page = await reader.get(f"/regulator/visits/{visit.id}")
    assert page.says("存证完好", "问诊中", "已转线下")
    assert str(visit.person_id) not in page.html


async def test_a_visit_is_found_by_its_receipt(province, ward, reader, app):
    """LIC-11: by number, place and day, and by nobody's name."""
    await ward.sign()
    await province.work()
    commission = await office(app, Kind.HEALTH_COMMISSION, HEALTH_COMMISSION)
    (receipt,) = (
        await ward.place.rows(
            "SELECT receipt FROM supervision.upload WHERE visit_id = $1 AND kind = 'visit'",
            ward.appointment_id,
        )
    )[0]
    await wearing(reader, ward.place, commission)
    page = await reader.get(f"/regulator/reports?receipt={receipt}")
    assert page.says(receipt)
    assert f"/regulator/visits/{ward.appointment_id}" in [one.href for one in page.links]
    assert (await reader.get("/regulator/reports?receipt=nothing")).says("没有符合条件")


async def test_a_name_opens_only_when_a_second_person_has_agreed(closed, bureau, reader):
    """CON-18, EMR-05: and the person's readings show the look."""
    page = await asked(reader, closed, bureau)
    assert page.says("待批准", REASON)
    mine = await reader.get("/regulator/cases")
    assert mine.says("等待另一位同事批准")
    assert "/approve" not in mine.html
    await wearing(reader, bureau.place, bureau.other)
    page = await reader.submit(await reader.get("/regulator/cases"), "/approve")
    assert page.says("已批准")
    seen = await reader.get(page.link("查看身份"))
    assert seen.says(NAME, "已记入本人的访问记录")
    looked = [one for one in await own_readings(closed) if one.purpose is Purpose.INSPECT]
    assert [(one.granted, one.what) for one in looked] == [(True, "case_name")]
    page = await reader.submit(await reader.get("/regulator/cases"), "/close")
    assert page.says("已关闭")
    assert (await reader.get(seen.url)).status == 409


async def talked(app, disease=HYPERTENSION.name, code=HYPERTENSION.code):
    """Return a clinic and its closed online visit, in which both sides have written."""
    clinic = await Clinic.open(app)
    visit = await clinic.ask(condition="", disease=disease, papers=(PAPER,))
    await clinic.act(follow_up.admit, visit, why="出院小结诊断明确")
    await clinic.pay(visit)
    await clinic.act(follow_up.take, visit)
    await clinic.say(visit, "最近血压 130/80", pictures=[photo()])
    await clinic.say(visit, "控制得不错，继续原来的药。", hat=clinic.doctor)
    note = replace(NOTE, diagnoses=(Diagnosed(code, disease),))
    await clinic.act(follow_up.end, visit, note=note)
    await deliver(app)
    return clinic, visit


async def test_con_13_the_rebuilt_visit_says_in_which_session_a_drug_was_entered(
    bureau, reader, app
):
    """CON-13, CON-18: and not which drug."""
    clinic = await Clinic.open(app)
    visit = await clinic.met()
    paper = Paper(diagnoses=(HYPERTENSION.code,))
    drafted = await clinic.act(prescribe.begin, visit, paper=paper)
    given = {"prescription_id": drafted.id, "version": drafted.version}
    at_home = replace(clinic.doctor, session_id=UUID(int=9))
    paper = replace(
        paper, entries=(Entry("amlodipine-tab-5mg", Amount(Decimal(5), "mg"), "qd", 7),)
    )
    await clinic.act(prescribe.write, visit, hat=at_home, **given, paper=paper)
    await clinic.act(follow_up.end, visit, note=NOTE)
    await deliver(app)
    await wearing(reader, bureau.place, bureau.one)
    page = await reader.get(f"/regulator/visits/{visit.id}")
    assert page.says("存证完好", "处方录入（会话编号）", str(at_home.session_id))
    assert not page.says("氨氯地平")


@pytest.fixture
async def sit(app, bureau):
    """Return how somebody of the commission sits down before a browser of their own."""
    async with AsyncExitStack() as desks:

        async def down(hat):
            reader = await desks.enter_async_context(reading(app))
            await wearing(reader, bureau.place, hat)
            return reader

        yield down


async def asked_for_chat(one, visit):
    """Ask for a conversation from the visit's own page, which shows none of it."""
    page = await one.get(f"/regulator/visits/{visit.id}")
    assert not page.says("最近血压")
    page = await one.submit(page, "/ask", opens="chat", reason=REASON)
    assert page.says("待批准", "对话")


async def test_con_18_a_conversation_opens_only_when_a_second_person_has_agreed(bureau, sit, app):
    """CON-18, EMR-05, PRI-26: not by who asked, nor by them in another post."""
    clinic, visit = await talked(app)
    one, other = await sit(bureau.one), await sit(bureau.other)
    again = await bureau.place.appoint(HEALTH_COMMISSION, person_id=bureau.one.person_id)
    await asked_for_chat(one, visit)
    page = await other.get("/regulator/cases")
    approve = page.form("/approve").action
    here = approve.removesuffix("/approve")
    for same in (one, await sit(again)):
        assert "/approve" not in (await same.get("/regulator/cases")).html
        form = (await same.get(f"/regulator/visits/{visit.id}")).form("/ask")
        forced = await same.http.post(approve, data=form.fields)
        assert forced.status_code == 403
        assert "不能批准自己提出的案件" in forced.text
    for somebody in (one, other):
        assert (await somebody.get(here)).status == 409
    assert await looks(clinic) == []

    assert (await other.submit(page, "/approve")).says("已批准")
    said = ("最近血压 130/80", "图片 1 张", "控制得不错")
    for somebody in (one, other):
        assert (await somebody.get(here)).says(NAME, *said, "已记入本人的访问记录")
    third = await sit(await bureau.place.appoint(HEALTH_COMMISSION, name="石磊"))
    assert (await third.get(here)).status == 409
    assert await looks(clinic) == [(Cause.CASE, True, "case_chat")] * 2
    async with reading(app) as patient:
        patient.http.cookies.set("lianyi", await opened(clinic.place, clinic.patient))
        assert (await patient.get("/record/readings")).says("监管案件：对话")

    await other.submit(await other.get("/regulator/cases"), "/close")
    assert (await one.get(here)).status == 409


async def test_con_18_a_conversation_about_a_sensitive_disease_opens_to_no_case(bureau, sit, app):
    """CON-18, PRI-01: and it isn't called a visit in person, which has none."""
    clinic, visit = await talked(app, disease="抑郁发作", code="F32.900")
    one, other = await sit(bureau.one), await sit(bureau.other)
    await asked_for_chat(one, visit)
    page = await other.submit(await other.get("/regulator/cases"), "/approve")
    seen = await one.get(page.link("查看"))
    assert seen.says(NAME, "没有可以向案件打开的对话")
    assert not seen.says("控制得不错")
    assert await looks(clinic) == [(Cause.CASE, True, "case_chat")]


async def test_a_case_without_a_reason_and_one_declined_open_nothing(closed, bureau, reader):
    page = await asked(reader, closed, bureau, reason="查")
    assert page.status == 422
    assert page.says("至少 4 个字")
    await reader.submit(page, "/ask", opens="name", reason=REASON)
    await wearing(reader, bureau.place, bureau.other)
    page = await reader.get("/regulator/cases")
    assert (await reader.submit(page, "/reject", reason="否")).status == 422
    page = await reader.submit(page, "/reject", reason="理由不充分")
    assert page.says("未批准", "未获批准：理由不充分", "重新申请")
    assert "查看身份" not in page.html


async def test_the_drug_authority_follows_a_pack_and_meets_no_patient(market, reader, app):
    """FR-20, CON-15: sale and trace; neither the patient nor the prescriber."""
    store = await market.seller()
    await handed(market, store)
    authority = await office(app, Kind.DRUG_AUTHORITY, DRUG_AUTHORITY)
    await wearing(reader, store.place, authority)
    page = await reader.get(f"/regulator/trace?code={store.packs[0]}")
    assert page.says("验收入库", "扫码配药", "药师已审核：是", "四查十对后交付", "青山制药有限公司")
    assert NAME not in page.html
    assert "张建国" not in page.words.replace(str(page.url), "")
    assert f"/regulator/trace?code={store.packs[0]}" in [one.href for one in page.links]
    left = await reader.get(f"/regulator/trace?code={store.packs[-1]}")
    assert left.says("还在货架上")
    assert (await reader.get("/regulator/trace?code=000")).says("没有这个追溯码")


PAGES = {
    "trail": {HEALTH_COMMISSION, ADMIN},
    "/regulator": {HEALTH_COMMISSION, DRUG_AUTHORITY},
    "/regulator/reports": {HEALTH_COMMISSION, DRUG_AUTHORITY},
    "/regulator/licences": {HEALTH_COMMISSION, DRUG_AUTHORITY},
    "/regulator/screen": {HEALTH_COMMISSION, DRUG_AUTHORITY},
    "/regulator/cases": {HEALTH_COMMISSION},
    "/regulator/trace": {DRUG_AUTHORITY},
    "/insurer": {INSURER},
}
HATS = {
    HEALTH_COMMISSION: Kind.HEALTH_COMMISSION,
    DRUG_AUTHORITY: Kind.DRUG_AUTHORITY,
    INSURER: Kind.INSURANCE_AGENCY,
}


@pytest.mark.parametrize(
    "role", [HEALTH_COMMISSION, DRUG_AUTHORITY, INSURER, ADMIN, CLERK, DOCTOR, OPERATOR]
)
async def test_none_sees_all(closed, reader, app, role):
    """PRI-26, CON-15: authority by page; whoever isn't there for it is refused."""
    if role in HATS:
        hat = await office(app, HATS[role], role)
    else:
        hat = await closed.place.hat(role)
    await wearing(reader, closed.place, hat)
    seen = set()
    for page in PAGES:
        path = f"/regulator/visits/{closed.appointment_id}" if page == "trail" else page
        found = await reader.get(path)
        assert found.status in {200, 403}, (page, found.words[:200])
        if found.status == 200:
            seen.add(page)
    assert seen == {page for page, roles in PAGES.items() if role in roles}


async def looks(clinic):
    """Return what the patient reads of the looks of authorities, newest first."""
    found = [one for one in await own_readings(clinic) if one.purpose is Purpose.INSPECT]
    return [(one.cause, one.granted, one.what) for one in found]


async def own_readings(closed):
    async def own(tx):
        person_id = closed.patient.person_id
        chart = await access.open_chart(tx, person_id=person_id, purpose=Purpose.OWN)
        return await readings.readings(tx, chart)

    return await closed.place.ask(closed.patient, own)
