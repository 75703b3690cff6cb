"""Sellers, batches and packs."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from lianyi.kernel.lifecycle import begin
from lianyi.kernel.work import Tx
from lianyi.pharmacy.errors import NoSuchBatch, NoSuchPack, NoSuchSeller
from lianyi.pharmacy.events import BatchMoved
from lianyi.pharmacy.model import (
    PROMISED,
    Batch,
    BatchState,
    Pack,
    Passage,
    SaleState,
    Scanned,
    Seller,
    SellerKind,
    Shelf,
    Sold,
    Trace,
)
from lianyi.pharmacy.states import BATCH

if TYPE_CHECKING:
    from asyncpg import Record

UPSERT_SELLER = """INSERT INTO pharmacy.seller (institution_id, kind, delivers)
                   VALUES ($1, $2, $3) ON CONFLICT (institution_id) DO UPDATE
                   SET kind = excluded.kind, delivers = excluded.delivers"""
SELLER = "SELECT institution_id, kind, delivers FROM pharmacy.seller WHERE institution_id = $1"
SELLERS = "SELECT institution_id, kind, delivers FROM pharmacy.seller ORDER BY institution_id"
ON_SHELF = """NOT EXISTS (SELECT FROM pharmacy.scan s
                          WHERE s.trace_code = p.trace_code AND s.undone_at IS NULL)"""
BATCH_COLUMNS = f"""b.id, b.institution_id, b.state, b.code, b.label, b.lot, b.maker, b.expires_on,
                    (SELECT count(*) FROM pharmacy.pack p
                     WHERE p.batch_id = b.id AND {ON_SHELF}) AS packs"""
LOCK_BATCH = f"SELECT {BATCH_COLUMNS} FROM pharmacy.batch b WHERE b.id = $1 FOR UPDATE"
FIND_BATCH = f"""SELECT {BATCH_COLUMNS} FROM pharmacy.batch b
                 WHERE b.institution_id = $1 AND b.code = $2 AND b.lot = $3 FOR UPDATE"""
BATCHES = f"""SELECT * FROM (
                SELECT {BATCH_COLUMNS} FROM pharmacy.batch b
                WHERE b.institution_id = $1 AND b.state <> 'destroyed'
                  AND ($2::date IS NULL OR b.expires_on <= $2)
                  AND ($3::text IS NULL OR b.label LIKE '%' || $3 || '%' OR b.lot = $3)) AS found
              WHERE packs > 0 ORDER BY expires_on, label, id LIMIT $4"""
BATCH_OF = f"""SELECT {BATCH_COLUMNS} FROM pharmacy.batch b
               WHERE b.id = $1 AND b.institution_id = $2"""
CODES = f"""SELECT p.trace_code FROM pharmacy.pack p
            WHERE p.batch_id = $1 AND {ON_SHELF} ORDER BY p.trace_code"""
# A code that came in before, at whoever's door, leaves a gap in the answer.
INSERT_PACKS = """INSERT INTO pharmacy.pack (trace_code, batch_id, at)
                  SELECT code, $2, $3 FROM unnest($1::text[]) AS code ORDER BY code
                  ON CONFLICT (trace_code) DO NOTHING RETURNING trace_code"""
PACK = """SELECT p.trace_code, p.batch_id, b.institution_id, b.state, b.code, b.lot, b.expires_on,
            (SELECT sale_id FROM pharmacy.scan s
             WHERE s.trace_code = p.trace_code AND s.undone_at IS NULL) AS sale_id
          FROM pharmacy.pack p JOIN pharmacy.batch b ON b.id = p.batch_id
          WHERE p.trace_code = $1"""
# The batch is locked with its pack, so that nobody locks it away at this very moment.
LOCK_PACK = f"{PACK} FOR SHARE OF b"
# Whoever comes second to the same pack waits here, and then gets no row.
INSERT_SCAN = """INSERT INTO pharmacy.scan (id, trace_code, sale_id, number, at, post_id, person_id)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)
                 ON CONFLICT (trace_code) WHERE undone_at IS NULL DO NOTHING RETURNING id"""
UNDO_SCANS = """UPDATE pharmacy.scan SET undone_at = $2
                WHERE sale_id = $1 AND undone_at IS NULL AND ($3::int IS NULL OR number = $3)"""
SCANS = """SELECT s.sale_id, s.number, s.trace_code, b.lot, b.maker, b.expires_on
           FROM pharmacy.scan s JOIN pharmacy.pack p ON p.trace_code = s.trace_code
           JOIN pharmacy.batch b ON b.id = p.batch_id
           WHERE s.sale_id = ANY ($1) AND s.undone_at IS NULL ORDER BY s.number, s.at, s.id"""
CAME = """SELECT b.label, b.maker, p.at FROM pharmacy.pack p
          JOIN pharmacy.batch b ON b.id = p.batch_id WHERE p.trace_code = $1"""
SOLD = """SELECT c.trace_code, b.label, b.lot, s.institution_id, s.handed_at
          FROM pharmacy.sale s JOIN pharmacy.scan c ON c.sale_id = s.id AND c.undone_at IS NULL
          JOIN pharmacy.pack p USING (trace_code) JOIN pharmacy.batch b ON b.id = p.batch_id
          WHERE s.handed_at IS NOT NULL ORDER BY s.handed_at DESC, c.trace_code LIMIT $1"""
PASSAGES = """SELECT s.id AS sale_id, s.state, s.kind AS seller, s.slip::json->>'number'
                AS prescription, s.signed_at, s.approved_at, c.at AS scanned_at, c.undone_at,
                s.checked_at, s.handed_at, r.at AS returned_at,
                coalesce(r.reason, '') AS returned_for
              FROM pharmacy.scan c JOIN pharmacy.sale s ON s.id = c.sale_id
              LEFT JOIN pharmacy.returned r ON r.trace_code = c.trace_code
                AND r.sale_id = c.sale_id
              WHERE c.trace_code = $1 ORDER BY c.at, c.id"""
# DS-18: what has left the house and came back; its scan stays live, so it is never sold again.
RETURN_PACKS = """INSERT INTO pharmacy.returned (trace_code, sale_id, reason, at, post_id)
                  SELECT trace_code, sale_id, $2, $3, $4 FROM pharmacy.scan
                  WHERE sale_id = $1 AND undone_at IS NULL"""
FREE = f"""WITH shelf AS (
             SELECT b.institution_id, b.code, count(*) AS packs, min(b.expires_on) AS expires_on
             FROM pharmacy.batch b JOIN pharmacy.pack p ON p.batch_id = b.id
             WHERE b.institution_id = ANY ($1) AND b.code = ANY ($2) AND b.state = 'in_stock'
               AND b.expires_on > $3 AND {ON_SHELF}
             GROUP BY b.institution_id, b.code),
           promised AS (
             SELECT s.institution_id, l.code,
               sum(l.packs - (SELECT count(*) FROM pharmacy.scan c WHERE c.sale_id = l.sale_id
                              AND c.number = l.number AND c.undone_at IS NULL)) AS packs
             FROM pharmacy.sale s JOIN pharmacy.line l ON l.sale_id = s.id
             WHERE s.institution_id = ANY ($1) AND s.state = ANY ($4) AND NOT l.short
               AND l.code = ANY ($2)
             GROUP BY s.institution_id, l.code)
           SELECT shelf.institution_id, shelf.code, shelf.expires_on,
             greatest(shelf.packs - coalesce(promised.packs, 0), 0)::int AS free
           FROM shelf LEFT JOIN promised USING (institution_id, code)"""


async def upsert_seller(tx: Tx, seller: Seller) -> None:
    await tx.db.execute(UPSERT_SELLER, seller.institution_id, seller.kind, seller.delivers)


async def load_seller(tx: Tx, institution_id: UUID) -> Seller:
    row = await tx.db.fetchrow(SELLER, institution_id)
    if row is None:
        raise NoSuchSeller(id=institution_id)
    return _seller(row)


async def list_sellers(tx: Tx) -> list[Seller]:
    return [_seller(row) for row in await tx.db.fetch(SELLERS)]


async def insert_batch(tx: Tx, batch: Batch) -> None:
    row = {
        "institution_id": batch.institution_id,
        "code": batch.code,
        "label": batch.label,
        "lot": batch.lot,
        "maker": batch.maker,
        "expires_on": batch.expires_on,
        "at": tx.now,
    }
    await begin(
        tx, BATCH, batch.id, "receive", row=row, event=BatchMoved(batch.id, batch.institution_id)
    )


async def find_batch(tx: Tx, institution_id: UUID, code: str, lot: str) -> Batch | None:
    row = await tx.db.fetchrow(FIND_BATCH, institution_id, code, lot)
    return None if row is None else _batch(row)


async def lock_batch(tx: Tx, id: UUID) -> Batch:
    row = await tx.db.fetchrow(LOCK_BATCH, id)
    if row is None:
        raise NoSuchBatch(id=id)
    return _batch(row)


async def load_batch(tx: Tx, institution_id: UUID, id: UUID) -> Batch:
    row = await tx.db.fetchrow(BATCH_OF, id, institution_id)
    if row is None:
        raise NoSuchBatch(id=id)
    return _batch(row)


async def list_codes(tx: Tx, batch_id: UUID) -> list[str]:
    return [row["trace_code"] for row in await tx.db.fetch(CODES, batch_id)]


async def list_batches(
    tx: Tx, institution_id: UUID, until: date | None, text: str | None, limit: int
) -> list[Batch]:
    rows = await tx.db.fetch(BATCHES, institution_id, until, text or None, limit)
    return [_batch(row) for row in rows]


async def insert_packs(tx: Tx, batch_id: UUID, codes: Sequence[str]) -> set[str]:
    """Return the codes that were new."""
    rows = await tx.db.fetch(INSERT_PACKS, list(codes), batch_id, tx.now)
    return {row["trace_code"] for row in rows}


async def lock_pack(tx: Tx, trace_code: str) -> Pack:
    row = await tx.db.fetchrow(LOCK_PACK, trace_code)
    if row is None:
        raise NoSuchPack(trace_code=trace_code)
    return Pack(**{**row, "state": BatchState(row["state"])})


async def load_trace(tx: Tx, trace_code: str) -> Trace:
    row = await tx.db.fetchrow(PACK, trace_code)
    came = await tx.db.fetchrow(CAME, trace_code)
    if row is None or came is None:
        raise NoSuchPack(trace_code=trace_code)
    pack = Pack(**{**row, "state": BatchState(row["state"])})
    passed = [_passage(each) for each in await tx.db.fetch(PASSAGES, trace_code)]
    return Trace(pack, came["label"], came["maker"], came["at"], tuple(passed))


async def list_sold(tx: Tx, limit: int) -> list[Sold]:
    return [Sold(**row) for row in await tx.db.fetch(SOLD, limit)]


async def insert_scan(tx: Tx, trace_code: str, sale_id: UUID, number: int) -> bool:
    """Return whether the pack was still nobody's."""
    id = tx.new_id(sale_id)
    actor = tx.actor
    found = await tx.db.fetchval(
        INSERT_SCAN, id, trace_code, sale_id, number, tx.now, actor.post_id, actor.person_id
    )
    return found is not None


