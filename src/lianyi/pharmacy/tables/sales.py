"""Sales: the slip, the lines, the ticks, the hand-over."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg
import msgspec

from lianyi.access.model import Chart, Desk
from lianyi.kernel.lifecycle import begin
from lianyi.kernel.work import Tx
from lianyi.pharmacy.errors import AlreadyWithSeller, NoSuchSale
from lianyi.pharmacy.events import SaleAsked
from lianyi.pharmacy.model import (
    Check,
    Delivery,
    Line,
    Receiver,
    Sale,
    SaleState,
    SellerKind,
    Slip,
    Totals,
    Want,
)
from lianyi.pharmacy.states import SALE

if TYPE_CHECKING:
    from asyncpg import Record

COLUMNS = """s.id, s.state, s.institution_id, s.kind, s.person_id, s.slip, s.delivers,
             s.delivery_fen, s.at, s.due_at, s.reason, s.filled_by, s.checked_by, s.checked_at,
             s.handed_by, s.handed_at, s.by_proxy,
             (SELECT json_agg(json_build_object('number', l.number, 'code', l.code,
                'label', l.label, 'usage', l.usage, 'packs', l.packs,
                'unit_price', l.unit_price::text, 'fee_class', l.fee_class, 'fen', l.fen,
                'short', l.short, 'scanned', (SELECT count(*) FROM pharmacy.scan c
                  WHERE c.sale_id = l.sale_id AND c.number = l.number AND c.undone_at IS NULL))
                ORDER BY l.number)
              FROM pharmacy.line l WHERE l.sale_id = s.id)::text AS lines"""
LOCK = "SELECT id FROM pharmacy.sale WHERE id = $1 FOR UPDATE"
LOAD = f"SELECT {COLUMNS} FROM pharmacy.sale s WHERE s.id = $1"
# The one live sale of a prescription; a unique index sees to it that there is no second.
LIVE_OF = f"""SELECT {COLUMNS} FROM pharmacy.sale s WHERE s.prescription_id = $1
              AND s.state NOT IN ('declined', 'withdrawn', 'lapsed')"""
ON_THE_WAY = """SELECT prescription_id FROM pharmacy.sale
                WHERE person_id = $1 AND state IN ('on_the_way', 'missed')"""
OF_PERSON = f"SELECT {COLUMNS} FROM pharmacy.sale s WHERE s.id = $1 AND s.person_id = $2"
INSERT_LINES = """INSERT INTO pharmacy.line (sale_id, number, code, label, usage, packs, unit_price,
                    fee_class, fen)
                  SELECT $1, * FROM unnest($2::int[], $3::text[], $4::text[], $5::text[],
                    $6::int[], $7::numeric[], $8::text[], $9::bigint[])"""
SHORT = "UPDATE pharmacy.line SET short = true WHERE sale_id = $1 AND number = $2"
DUE = "UPDATE pharmacy.sale SET due_at = $2 WHERE id = $1"
REASON = "UPDATE pharmacy.sale SET reason = $2 WHERE id = $1"
FILLED = "UPDATE pharmacy.sale SET filled_by = $2 WHERE id = $1"
CHECKED = "UPDATE pharmacy.sale SET checked_by = $2, checked_at = $3 WHERE id = $1"
HANDED = """UPDATE pharmacy.sale SET handed_by = $2, handed_at = $3, by_proxy = $4, receiver = $5
            WHERE id = $1"""
DELIVERY = "SELECT deliver_to FROM pharmacy.sale WHERE id = $1"
TICK = """INSERT INTO pharmacy.tick (sale_id, comparison, at, post_id, by_scan)
          SELECT $1, comparison, $3, $4, $5 FROM unnest($2::text[]) AS comparison
          ON CONFLICT (sale_id, comparison) DO NOTHING"""
TICKED = "SELECT comparison FROM pharmacy.tick WHERE sale_id = $1"
TOTALS = """SELECT
  count(*) FILTER (WHERE state = 'handed_over') AS sales,
  coalesce(sum(packs) FILTER (WHERE state = 'handed_over'), 0)::int AS packs,
  coalesce(sum(fen) FILTER (WHERE state = 'handed_over'), 0)::bigint AS fen,
  count(*) FILTER (WHERE state = 'returned') AS returned
