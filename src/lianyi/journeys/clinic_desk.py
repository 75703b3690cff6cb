"""What a doctor sees who receives patients today: the session, who waits, who is inside (接诊)."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.booking import queries as booking
from lianyi.booking.model import Appointment, AppointmentState, Roster, Session
from lianyi.journeys import queue
from lianyi.kernel import profile, time
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import Person

INSIDE = frozenset({AppointmentState.CALLED, AppointmentState.WITH_DOCTOR})
EXPECTED = frozenset({AppointmentState.CONFIRMED, AppointmentState.MISSED})


@dataclass(frozen=True, slots=True)
class Row:
    """One patient of the session. `person` is None for whom this desk may not see yet."""

    appointment: Appointment
    person: Person | None
    age: int | None
    urgent: bool = False
    returning: bool = False


@dataclass(frozen=True, slots=True)
class Clinic:
    """A doctor's day here. Without a session the rest is empty."""

    today: date
    sessions: tuple[Session, ...]
    session: Session | None
    inside: Row | None
    waiting: tuple[Row, ...]
    expected: tuple[Row, ...]
    seen: tuple[Row, ...]


async def clinic(tx: Tx, *, session_id: UUID | None = None) -> Clinic:
    """Return the acting doctor's sessions of today and the patients of one of them.

    :raises NoSuchSession, WrongRole:
    """
    today = time.day(tx.now, profile.at(tx.now).zone)
    mine = [
        one
        for one in await booking.sessions_of(tx, doctor_id=tx.actor.person_id)
        if one.day == today and one.institution_id == tx.actor.institution_id
    ]
    chosen = session_id or (mine[0].id if mine else None)
    if chosen is None:
        return Clinic(today, (), None, None, (), (), ())
    roster = await queue.roster(tx, session_id=chosen)
    return _drawn(today, tuple(mine), roster, await _persons(tx, roster))


async def _persons(tx: Tx, roster: Roster) -> dict[UUID, Person]:
    desk = await access.open_desk(tx, purpose=Purpose.RECEIVE)
    ids = [one.person_id for one in roster.appointments]
    return await people.persons(tx, desk, person_ids=ids)


def _drawn(
    today: date, mine: tuple[Session, ...], roster: Roster, persons: dict[UUID, Person]
) -> Clinic:
    rows = {one.id: _row(one, persons, today) for one in roster.appointments}
    waiting = [
        Row(row.appointment, row.person, row.age, turn.urgent, turn.comes_back)
        for turn in roster.turns
        if (row := rows[turn.appointment_id])
    ]
    inside = [row for row in rows.values() if row.appointment.state in INSIDE]
    return Clinic(
        today=today,
        sessions=mine,
        session=roster.session,
        inside=inside[0] if inside else None,
        waiting=tuple(waiting),
        expected=_in_state(rows, EXPECTED),
        seen=_in_state(rows, frozenset({AppointmentState.SEEN})),
    )


def _row(appointment: Appointment, persons: dict[UUID, Person], today: date) -> Row:
    person = persons.get(appointment.person_id)
    return Row(appointment, person, person.age_on(today) if person else None)


def _in_state(rows: dict[UUID, Row], states: frozenset[AppointmentState]) -> tuple[Row, ...]:
    return tuple(row for row in rows.values() if row.appointment.state in states)
