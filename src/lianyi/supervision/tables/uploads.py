"""Uploads to the province, and the comparison of a day's counts with it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from lianyi.kernel.lifecycle import begin
from lianyi.kernel.work import Tx
from lianyi.supervision.errors import NoSuchUpload
from lianyi.supervision.events import UploadDue
from lianyi.supervision.model import (
    Counted,
    Kind,
    Receipted,
    Slip,
    State,
    Tally,
    TallySlip,
    Thing,
    Upload,
)
from lianyi.supervision.states import UPLOAD

if TYPE_CHECKING:
    from asyncpg import Record

COLUMNS = """id, institution_id, state, kind, thing_id, visit_id, day, at, due_at, waits, stale,
             edition, digest, receipt, receipted_at, code, about"""
FIND = f"""SELECT {COLUMNS} FROM supervision.upload
           WHERE institution_id = $1 AND kind = $2 AND thing_id = $3 FOR UPDATE"""
LOCK = f"SELECT {COLUMNS}, person_id FROM supervision.upload WHERE id = $1 FOR UPDATE"
LICENSED = """SELECT EXISTS (SELECT FROM supervision.upload
                WHERE institution_id = $1 AND kind = 'licence' AND receipt <> '')"""
STALE = "UPDATE supervision.upload SET stale = true WHERE id = $1"
BUILT = """UPDATE supervision.upload SET stale = false, helped = false, edition = edition + 1,
             digest = $2 WHERE id = $1 RETURNING edition"""
HELP = "UPDATE supervision.upload SET helped = true WHERE institution_id = $1 AND state = 'sent'"
HELPED = "SELECT helped FROM supervision.upload WHERE id = $1"
RECEIPTED = """UPDATE supervision.upload SET receipt = $2, receipted_at = $3, code = '', about = ''
               WHERE id = $1"""
REFUSED = "UPDATE supervision.upload SET code = $2, about = $3 WHERE id = $1"
DUE_AGAIN = "UPDATE supervision.upload SET due_at = $2 WHERE id = $1"
LET_GO = """UPDATE supervision.upload SET waits = false WHERE institution_id = $1 AND waits
            RETURNING id"""
MENDED = f"""SELECT {COLUMNS} FROM supervision.upload
             WHERE institution_id = $1 AND state = 'refused' AND code = ANY ($2)
             ORDER BY id FOR UPDATE"""
HELD = """SELECT kind, thing_id, receipt FROM supervision.upload
          WHERE institution_id = $1 AND day = $2 AND state = 'receipted'"""
OPEN = """SELECT count(*) FROM supervision.upload
          WHERE institution_id = $1 AND day = $2 AND state <> 'receipted'"""
LIST = f"""SELECT {COLUMNS} FROM supervision.upload
           WHERE kind = ANY ($1) AND ($2::uuid IS NULL OR institution_id = $2)
             AND ($3::date IS NULL OR day = $3)
             AND ($4::text IS NULL OR state = $4)
             AND (NOT $5 OR CASE state WHEN 'receipted' THEN receipted_at ELSE $6 END > due_at)
             AND ($7::uuid IS NULL OR id < $7)
             AND ($9::text IS NULL OR receipt = $9)
           ORDER BY id DESC LIMIT $8"""
# What wants a hand: refused, or without a receipt in time; the oldest first.
TROUBLED = f"""SELECT {COLUMNS} FROM supervision.upload
               WHERE kind = ANY ($1) AND ($2::uuid IS NULL OR institution_id = $2)
                 AND state <> 'receipted' AND (state = 'refused' OR due_at < $3)
               ORDER BY due_at, id LIMIT $4"""
COUNTED = """SELECT institution_id, day, kind, count(*) AS all,
               count(*) FILTER (WHERE state = 'receipted') AS receipted,
               count(*) FILTER (WHERE state = 'refused') AS refused,
               count(*) FILTER (WHERE due_at < CASE state WHEN 'receipted' THEN receipted_at
                 ELSE $5 END) AS late
             FROM supervision.upload
             WHERE kind = ANY ($1) AND ($2::uuid IS NULL OR institution_id = $2)
               AND day BETWEEN $3 AND $4
             GROUP BY institution_id, day, kind ORDER BY day DESC, institution_id, kind"""
# Something of the day was taken there while, or after, its counts were asked for.
HAS_MOVED = """SELECT EXISTS (SELECT FROM supervision.upload u
                 JOIN supervision.tally t USING (institution_id, day)
                 WHERE t.id = $1 AND u.receipted_at > t.asked_at)"""
DISAGREED = """SELECT EXISTS (SELECT FROM supervision.tally
                 WHERE institution_id = $1 AND day = $2 AND at IS NOT NULL
                   AND NOT (same AND open = 0))"""
TALLY = "id, institution_id, day, ours, theirs, same, open, asked_at, at"
ASK_TALLY = """INSERT INTO supervision.tally (id, institution_id, day, asked_at)
               VALUES ($1, $2, $3, $4)
               ON CONFLICT (institution_id, day) DO UPDATE SET asked_at = excluded.asked_at
               RETURNING id"""
LOAD_TALLY = "SELECT institution_id, day FROM supervision.tally WHERE id = $1"
TAKEN = """UPDATE supervision.tally SET ours = $2, theirs = $3, same = $4, open = $5, at = $6
           WHERE id = $1"""
TALLIES = f"""SELECT {TALLY} FROM supervision.tally
              WHERE ($1::uuid IS NULL OR institution_id = $1) AND day BETWEEN $2 AND $3
              ORDER BY day DESC, institution_id"""


async def find(tx: Tx, thing: Thing) -> Upload | None:
    """Return the acting institution's upload of a thing, kept still."""
    row = await tx.db.fetchrow(FIND, tx.actor.institution_id, thing.kind, thing.id)
    return None if row is None else _upload(row)