async def undo_scans(tx: Tx, sale_id: UUID, number: int | None = None) -> None:
    """Put back on the shelf what was scanned and never left the house."""
    await tx.db.execute(UNDO_SCANS, sale_id, tx.now, number)


async def list_scans(tx: Tx, sale_ids: Sequence[UUID]) -> list[Scanned]:
    return [Scanned(**row) for row in await tx.db.fetch(SCANS, list(sale_ids))]


async def return_packs(tx: Tx, sale_id: UUID, reason: str) -> None:
    await tx.db.execute(RETURN_PACKS, sale_id, reason, tx.now, tx.actor.post_id)


async def free(
    tx: Tx, institution_ids: Collection[UUID], codes: Collection[str], last_day: date
) -> dict[tuple[UUID, str], Shelf]:
    """Return what can be promised; what there is nothing of is missing."""
    rows = await tx.db.fetch(FREE, list(institution_ids), list(codes), last_day, list(PROMISED))
    return {(r["institution_id"], r["code"]): Shelf(r["free"], r["expires_on"]) for r in rows}


def _seller(row: "Record") -> Seller:
    return Seller(**{**row, "kind": SellerKind(row["kind"])})


def _batch(row: "Record") -> Batch:
    return Batch(**{**row, "state": BatchState(row["state"])})


def _passage(row: "Record") -> Passage:
    state, seller = SaleState(row["state"]), SellerKind(row["seller"])
    return Passage(**{**row, "state": state, "seller": seller})
