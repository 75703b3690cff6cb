"""Arriving, waiting, being called (CAP-12)."""

from datetime import timedelta

import pytest

from lianyi.access.errors import NoSuchPerson
from lianyi.access.model import Purpose
from lianyi.booking.errors import (
    NobodyWaits,
    NoSuchAppointment,
    NoSuchSession,
    OtherDay,
    SomebodyInside,
)
from lianyi.journeys import queue
from lianyi.kernel.lifecycle import WrongRole, WrongState
from tests.booking.make import START, Clinic
from tests.place import Place


class Room:
    """The doctor's room on the day of the session."""

    def __init__(self, clinic, session_id):
        self.clinic, self.session_id = clinic, session_id

    @property
    def do(self):
        return self.clinic.place.do

    async def call(self):
        turn = await self.do(self.clinic.doctor, queue.call_next, session_id=self.session_id)
        return turn.number

    async def say(self, verb, id, hat=None):
        return await self.do(hat or self.clinic.doctor, verb, appointment_id=id)

    async def visit(self, id, minutes=5):
        await self.say(queue.start, id)
        self.clinic.app.clock.forward(minutes=minutes)
        await self.say(queue.finish, id)

    async def place(self, hat, id):
        return await self.clinic.place.ask(hat, queue.place, appointment_id=id)


@pytest.fixture
async def room(clinic, clock):
    session_id = await clinic.publish(numbers_per_slot=4)
    clock.now = START - timedelta(minutes=20)
    return Room(clinic, session_id)


async def come(room, count):
    return [await room.clinic.arrived(room.session_id) for _ in range(count)]


async def test_who_waits_sees_number_called_number_people_ahead_and_minutes(room):
    (_, first), (_, second), (hat, third) = await come(room, 3)
    place = await room.place(hat, third)
    assert (place.number, place.called_number, place.ahead, place.minutes) == (3, None, 2, 60)
    assert await room.call() == 1
    await room.visit(first, minutes=4)
    await room.call()
    place = await room.place(hat, third)
    assert (place.called_number, place.ahead, place.minutes) == (2, 0, 4)
    await room.visit(second)
    assert await room.call() == 3
    place = await room.place(hat, third)
    assert (place.state, place.ahead, place.room) == ("called", None, "3 诊室")


async def test_one_is_called_after_the_other(room):
    (_, first), _ = await come(room, 2)
    await room.call()
    with pytest.raises(SomebodyInside):
        await room.call()
    await room.visit(first)
    assert await room.call() == 2


async def test_nobody_is_called_when_nobody_waits(room):
    with pytest.raises(NobodyWaits):
        await room.call()


async def test_who_missed_a_call_comes_again_after_three_others(room):
    people = await come(room, 4)
    (hat, missed), *others = people
    assert await room.call() == 1
    await room.say(queue.mark_missed, missed)
    await room.say(queue.re_enter, missed, hat)
    called = []
    for _, id in [*others, (hat, missed)]:
        called.append(await room.call())
        await room.visit(id)
    assert called == [2, 3, 4, 1]


async def test_who_returns_with_results_comes_between_new_ones(room):
    people = await come(room, 4)
    hat, first = people[0]
    await room.call()
    await room.visit(first)
    await room.say(queue.come_back, first, hat)
    order = []
    for _, id in (people[1], people[0], people[2], people[3]):
        order.append(await room.call())
        await room.visit(id)
    assert order == [2, 1, 3, 4]


async def test_reception_lets_an_emergency_go_first_and_nobody_else_can(room):
    await come(room, 2)
    hat, id = await room.clinic.booked(room.session_id)
    clerk = await room.clinic.place.clerk()
    await room.do(clerk, queue.check_in, appointment_id=id, urgent=True)
    pushy, pushy_id = await room.clinic.booked(room.session_id)
    await room.do(pushy, queue.check_in, appointment_id=pushy_id, urgent=True)
    assert (await room.place(hat, id)).ahead == 0
    assert (await room.place(pushy, pushy_id)).ahead == 3


async def test_checking_in_opens_an_hour_before(clinic, clock):
    session_id = await clinic.publish()
    hat, id = await clinic.booked(session_id)
    clock.now = START - timedelta(minutes=61)
    with pytest.raises(OtherDay):
        await clinic.place.do(hat, queue.check_in, appointment_id=id)
    clock.forward(minutes=1)
    await clinic.place.do(hat, queue.check_in, appointment_id=id)
    with pytest.raises(WrongState):
        await clinic.place.do(hat, queue.check_in, appointment_id=id)


async def test_the_treating_staff_know_a_person_from_their_arrival_on(clinic, clock):
    session_id = await clinic.publish()
    hat, id = await clinic.booked(session_id)
    with pytest.raises(NoSuchPerson):
        await clinic.place.open(clinic.doctor, hat.person_id, Purpose.TREAT)
    clock.now = START
    await clinic.place.do(hat, queue.check_in, appointment_id=id)
    await clinic.place.open(clinic.doctor, hat.person_id, Purpose.TREAT)


async def test_the_room_is_its_doctors_and_the_queue_its_houses(room, app):
    (hat, id), _ = await come(room, 2)
    colleague = await room.clinic.place.appoint("doctor")
    with pytest.raises(NoSuchSession):
        await room.do(colleague, queue.call_next, session_id=room.session_id)
    with pytest.raises(WrongRole):
        await room.do(hat, queue.call_next, session_id=room.session_id)
    there = await Clinic.open(await Place.found(app))
    with pytest.raises(NoSuchSession):
        await room.do(there.doctor, queue.call_next, session_id=room.session_id)
    await room.call()
    with pytest.raises(NoSuchAppointment):
        await room.say(queue.start, id, there.doctor)


async def test_nobody_sees_anothers_place(room):
    (_, id), (other, _) = await come(room, 2)
    with pytest.raises(NoSuchAppointment):
        await room.place(other, id)


async def test_the_roster_shows_who_waits_in_order_and_is_logged(room):
    (hat, first), (_, second) = await come(room, 2)
    roster = await room.clinic.place.ask(
        room.clinic.doctor, queue.roster, session_id=room.session_id
    )
    assert [turn.appointment_id for turn in roster.turns] == [first, second]
    logged = await room.clinic.place.rows(
        "SELECT what FROM access.log WHERE person_ids @> ARRAY[$1::uuid] AND reader_id = $2",
        hat.person_id,
        room.clinic.doctor.person_id,
    )
    assert ("roster",) in logged


async def test_the_record_knows_an_appointment_from_arrival_to_the_end(room):
    """Each version is valid R4, or the record would have refused it."""
    ((_, id),) = await come(room, 1)
    await room.call()
    await room.visit(id)
    ((version, body),) = await room.clinic.place.rows(
        "SELECT version, body FROM records.resource WHERE type = 'Appointment' AND fhir_id = $1",
        str(id),
    )
    assert version == 2
    assert '"fulfilled"' in body
