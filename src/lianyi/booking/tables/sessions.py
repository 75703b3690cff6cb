"""Sessions, their numbers, and what the public may ask about them."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg
import msgspec

from lianyi.booking.errors import AlreadySits, NoSuchSession
from lianyi.booking.events import SessionPublished
from lianyi.booking.model import Day, Number, Offer, Plan, Session, Sitter, Slot, Time
from lianyi.booking.model.looking import Where
from lianyi.booking.states import SESSION
from lianyi.kernel.lifecycle import begin
from lianyi.kernel.work import Tx

if TYPE_CHECKING:
    from asyncpg import Record

OFFER = """SELECT e.id AS session_id, e.institution_id, e.department_id, e.post_id, e.doctor_name,
             e.grade, e.department_name, e.day, e.half, e.kind, e.starts_at, e.ends_at,
             e.fee_label, e.fee_fen, e.payment, e.releases_at, e.state,
             (SELECT count(*) FROM booking.slot s WHERE s.session_id = e.id
                AND s.free_from <= $1 AND s.ends_at > $1) AS remaining
           FROM booking.session e"""
HAS_NUMBERS = """EXISTS (SELECT FROM booking.slot s WHERE s.session_id = e.id
                   AND s.free_from <= $1 AND s.ends_at > $1)"""
SITS = """e.state <> 'stopped' AND e.ends_at > $1"""
OF_DAY = f"""{OFFER} WHERE e.department_id = $2 AND e.day = $3 AND {SITS}
             ORDER BY e.starts_at, e.kind, e.id LIMIT 200"""
HERE = f"""{OFFER} WHERE e.institution_id = $2 AND e.day = $3 AND {SITS}
           ORDER BY e.department_name, e.starts_at, e.id LIMIT 200"""
BY_ID = f"{OFFER} WHERE e.id = ANY ($2)"
# Elsewhere in the department, soonest first, for those whose session was stopped.
INSTEAD = f"""{OFFER} JOIN booking.session was ON was.id = $2
              WHERE e.department_id = was.department_id AND e.kind = was.kind
                AND e.day BETWEEN $3 AND $4 AND e.id <> was.id AND {SITS} AND {HAS_NUMBERS}
              ORDER BY e.starts_at, e.id LIMIT 20"""
DAYS = f"""SELECT e.day, count(*) AS sessions, bool_or({HAS_NUMBERS}) AS has_numbers
           FROM booking.session e WHERE e.department_id = $2 AND e.day BETWEEN $3 AND $4 AND {SITS}
           GROUP BY e.day ORDER BY e.day"""
DEPARTMENTS = f"""SELECT DISTINCT e.department_id FROM booking.session e
                  WHERE e.institution_id = $2 AND e.day BETWEEN $3 AND $4 AND {SITS}"""
TIMES = """SELECT starts_at, ends_at,
             count(*) FILTER (WHERE free_from <= $1 AND ends_at > $1) AS remaining
           FROM booking.slot WHERE session_id = $2
           GROUP BY starts_at, ends_at ORDER BY starts_at"""
# What can be taken now of some hospital, department or doctor, soonest first.
FREE = f"""SELECT e.*, s.starts_at AS time_starts_at, s.ends_at AS time_ends_at,
             count(*) AS remaining
           FROM booking.session e JOIN booking.slot s ON s.session_id = e.id
           WHERE ($2::uuid IS NULL OR e.institution_id = $2)
             AND ($3::uuid IS NULL OR e.department_id = $3)
             AND ($4::uuid IS NULL OR e.doctor_id = $4)
             AND e.day BETWEEN $5 AND $6 AND {SITS}
             AND s.free_from <= $1 AND s.ends_at > $1
             AND ($8::timestamptz IS NULL OR (s.starts_at, e.id) > ($8, $9::uuid))
           GROUP BY e.id, s.starts_at, s.ends_at ORDER BY s.starts_at, e.id LIMIT $7"""
LOAD = "SELECT * FROM booking.session WHERE id = $1"
LIST = "SELECT * FROM booking.session WHERE id = ANY ($1)"
LOAD_HERE = "SELECT * FROM booking.session WHERE id = $1 AND institution_id = $2"
LOCK = f"{LOAD_HERE} FOR UPDATE"
OVERLAP = """SELECT id FROM booking.session WHERE doctor_id = $1 AND state <> 'stopped'
               AND starts_at < $3 AND ends_at > $2 AND day = $4 LIMIT 1"""
OF_DOCTOR = """SELECT * FROM booking.session WHERE doctor_id = $1 AND ends_at > $2
                 AND state IN ('scheduled', 'open') ORDER BY starts_at"""
INSERT_SLOTS = """INSERT INTO booking.slot
                    (session_id, number, starts_at, ends_at, added, free_from, referred_from)
                  SELECT $1, number, starts_at, ends_at, false, free_from, referred_from
                  FROM unnest($2::int[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[],
                    $6::timestamptz[])
                    AS n (number, starts_at, ends_at, free_from, referred_from)"""
ADD_SLOT = """INSERT INTO booking.slot
                (session_id, number, starts_at, ends_at, added, free_from, referred_from, holder_id)
              SELECT session_id, max(number) + 1, max(starts_at), max(ends_at), true, 'infinity',
                'infinity', $2
              FROM booking.slot WHERE session_id = $1 GROUP BY session_id
              RETURNING number, starts_at, ends_at"""
CLOSE_SLOTS = """UPDATE booking.slot SET free_from = 'infinity', referred_from = 'infinity'
                 WHERE session_id = $1"""


async def insert(
    tx: Tx, session_id: UUID, plan: Plan, sitter: Sitter, numbers: Sequence[Number]
) -> None:
    """Write a session and its numbers.

    :raises AlreadySits:
    """
    row: dict[str, object] = {"institution_id": tx.actor.institution_id}
    row |= {**asdict(plan), **asdict(sitter)}
    for cut in ("slot_minutes", "numbers_per_slot", "reserved"):
        del row[cut]
    event = SessionPublished(session_id, tx.actor.institution_id)
    try:
        await begin(tx, SESSION, session_id, "publish", row=row, event=event)
    except asyncpg.UniqueViolationError as taken:
        raise AlreadySits(session_id=session_id) from taken
    columns = zip(
        *((n.number, n.starts_at, n.ends_at, n.free_from, n.referred_from) for n in numbers),
        strict=True,
    )
    await tx.db.execute(INSERT_SLOTS, session_id, *map(list, columns))


async def find_overlap(tx: Tx, plan: Plan, doctor_id: UUID) -> UUID | None:
    other: UUID | None = await tx.db.fetchval(
        OVERLAP, doctor_id, plan.starts_at, plan.ends_at, plan.day
    )
    return other


async def load(tx: Tx, session_id: UUID) -> Session:
    return _session(await tx.db.fetchrow(LOAD, session_id), session_id)


async def load_here(tx: Tx, session_id: UUID) -> Session:
    """Load a session of the acting institution.

    :raises NoSuchSession:
    """
    row = await tx.db.fetchrow(LOAD_HERE, session_id, tx.actor.institution_id)
    return _session(row, session_id)


async def lock(tx: Tx, session_id: UUID) -> Session:
    """Load a session of the acting institution; whoever stops, adds or calls comes after.

    :raises NoSuchSession:
    """
    row = await tx.db.fetchrow(LOCK, session_id, tx.actor.institution_id)
    return _session(row, session_id)


async def add_slot(tx: Tx, session_id: UUID, holder_id: UUID) -> Slot:
    """Add a number at the end of a session, marked as added on purpose."""
    row = await tx.db.fetchrow(ADD_SLOT, session_id, holder_id)
    assert row is not None  # noqa: S101 - a session is published with its numbers
    return Slot(**row)


async def close_slots(tx: Tx, session_id: UUID) -> None:
    """Let nobody take a number of the session any more. Waits for those who take one now."""
    await tx.db.execute(CLOSE_SLOTS, session_id)


async def list_of_doctor(tx: Tx, doctor_id: UUID) -> list[Session]:
    rows = await tx.db.fetch(OF_DOCTOR, doctor_id, tx.now)
    return [_session(row, doctor_id) for row in rows]


async def list_offers(tx: Tx, department_id: UUID, day: date) -> list[Offer]:
    return [_offer(row) for row in await tx.db.fetch(OF_DAY, tx.now, department_id, day)]


async def list_here(tx: Tx, day: date) -> list[Offer]:
    rows = await tx.db.fetch(HERE, tx.now, tx.actor.institution_id, day)
    return [_offer(row) for row in rows]


async def list_by_id(tx: Tx, ids: Sequence[UUID]) -> list[Offer]:
    return [_offer(row) for row in await tx.db.fetch(BY_ID, tx.now, ids)]


async def list_whole(tx: Tx, ids: Sequence[UUID]) -> list[Session]:
    return [msgspec.convert(dict(row), Session) for row in await tx.db.fetch(LIST, ids)]


async def list_instead(tx: Tx, session_id: UUID, first: date, last: date) -> list[Offer]:
    rows = await tx.db.fetch(INSTEAD, tx.now, session_id, first, last)
    return [_offer(row) for row in rows]


async def list_days(tx: Tx, department_id: UUID, first: date, last: date) -> list[Day]:
    rows = await tx.db.fetch(DAYS, tx.now, department_id, first, last)
    return [Day(**row) for row in rows]


async def list_departments(tx: Tx, institution_id: UUID, first: date, last: date) -> list[UUID]:
    rows = await tx.db.fetch(DEPARTMENTS, tx.now, institution_id, first, last)
    return [row["department_id"] for row in rows]


async def list_times(tx: Tx, session_id: UUID) -> list[Time]:
    return [Time(**row) for row in await tx.db.fetch(TIMES, tx.now, session_id)]


async def list_free(tx: Tx, where: Where, limit: int) -> list[tuple[Session, Time]]:
    asked = (where.institution_id, where.department_id, where.doctor_id, where.first, where.last)
    after = where.after or (None, None)
    return [_free(row) for row in await tx.db.fetch(FREE, tx.now, *asked, limit, *after)]


def _free(row: "Record") -> tuple[Session, Time]:
    time = Time(row["time_starts_at"], row["time_ends_at"], row["remaining"])
    return msgspec.convert(dict(row), Session), time


def _session(row: "Record | None", id: UUID) -> Session:
    if row is None:
        raise NoSuchSession(id=id)
    return msgspec.convert(dict(row), Session)


def _offer(row: "Record") -> Offer:
    return msgspec.convert(dict(row), Offer)
