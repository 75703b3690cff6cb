"""The doctor's workbench as a doctor sits at it, from the call to the signature (CAP-45)."""

from functools import partial

import pytest

from lianyi.access.model import Sensitive
from lianyi.journeys import permits_desk, queue, sharing, visit_desk, workbench_desk
from lianyi.people.model import DOCTOR
from lianyi.records import queries
from lianyi.records import service as records
from tests.booking.make import START, Clinic
from tests.journeys.test_visit import ward as ward  # noqa: PLC0414 - a fixture
from tests.orders.make import ELECTROLYTES, POTASSIUM
from tests.place import Place
from tests.records import make
from tests.web.counting import statements
from tests.web.reader import reading, wearing

MOST = 12  # statements a page
NAME = "SELECT name FROM people.institution WHERE id = $1"
SESSION = "SELECT session_id FROM booking.appointment WHERE id = $1"


@pytest.fixture
async def reader(app):
    async with reading(app) as reader:
        yield reader


@pytest.fixture
async def desk(ward, reader):
    """Sit the doctor down at the visit that is under way."""
    await wearing(reader, ward.place, ward.doctor)
    return reader


def at(ward, tab=""):
    return f"/clinic/visits/{ward.appointment_id}{tab}"


async def session_of(ward):
    ((session_id,),) = await ward.place.rows(SESSION, ward.appointment_id)
    return session_id


async def publish(ward, *bodies):
    owner = ward.patient.person_id
    await ward.do(ward.doctor, records.publish_all, owner=owner, bodies=bodies)


async def test_who_is_in_hand_stands_with_what_must_never_be_missed(ward, desk):
    """That nobody has asked for allergies is said, and so is each that is known."""
    page = await desk.get(at(ward))
    assert page.says("王秀英", "就诊中", "过敏史未询问", "诊疗关系")
    await publish(ward, make.allergy(ward.patient.person_id, text="青霉素"))
    assert (await desk.get(at(ward))).says("过敏：青霉素")


async def test_the_queue_says_who_waits_how_long_and_who_is_critical(ward, desk, clock):
    session_id = await session_of(ward)
    clinic = Clinic(ward.place, ward.doctor)
    _, id = await clinic.booked(session_id)
    clerk = await ward.place.clerk()
    await ward.do(clerk, queue.check_in, appointment_id=id, urgent=True)
    clock.forward(minutes=7)
    page = await desk.get("/clinic")
    assert page.says("继续接诊", "正在接诊", "候诊 7 分", "危急")


@pytest.mark.parametrize("path", ["/clinic", ""])
async def test_a_queue_that_has_changed_is_drawn_anew_alone_on_whatever_page(ward, desk, path):
    """The queue is inherited by every page that shows it."""
    asked = {"hx-request": "true", "hx-target": "waiting"}
    drawn = await desk.http.get(path or at(ward), headers=asked)
    assert drawn.text.lstrip().startswith('<div id="waiting"')
    assert "王秀英" in drawn.text
    assert drawn.text.count("<main") == 0


async def test_another_doctors_visit_is_not_found(ward, reader, app):
    colleague = await ward.place.appoint(DOCTOR, name="李四光")
    await wearing(reader, ward.place, colleague)
    assert (await reader.get(at(ward))).status == 404
    elsewhere = await Place.found(app)
    await wearing(reader, elsewhere, await elsewhere.doctor())
    assert (await reader.get(at(ward))).status == 404


async def test_who_sits_elsewhere_today_is_told_where(ward, reader, app):
    """At the wrong one of several posts a day looks empty."""
    elsewhere = await Place.found(app)
    other = await elsewhere.appoint(DOCTOR, person_id=ward.doctor.person_id)
    await wearing(reader, elsewhere, other)
    ((place,),) = await ward.place.rows(NAME, ward.place.id)
    page = await reader.get("/clinic")
    assert page.says("今天在这里没有出诊", place, "切换岗位")


async def test_the_workbench_asks_the_same_for_one_patient_and_for_many(ward, app):
    view = partial(visit_desk.note, appointment_id=ward.appointment_id)
    few, _ = await statements(app, ward.doctor, view)
    session_id = await session_of(ward)
    clinic = Clinic(ward.place, ward.doctor)
    await clinic.arrived(session_id, starts_at=START)
    who = ward.patient.person_id
    await publish(ward, make.condition(who), *(make.observation(who, n) for n in range(90, 130)))
    many, seen = await statements(app, ward.doctor, view)
    assert len(seen.queue.waiting) == 1
    assert few == many <= MOST
    asked, _ = await statements(app, ward.doctor, workbench_desk.workbench)
    assert asked <= MOST


