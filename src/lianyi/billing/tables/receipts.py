"""Receipts, numbered by the seller."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from lianyi.access.model import Chart
from lianyi.billing.model import Receipt
from lianyi.kernel import profile, time
from lianyi.kernel.work import Tx

RECEIPT = """INSERT INTO billing.receipt
               (number, institution_id, seller, person_id, bill_id, refund_id, fen, at)
             SELECT $1 || lpad(nextval('billing.receipt_number')::text, 8, '0'),
               b.institution_id, p.label, b.person_id, b.id, $3, $4, $5
             FROM billing.bill b JOIN billing.payee p USING (institution_id) WHERE b.id = $2"""
RECEIPTS = """SELECT number, institution_id, seller, bill_id, refund_id, fen, at
              FROM billing.receipt WHERE bill_id = ANY ($1) AND person_id = $2
              ORDER BY at, number"""


async def insert(
    tx: Tx, bill_id: UUID, *, fen: int, at: datetime, refund_id: UUID | None = None
) -> None:
    """Write a receipt under a number made of the day and of one that never comes again."""
    day = time.day(at, profile.at(tx.now).zone)
    await tx.db.execute(RECEIPT, f"{day:%Y%m%d}", bill_id, refund_id, fen, at)


async def list_of(tx: Tx, chart: Chart, bill_ids: Sequence[UUID]) -> list[Receipt]:
    rows = await tx.db.fetch(RECEIPTS, list(bill_ids), chart.person_id)
    return [Receipt(**row) for row in rows]
