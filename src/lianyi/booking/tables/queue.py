"""The live queue of a session: who has arrived, who was called, how long visits take."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from lianyi.booking.model import Calling, Turn
from lianyi.kernel.work import Tx

if TYPE_CHECKING:
    from asyncpg import Record

TURNS = """SELECT id AS appointment_id, person_id, number, starts_at, ends_at, arrived_at, urgent,
             comes_back, ready_at_call
           FROM booking.appointment WHERE session_id = $1 AND stands AND state = 'checked_in'"""
INSIDE = """SELECT number FROM booking.appointment WHERE session_id = $1 AND stands
              AND state IN ('called', 'with_doctor') LIMIT 1"""
VISITS = """SELECT finished_at - started_at AS took FROM booking.appointment
            WHERE session_id = $1 AND stands AND finished_at IS NOT NULL ORDER BY finished_at"""


async def list_turns(tx: Tx, session_id: UUID) -> list[Turn]:
    return [_turn(row) for row in await tx.db.fetch(TURNS, session_id)]


async def find_inside(tx: Tx, session_id: UUID) -> int | None:
    """Return the number of who was called or is with the doctor."""
    number: int | None = await tx.db.fetchval(INSIDE, session_id)
    return number


async def list_visits(tx: Tx, session_id: UUID) -> list[timedelta]:
    return [row["took"] for row in await tx.db.fetch(VISITS, session_id)]


async def arrive(tx: Tx, appointment_id: UUID, *, urgent: bool, comes_back: bool) -> None:
    await tx.db.execute(
        """UPDATE booking.appointment SET arrived_at = $2, urgent = urgent OR $3, comes_back = $4
           WHERE id = $1""",
        appointment_id,
        tx.now,
        urgent,
        comes_back,
    )


async def wait_for_calls(tx: Tx, appointment_id: UUID, ready_at_call: int) -> None:
    await tx.db.execute(
        "UPDATE booking.appointment SET ready_at_call = $2 WHERE id = $1",
        appointment_id,
        ready_at_call,
    )


async def note_call(tx: Tx, session_id: UUID, number: int, calling: Calling) -> None:
    await tx.db.execute(
        """UPDATE booking.session SET calls = $2, new_in_a_row = $3, called_number = $4
           WHERE id = $1""",
        session_id,
        calling.calls,
        calling.new_in_a_row,
        number,
    )


async def note_start(tx: Tx, appointment_id: UUID) -> None:
    await _note(tx, appointment_id, "started_at", tx.now)


async def note_finish(tx: Tx, appointment_id: UUID) -> None:
    await _note(tx, appointment_id, "finished_at", tx.now)


async def _note(tx: Tx, appointment_id: UUID, column: str, at: datetime) -> None:
    await tx.db.execute(
        f"UPDATE booking.appointment SET {column} = $2 WHERE id = $1", appointment_id, at
    )


def _turn(row: "Record") -> Turn:
    return msgspec.convert(dict(row), Turn)
