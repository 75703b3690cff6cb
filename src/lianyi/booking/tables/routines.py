"""What somebody sits week by week, and the days on which nobody does."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg
import msgspec

from lianyi.booking.errors import DayClosed, NoSuchClosure, NoSuchRoutine
from lianyi.booking.model import Closure, Pattern, Routine, RoutineState
from lianyi.booking.states import CLOSURE, ROUTINE
from lianyi.kernel.lifecycle import begin
from lianyi.kernel.work import Tx

if TYPE_CHECKING:
    from asyncpg import Record

LOCK = "SELECT * FROM booking.routine WHERE id = $1 AND institution_id = $2 FOR UPDATE"
OVERLAP = """SELECT id FROM booking.routine WHERE doctor_id = $1 AND state = 'active'
               AND weekdays && $2 AND begins < $4 AND ends > $3 LIMIT 1"""
OF_DEPARTMENT = """SELECT * FROM booking.routine
                   WHERE department_id = $1 AND institution_id = $2 AND state = 'active'
                   ORDER BY doctor_name, weekdays, begins, id LIMIT 200"""
OF_DOCTOR = "SELECT * FROM booking.routine WHERE doctor_id = $1 AND state = 'active' ORDER BY id"
ROLLED = "UPDATE booking.routine SET through = $2, held = $3 WHERE id = $1"
CLOSED = """SELECT id, day, reason FROM booking.closure
            WHERE institution_id = $1 AND day >= $2 AND state = 'closed' ORDER BY day LIMIT 200"""
CLOSURE_HERE = "SELECT day FROM booking.closure WHERE id = $1 AND institution_id = $2"
# What routines have made of a day, for who closes it.
MADE = """SELECT id FROM booking.session WHERE institution_id = $1 AND day = $2
            AND routine_id IS NOT NULL AND state IN ('scheduled', 'open') ORDER BY id"""


async def insert(tx: Tx, routine: Routine) -> None:
    row: dict[str, object] = {
        "institution_id": routine.institution_id,
        "doctor_id": routine.doctor_id,
        "doctor_name": routine.doctor_name,
        "through": routine.through,
        **asdict(routine.pattern),
    }
    await begin(tx, ROUTINE, routine.id, "plan", row=row)


async def find_overlap(tx: Tx, pattern: Pattern, doctor_id: UUID) -> UUID | None:
    weekdays = list(pattern.weekdays)
    other: UUID | None = await tx.db.fetchval(
        OVERLAP, doctor_id, weekdays, pattern.begins, pattern.ends
    )
    return other


async def lock(tx: Tx, id: UUID) -> Routine:
    """Load a routine of the acting institution; who rolls or ends it comes after.

    :raises NoSuchRoutine:
    """
    row = await tx.db.fetchrow(LOCK, id, tx.actor.institution_id)
    if row is None:
        raise NoSuchRoutine(id=id)
    return _routine(row)


async def mark_rolled(tx: Tx, id: UUID, through: date, held: Sequence[str]) -> None:
    await tx.db.execute(ROLLED, id, through, list(held))


async def list_of_department(tx: Tx, department_id: UUID) -> list[Routine]:
    rows = await tx.db.fetch(OF_DEPARTMENT, department_id, tx.actor.institution_id)
    return [_routine(row) for row in rows]


async def list_of_doctor(tx: Tx, doctor_id: UUID) -> list[Routine]:
    return [_routine(row) for row in await tx.db.fetch(OF_DOCTOR, doctor_id)]


async def insert_closure(tx: Tx, closure: Closure) -> None:
    """Close a day.

    :raises DayClosed:
    """
    row = {"institution_id": tx.actor.institution_id, "day": closure.day, "reason": closure.reason}
    try:
        await begin(tx, CLOSURE, closure.id, "close", row=row)
    except asyncpg.UniqueViolationError as closed:
        raise DayClosed(day=closure.day) from closed


async def list_closed(tx: Tx, first: date) -> list[Closure]:
    rows = await tx.db.fetch(CLOSED, tx.actor.institution_id, first)
    return [Closure(**row) for row in rows]


async def load_closed_day(tx: Tx, id: UUID) -> date:
    """Return the day of a closure of the acting institution.

    :raises NoSuchClosure:
    """
    day: date | None = await tx.db.fetchval(CLOSURE_HERE, id, tx.actor.institution_id)
    if day is None:
        raise NoSuchClosure(id=id)
    return day


async def list_made(tx: Tx, day: date) -> list[UUID]:
    rows = await tx.db.fetch(MADE, tx.actor.institution_id, day)
    return [row["id"] for row in rows]


def _routine(row: "Record") -> Routine:
    known = dict(row)
    return Routine(
        id=known["id"],
        institution_id=known["institution_id"],
        doctor_id=known["doctor_id"],
        doctor_name=known["doctor_name"],
        state=RoutineState(known["state"]),
        pattern=msgspec.convert(known, Pattern),
        through=known["through"],
        held=tuple(known["held"]),
    )
