"""Taking a number, keeping it, giving it back, and who has which."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from lianyi.access.model import DOCTOR, Chart, Desk
from lianyi.booking import events
from lianyi.booking.errors import NoSuchAppointment
from lianyi.booking.model import Appointment, Origin, Payment, Session, Situation, Slot, Terms, Wish
from lianyi.booking.model.looking import Coming
from lianyi.booking.states import APPOINTMENT
from lianyi.booking.tables.hot import KIND
from lianyi.kernel import profile, time
from lianyi.kernel.lifecycle import begin
from lianyi.kernel.moment import Moment
from lianyi.kernel.named import call
from lianyi.kernel.work import Tx
from lianyi.people.model import RESIDENT

if TYPE_CHECKING:
    from asyncpg import Record

COLUMNS = """id, institution_id, session_id, number, department_id, person_id, day, starts_at,
             ends_at, state, origin, expires_at, fee_code, fee_label, fee_fen, payment,
             arrived_at"""
LOCK = f"SELECT {COLUMNS} FROM booking.appointment WHERE id = :id AND {{sees}} FOR UPDATE"
LOAD_OWN = f"SELECT {COLUMNS} FROM booking.appointment WHERE id = $1 AND person_id = $2"
OTHER = """SELECT id FROM booking.appointment WHERE person_id = :person AND day = :day
             AND department_id = :department AND stands AND id <> :id"""
FREE_AGAIN = """UPDATE booking.slot SET free_from = :free_from, referred_from = :free_from
                WHERE session_id = :session AND number = :number AND holder_id = :id AND NOT added
                RETURNING true"""
# A number of a given time for somebody who has an appointment already.
TAKE = """UPDATE booking.slot s SET holder_id = :id, free_from = 'infinity',
            referred_from = 'infinity'
          FROM (SELECT session_id, number FROM booking.slot
                WHERE session_id = :session AND starts_at = :starts_at AND ends_at > :now
                  AND {column} <= :now
                ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED) AS free
          WHERE s.session_id = free.session_id AND s.number = free.number
          RETURNING s.number, s.starts_at, s.ends_at"""
TAKE_AGAIN = """UPDATE booking.slot SET free_from = 'infinity', referred_from = 'infinity'
                WHERE session_id = :session AND number = :number AND holder_id = :id
                  AND free_from < 'infinity' RETURNING true"""
MOVE = """UPDATE booking.appointment SET session_id = :session, number = :number,
            department_id = :department, day = :day, starts_at = :starts_at, ends_at = :ends_at
          WHERE id = :id"""
COUNT = """UPDATE booking.appointment SET ordinal = next.ordinal
           FROM (SELECT min(n) AS ordinal FROM generate_series(1, :per_day::int) AS n
             WHERE NOT EXISTS (SELECT FROM booking.appointment o WHERE o.person_id = :person
               AND o.day = :day AND o.stands AND o.ordinal = n AND o.id <> :id)) AS next
           WHERE id = :id AND next.ordinal IS NOT NULL RETURNING true"""
# Why a wish was not granted.
SITUATION = """
  SELECT e.state, e.releases_at, own.id AS own_id,
    coalesce(own.state = 'held' AND own.expires_at <= :now, false) AS own_is_stale,
    (SELECT min(s.{column}) FROM booking.slot s WHERE s.session_id = :session
       AND s.starts_at = :starts_at AND s.ends_at > :now
       AND s.{column} < 'infinity') AS next_free_at,
    (SELECT count(*) FROM booking.appointment a WHERE a.person_id = :person AND a.day = e.day
       AND a.stands AND NOT (a.state = 'held' AND a.expires_at <= :now)) AS that_day,
    (SELECT count(*) FROM booking.no_show n WHERE n.person_id = :person
       AND n.at > :missed_since) AS missed,
    {sees} AS sees_person
  FROM (SELECT :session::uuid AS id) AS asked
  LEFT JOIN booking.session e ON e.id = asked.id AND {place}
  LEFT JOIN booking.appointment own ON own.person_id = :person AND own.day = e.day
    AND own.department_id = e.department_id AND own.stands"""
STALE = """SELECT id FROM booking.appointment
           WHERE person_id = :person AND day = (SELECT day FROM booking.session WHERE id = :session)
             AND stands AND state = 'held' AND expires_at <= :now"""
OWN = f"""SELECT {COLUMNS} FROM booking.appointment
          WHERE person_id = :person AND starts_at < :before AND state <> 'lapsed'
            AND NOT (state = 'held' AND expires_at <= :now)
          ORDER BY starts_at DESC, id LIMIT :limit"""
COMING = """SELECT a.id AS appointment_id, a.institution_id, a.number, a.state, a.day, a.starts_at,
              e.doctor_name, e.department_name, e.room, e.called_number
            FROM booking.appointment a JOIN booking.session e ON e.id = a.session_id
            WHERE a.person_id = :person AND a.day >= :today AND a.stands
              AND a.state IN ('held', 'confirmed', 'checked_in', 'called', 'with_doctor', 'missed')
              AND NOT (a.state = 'held' AND a.expires_at <= :now)
            ORDER BY a.starts_at, a.id LIMIT :limit"""
OF_SESSION = f"""SELECT {COLUMNS} FROM booking.appointment
                 WHERE session_id = :session AND institution_id = :here AND stands
                   AND NOT (state = 'held' AND expires_at <= :now) AND {{sees}}
                 ORDER BY number"""
OF_TODAY = """SELECT a.person_id FROM booking.appointment a
                JOIN booking.session e ON e.id = a.session_id
              WHERE {whose} e.institution_id = :here AND e.day = :today
                AND a.stands AND a.state = ANY (:states) AND {sees}
              ORDER BY array_position(:states, a.state), a.starts_at, a.id LIMIT :limit"""
TO_STOP = f"""SELECT {COLUMNS} FROM booking.appointment WHERE session_id = $1 AND stands
                AND state IN ('held', 'confirmed', 'checked_in', 'called', 'missed')
              ORDER BY number FOR UPDATE"""
NEXT_ORDINAL = """SELECT coalesce(max(ordinal), 0) + 1 FROM booking.appointment
                  WHERE person_id = $1 AND day = $2 AND stands"""
NOT_THERE = f"""SELECT {COLUMNS} FROM booking.appointment WHERE session_id = $1 AND stands
                  AND state = 'confirmed' ORDER BY number FOR UPDATE"""
STOPPED = f"""SELECT {COLUMNS} FROM booking.appointment WHERE session_id = $1 AND NOT stands
                AND state = 'stopped' ORDER BY number FOR UPDATE"""
BY_ID = f"SELECT {COLUMNS} FROM booking.appointment WHERE id = ANY (:ids) AND {{sees}}"


async def find_situation(tx: Tx, desk: Desk, wish: Wish, terms: Terms) -> Situation:
    column = "referred_from" if terms.referred else "free_from"
    whose = "TRUE" if is_resident(tx) else "e.institution_id = :here"
    text = SITUATION.format(
        column=column, place=whose, sees=desk.sees(":person::uuid", at=1, type=KIND)
    )
    sql, values = call(
        text,
        *desk.args,
        session=wish.session_id,
        starts_at=wish.starts_at,
        person=wish.person_id,
        now=tx.now,
        missed_since=terms.missed_since,
        here=tx.actor.institution_id,
    )
    row = await tx.db.fetchrow(sql, *values)
    assert row is not None  # noqa: S101 - one row is asked for, whatever there is
    return msgspec.convert(dict(row), Situation)


async def list_stale(tx: Tx, wish: Wish) -> list[UUID]:
    """Return the person's holds of that day that have expired and were not cleared yet."""
    sql, values = call(STALE, person=wish.person_id, session=wish.session_id, now=tx.now)
    return [row["id"] for row in await tx.db.fetch(sql, *values)]