FROM (SELECT s.state, sum(l.packs) AS packs, sum(l.fen) + s.delivery_fen AS fen
      FROM pharmacy.sale s JOIN pharmacy.line l ON l.sale_id = s.id AND NOT l.short
      WHERE s.institution_id = $1 AND s.handed_at >= $2 AND s.handed_at < $3
      GROUP BY s.id) AS sold"""


async def insert(
    tx: Tx, sale: Sale, verb: str, wants: Sequence[Want], delivery: Delivery | None
) -> None:
    sealed = tx.keys.seal(msgspec.json.encode(delivery)) if delivery else None
    row = {
        "institution_id": sale.institution_id,
        "kind": sale.kind,
        "person_id": sale.person_id,
        "prescription_id": sale.slip.prescription_id,
        "slip": msgspec.json.encode(sale.slip).decode(),
        "signed_at": sale.slip.signed_at,
        "approved_at": sale.slip.approved_at,
        "delivers": sale.delivers,
        "deliver_to": sealed,
        "delivery_fen": sale.delivery_fen,
        "at": sale.at,
        "due_at": sale.due_at,
    }
    event = SaleAsked(sale.id, sale.person_id, sale.institution_id, sale.slip.prescription_id)
    try:
        await begin(tx, SALE, sale.id, verb, row=row, event=event)
    except asyncpg.UniqueViolationError as taken:
        raise AlreadyWithSeller from taken
    columns = zip(*(_values(want) for want in wants), strict=True)
    await tx.db.execute(INSERT_LINES, sale.id, *(list(each) for each in columns))


async def lock(tx: Tx, id: UUID) -> Sale:
    """Lock first, then read: the lines are read as they are once the lock is ours."""
    if await tx.db.fetchval(LOCK, id) is None:
        raise NoSuchSale(id=id)
    row = await tx.db.fetchrow(LOAD, id)
    if row is None:
        raise NoSuchSale(id=id)
    return _sale(row)


async def find_live(tx: Tx, prescription_id: UUID) -> Sale | None:
    row = await tx.db.fetchrow(LIVE_OF, prescription_id)
    return None if row is None else _sale(row)


async def list_on_the_way(tx: Tx, person_id: UUID) -> set[UUID]:
    return {row["prescription_id"] for row in await tx.db.fetch(ON_THE_WAY, person_id)}


async def find(tx: Tx, desk: Desk, id: UUID) -> Sale | None:
    row = await tx.db.fetchrow(
        f"""SELECT {COLUMNS} FROM pharmacy.sale s
            WHERE s.id = $1 AND s.institution_id = $2 AND {desk.sees("s.person_id", at=3)}""",
        id,
        desk.institution_id,
        *desk.args,
    )
    return None if row is None else _sale(row)


async def list_in(
    tx: Tx, desk: Desk, states: Collection[SaleState], person_id: UUID | None, limit: int
) -> list[Sale]:
    rows = await tx.db.fetch(
        f"""SELECT {COLUMNS} FROM pharmacy.sale s
            WHERE s.institution_id = $1 AND s.state = ANY ($2)
              AND ($3::uuid IS NULL OR s.person_id = $3) AND {desk.sees("s.person_id", at=5)}
            ORDER BY s.id LIMIT $4""",
        desk.institution_id,
        list(states),
        person_id,
        limit,
        *desk.args,
    )
    return [_sale(row) for row in rows]


async def list_handed(
    tx: Tx, desk: Desk, since: datetime, until: datetime, limit: int
) -> list[Sale]:
    rows = await tx.db.fetch(
        f"""SELECT {COLUMNS} FROM pharmacy.sale s
            WHERE s.institution_id = $1 AND s.handed_at >= $2 AND s.handed_at < $3
              AND {desk.sees("s.person_id", at=5)}
            ORDER BY s.handed_at DESC, s.id LIMIT $4""",
        desk.institution_id,
        since,
        until,
        limit,
        *desk.args,
    )
    return [_sale(row) for row in rows]


async def list_named(tx: Tx, desk: Desk, number: str, trace_code: str | None) -> list[Sale]:
    rows = await tx.db.fetch(
        f"""SELECT {COLUMNS} FROM pharmacy.sale s
            WHERE s.institution_id = $1 AND {desk.sees("s.person_id", at=4)}
              AND s.id IN (
                SELECT n.id FROM pharmacy.sale n
                WHERE n.institution_id = $1 AND n.slip ->> 'number' = $2
                UNION ALL
                SELECT c.sale_id FROM pharmacy.scan c
                WHERE c.trace_code = $3 AND c.undone_at IS NULL)
            ORDER BY s.id DESC""",
        desk.institution_id,
        number,
        trace_code,
        *desk.args,
    )
    return [_sale(row) for row in rows]


async def list_of(
    tx: Tx, chart: Chart, prescription_ids: Sequence[UUID] | None, limit: int
) -> list[Sale]:
    rows = await tx.db.fetch(
        f"""SELECT {COLUMNS} FROM pharmacy.sale s
            WHERE s.person_id = $1 AND ($2::uuid[] IS NULL OR s.prescription_id = ANY ($2))
            ORDER BY s.id DESC LIMIT $3""",
        chart.person_id,
        None if prescription_ids is None else list(prescription_ids),
        limit,
    )
    return [_sale(row) for row in rows]


async def find_of(tx: Tx, chart: Chart, id: UUID) -> Sale | None:
    row = await tx.db.fetchrow(OF_PERSON, id, chart.person_id)
    return None if row is None else _sale(row)


async def load_delivery(tx: Tx, id: UUID) -> Delivery | None:
    sealed: bytes | None = await tx.db.fetchval(DELIVERY, id)
    return msgspec.json.decode(tx.keys.open(sealed), type=Delivery) if sealed else None


async def mark_short(tx: Tx, id: UUID, number: int) -> None:
    await tx.db.execute(SHORT, id, number)


async def mark_due(tx: Tx, id: UUID, due_at: datetime | None) -> None:
    await tx.db.execute(DUE, id, due_at)


async def mark_reason(tx: Tx, id: UUID, reason: str) -> None:
    await tx.db.execute(REASON, id, reason)


async def mark_filled(tx: Tx, id: UUID) -> None:
    await tx.db.execute(FILLED, id, tx.actor.person_id)


async def mark_checked(tx: Tx, id: UUID) -> None:
    await tx.db.execute(CHECKED, id, tx.actor.person_id, tx.now)


async def mark_handed(tx: Tx, id: UUID, receiver: Receiver) -> None:
    sealed = tx.keys.seal(msgspec.json.encode(receiver))
    await tx.db.execute(HANDED, id, tx.actor.person_id, tx.now, receiver.is_proxy, sealed)


async def tick(tx: Tx, id: UUID, checks: Collection[Check], *, by_scan: bool) -> None:
    await tx.db.execute(TICK, id, sorted(checks), tx.now, tx.actor.post_id, by_scan)


async def list_ticked(tx: Tx, id: UUID) -> frozenset[Check]:
    return frozenset(Check(row["comparison"]) for row in await tx.db.fetch(TICKED, id))


async def totals(tx: Tx, institution_id: UUID, since: datetime, until: datetime) -> Totals:
    row = await tx.db.fetchrow(TOTALS, institution_id, since, until)
    assert row is not None  # noqa: S101 - it counts, so there is one row
    return Totals(**row)


def _values(want: Want) -> tuple[object, ...]:
    return (
        want.number,
        want.code,
        want.label,
        want.usage,
        want.packs,
        want.unit_price,
        want.fee_class,
        want.fen,
    )


def _sale(row: "Record") -> Sale:
    read = {
        "state": SaleState(row["state"]),
        "kind": SellerKind(row["kind"]),
        "slip": msgspec.json.decode(row["slip"], type=Slip),
        "lines": msgspec.json.decode(row["lines"], type=tuple[Line, ...]),
    }
    return Sale(**{**row, **read})
