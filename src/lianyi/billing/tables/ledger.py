"""The double-entry ledger. The database refuses a posting that doesn't balance."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from lianyi.billing.model import Account, Bill, Cause, Entry, Flow
from lianyi.kernel import profile, time
from lianyi.kernel.work import Tx

if TYPE_CHECKING:
    from asyncpg import Record

POST = """INSERT INTO billing.entry (posting_id, cause, institution_id, bill_id, payment_id,
            refund_id, day, at, account, debit_fen, credit_fen, drawer_id)
          SELECT $1, $2, $3, $4, $5, $6, $7, $8, account, debit, credit, drawer
          FROM unnest($9::text[], $10::bigint[], $11::bigint[], $12::uuid[])
            AS e (account, debit, credit, drawer)"""
BALANCES = """SELECT account, sum(debit_fen - credit_fen)::bigint AS fen FROM billing.entry
              WHERE institution_id = $1 GROUP BY account"""

FLOWS = """SELECT account, count(*) FILTER (WHERE debit_fen > 0) AS count,
             sum(debit_fen)::bigint AS in_fen, sum(credit_fen)::bigint AS out_fen
           FROM billing.entry
           WHERE institution_id = $1 AND at >= $2 AND at < $3 AND account IN ('cash', 'provider')
           GROUP BY account"""


async def post(
    tx: Tx,
    bill: Bill,
    cause: Cause,
    entries: Sequence[Entry],
    *,
    payment_id: UUID | None = None,
    refund_id: UUID | None = None,
) -> None:
    """Book all sides of one thing that happened, or nothing where no money was concerned."""
    if not entries:
        return
    await tx.db.execute(
        POST,
        tx.new_id(bill.person_id),
        cause,
        bill.institution_id,
        bill.id,
        payment_id,
        refund_id,
        time.day(tx.now, profile.at(tx.now).zone),
        tx.now,
        [entry.account for entry in entries],
        [entry.debit_fen for entry in entries],
        [entry.credit_fen for entry in entries],
        [entry.drawer_id for entry in entries],
    )


async def balances(tx: Tx, institution_id: UUID) -> dict[Account, int]:
    """Return debit minus credit of every account that was ever used."""
    rows: list[Record] = await tx.db.fetch(BALANCES, institution_id)
    return {Account(row["account"]): row["fen"] for row in rows}


async def flows(
    tx: Tx, institution_id: UUID, since: datetime, until: datetime
) -> dict[Account, Flow]:
    """Return what moved on the accounts that hold money."""
    rows: list[Record] = await tx.db.fetch(FLOWS, institution_id, since, until)
    return {
        Account(row["account"]): Flow(row["count"], row["in_fen"], row["out_fen"]) for row in rows
    }