async def lock(tx: Tx, desk: Desk, appointment_id: UUID) -> Appointment:
    """Load an appointment of this hat's person or place, and keep others from moving it.

    :raises NoSuchAppointment:
    """
    column, owner = mine(tx)
    sees = f"{column} = :owner AND {desk.sees('person_id', at=1, type=KIND)}"
    sql, values = call(LOCK.format(sees=sees), *desk.args, id=appointment_id, owner=owner)
    row = await tx.db.fetchrow(sql, *values)
    if row is None:
        raise NoSuchAppointment(id=appointment_id)
    return _appointment(row)


async def free_again(tx: Tx, appointment: Appointment, *, free_from: datetime) -> bool:
    """Give a number back. Return whether it was still this appointment's."""
    sql, values = call(
        FREE_AGAIN,
        id=appointment.id,
        session=appointment.session_id,
        number=appointment.number,
        free_from=free_from,
    )
    return await tx.db.fetchval(sql, *values) is not None


async def take_again(tx: Tx, appointment: Appointment) -> bool:
    """Take back the number of an expired hold, if nobody else has it (or may have it by now)."""
    sql, values = call(
        TAKE_AGAIN, id=appointment.id, session=appointment.session_id, number=appointment.number
    )
    return await tx.db.fetchval(sql, *values) is not None