NOTED = {
    "complaint": "头晕 3 天",
    "present": "3 天前无诱因头晕。",
    "past": "高血压 5 年。",
    "asked": "none",
    "findings": "BP 152/94 mmHg。",
    "treatment": "查电解质。",
    "advice": "低盐饮食。",
}


async def write(reader, ward, act, *diagnoses, **given):
    page = await reader.get(at(ward))
    form = page.form("/note")
    data = {**form.fields, **NOTED, "act": act, "diagnosis": list(diagnoses), **given}
    answer = await reader.http.post(form.action, data=data)
    if answer.is_redirect:
        return await reader.get(answer.headers["location"])
    return reader._page(answer)  # noqa: SLF001


async def test_a_note_is_saved_then_signed_and_ends_the_visit(ward, desk):
    """CAP-45, EMR-06: nothing is in the record before the signature."""
    saved = await write(desk, ward, "save", "I10.x00x002 高血压")
    assert saved.says("已保存")
    assert "头晕 3 天" in saved.html
    assert "I10.x00x002 高血压" in saved.html
    assert not saved.says("已签名")
    assert await ward.see(queries.documents) == []
    signed = await write(desk, ward, "sign", "I10.x00x002 高血压")
    assert signed.says("已签名", "第 1 版", "已就诊", "无已知过敏")
    assert await ward.see(queries.is_as_signed, visit_id=ward.appointment_id)


async def test_an_incomplete_note_is_refused_and_nothing_typed_is_lost(ward, desk):
    page = await write(desk, ward, "sign", past="", asked="unasked")
    assert (page.status, page.says("未填写", "past, allergies, diagnoses")) == (422, True)
    assert "3 天前无诱因头晕" in page.html


async def test_a_diagnosis_is_found_by_its_initials_and_only_from_the_list(ward, desk):
    answer = await desk.http.get(
        "/clinic/diagnoses?diagnosis=gxy", headers={"hx-request": "true", "hx-target": "icd"}
    )
    assert 'value="I10.x00x002 高血压"' in answer.text
    wrong = await write(desk, ward, "sign", "瞎写的病")
    assert (wrong.status, wrong.says("诊断目录中没有 瞎写的病")) == (422, True)
    assert (await write(desk, ward, "sign", "高血压")).says("已签名")


async def test_a_signed_note_is_amended_with_a_reason(ward, desk):
    """EMR-04"""
    await write(desk, ward, "sign", "高血压")
    silent = await write(desk, ward, "amend", "高血压", reason="")
    assert (silent.status, silent.says("请写明修订原因")) == (422, True)
    amended = await write(
        desk, ward, "amend", "高血压", reason="补述过敏", asked="some", allergens="青霉素类：皮疹"
    )
    assert amended.says("第 2 版", "过敏：青霉素类（皮疹）")
    (allergy,) = (await ward.see(queries.allergies)).known
    assert allergy.what.code == "penicillins"


async def order_at(desk, ward, code=ELECTROLYTES):
    page = await desk.get(at(ward, "/orders"))
    return await desk.submit(page, f"{ward.appointment_id}/orders", code=code)


async def test_an_order_is_placed_with_its_price_and_cancelled_with_a_reason(ward, desk):
    page = await desk.get(at(ward, "/orders?q=电解质"))
    assert page.says("电解质", "¥24.00")
    assert (await desk.get(at(ward, "/orders?q=没有"))).says("没有叫这个名称的项目")
    silent = await order_at(desk, ward, code="")
    assert (silent.status, silent.says("请至少选择一个项目")) == (422, True)
    placed = await order_at(desk, ward)
    assert placed.says("待缴费", "急诊先检后付")
    wordless = await desk.submit(placed, "/cancel", reason="")
    assert wordless.status == 422
    assert (await desk.submit(placed, "/cancel", reason="开错")).says("已取消")


async def test_an_emergency_is_carried_out_before_it_is_paid(ward, desk):
    """CAP-14"""
    placed = await order_at(desk, ward)
    deferred = await desk.submit(placed, "/defer", reason="胸痛，不能等缴费")
    assert deferred.says("待采集", "先检后付", "胸痛，不能等缴费")


async def test_what_was_carried_out_can_not_be_cancelled(ward, desk):
    order, barcode = await ward.labelled()
    page = await desk.get(at(ward, "/orders"))
    await ward.take(barcode)
    refused = await desk.submit(page, f"{order.id}/cancel", reason="患者要求退费")
    assert (refused.status, refused.says("不能取消或退费")) == (422, True)


