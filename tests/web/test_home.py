"""What a resident finds on the first page: the day, what there is to do, what was measured."""

from datetime import timedelta

import pytest

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.journeys import resident_desk
from lianyi.kernel.lifecycle import WrongRole
from lianyi.records import service as records
from tests.billing.make import VISIT, Till
from tests.booking.make import START, Clinic
from tests.place import BY_PHONE
from tests.records.make import LOINC, body, concept
from tests.web.counting import statements
from tests.web.resident import browsing, opened
from tests.web.test_resident import asked_for

MOST = 9  # statements, of the twelve that a page may cost


@pytest.fixture
async def till(place):
    return await Till.open(place)


@pytest.fixture
async def reader(app, till):
    async with browsing(app, await opened(till.place, till.patient)) as reader:
        yield reader


async def measured(place, hat, *pairs, unit="mmHg"):
    """Let the hospital have measured these blood pressures, an hour apart."""
    first = place.app.clock() - timedelta(hours=len(pairs))
    bodies = [
        body(
            "Observation",
            hat.person_id,
            status="final",
            code=concept(LOINC, "85354-9", "血压"),
            effectiveDateTime=(first + timedelta(hours=n)).isoformat(),
            component=[_part(*part, unit) for part in zip(("8480-6", "8462-4"), pair, strict=True)],
        )
        for n, pair in enumerate(pairs)
    ]
    await place.do(place.office, records.publish_all, owner=hat.person_id, bodies=bodies)


def _part(code, value, unit):
    return {"code": concept(LOINC, code), "valueQuantity": {"value": value, "unit": unit}}


async def test_vitals_stand_with_their_range_and_their_course(place, till, reader):
    await measured(place, till.patient, (128, 82), (152, 96))
    page = await reader.get("/")
    assert page.says("我的体征", "血压", "152/96", "偏高", "参考 90–139/60–89")
    assert "血压最近 2 次" in page.html
    assert (await reader.get("/results")).says("体征", "152/96")


async def test_what_cannot_be_judged_is_not_called_normal(place, till, reader):
    await measured(place, till.patient, (17, 11), unit="kPa")
    page = await reader.get("/")
    assert page.says("17/11", "kPa")
    assert not page.says("正常")
    assert not page.says("偏低")


async def test_what_there_is_to_pay_stands_with_its_sum_and_leads_there(till, reader):
    bill = await till.bill(VISIT)
    page = await reader.get("/")
    assert page.says("待办", "待缴费 ¥25.00", "共 1 笔账单")
    assert page.link("去支付") == f"/bills/{bill.id}"
    await till.bill(VISIT)
    assert (await reader.get("/")).says("待缴费 ¥50.00", "共 2 笔账单")


async def test_who_asks_for_the_record_is_told_of(place, till, reader):
    assert not (await reader.get("/")).says("有机构请求查看病历")
    await asked_for(place, till.patient.person_id)
    assert (await reader.get("/")).says("有机构请求查看病历", "1 个请求等您答复")


async def test_the_visit_of_the_day_stands_first_and_a_later_one_to_be_kept_in_mind(
    place, clock, till, reader
):
    clinic = await Clinic.open(place)
    session_id = await clinic.publish()
    _, appointment_id = await clinic.booked(session_id, till.patient)
    assert (await reader.get("/")).says("待办", "01-09 周三 08:00")
    clock.now = START - timedelta(minutes=20)
    async with browsing(place.app, await opened(place, till.patient)) as today:
        page = await today.get("/")
    assert page.says("我的号", "就诊时间 08:00", "3 诊室")
    assert page.link("去签到") == f"/appointments/{appointment_id}"


async def test_a_phone_alone_shows_no_vitals_and_logs_no_try(place):
    """CON-10, EMR-05: what a page doesn't show was not looked at."""
    other = await place.resident(scopes=BY_PHONE)
    await measured(place, other, (152, 96))
    home = await place.ask(other, resident_desk.home)
    assert (home.vitals, home.asked) == ((), 0)
    logged = await place.rows(
        "SELECT DISTINCT purpose, granted FROM access.log WHERE reader_id = $1 ORDER BY 1",
        other.person_id,
    )
    assert logged == [("pay", True), ("receive", True)]


async def test_only_a_resident_opens_several_purposes_at_once(place, till):
    given = {"person_id": till.patient.person_id, "purposes": (Purpose.RECEIVE,), "what": "home"}
    with pytest.raises(WrongRole):
        await place.ask(await place.doctor(), access.open_own, **given)


async def test_the_card_is_drawn_anew_without_asking_for_the_rest(place, till):
    whole, _ = await statements(place.app, till.patient, resident_desk.home)
    card, _ = await statements(place.app, till.patient, resident_desk.held)
    assert card < whole


async def test_a_full_first_page_keeps_to_the_statements_of_a_page(place, till):
    clinic = await Clinic.open(place)
    await clinic.booked(await clinic.publish(), till.patient)
    await measured(place, till.patient, *((120 + n, 80) for n in range(9)))
    await till.bill(VISIT)
    await asked_for(place, till.patient.person_id)
    asked, home = await statements(place.app, till.patient, resident_desk.home)
    assert asked <= MOST
    assert (len(home.coming), len(home.vitals), home.owed.count, home.asked) == (1, 1, 1, 1)