async def take(tx: Tx, holder_id: UUID, wish: Wish, terms: Terms) -> Slot | None:
    """Take a number for good, for an appointment there is already; None if there is no number."""
    sql, values = call(
        TAKE.format(column="referred_from" if terms.referred else "free_from"),
        id=holder_id,
        session=wish.session_id,
        starts_at=wish.starts_at,
        now=tx.now,
    )
    row = await tx.db.fetchrow(sql, *values)
    return None if row is None else Slot(**row)


async def move(tx: Tx, appointment_id: UUID, session: Session, slot: Slot) -> None:
    sql, values = call(
        MOVE,
        id=appointment_id,
        session=session.id,
        number=slot.number,
        department=session.department_id,
        day=session.day,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
    )
    await tx.db.execute(sql, *values)


async def count(tx: Tx, appointment_id: UUID, *, person_id: UUID, day: date, terms: Terms) -> bool:
    """Count an appointment among the person's of a day. Return False if it is one too many."""
    sql, values = call(COUNT, id=appointment_id, person=person_id, day=day, per_day=terms.per_day)
    return await tx.db.fetchval(sql, *values) is not None


async def add(
    tx: Tx,
    appointment_id: UUID,
    session: Session,
    slot: Slot,
    *,
    person_id: UUID,
    ordinal: int,
    reason: str,
) -> None:
    """Write an appointment for a number that staff added."""
    row = {
        "institution_id": session.institution_id,
        "session_id": session.id,
        "number": slot.number,
        "department_id": session.department_id,
        "person_id": person_id,
        "day": session.day,
        "starts_at": slot.starts_at,
        "ends_at": slot.ends_at,
        "ordinal": ordinal,
        "origin": Origin.ADDED,
        "expires_at": tx.now,
        "fee_code": session.fee_code,
        "fee_label": session.fee_label,
        "fee_fen": session.fee_fen,
        "payment": Payment.AT_VISIT,
    }
    about = (appointment_id, session.id, person_id, session.institution_id)
    await begin(
        tx,
        APPOINTMENT,
        appointment_id,
        "add",
        row=row,
        why=reason,
        event=events.AppointmentConfirmed(*about),
    )


async def find_other(
    tx: Tx, appointment_id: UUID, *, person_id: UUID, department_id: UUID, day: date
) -> UUID | None:
    """Return another appointment of the person in that department and day, if there is one."""
    sql, values = call(
        OTHER, id=appointment_id, person=person_id, department=department_id, day=day
    )
    other: UUID | None = await tx.db.fetchval(sql, *values)
    return other