async def test_results_stand_with_the_order_and_are_released_by_the_doctor(ward, desk):
    """TEL-14, IDN-11"""
    order = await ward.verified(potassium="6.8")
    page = await desk.get(at(ward, "/orders"))
    assert page.says("危急值，检验科会马上来电", "6.8")
    assert 'aria-label="显著偏高"' in page.html
    await ward.call(order, "6.8")
    page = await desk.get(at(ward, "/orders"))
    assert (await desk.submit(page, f"{order.id}/release")).says("已发布")
    assert (await ward.measured_seen(ward.patient))[POTASSIUM] == "6.8"


async def test_the_past_is_the_own_institutions_until_the_patient_agrees(ward, desk, app):
    """EMR-17"""
    elsewhere = await Place.found(app, short_name="省立医院")
    who = ward.patient.person_id
    await elsewhere.relate(who, DOCTOR)
    history = make.condition(who, "E11", "2 型糖尿病")
    await elsewhere.do(await elsewhere.doctor(), records.publish, owner=who, body=history)
    assert not (await desk.get(at(ward, "/past"))).says("2 型糖尿病")
    page = await desk.get(at(ward, "/permits"))
    asked = await desk.submit(page, "/ask", holder=str(elsewhere.id), days="30")
    assert asked.says("省立医院", "待答复")
    assert not (await desk.get(at(ward, "/past"))).says("2 型糖尿病")
    (permit,) = (await ward.place.ask(ward.patient, permits_desk.consents)).permits
    await ward.do(ward.patient, sharing.agree, consent_id=permit.consent.id)
    seen = await desk.get(at(ward, "/past"))
    assert seen.says("2 型糖尿病", "外院", "省立医院", "患者授权")
    only = await desk.get(at(ward, f"/past?holder={elsewhere.id}"))
    assert only.says("2 型糖尿病")


async def test_days_and_sensitive_classes_are_asked_for_by_themselves(ward, desk, app):
    """EMR-17, PRI-02: a range of days; what is sensitive gets an answer of its own."""
    elsewhere = await Place.found(app, short_name="省立医院")
    page = await desk.get(at(ward, "/permits"))
    wish = {"holder": str(elsewhere.id), "days": "7", "since": "2029-01-01", "until": "2029-06-30"}
    asked = await desk.submit(page, "/ask", **wish, classes="psychiatry")
    assert asked.says("2029-01-01 起，止于 2029-06-30", "含敏感内容")
    permits = (await ward.place.ask(ward.patient, permits_desk.consents)).permits
    assert {one.consent.share.classes for one in permits} == {
        frozenset(),
        frozenset({Sensitive.PSYCHIATRY}),
    }
    empty = await desk.submit(asked, "/ask", **{**wish, "until": "2028-01-01"})
    assert (empty.status, empty.says("日期范围")) == (422, True)


async def test_a_broken_glass_shows_everything_for_a_day_and_says_so(ward, desk, app, clock):
    """EMR-05, EMR-17"""
    elsewhere = await Place.found(app, short_name="省立医院")
    who = ward.patient.person_id
    await elsewhere.relate(who, DOCTOR)
    history = make.condition(who, "E11", "2 型糖尿病")
    await elsewhere.do(await elsewhere.doctor(), records.publish, owner=who, body=history)
    page = await desk.get(at(ward, "/permits"))
    wordless = await desk.submit(page, "/glass", reason="急")
    assert wordless.status == 422
    broken = await desk.submit(page, "/glass", reason="昏迷，须立即知道既往病史")
    assert broken.says("紧急调阅中", "昏迷", "24 小时内复核")
    assert (await desk.get(at(ward, "/past"))).says("2 型糖尿病", "紧急调阅")
    looks = (await ward.place.ask(ward.patient, permits_desk.readings)).looks
    assert "昏迷，须立即知道既往病史" in {look.glass.reason for look in looks if look.glass}
    clock.forward(hours=24)
    assert not (await desk.get(at(ward, "/past"))).says("2 型糖尿病")


@pytest.mark.parametrize("view", ["note", "orders", "past", "permits"])
async def test_every_page_of_a_visit_asks_at_most_twelve(ward, app, view):
    verb = partial(getattr(visit_desk, view), appointment_id=ward.appointment_id)
    few, _ = await statements(app, ward.doctor, verb)
    await ward.verified()
    await ward.order()
    many, _ = await statements(app, ward.doctor, verb)
    assert few == many <= MOST
