"""Publishing a doctor's sessions, releasing, stopping and ending them."""

from uuid import UUID

from lianyi.booking import events, rules
from lianyi.booking.errors import AlreadySits, BadPlan, ReasonMissing, SlotTooLong
from lianyi.booking.model import Appointment, AppointmentState, Plan, SessionState, Sitter
from lianyi.booking.service import waiting
from lianyi.booking.service.appointments import about
from lianyi.booking.states import APPOINTMENT, SESSION
from lianyi.booking.tables import appointments, sessions
from lianyi.booking.tables.hot import TIMER
from lianyi.kernel import profile, timers
from lianyi.kernel.lifecycle import advance
from lianyi.kernel.work import Tx

SITTING = "booking.session"  # whoever publishes a doctor's sessions does so alone


async def publish(tx: Tx, *, plan: Plan, sitter: Sitter) -> UUID:
    """Put a session of the acting institution on the schedule, cut into numbers.

    :raises BadPlan, AlreadySits, WrongRole:
    :raises SlotTooLong: IDN-08.
    """
    numbers = profile.at(tx.now)
    _check(tx, plan)
    await alone_with(tx, doctor_id=sitter.doctor_id)
    if (other := await sessions.find_overlap(tx, plan, sitter.doctor_id)) is not None:
        raise AlreadySits(session_id=other)
    session_id, here = tx.new_id(tx.actor.institution_id), tx.actor.institution_id
    await sessions.insert(tx, session_id, plan, sitter, rules.numbers(plan, numbers))
    released = events.SessionReleased(session_id, here)
    await timers.set(
        tx, thing_id=session_id, name="release", due_at=plan.releases_at, event=released
    )
    over = events.SessionOver(session_id, here)
    await timers.set(tx, thing_id=session_id, name="over", due_at=plan.ends_at, event=over)
    return session_id


async def alone_with(tx: Tx, *, doctor_id: UUID) -> None:
    """Wait until no session of a doctor's is being published: what there is can be looked at."""
    await tx.alone(doctor_id, SITTING)


def _check(tx: Tx, plan: Plan) -> None:
    numbers = profile.at(tx.now)
    if not rules.is_precise(plan, numbers):
        raise SlotTooLong(minutes=numbers["IDN-08"])
    if field := next(rules.troubles_with(plan, tx.now, numbers), None):
        raise BadPlan(field=field)


async def release(tx: Tx, *, session_id: UUID) -> None:
    """Say that the hour of release has come; the numbers themselves know it anyway."""
    session = await sessions.lock(tx, session_id)
    if session.state is SessionState.SCHEDULED:
        await advance(tx, SESSION, session_id, "open")


async def stop(tx: Tx, *, session_id: UUID, reason: str) -> list[Appointment]:
    """Stop a session (停诊) in one act and return the appointments there were, as they were.

    Everybody booked is told and chooses another doctor, another day or the money back. A hold that
    nobody has confirmed is simply over.

    :raises NoSuchSession, ReasonMissing, WrongRole, WrongState:
    """
    if not rules.is_reason(reason):
        raise ReasonMissing
    session = await sessions.lock(tx, session_id)
    await advance(
        tx,
        SESSION,
        session_id,
        "stop",
        why=reason,
        event=events.SessionStopped(session_id, session.institution_id),
    )
    await sessions.close_slots(tx, session_id)
    booked = await appointments.lock_to_stop(tx, session_id)
    for appointment in booked:
        await _take_away(tx, appointment, reason)
    await waiting.close(tx, session_id)
    await timers.clear(tx, thing_id=session_id, name="release")
    return booked


async def _take_away(tx: Tx, appointment: Appointment, reason: str) -> None:
    if appointment.state is AppointmentState.HELD:
        event: events.AppointmentEvent = events.AppointmentCancelled(*about(appointment))
        await advance(tx, APPOINTMENT, appointment.id, "cancel", why=reason, event=event)
        await timers.clear(tx, thing_id=appointment.id, name=TIMER)
        return
    event = events.AppointmentStopped(*about(appointment))
    await advance(tx, APPOINTMENT, appointment.id, "stop", why=reason, event=event)


async def end(tx: Tx, *, session_id: UUID) -> int:
    """Close a session that is over, note who never came, and return how many these are."""
    session = await sessions.lock(tx, session_id)
    if session.state not in rules.BOOKABLE:
        return 0
    await sessions.close_slots(tx, session_id)
    await advance(tx, SESSION, session_id, "end")
    await waiting.close(tx, session_id)
    return await _mark_no_shows(tx, session_id)


async def _mark_no_shows(tx: Tx, session_id: UUID) -> int:
    missing = await appointments.lock_not_there(tx, session_id)
    for appointment in missing:
        event = events.DidNotCome(*about(appointment))
        await advance(tx, APPOINTMENT, appointment.id, "mark_no_show", event=event)
        await appointments.insert_no_show(tx, appointment.id, appointment.person_id)
    return len(missing)


async def give_up(tx: Tx, *, session_id: UUID) -> list[Appointment]:
    """End what was stopped and nobody chose anything else for, and return it: its fee goes back."""
    left = await appointments.lock_stopped(tx, session_id)
    for appointment in left:
        event = events.AppointmentCancelled(*about(appointment))
        await advance(tx, APPOINTMENT, appointment.id, "cancel", why="stopped", event=event)
    return left
