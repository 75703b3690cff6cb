"""Files that are brought in bulk, how far they were read, and what was refused of them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from lianyi.kernel import bulk
from lianyi.kernel.work import Tx
from lianyi.records.errors import NoSuchImport
from lianyi.records.model import Finding, Refusal, Resource
from lianyi.records.model.bringing import Bringing, BringingState, Delivered, Piece, Tally

if TYPE_CHECKING:
    from asyncpg import Record

OVER = "('done', 'cancelled', 'failed')"
LOAD = "SELECT * FROM records.bringing WHERE id = $1 AND app_id = $2 AND institution_id = $3"
LOCK = "SELECT * FROM records.bringing WHERE id = $1 FOR UPDATE"
OPEN = """SELECT count(*) FROM records.bringing
          WHERE app_id = $1 AND institution_id = $2 AND state IN ('open', 'running')"""
NEXT = "SELECT * FROM records.bringing WHERE state = 'running' ORDER BY asked_at, id LIMIT 1"
TRY = "UPDATE records.bringing SET tries = tries + 1 WHERE id = $1 RETURNING tries"
COUNT = """UPDATE records.bringing SET read = read + $2, stored = stored + $3,
             changed = changed + $4, duplicate = duplicate + $5, refused = refused + $6, tries = 0
           WHERE id = $1"""
END = "UPDATE records.bringing SET ended_at = $2 WHERE id = $1"
UNTIDY = f"""SELECT id FROM records.bringing WHERE tidied_at IS NULL AND state IN {OVER} LIMIT 20"""
TIDIED = "UPDATE records.bringing SET tidied_at = $2 WHERE id = $1"
ADD = """INSERT INTO records.segment (import_id, name, first, size, sealed_key, at)
         VALUES ($1, $2, $3, $4, $5, $6)"""
SIZE = """SELECT coalesce(sum(size), 0)::bigint FROM records.segment
          WHERE import_id = $1 AND name = $2"""
FILES = """SELECT s.name, sum(s.size)::bigint AS size, coalesce(max(b.place), 0) AS place,
             coalesce(bool_or(b.is_whole), false) AS is_whole
           FROM records.segment s LEFT JOIN records.brought b USING (import_id, name)
           WHERE s.import_id = $1 GROUP BY s.name ORDER BY s.name"""
PIECES = """SELECT first, size, sealed_key FROM records.segment
            WHERE import_id = $1 AND name = $2 ORDER BY first"""
PLACE = """INSERT INTO records.brought (import_id, name, place, is_whole) VALUES ($1, $2, $3, $4)
           ON CONFLICT (import_id, name) DO UPDATE
           SET place = excluded.place, is_whole = excluded.is_whole"""
REFUSALS = """SELECT seq, file, type, fhir_id, findings FROM records.refusal
              WHERE import_id = $1 AND seq > $2 ORDER BY seq LIMIT $3"""
# What this network's own acts wrote, or an import of the installation: not an app's to change.
OWN_ACTS = """SELECT r.type, r.fhir_id FROM records.resource r
              JOIN unnest($1::text[], $2::text[], $3::text[]) AS g (type, fhir_id, body)
                USING (type, fhir_id)
              WHERE r.app_id IS NULL AND r.body <> g.body"""


async def load(tx: Tx, id: UUID) -> Bringing:
    """Return what the acting app brings its institution."""
    row = await tx.db.fetchrow(LOAD, id, tx.actor.app_id, tx.actor.institution_id)
    if row is None:
        raise NoSuchImport(id=id)
    return _bringing(row)


async def lock(tx: Tx, id: UUID) -> Bringing:
    row = await tx.db.fetchrow(LOCK, id)
    if row is None:
        raise NoSuchImport(id=id)
    return _bringing(row)


async def count_open(tx: Tx) -> int:
    count: int = await tx.db.fetchval(OPEN, tx.actor.app_id, tx.actor.institution_id)
    return count


async def find_next(tx: Tx) -> Bringing | None:
    row = await tx.db.fetchrow(NEXT)
    return None if row is None else _bringing(row)


async def count_try(tx: Tx, id: UUID) -> int:
    tries: int = await tx.db.fetchval(TRY, id)
    return tries


async def count(tx: Tx, id: UUID, tally: Tally) -> None:
    made = (tally.stored, tally.changed, tally.duplicate, tally.refused)
    await tx.db.execute(COUNT, id, tally.read, *made)


async def end(tx: Tx, id: UUID) -> None:
    await tx.db.execute(END, id, tx.now)


async def list_untidy(tx: Tx) -> list[UUID]:
    return [row["id"] for row in await tx.db.fetch(UNTIDY)]


async def tidied(tx: Tx, id: UUID) -> None:
    await tx.db.execute(TIDIED, id, tx.now)


async def add(tx: Tx, id: UUID, name: str, piece: Piece) -> None:
    sealed = tx.keys.seal(piece.key)
    await tx.db.execute(ADD, id, name, piece.first, piece.size, sealed, tx.now)


async def size_of(tx: Tx, id: UUID, name: str) -> int:
    size: int = await tx.db.fetchval(SIZE, id, name)
    return size


async def list_files(tx: Tx, id: UUID) -> list[Delivered]:
    return [Delivered(**row) for row in await tx.db.fetch(FILES, id)]


async def list_pieces(tx: Tx, id: UUID, name: str) -> list[Piece]:
    rows = await tx.db.fetch(PIECES, id, name)
    return [Piece(row["first"], row["size"], tx.keys.open(row["sealed_key"])) for row in rows]


async def set_place(tx: Tx, id: UUID, name: str, place: int, *, is_whole: bool) -> None:
    await tx.db.execute(PLACE, id, name, place, is_whole)


async def insert_refusals(tx: Tx, id: UUID, file: str, refused: Sequence[Refusal]) -> None:
    rows = [
        {
            "import_id": id,
            "file": file,
            "type": one.type,
            "fhir_id": one.fhir_id[:64].replace("\0", ""),
            "findings": msgspec.json.encode(one.findings).decode(),
        }
        for one in refused
    ]
    await bulk.copy(tx.db, "records.refusal", rows)


async def list_refusals(tx: Tx, id: UUID, after: int, limit: int) -> list[tuple[int, Refusal]]:
    rows = await tx.db.fetch(REFUSALS, id, after, limit)
    return [(row["seq"], _refusal(row)) for row in rows]


async def list_own_acts(tx: Tx, resources: Sequence[Resource]) -> set[tuple[str, str]]:
    given = zip(*((r.type, r.fhir_id, r.body) for r in resources), strict=True)
    rows = await tx.db.fetch(OWN_ACTS, *map(list, given)) if resources else []
    return {(row["type"], row["fhir_id"]) for row in rows}


def _refusal(row: "Record") -> Refusal:
    findings = msgspec.json.decode(row["findings"], type=tuple[Finding, ...])
    return Refusal(row["type"], row["fhir_id"], findings)


def _bringing(row: "Record") -> Bringing:
    names = ("read", "stored", "changed", "duplicate", "refused")
    return Bringing(
        row["id"],
        BringingState(row["state"]),
        row["app_id"],
        row["institution_id"],
        row["approval_id"],
        tuple(row["scopes"]),
        row["asked_at"],
        row["ended_at"],
        Tally(**{name: row[name] for name in names}),
    )
