"""From the door of the house to the doctor's: arriving, waiting, being called (签到、候诊、叫号).

Whoever has arrived becomes a patient of the staff that treats: their relation begins here.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Desk, Purpose
from lianyi.booking import fhir, queries
from lianyi.booking import service as booking
from lianyi.booking.events import AppointmentEvent
from lianyi.booking.model import Appointment, Place, Roster, Turn
from lianyi.kernel import profile
from lianyi.kernel.work import Tx
from lianyi.people.model import CLERK, DOCTOR, NURSE
from lianyi.records import service as records

HOUSE = frozenset({CLERK, DOCTOR, NURSE})
TREATED_FOR = timedelta(days=30)


async def check_in(
    tx: Tx, *, appointment_id: UUID, urgent: bool = False, desk: Desk | None = None
) -> None:
    """Arrive. The code on the wall leads residents here, staff mark what is urgent.

    An app brings the desk of whose door has opened to it.

    :raises NoSuchAppointment, OtherDay, WrongRole, WrongState:
    """
    desk = desk or await _desk(tx)
    arrived = await booking.check_in(tx, desk, appointment_id=appointment_id, urgent=urgent)
    await _let_staff_know(tx, arrived)
    await _publish(tx, desk, arrived.id)


async def re_enter(tx: Tx, *, appointment_id: UUID) -> None:
    """Wait again after a missed call. Raises as `check_in` does, but for OtherDay."""
    await booking.re_enter(tx, await _desk(tx), appointment_id=appointment_id)


async def come_back(tx: Tx, *, appointment_id: UUID) -> None:
    """Return with results (回诊). Raises as `re_enter` does."""
    await booking.come_back(tx, await _desk(tx), appointment_id=appointment_id)


async def call_next(tx: Tx, *, session_id: UUID) -> Turn:
    """Call whose turn it is.

    :raises NoSuchSession, NobodyWaits, SomebodyInside, WrongRole:
    """
    return await booking.call_next(tx, session_id=session_id)


async def call_again(tx: Tx, *, appointment_id: UUID) -> None:
    """Call the same patient once more.

    :raises NoSuchAppointment, NoSuchSession, WrongRole, WrongState:
    """
    await booking.call_again(tx, await _desk(tx), appointment_id=appointment_id)


async def mark_missed(tx: Tx, *, appointment_id: UUID) -> None:
    """Note that the patient who was called is not there. Raises as `call_again` does."""
    await booking.mark_missed(tx, await _desk(tx), appointment_id=appointment_id)


async def start(tx: Tx, *, appointment_id: UUID) -> Appointment:
    """Begin the visit of who was called. Raises as `call_again` does."""
    return await booking.start(tx, await _desk(tx), appointment_id=appointment_id)


async def finish(tx: Tx, *, appointment_id: UUID) -> Appointment:
    """End the visit. Raises as `call_again` does."""
    desk = await _desk(tx)
    seen = await booking.finish(tx, desk, appointment_id=appointment_id)
    await _publish(tx, desk, seen.id)
    return seen


async def roster(tx: Tx, *, session_id: UUID) -> Roster:
    """Return a session's patients, those who wait in the order of calling.

    :raises NoSuchSession, WrongRole:
    """
    desk = await _desk(tx)
    found = await queries.roster(tx, desk, session_id=session_id)
    persons = [appointment.person_id for appointment in found.appointments]
    access.saw(tx, desk, person_ids=persons, what="roster")
    return found


async def place(tx: Tx, *, appointment_id: UUID) -> Place:
    """Return one's own place in the queue.

    :raises NoSuchPerson, NoSuchAppointment:
    """
    chart = await access.open_chart(
        tx, person_id=tx.actor.subject_id, purpose=Purpose.RECEIVE, what="place"
    )
    return await queries.place(tx, chart, appointment_id=appointment_id)


async def _desk(tx: Tx) -> Desk:
    return await access.open_desk(tx, purpose=Purpose.RECEIVE)


async def publish(tx: Tx, events: Sequence[AppointmentEvent]) -> None:
    """Let the record know of numbers that were booked, moved or given back.

    Who books waits for none of it: apps that look for appointments hear of it a moment later.
    """
    await _publish(tx, await _desk(tx), *{event.appointment_id for event in events})


async def _publish(tx: Tx, desk: Desk, *ids: UUID) -> None:
    known = await queries.appointments_by_id(tx, desk, ids=sorted(ids))
    held_in = {one.session_id for one in known.values()}
    sessions = await queries.sessions_by_id(tx, session_ids=list(held_in))
    zone = profile.at(tx.now).zone
    resources = [
        records.prepare_own(
            fhir.appointment(one, sessions[one.session_id]),
            owner=one.person_id,
            holder_id=one.institution_id,
            zone=zone,
        )
        for one in known.values()
    ]
    await records.store(tx, resources=resources)


async def _let_staff_know(tx: Tx, arrived: Appointment) -> None:
    await access.open_relation(
        tx,
        person_id=arrived.person_id,
        institution_id=arrived.institution_id,
        roles=HOUSE,
        cause_id=arrived.id,
        until=arrived.ends_at + TREATED_FOR,
    )