async def list_own(tx: Tx, chart: Chart, before: datetime, limit: int) -> list[Appointment]:
    sql, values = call(OWN, person=chart.person_id, before=before, now=tx.now, limit=limit)
    return [_appointment(row) for row in await tx.db.fetch(sql, *values)]


async def list_coming(tx: Tx, chart: Chart, today: date, limit: int) -> list[Coming]:
    asked = {"person": chart.person_id, "today": today, "now": tx.now, "limit": limit}
    sql, values = call(COMING, **asked)
    return [msgspec.convert(dict(row), Coming) for row in await tx.db.fetch(sql, *values)]


async def load_own(tx: Tx, chart: Chart, appointment_id: UUID) -> Appointment:
    row = await tx.db.fetchrow(LOAD_OWN, appointment_id, chart.person_id)
    if row is None:
        raise NoSuchAppointment(id=appointment_id)
    return _appointment(row)


async def list_of_session(tx: Tx, desk: Desk, session_id: UUID) -> list[Appointment]:
    sql, values = call(
        OF_SESSION.format(sees=desk.sees("person_id", at=1, type=KIND)),
        *desk.args,
        session=session_id,
        here=tx.actor.institution_id,
        now=tx.now,
    )
    return [_appointment(row) for row in await tx.db.fetch(sql, *values)]


async def list_of_today(tx: Tx, desk: Desk, states: Sequence[str], limit: int) -> list[UUID]:
    whose = "e.doctor_id = :doctor AND" if tx.actor.role == DOCTOR else ""
    sql, values = call(
        OF_TODAY.format(whose=whose, sees=desk.sees("a.person_id", at=1, type=KIND)),
        *desk.args,
        doctor=tx.actor.person_id,
        here=tx.actor.institution_id,
        today=time.day(tx.now, profile.at(tx.now).zone),
        states=list(states),
        limit=limit,
    )
    return [row["person_id"] for row in await tx.db.fetch(sql, *values)]


async def lock_to_stop(tx: Tx, session_id: UUID) -> list[Appointment]:
    """Return all that a stopped session takes the number from."""
    return [_appointment(row) for row in await tx.db.fetch(TO_STOP, session_id)]


async def lock_not_there(tx: Tx, session_id: UUID) -> list[Appointment]:
    return [_appointment(row) for row in await tx.db.fetch(NOT_THERE, session_id)]


async def lock_stopped(tx: Tx, session_id: UUID) -> list[Appointment]:
    return [_appointment(row) for row in await tx.db.fetch(STOPPED, session_id)]


async def list_by_id(tx: Tx, desk: Desk, ids: Sequence[UUID]) -> list[Appointment]:
    column, owner = mine(tx)
    text = BY_ID.format(sees=f"{column} = :owner AND {desk.sees('person_id', at=1, type=KIND)}")
    sql, values = call(text, *desk.args, ids=ids, owner=owner)
    return [_appointment(row) for row in await tx.db.fetch(sql, *values)]


async def insert_no_show(tx: Tx, appointment_id: UUID, person_id: UUID) -> None:
    await tx.db.execute(
        "INSERT INTO booking.no_show (appointment_id, person_id, at) VALUES ($1, $2, $3)",
        appointment_id,
        person_id,
        tx.now,
    )


async def next_ordinal(tx: Tx, person_id: UUID, day: date) -> int:
    """Return the count staff may go beyond the limit to."""
    ordinal: int = await tx.db.fetchval(NEXT_ORDINAL, person_id, day)
    return ordinal


def is_resident(at: Moment) -> bool:
    return at.actor.role == RESIDENT


def mine(at: Moment) -> tuple[str, UUID]:
    """Return the column that says whose an appointment is, and who that has to be.

    Residents reach the appointments of whom they act for, staff those of their place.
    """
    if is_resident(at):
        return "person_id", at.actor.subject_id
    return "institution_id", at.actor.institution_id


def _appointment(row: "Record") -> Appointment:
    return msgspec.convert(dict(row), Appointment)