async def lock(tx: Tx, id: UUID) -> Slip:
    row = await tx.db.fetchrow(LOCK, id)
    if row is None:
        raise NoSuchUpload(id=id)
    return Slip(_upload(row), row["person_id"])


async def is_licensed(tx: Tx, institution_id: UUID) -> bool:
    taken: bool = await tx.db.fetchval(LICENSED, institution_id)
    return taken


async def insert(tx: Tx, thing: Thing, *, day: date, due_at: datetime, waits: bool) -> UUID:
    here = tx.actor.institution_id
    id = tx.new_id(here)
    row = {
        "institution_id": here,
        "kind": thing.kind,
        "thing_id": thing.id,
        "person_id": thing.person_id,
        "visit_id": thing.visit_id,
        "day": day,
        "at": tx.now,
        "due_at": due_at,
        "waits": waits,
    }
    await begin(
        tx, UPLOAD, id, "due", row=row, event=UploadDue(id, here, thing.kind, thing.visit_id)
    )
    return id


async def mark_stale(tx: Tx, id: UUID) -> None:
    await tx.db.execute(STALE, id)


async def mark_built(tx: Tx, id: UUID, digest: str) -> int:
    edition: int = await tx.db.fetchval(BUILT, id, digest)
    return edition


async def mark_receipted(tx: Tx, id: UUID, receipt: Receipted) -> None:
    await tx.db.execute(RECEIPTED, id, receipt.number, tx.now)


async def mark_refused(tx: Tx, id: UUID, code: str, about: str) -> None:
    await tx.db.execute(REFUSED, id, code, about)


async def mark_helped(tx: Tx, institution_id: UUID) -> None:
    await tx.db.execute(HELP, institution_id)


async def is_helped(tx: Tx, id: UUID) -> bool:
    helped: bool = await tx.db.fetchval(HELPED, id)
    return helped


