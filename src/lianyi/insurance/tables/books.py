"""The daily comparison with the agency."""

from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from lianyi.insurance.errors import NoSuchDifference
from lianyi.insurance.model import (
    Books,
    Difference,
    DifferenceKind,
    DifferenceState,
    Mismatch,
    Scheme,
)
from lianyi.insurance.states import DIFFERENCE
from lianyi.kernel.lifecycle import begin
from lianyi.kernel.work import Tx

if TYPE_CHECKING:
    from asyncpg import Record

BOOKS = "id, institution_id, scheme, day, count, our_fen, their_fen, compared_at"
INSERT_BOOKS = """INSERT INTO insurance.books (id, institution_id, scheme, day)
                  VALUES ($1, $2, $3, $4)
                  ON CONFLICT (institution_id, scheme, day) DO UPDATE SET day = excluded.day
                  RETURNING id"""
LOAD_BOOKS = f"SELECT {BOOKS} FROM insurance.books WHERE id = $1"
COMPARED = """UPDATE insurance.books SET count = $2, our_fen = $3, their_fen = $4, compared_at = $5
              WHERE id = $1"""
LIST_BOOKS = f"""SELECT {BOOKS} FROM insurance.books
                 WHERE $1::uuid IS NULL OR institution_id = $1
                 ORDER BY day DESC, institution_id, scheme LIMIT $2"""
COLUMNS = "id, institution_id, state, kind, day, number, our_fen, their_fen, at"
IS_KNOWN = """SELECT EXISTS (SELECT FROM insurance.difference
                WHERE institution_id = $1 AND kind = $2 AND day = $3 AND number = $4)"""
LOAD = f"SELECT {COLUMNS} FROM insurance.difference WHERE id = $1 AND institution_id = $2"
LIST_OPEN = f"""SELECT {COLUMNS} FROM insurance.difference
                WHERE ($1::uuid IS NULL OR institution_id = $1) AND state = 'open'
                ORDER BY at, id LIMIT $2"""


async def find_or_insert(tx: Tx, institution_id: UUID, scheme: Scheme, day: date) -> UUID:
    id: UUID = await tx.db.fetchval(
        INSERT_BOOKS, tx.new_id(institution_id), institution_id, scheme, day
    )
    return id


async def load_books(tx: Tx, id: UUID) -> Books:
    (row,) = await tx.db.fetch(LOAD_BOOKS, id)
    return _books(row)


async def compared(tx: Tx, id: UUID, *, count: int, our_fen: int, their_fen: int) -> None:
    await tx.db.execute(COMPARED, id, count, our_fen, their_fen, tx.now)


async def list_books(tx: Tx, institution_id: UUID | None, limit: int) -> list[Books]:
    return [_books(row) for row in await tx.db.fetch(LIST_BOOKS, institution_id, limit)]


async def find(tx: Tx, institution_id: UUID, day: date, mismatch: Mismatch) -> None:
    """Write a difference down, unless it is known."""
    await tx.alone(institution_id, "insurance")
    kind, number = mismatch.kind, mismatch.number
    if await tx.db.fetchval(IS_KNOWN, institution_id, kind, day, number):
        return
    row = {
        "institution_id": institution_id,
        "kind": kind,
        "day": day,
        "number": number,
        "our_fen": mismatch.our_fen,
        "their_fen": mismatch.their_fen,
        "at": tx.now,
    }
    await begin(tx, DIFFERENCE, tx.new_id(institution_id), "find", row=row)


async def load(tx: Tx, id: UUID) -> Difference:
    row = await tx.db.fetchrow(LOAD, id, tx.actor.institution_id)
    if row is None:
        raise NoSuchDifference(id=id)
    return _difference(row)


async def list_open(tx: Tx, institution_id: UUID | None, limit: int) -> list[Difference]:
    return [_difference(row) for row in await tx.db.fetch(LIST_OPEN, institution_id, limit)]


def _books(row: "Record") -> Books:
    return Books(**{**row, "scheme": Scheme(row["scheme"])})


def _difference(row: "Record") -> Difference:
    kind, state = DifferenceKind(row["kind"]), DifferenceState(row["state"])
    return Difference(**{**row, "kind": kind, "state": state})
