"""A visit that did not end, as counter, courier, doctor and patient read what is held of it."""

import pytest

from lianyi.journeys import hand_over
from lianyi.people.model import DOCTOR
from lianyi.pharmacy.model import SaleState
from tests.journeys.test_red_flag import WHY, Ward
from tests.journeys.test_red_flag import ward as ward  # noqa: PLC0414 - a fixture
from tests.pharmacy.make import HOME
from tests.web.reader import reading, wearing
from tests.web.resident import opened


@pytest.fixture
async def reader(app):
    async with reading(app) as reader:
        yield reader


@pytest.fixture
async def patient(app, ward):
    async with reading(app) as reader:
        reader.http.cookies.set("lianyi", await opened(ward.place, ward.clinic.patient))
        yield reader


def offers(page, action):
    return any(form.action.endswith(action) for form in page.forms)


async def test_con_28_the_counter_is_warned_and_a_form_drawn_before_gives_nothing_out(ward, reader):
    counter = await ward.market.seller()
    sale = await ward.market.ready(counter)
    at = f"/pharmacy/sales/{sale.id}"
    await wearing(reader, counter.place, counter.pharmacist)
    drawn = await reader.get(at)
    assert offers(drawn, "/hand-over")
    assert not drawn.says("暂停发药")
    await ward.flag()
    page = await reader.get(at)
    assert page.says("暂停发药：患者在问诊中提到疑似急症", sale.slip.prescriber)
    assert not page.says("胸痛")  # what it was is the doctor's to know
    assert not offers(page, "/hand-over")
    refused = await reader.submit(drawn, "/hand-over", number=ward.market.number)
    assert refused.says("这张处方暂停发药")
    assert (await ward.market.state(sale))[0] is SaleState.READY
    assert (await reader.get("/pharmacy")).says("暂停发药")


async def test_con_28_the_doctor_sees_it_first_and_decides_with_a_reason(ward, reader, patient):
    _, sale = await ward.held()
    at = f"/clinic/online/{ward.visit.id}"
    await wearing(reader, ward.place, ward.clinic.doctor)
    queue = await reader.get("/clinic/online")
    assert queue.says("急症提示，已停止", "已停诊")
    assert queue.says("待您决定 1", "急症提示，药房暂停发药")
    assert (await reader.get(at)).says("药房已接单的暂停发药")
    page = await reader.get(f"{at}/prescription")
    assert page.says("药房暂停发药，等您决定")
    assert not offers(page, "/revoke")
    assert (await reader.submit(page, "/resume", reason="")).status == 422
    done = await reader.submit(page, "/resume", reason=WHY)
    assert not done.says("等您决定")
    assert not done.says("待您决定")
    assert not offers(done, "/withhold")
    assert not (await patient.get(f"/purchases/{sale.id}")).says("请先不要取药、用药")


async def test_con_28_what_its_doctor_withholds_is_gone_for_everybody(ward, reader, patient):
    _, sale = await ward.held()
    await wearing(reader, ward.place, ward.clinic.doctor)
    page = await reader.get(f"/clinic/online/{ward.visit.id}/prescription")
    done = await reader.submit(page, "/withhold", reason=WHY)
    assert done.says("急症提示，处方已撤销")
    told = await patient.get(f"/prescriptions/{sale.slip.prescription_id}")
    assert told.says("处方已撤销，请不要按它用药", "120")


async def test_con_28_its_person_reads_that_it_waits_and_how_to_leave(ward, patient):
    _, sale = await ward.held()
    bought = await patient.get(f"/purchases/{sale.id}")
    assert bought.says("请先不要取药、用药", "120")
    assert not bought.says("取药码")
    assert not bought.says("本人出示健康卡或身份证")
    assert offers(bought, "/withdraw")
    assert (await patient.get(f"/prescriptions/{sale.slip.prescription_id}")).says("已暂停")


async def test_con_28_what_was_revoked_at_once_says_why(ward, patient):
    prescription = await ward.practice.approved()
    await ward.flag()
    page = await patient.get(f"/prescriptions/{prescription.id}")
    assert page.says("处方已撤销，请不要按它用药", "问诊已停止")
    assert not page.says("医生已撤销")


async def test_con_28_a_courier_learns_that_it_stays_shut_and_nothing_else(ward, reader):
    counter = await ward.market.seller()
    sale = await ward.market.ready(counter, delivery=HOME)
    await counter.place.do(counter.courier, hand_over.send, sale_id=sale.id)
    await ward.flag()
    await wearing(reader, counter.place, counter.courier)
    page = await reader.get(f"/deliveries/{sale.id}")
    assert page.says("暂停交付")
    assert not page.says("急症")
    assert not offers(page, "/deliver")


async def test_con_04_everybody_reads_that_it_was_turned_offline_and_who_decides(
    ward, reader, patient
):
    counter, sale = await ward.held(stop=Ward.turn_offline)
    await wearing(reader, counter.place, counter.pharmacist)
    at = await reader.get(f"/pharmacy/sales/{sale.id}")
    assert at.says("暂停发药：问诊已转线下", sale.slip.prescriber)
    assert not at.says("急症")
    assert not offers(at, "/hand-over")
    assert not (bought := await patient.get(f"/purchases/{sale.id}")).says("急症")
    assert bought.says("请先不要取药、用药", "要到线下就诊")
    assert offers(bought, "/withdraw")
    visit = await patient.get(f"/follow-up/visits/{ward.visit.id}")
    assert visit.says("药房已接单的已暂停发药")

    await wearing(reader, ward.place, await ward.place.appoint(DOCTOR))
    assert not (await reader.get("/clinic/online")).says("待您决定")
    await wearing(reader, ward.place, ward.clinic.doctor)
    queue = await reader.get("/clinic/online")
    assert queue.says("待您决定 1", "已转线下，药房暂停发药")
    assert f"/clinic/online/{ward.visit.id}/prescription" in queue.html
    assert (await reader.get(f"/clinic/online/{ward.visit.id}")).says("药房已接单的暂停发药")
    page = await reader.get(f"/clinic/online/{ward.visit.id}/prescription")
    assert page.says("已转线下，药房暂停发药，等您决定")
    assert not offers(page, "/hold")
    done = await reader.submit(page, "/withhold", reason=WHY)
    assert done.says("已转线下，处方已撤销")
    assert not done.says("待您决定")
    told = await patient.get(f"/prescriptions/{sale.slip.prescription_id}")
    assert told.says("处方已撤销，请不要按它用药", "要到线下就诊")


async def test_con_04_its_person_reads_it_in_english_too(ward, patient):
    _, sale = await ward.held(stop=Ward.turn_offline)
    patient.http.cookies.set("language", "en")
    page = await patient.get(f"/purchases/{sale.id}")
    assert page.says("the pharmacy gives nothing out until the doctor decides")