async def mark_due(tx: Tx, id: UUID, due_at: datetime) -> None:
    await tx.db.execute(DUE_AGAIN, id, due_at)


async def let_go(tx: Tx, institution_id: UUID) -> list[UUID]:
    """Return what waited for the institution's licence and waits no more."""
    return [row["id"] for row in await tx.db.fetch(LET_GO, institution_id)]


async def list_refused_for(tx: Tx, institution_id: UUID, codes: Sequence[str]) -> list[Upload]:
    return [_upload(row) for row in await tx.db.fetch(MENDED, institution_id, list(codes))]


async def list_held(tx: Tx, institution_id: UUID, day: date) -> list[tuple[str, UUID, str]]:
    rows = await tx.db.fetch(HELD, institution_id, day)
    return [(row["kind"], row["thing_id"], row["receipt"]) for row in rows]


async def count_open(tx: Tx, institution_id: UUID, day: date) -> int:
    count: int = await tx.db.fetchval(OPEN, institution_id, day)
    return count


async def list_uploads(
    tx: Tx,
    *,
    kinds: Collection[Kind],
    institution_id: UUID | None,
    day: date | None,
    state: State | None,
    late: bool,
    receipt: str | None,
    before: UUID | None,
    limit: int,
) -> list[Upload]:
    rows = await tx.db.fetch(
        LIST, sorted(kinds), institution_id, day, state, late, tx.now, before, limit, receipt
    )
    return [_upload(row) for row in rows]


async def list_troubled(
    tx: Tx, kinds: Collection[Kind], institution_id: UUID | None, limit: int
) -> list[Upload]:
    rows = await tx.db.fetch(TROUBLED, sorted(kinds), institution_id, tx.now, limit)
    return [_upload(row) for row in rows]


async def count(
    tx: Tx, kinds: Collection[Kind], institution_id: UUID | None, first: date, last: date
) -> list[Counted]:
    rows = await tx.db.fetch(COUNTED, sorted(kinds), institution_id, first, last, tx.now)
    return [Counted(**{**row, "kind": Kind(row["kind"])}) for row in rows]


async def ask_tally(tx: Tx, institution_id: UUID, day: date) -> UUID:
    id: UUID = await tx.db.fetchval(
        ASK_TALLY, tx.new_id(institution_id), institution_id, day, tx.now
    )
    return id


async def has_moved(tx: Tx, tally_id: UUID) -> bool:
    moved: bool = await tx.db.fetchval(HAS_MOVED, tally_id)
    return moved


async def has_disagreed(tx: Tx, institution_id: UUID, day: date) -> bool:
    disagreed: bool = await tx.db.fetchval(DISAGREED, institution_id, day)
    return disagreed


async def load_tally(tx: Tx, id: UUID) -> TallySlip:
    (row,) = await tx.db.fetch(LOAD_TALLY, id)
    return TallySlip(**row)


async def take_tally(
    tx: Tx, id: UUID, *, ours: Mapping[str, int], theirs: Mapping[str, int], same: bool, open: int
) -> None:
    await tx.db.execute(TAKEN, id, _json(ours), _json(theirs), same, open, tx.now)


async def list_tallies(tx: Tx, institution_id: UUID | None, first: date, last: date) -> list[Tally]:
    rows = await tx.db.fetch(TALLIES, institution_id, first, last)
    return [
        Tally(**{**row, "ours": _counts(row["ours"]), "theirs": _counts(row["theirs"])})
        for row in rows
    ]


def _upload(row: "Record") -> Upload:
    known = {name: row[name] for name in Upload.__dataclass_fields__}
    return Upload(**{**known, "state": State(row["state"]), "kind": Kind(row["kind"])})


def _json(counts: Mapping[str, int]) -> str:
    return msgspec.json.encode(counts).decode()


def _counts(text: str) -> dict[str, int]:
    return msgspec.json.decode(text, type=dict[str, int])
