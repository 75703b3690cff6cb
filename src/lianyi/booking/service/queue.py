"""The live queue (候诊): arriving, being called, missing a call, coming back with results."""

from uuid import UUID

from lianyi.access.model import Desk
from lianyi.booking import events, rules
from lianyi.booking.errors import NobodyWaits, NoSuchSession, OtherDay, SomebodyInside
from lianyi.booking.model import Appointment, Calling, Session, Turn
from lianyi.booking.service.appointments import about
from lianyi.booking.states import APPOINTMENT
from lianyi.booking.tables import appointments, queue, sessions
from lianyi.kernel import profile
from lianyi.kernel.lifecycle import advance, check_role
from lianyi.kernel.work import Tx


async def check_in(
    tx: Tx, desk: Desk, *, appointment_id: UUID, urgent: bool = False
) -> Appointment:
    """Note that somebody has arrived. Only staff see that a case is urgent.

    :raises NoSuchAppointment, OtherDay, WrongRole, WrongState:
    """
    appointment = await appointments.lock(tx, desk, appointment_id)
    opens_at = rules.check_in_opens(appointment, profile.at(tx.now))
    if tx.now < opens_at:
        raise OtherDay(opens_at=opens_at)
    urgent = urgent and rules.may_mark_urgent(tx.actor.role)
    await _arrive(tx, appointment, "check_in", urgent=urgent)
    return appointment


async def re_enter(tx: Tx, desk: Desk, *, appointment_id: UUID) -> Appointment:
    """Wait again after a missed call; it is repeated after some others' (CAP-12).

    :raises NoSuchAppointment, WrongRole, WrongState:
    """
    appointment = await appointments.lock(tx, desk, appointment_id)
    session = await sessions.load(tx, appointment.session_id)
    await _arrive(tx, appointment, "re_enter")
    ready = rules.ready_again(_calling(session), profile.at(tx.now))
    await queue.wait_for_calls(tx, appointment_id, ready)
    return appointment


async def come_back(tx: Tx, desk: Desk, *, appointment_id: UUID) -> Appointment:
    """Return with results (回诊) to be called between new patients.

    :raises NoSuchAppointment, WrongRole, WrongState:
    """
    appointment = await appointments.lock(tx, desk, appointment_id)
    await _arrive(tx, appointment, "come_back", comes_back=True)
    return appointment


async def call_next(tx: Tx, *, session_id: UUID) -> Turn:
    """Call whose turn it is.

    :raises NoSuchSession, NobodyWaits, WrongRole:
    :raises SomebodyInside: one after the other.
    """
    check_role(tx, APPOINTMENT, "call")
    session = await _own_session(tx, session_id)
    if (number := await queue.find_inside(tx, session_id)) is not None:
        raise SomebodyInside(number=number)
    waiting, calling = await queue.list_turns(tx, session_id), _calling(session)
    turn = next(rules.called_in_turn(waiting, calling, profile.at(tx.now)), None)
    if turn is None:
        raise NobodyWaits(session_id=session_id)
    await queue.note_call(tx, session_id, turn.number, rules.after_call(turn, calling))
    event = events.Called(turn.appointment_id, session_id, turn.person_id, session.institution_id)
    await advance(tx, APPOINTMENT, turn.appointment_id, "call", event=event)
    return turn


async def call_again(tx: Tx, desk: Desk, *, appointment_id: UUID) -> None:
    """Call the same patient once more.

    :raises NoSuchAppointment, NoSuchSession, WrongRole, WrongState:
    """
    await _move(tx, desk, appointment_id, "call_again", events.Called)


async def mark_missed(tx: Tx, desk: Desk, *, appointment_id: UUID) -> None:
    """Note that the patient who was called is not there. Raises as `call_again` does."""
    await _move(tx, desk, appointment_id, "miss", events.Missed)


async def start(tx: Tx, desk: Desk, *, appointment_id: UUID) -> Appointment:
    """Begin the visit of who was called. Raises as `call_again` does."""
    appointment = await _move(tx, desk, appointment_id, "start", events.VisitStarted)
    await queue.note_start(tx, appointment_id)
    return appointment


async def finish(tx: Tx, desk: Desk, *, appointment_id: UUID) -> Appointment:
    """End the visit. Raises as `call_again` does."""
    appointment = await _move(tx, desk, appointment_id, "finish", events.VisitFinished)
    await queue.note_finish(tx, appointment_id)
    return appointment


async def _arrive(
    tx: Tx, appointment: Appointment, verb: str, *, urgent: bool = False, comes_back: bool = False
) -> None:
    event = events.CheckedIn(*about(appointment))
    await advance(tx, APPOINTMENT, appointment.id, verb, event=event)
    await queue.arrive(tx, appointment.id, urgent=urgent, comes_back=comes_back)


async def _move(
    tx: Tx, desk: Desk, appointment_id: UUID, verb: str, kind: type[events.AppointmentEvent]
) -> Appointment:
    check_role(tx, APPOINTMENT, verb)
    appointment = await appointments.lock(tx, desk, appointment_id)
    await _own_session(tx, appointment.session_id)
    await advance(tx, APPOINTMENT, appointment_id, verb, event=kind(*about(appointment)))
    return appointment


async def _own_session(tx: Tx, session_id: UUID) -> Session:
    session = await sessions.lock(tx, session_id)
    if not rules.may_call(tx.actor, session):
        raise NoSuchSession(id=session_id)
    return session


def _calling(session: Session) -> Calling:
    return Calling(session.calls, session.new_in_a_row)
