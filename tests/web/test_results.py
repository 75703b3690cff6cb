"""What a resident sees of their results, and what they don't (CAP-15, IDN-11)."""

from datetime import timedelta
from itertools import count

import pytest

from lianyi.billing import service as billing
from lianyi.journeys import card, laboratory, queue, results_desk, visit
from lianyi.kernel.actor import NOWHERE, Actor
from lianyi.people import service as people
from lianyi.people.model import NURSE, RESIDENT, TECHNICIAN
from tests.booking.make import START, Clinic
from tests.identity import id_number
from tests.journeys.test_visit import Ward, offer
from tests.orders.make import POTASSIUM
from tests.place import BY_PHONE
from tests.web.counting import statements
from tests.web.reader import by_phone, reading

MOST = 12  # statements a page
_phones = count(13655550001)


@pytest.fixture
def phone():
    return str(next(_phones))


@pytest.fixture
async def ward(place, clock, phone):
    """A visit of a resident who has a phone."""
    await place.do(
        place.office,
        billing.add_payee,
        institution_id=place.id,
        label="青山市第一人民医院",
        merchant=f"19{place.id.int % 10**8:08d}",
    )
    await offer(place)
    clinic = await Clinic.open(place)
    session_id = await clinic.publish()
    clock.now = START - timedelta(minutes=20)
    identity = people.resident_identity(name="王秀英", number=id_number())
    granted = await place.do(
        await place.clerk(), card.open_at_counter, identity=identity, phone=phone
    )
    patient = Actor(granted.person_id, granted.person_id, NOWHERE, RESIDENT)
    _, appointment_id = await clinic.arrived(session_id, patient)
    await place.do(clinic.doctor, queue.call_next, session_id=session_id)
    technicians = [await place.appoint(TECHNICIAN, name=name) for name in ("赵敏", "钱进")]
    nurse = await place.hat(NURSE)
    ward = Ward(place, clinic.doctor, nurse, *technicians, patient, appointment_id)
    await ward.begin()
    return ward


async def view(ward, hat=None):
    return await ward.place.ask(hat or ward.patient, results_desk.results)


async def test_what_is_not_released_is_not_shown_nor_that_it_is_critical(ward):
    """IDN-11: the state of an order must not tell what its results may not."""
    order = await ward.verified(potassium="6.8")
    page = await view(ward)
    assert (page.abnormal, page.others) == ((), ())
    assert [waiting.order.state for waiting in page.waiting] == ["received"]
    await ward.call(order, "6.8")
    assert [waiting.order.state for waiting in (await view(ward)).waiting] == ["received"]


async def test_abnormal_results_come_first_with_a_plain_line_and_the_trend(ward, clock):
    await ward.verified(potassium="4.2")
    clock.forward(minutes=5)
    await ward.verified(potassium="5.9")
    page = await view(ward)
    (line,) = page.abnormal
    assert line.newest.what.code == POTASSIUM
    assert line.what("zh")
    assert line.meaning("zh")
    assert [str(value) for value in line.trend] == ["4.2", "5.9"]
    (sodium,) = page.others
    assert sodium.meaning("zh") == ""


async def test_the_page_says_it_in_words(ward, app, phone):
    await ward.verified(potassium="5.9")
    async with reading(app) as reader:
        await by_phone(reader, ward.place, phone)
        page = await reader.get("/results")
    assert page.status == 200
    assert page.says("需要留意", "钾", "5.9", "参考范围", "青山一院")


async def test_the_page_says_it_in_english_too(ward, app, phone):
    order = await ward.verified(potassium="5.9")
    assert order.label
    async with reading(app) as reader:
        await by_phone(reader, ward.place, phone)
        reader.http.cookies.set("language", "en")
        page = await reader.get("/results")
    assert page.says("Potassium", "keeps heartbeat and muscles going", "rhythm of the heart")
    assert not page.says("钾")


async def test_what_is_under_way_is_named_in_english_by_what_it_measures(ward):
    await ward.labelled()
    (waiting,) = (await view(ward)).waiting
    assert waiting.name("zh") == waiting.order.label
    assert "Potassium" in waiting.name("en")


async def test_a_critical_result_is_on_the_page_once_the_doctor_has_released_it(ward, app, phone):
    order = await ward.verified(potassium="6.8")
    await ward.call(order, "6.8")
    async with reading(app) as reader:
        await by_phone(reader, ward.place, phone)
        assert not (await reader.get("/results")).says("6.8")
        await ward.do(ward.doctor, visit.release, order_id=order.id)
        page = await reader.get("/results")
    assert page.says("6.8")
    assert "显著偏高" in page.html


async def test_a_phone_alone_shows_no_result(ward):
    """CON-10"""
    hat = await ward.place.resident(scopes=BY_PHONE)
    page = await view(ward, hat)
    assert page.locked


async def test_the_page_asks_the_same_for_one_result_and_for_many(ward, app):
    one, _ = await statements(app, ward.patient, results_desk.results)
    for _ in range(3):
        await ward.verified()
    many, page = await statements(app, ward.patient, results_desk.results)
    assert page.others
    assert many <= MOST
    assert many - one <= 1  # the institutions' names


async def test_a_rejected_specimen_is_told(ward):
    order, barcode = await ward.labelled()
    await ward.take(barcode)
    rejection = laboratory.Rejection.CLOTTED
    await ward.do(ward.technician, laboratory.reject, order_id=order.id, reason=rejection)
    (waiting,) = (await view(ward)).waiting
    assert (waiting.order.id, waiting.order.state) == (order.id, "rejected")
