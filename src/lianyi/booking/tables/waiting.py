"""The waiting list of a session (候补)."""

from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from lianyi.booking.model import Waiting
from lianyi.booking.states import WAITING
from lianyi.kernel.lifecycle import begin
from lianyi.kernel.work import Tx

if TYPE_CHECKING:
    from asyncpg import Record

COLUMNS = "id, institution_id, session_id, person_id, state, at, appointment_id"
FIND = f"""SELECT {COLUMNS} FROM booking.waiting WHERE session_id = $1 AND person_id = $2
             AND state IN ('waiting', 'offered') FOR UPDATE"""
FIRST = f"""SELECT {COLUMNS} FROM booking.waiting WHERE session_id = $1 AND state = 'waiting'
            ORDER BY at, id LIMIT 1 FOR UPDATE"""
OF_OFFER = f"""SELECT {COLUMNS} FROM booking.waiting WHERE appointment_id = $1
                 AND state = 'offered' FOR UPDATE"""
LIVE = f"""SELECT {COLUMNS} FROM booking.waiting WHERE session_id = $1
             AND state IN ('waiting', 'offered') ORDER BY at, id FOR UPDATE"""


async def insert(tx: Tx, *, session_id: UUID, person_id: UUID, institution_id: UUID) -> UUID:
    id = tx.new_id(session_id)
    row = {
        "institution_id": institution_id,
        "session_id": session_id,
        "person_id": person_id,
        "at": tx.now,
    }
    await begin(tx, WAITING, id, "join", row=row)
    return id


async def find(tx: Tx, session_id: UUID, person_id: UUID) -> Waiting | None:
    return _maybe(await tx.db.fetchrow(FIND, session_id, person_id))


async def find_first(tx: Tx, session_id: UUID) -> Waiting | None:
    return _maybe(await tx.db.fetchrow(FIRST, session_id))


async def find_of_offer(tx: Tx, appointment_id: UUID) -> Waiting | None:
    return _maybe(await tx.db.fetchrow(OF_OFFER, appointment_id))


async def list_live(tx: Tx, session_id: UUID) -> list[Waiting]:
    return [_waiting(row) for row in await tx.db.fetch(LIVE, session_id)]


async def note_offer(tx: Tx, waiting_id: UUID, appointment_id: UUID) -> None:
    await tx.db.execute(
        "UPDATE booking.waiting SET appointment_id = $2 WHERE id = $1", waiting_id, appointment_id
    )


def _maybe(row: "Record | None") -> Waiting | None:
    return None if row is None else _waiting(row)


def _waiting(row: "Record") -> Waiting:
    return msgspec.convert(dict(row), Waiting)
