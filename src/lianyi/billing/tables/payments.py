"""Payments and refunds."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from lianyi.access.model import Desk
from lianyi.billing.errors import NoSuchPayment, NoSuchRefund
from lianyi.billing.events import RefundPlanned
from lianyi.billing.model import (
    Channel,
    Drawer,
    Payment,
    PaymentState,
    Received,
    Refund,
    RefundState,
    Returned,
)
from lianyi.billing.states import PAYMENT, REFUND
from lianyi.kernel.lifecycle import begin
from lianyi.kernel.work import Tx

if TYPE_CHECKING:
    from asyncpg import Record

PAYMENT_COLUMNS = """id, bill_id, institution_id, person_id, state, channel, fen, at, expires_at,
                     code_url, provider_id, paid_at, drawer_id"""
REFUND_COLUMNS = """id, bill_id, payment_id, institution_id, person_id, state, channel, fen,
                    reason, at, provider_id, done_at"""
LOAD = f"SELECT {PAYMENT_COLUMNS} FROM billing.payment WHERE id = $1"
LIVE_OF = f"""SELECT {PAYMENT_COLUMNS} FROM billing.payment
              WHERE bill_id = $1 AND state IN ('planned', 'ordered')"""
OF_BILLS = f"""SELECT {PAYMENT_COLUMNS} FROM billing.payment
               WHERE bill_id = ANY ($1) ORDER BY bill_id, at, id"""
REFUND_OF = f"SELECT {REFUND_COLUMNS} FROM billing.refund WHERE id = $1"
REFUNDS_OF_BILLS = f"""SELECT {REFUND_COLUMNS} FROM billing.refund
                       WHERE bill_id = ANY ($1) ORDER BY bill_id, at, id"""
PAID = "UPDATE billing.payment SET provider_id = $2, paid_at = $3 WHERE id = $1"
DONE = "UPDATE billing.refund SET provider_id = $2, done_at = $3 WHERE id = $1"
DRAWERS = """SELECT drawer_id, sum(debit_fen)::bigint AS taken_fen,
               sum(credit_fen)::bigint AS handed_back_fen
             FROM billing.entry
             WHERE institution_id = $1 AND account = 'cash' AND at >= $2 AND at < $3
             GROUP BY drawer_id ORDER BY drawer_id"""


async def insert(tx: Tx, payment: Payment) -> None:
    verb = "take" if payment.channel is Channel.CASH else "plan"
    row = {
        "bill_id": payment.bill_id,
        "institution_id": payment.institution_id,
        "person_id": payment.person_id,
        "channel": payment.channel,
        "fen": payment.fen,
        "at": payment.at,
        "expires_at": payment.expires_at,
        "paid_at": payment.paid_at,
        "drawer_id": payment.drawer_id,
    }
    await begin(tx, PAYMENT, payment.id, verb, row=row)


async def load(tx: Tx, id: UUID) -> Payment:
    """Read a payment. Whoever changes it locks its bill first."""
    row = await tx.db.fetchrow(LOAD, id)
    if row is None:
        raise NoSuchPayment(id=id)
    return _payment(row)


async def find_live(tx: Tx, bill_id: UUID) -> Payment | None:
    row = await tx.db.fetchrow(LIVE_OF, bill_id)
    return None if row is None else _payment(row)


async def list_of(tx: Tx, bill_ids: Sequence[UUID]) -> list[Payment]:
    return [_payment(row) for row in await tx.db.fetch(OF_BILLS, list(bill_ids))]


async def keep_code(tx: Tx, id: UUID, code_url: str) -> None:
    await tx.db.execute("UPDATE billing.payment SET code_url = $2 WHERE id = $1", id, code_url)


async def paid(tx: Tx, id: UUID, received: Received) -> None:
    await tx.db.execute(PAID, id, received.provider_id, received.at)


async def insert_refund(tx: Tx, refund: Refund) -> None:
    row = {
        "bill_id": refund.bill_id,
        "payment_id": refund.payment_id,
        "institution_id": refund.institution_id,
        "person_id": refund.person_id,
        "channel": refund.channel,
        "fen": refund.fen,
        "reason": refund.reason,
        "at": refund.at,
    }
    event = RefundPlanned(refund.id, refund.bill_id, refund.person_id, refund.institution_id)
    await begin(tx, REFUND, refund.id, "plan", row=row, event=event)


async def load_refund(tx: Tx, id: UUID) -> Refund:
    row = await tx.db.fetchrow(REFUND_OF, id)
    if row is None:
        raise NoSuchRefund(id=id)
    return _refund(row)


async def list_refunds(tx: Tx, bill_ids: Sequence[UUID]) -> list[Refund]:
    return [_refund(row) for row in await tx.db.fetch(REFUNDS_OF_BILLS, list(bill_ids))]


async def refunded(tx: Tx, id: UUID, returned: Returned) -> None:
    await tx.db.execute(DONE, id, returned.provider_id or None, returned.at)


async def list_unsettled(
    tx: Tx, desk: Desk, until: datetime, limit: int
) -> tuple[list[Payment], list[Refund]]:
    sees = desk.sees("person_id", at=4)
    given = (desk.institution_id, until, limit, *desk.args)
    payments = await tx.db.fetch(
        f"""SELECT {PAYMENT_COLUMNS} FROM billing.payment
            WHERE institution_id = $1 AND state IN ('planned', 'ordered') AND at <= $2
              AND {sees} ORDER BY at, id LIMIT $3""",
        *given,
    )
    refunds = await tx.db.fetch(
        f"""SELECT {REFUND_COLUMNS} FROM billing.refund
            WHERE institution_id = $1 AND state <> 'done' AND at <= $2
              AND {sees} ORDER BY at, id LIMIT $3""",
        *given,
    )
    return [_payment(row) for row in payments], [_refund(row) for row in refunds]


async def list_taken(
    tx: Tx, desk: Desk, since: datetime, until: datetime, limit: int
) -> list[Payment]:
    rows = await tx.db.fetch(
        f"""SELECT {PAYMENT_COLUMNS} FROM billing.payment
            WHERE institution_id = $1 AND state = 'paid' AND paid_at >= $2 AND paid_at < $3
              AND {desk.sees("person_id", at=5)}
            ORDER BY paid_at DESC, id LIMIT $4""",
        desk.institution_id,
        since,
        until,
        limit,
        *desk.args,
    )
    return [_payment(row) for row in rows]


async def list_drawers(
    tx: Tx, institution_id: UUID, since: datetime, until: datetime
) -> list[Drawer]:
    rows = await tx.db.fetch(DRAWERS, institution_id, since, until)
    return [Drawer(**row) for row in rows]


def _payment(row: "Record") -> Payment:
    return Payment(
        **{**row, "state": PaymentState(row["state"]), "channel": Channel(row["channel"])}
    )


def _refund(row: "Record") -> Refund:
    return Refund(**{**row, "state": RefundState(row["state"]), "channel": Channel(row["channel"])})
