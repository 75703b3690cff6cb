"""What others may ask about booking. Schedules are public and name no patient.

What is one person's demands a chart, what is a session's patients a desk.
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from lianyi.access.model import Chart, Desk
from lianyi.booking import rules
from lianyi.booking.model import (
    Appointment,
    AppointmentState,
    Calling,
    Closure,
    Day,
    Offer,
    Place,
    Roster,
    Routine,
    Session,
    Time,
    Turn,
)
from lianyi.booking.model.looking import Coming, Where
from lianyi.booking.model.told import Listed, Sought
from lianyi.booking.tables import appointments, queue, sessions, slots
from lianyi.booking.tables import routines as routines_
from lianyi.kernel import profile, time
from lianyi.kernel.work import Tx

PAGE = 50
TODAY = (  # of a doctor's patients of the day, whom they have to do with first
    AppointmentState.WITH_DOCTOR,
    AppointmentState.CALLED,
    AppointmentState.CHECKED_IN,
    AppointmentState.SEEN,
    AppointmentState.MISSED,
    AppointmentState.CONFIRMED,
)


async def departments(tx: Tx, *, institution_id: UUID, first: date, last: date) -> list[UUID]:
    """Return the departments in which somebody sits between two days."""
    return await sessions.list_departments(tx, institution_id, first, last)


async def days(tx: Tx, *, department_id: UUID, first: date, last: date) -> list[Day]:
    """Return the days on which somebody sits, and whether there are numbers."""
    return await sessions.list_days(tx, department_id, first, last)


async def offers(tx: Tx, *, department_id: UUID, day: date) -> list[Offer]:
    """Return the sessions of a day with the numbers left now."""
    return await sessions.list_offers(tx, department_id, day)


async def offers_here(tx: Tx, *, day: date) -> list[Offer]:
    """Return what the acting institution still sits on a day, in all its departments."""
    return await sessions.list_here(tx, day)


async def offers_by_id(tx: Tx, *, session_ids: Sequence[UUID]) -> dict[UUID, Offer]:
    return {offer.session_id: offer for offer in await sessions.list_by_id(tx, session_ids)}


async def offers_instead(tx: Tx, *, session_id: UUID, first: date, last: date) -> list[Offer]:
    """Return where else in the department there are numbers: another doctor, another day."""
    return await sessions.list_instead(tx, session_id, first, last)


async def times(tx: Tx, *, session_id: UUID) -> list[Time]:
    """Return the times of a session with the numbers left now."""
    return await sessions.list_times(tx, session_id)


async def free(tx: Tx, *, where: Where, limit: int) -> list[tuple[Session, Time]]:
    """Return the times that have numbers now, soonest first."""
    return await sessions.list_free(tx, where, limit)


async def numbers(tx: Tx, *, sought: Sought, limit: int) -> list[Listed]:
    """Return numbers as anybody may be told of them, those after `sought.after` first."""
    return await slots.list_told(tx, sought, limit)


async def how_many_numbers(tx: Tx, *, sought: Sought) -> int:
    """Return how many numbers `numbers` would tell, wherever it begins."""
    return await slots.count_told(tx, sought)


async def session(tx: Tx, *, session_id: UUID) -> Session:
    """Return a session by its id, for whoever knows it.

    :raises NoSuchSession:
    """
    return await sessions.load(tx, session_id)


async def sessions_by_id(tx: Tx, *, session_ids: Sequence[UUID]) -> dict[UUID, Session]:
    return {one.id: one for one in await sessions.list_whole(tx, session_ids)}


async def sessions_of(tx: Tx, *, doctor_id: UUID) -> list[Session]:
    """Return what a doctor still has to sit, wherever it is."""
    return await sessions.list_of_doctor(tx, doctor_id)


async def routines(tx: Tx, *, department_id: UUID) -> list[Routine]:
    """Return what is sat week by week in a department of the acting institution."""
    return await routines_.list_of_department(tx, department_id)


async def routines_of(tx: Tx, *, doctor_id: UUID) -> list[Routine]:
    """Return what a doctor sits week by week, wherever it is."""
    return await routines_.list_of_doctor(tx, doctor_id)


async def closures(tx: Tx, *, first: date) -> list[Closure]:
    """Return the closed days of the acting institution from a day on."""
    return await routines_.list_closed(tx, first)


async def appointments_by_id(tx: Tx, desk: Desk, *, ids: Sequence[UUID]) -> dict[UUID, Appointment]:
    return {each.id: each for each in await appointments.list_by_id(tx, desk, ids)}


async def own(tx: Tx, chart: Chart, *, before: datetime, limit: int = PAGE) -> list[Appointment]:
    """Return a person's appointments before an instant, the latest first."""
    return await appointments.list_own(tx, chart, before, limit)


