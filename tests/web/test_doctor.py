"""The doctor's workbench as a doctor sits at it, from the call to the signature (CAP-45)."""

from functools import partial

import pytest

from lianyi.journeys import queue, visit_desk, workbench_desk
from lianyi.people.model import DOCTOR
from lianyi.records import service as records
from tests.booking.make import START, Clinic
from tests.journeys.test_visit import ward as ward  # noqa: PLC0414 - a fixture
from tests.place import Place
from tests.records import make
from tests.web.counting import statements
from tests.web.reader import reading, wearing

MOST = 12  # statements a page
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


async def test_another_doctors_visit_is_not_found(ward, reader, app):
    colleague = await ward.place.appoint(DOCTOR, name="李四光")
    await wearing(reader, ward.place, colleague)
    assert (await reader.get(at(ward))).status == 404
    elsewhere = await Place.found(app)
    await wearing(reader, elsewhere, await elsewhere.doctor())
    assert (await reader.get(at(ward))).status == 404


async def test_the_workbench_asks_the_same_for_one_patient_and_for_many(ward, app):
    view = partial(visit_desk.visit, appointment_id=ward.appointment_id)
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
