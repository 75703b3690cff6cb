"""The daily comparison of our books with the provider's statement."""

from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from lianyi.billing.errors import NoSuchDifference
from lianyi.billing.model import Booked, Books, Difference, DifferenceKind, DifferenceState
from lianyi.billing.states import DIFFERENCE
from lianyi.kernel.lifecycle import begin
from lianyi.kernel.work import Tx

if TYPE_CHECKING:
    from asyncpg import Record

# By the provider's own times, which decide the day of its statement.
OURS = """SELECT id, coalesce(provider_id, '') AS provider_id, fen FROM billing.payment
          WHERE institution_id = $1 AND channel = 'wechat' AND state = 'paid'
            AND paid_at >= $2 AND paid_at < $3
          UNION ALL
          SELECT id, coalesce(provider_id, ''), -fen FROM billing.refund
          WHERE institution_id = $1 AND channel = 'wechat' AND state = 'done'
            AND provider_id IS NOT NULL AND done_at >= $2 AND done_at < $3"""
BOOKS = "id, institution_id, day, matched, our_fen, their_fen, at"
INSERT_BOOKS = """INSERT INTO billing.books (id, institution_id, day) VALUES ($1, $2, $3)
                  ON CONFLICT (institution_id, day) DO UPDATE SET day = excluded.day
                  RETURNING id"""
LOAD_BOOKS = f"SELECT {BOOKS} FROM billing.books WHERE id = $1"
COMPARED = f"""UPDATE billing.books SET matched = $2, our_fen = $3, their_fen = $4, at = $5
               WHERE id = $1 RETURNING {BOOKS}"""
COLUMNS = "id, institution_id, day, kind, state, booked_id, provider_id, our_fen, their_fen, at"
KNOWN = """SELECT EXISTS (SELECT FROM billing.difference
             WHERE institution_id = $1 AND kind = $2 AND booked_id = $3)"""
OPEN = f"""SELECT {COLUMNS} FROM billing.difference
           WHERE institution_id = $1 AND state = 'open' ORDER BY at, id LIMIT $2"""
LOAD = f"SELECT {COLUMNS} FROM billing.difference WHERE id = $1 AND institution_id = $2"
LIST = f"""SELECT {BOOKS} FROM billing.books
           WHERE institution_id = $1 ORDER BY day DESC LIMIT $2"""


async def list_booked(
    tx: Tx, institution_id: UUID, since: datetime, until: datetime
) -> list[Booked]:
    rows = await tx.db.fetch(OURS, institution_id, since, until)
    return [Booked(**row) for row in rows]


async def find_or_insert(tx: Tx, institution_id: UUID, day: date) -> UUID:
    id: UUID = await tx.db.fetchval(INSERT_BOOKS, tx.new_id(institution_id), institution_id, day)
    return id


async def load_books(tx: Tx, id: UUID) -> Books:
    (row,) = await tx.db.fetch(LOAD_BOOKS, id)
    return Books(**row)


async def compared(tx: Tx, page: Books, *, matched: int, our_fen: int, their_fen: int) -> Books:
    (row,) = await tx.db.fetch(COMPARED, page.id, matched, our_fen, their_fen, tx.now)
    return Books(**row)


async def is_known(tx: Tx, institution_id: UUID, kind: DifferenceKind, booked_id: UUID) -> bool:
    known: bool = await tx.db.fetchval(KNOWN, institution_id, kind, booked_id)
    return known


async def insert(tx: Tx, difference: Difference) -> None:
    row = {
        "institution_id": difference.institution_id,
        "day": difference.day,
        "kind": difference.kind,
        "booked_id": difference.booked_id,
        "provider_id": difference.provider_id,
        "our_fen": difference.our_fen,
        "their_fen": difference.their_fen,
        "at": difference.at,
    }
    await begin(tx, DIFFERENCE, difference.id, "find", row=row)


async def load(tx: Tx, id: UUID) -> Difference:
    row = await tx.db.fetchrow(LOAD, id, tx.actor.institution_id)
    if row is None:
        raise NoSuchDifference(id=id)
    return _difference(row)


async def list_open(tx: Tx, institution_id: UUID, limit: int) -> list[Difference]:
    return [_difference(row) for row in await tx.db.fetch(OPEN, institution_id, limit)]


async def list_books(tx: Tx, institution_id: UUID, limit: int) -> list[Books]:
    return [Books(**row) for row in await tx.db.fetch(LIST, institution_id, limit)]


def _difference(row: "Record") -> Difference:
    kind, state = DifferenceKind(row["kind"]), DifferenceState(row["state"])
    return Difference(**{**row, "kind": kind, "state": state})