async def coming(tx: Tx, chart: Chart, *, limit: int) -> list[Coming]:
    """Return what a person has before them from today on, the next first, in one statement."""
    today = time.day(tx.now, profile.at(tx.now).zone)
    return await appointments.list_coming(tx, chart, today, limit)


async def appointment(tx: Tx, chart: Chart, *, appointment_id: UUID) -> Appointment:
    """Return one of the person's appointments.

    :raises NoSuchAppointment: also for somebody else's.
    """
    return await appointments.load_own(tx, chart, appointment_id)


async def roster(tx: Tx, desk: Desk, *, session_id: UUID) -> Roster:
    """Return who waits, in the order of calling, and all who booked.

    :raises NoSuchSession:
    """
    session = await sessions.load_here(tx, session_id)
    booked = await appointments.list_of_session(tx, desk, session_id)
    seen = {each.id for each in booked}
    turns = [turn for turn in await _in_turn(tx, session) if turn.appointment_id in seen]
    return Roster(session, tuple(turns), tuple(booked))


async def patients_of_today(tx: Tx, desk: Desk, *, limit: int) -> list[UUID]:
    """Return whom the acting doctor sees here today in person, who is in the room first.

    To others: whom any doctor does, of the persons of their own desk.
    """
    return await appointments.list_of_today(tx, desk, TODAY, limit)


async def place(tx: Tx, chart: Chart, *, appointment_id: UUID) -> Place:
    """Return a person's own place in the queue, and what nobody's name is needed for.

    :raises NoSuchAppointment:
    """
    own = await appointments.load_own(tx, chart, appointment_id)
    session = await sessions.load(tx, own.session_id)
    order = [turn.appointment_id for turn in await _in_turn(tx, session)]
    ahead = order.index(own.id) if own.id in order else None
    return Place(
        appointment_id=own.id,
        number=own.number,
        state=own.state,
        called_number=session.called_number,
        ahead=ahead,
        minutes=None if ahead is None else await _minutes(tx, own, ahead),
        room=session.room,
    )


def check_in_opens(tx: Tx, appointment: Appointment) -> datetime:
    """Return from when on somebody may say that they have arrived."""
    return rules.check_in_opens(appointment, profile.at(tx.now))


def is_refundable(tx: Tx, appointment: Appointment) -> bool:
    """Return whether the fee goes back if the number is given back now (CAP-10)."""
    return rules.is_refundable(appointment, tx.now, profile.at(tx.now))


async def _in_turn(tx: Tx, session: Session) -> list[Turn]:
    calling = Calling(session.calls, session.new_in_a_row)
    turns = await queue.list_turns(tx, session.id)
    return list(rules.called_in_turn(turns, calling, profile.at(tx.now)))


async def _minutes(tx: Tx, own: Appointment, ahead: int) -> int:
    inside = await queue.find_inside(tx, own.session_id)
    visits = await queue.list_visits(tx, own.session_id)
    return rules.minutes_to_wait(ahead + (inside is not None), visits, own.ends_at - own.starts_at)
