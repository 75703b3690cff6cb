"""The list of every closed visit, line by line, and the seals over it. Only ever added to."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from lianyi.kernel.work import Tx
from lianyi.supervision.model import By, Line, Step, Trail, TrailSeal

if TYPE_CHECKING:
    from asyncpg import Record

# What was prescribed or sold is reported too, but the visit is closed once it is itself.
VISITED = """SELECT person_id, institution_id FROM supervision.upload
             WHERE visit_id = $1 AND kind = 'visit'"""
UPLOADS = "SELECT id FROM supervision.upload WHERE visit_id = $1"
INSERT = """INSERT INTO supervision.trail (visit_id, number, institution_id, log, row, thing, verb,
              before, after, by, post_id, at, digest, chain)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"""
SEAL = """INSERT INTO supervision.trail_seal (visit_id, lines, chain, mac, at)
          VALUES ($1, $2, $3, $4, $5)"""
LINES = (
    "SELECT * FROM supervision.trail WHERE visit_id = ANY ($1::uuid[]) ORDER BY visit_id, number"
)
SEALS = """SELECT * FROM supervision.trail_seal WHERE visit_id = ANY ($1::uuid[])
           ORDER BY visit_id, lines"""
VISITS = """SELECT DISTINCT visit_id FROM supervision.trail
            WHERE $1::uuid IS NULL OR visit_id > $1 ORDER BY visit_id LIMIT $2"""


async def find_person(tx: Tx, visit_id: UUID) -> UUID | None:
    """Return whose visit it was, for who gathers its list or opens a case."""
    id: UUID | None = await tx.db.fetchval(VISITED, visit_id)
    return id


async def load_place(tx: Tx, visit_id: UUID) -> UUID:
    """Return where a closed visit was, whoever reports what followed from it."""
    id: UUID = await tx.db.fetchval(VISITED, visit_id, column=1)
    return id


async def list_uploads(tx: Tx, visit_id: UUID) -> list[UUID]:
    return [row["id"] for row in await tx.db.fetch(UPLOADS, visit_id)]


async def insert(tx: Tx, visit_id: UUID, institution_id: UUID, lines: Sequence[Line]) -> None:
    await tx.db.executemany(INSERT, [_row(visit_id, institution_id, line) for line in lines])


async def insert_seal(tx: Tx, visit_id: UUID, line: Line, mac: bytes) -> None:
    await tx.db.execute(SEAL, visit_id, line.number, line.chain, mac, tx.now)


async def find(tx: Tx, visit_id: UUID, institution_id: UUID | None) -> Trail | None:
    """Return a visit's list, if it is of this institution where one is named."""
    found = await _trails(tx, [visit_id])
    if not found or institution_id not in {None, found[0].institution_id}:
        return None
    return found[0]


async def list_all(tx: Tx, after: UUID | None, limit: int) -> list[Trail]:
    ids = [row["visit_id"] for row in await tx.db.fetch(VISITS, after, limit)]
    return await _trails(tx, ids) if ids else []


async def _trails(tx: Tx, ids: list[UUID]) -> list[Trail]:
    lines, seals = await tx.db.fetch(LINES, ids), await tx.db.fetch(SEALS, ids)
    return [
        Trail(
            visit_id=id,
            institution_id=own[0]["institution_id"],
            lines=tuple(_line(row) for row in own),
            seals=tuple(_seal(row) for row in seals if row["visit_id"] == id),
        )
        for id in ids
        if (own := [row for row in lines if row["visit_id"] == id])
    ]


def _row(visit_id: UUID, institution_id: UUID, line: Line) -> tuple[object, ...]:
    step = line.step
    what = (step.log, step.row, step.thing, step.verb, step.before, step.after)
    who = (step.by, step.post_id, step.at, step.digest)
    return (visit_id, line.number, institution_id, *what, *who, line.chain)


def _line(row: "Record") -> Line:
    known = {name: row[name] for name in Step.__dataclass_fields__}
    return Line(row["number"], Step(**{**known, "by": By(row["by"])}), row["chain"])


def _seal(row: "Record") -> TrailSeal:
    return TrailSeal(row["lines"], row["chain"], row["mac"], row["at"])
