"""What others may ask about money. Whatever names a person wants a Chart or a Desk."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from lianyi.access.model import Chart, Desk
from lianyi.billing import rules
from lianyi.billing.errors import NoPrice, NoSuchBill
from lianyi.billing.model import (
    Account,
    Bill,
    BillState,
    Books,
    Difference,
    Drawer,
    Flow,
    Item,
    Line,
    OrderSlip,
    Owed,
    Payment,
    Price,
    Receipt,
    Refund,
    RefundSlip,
    StatementSlip,
    Subject,
)
from lianyi.billing.tables import bills, books, ledger, payments, receipts
from lianyi.billing.tables import prices as price_list
from lianyi.kernel import profile, time
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people.model import ADMIN, CLERK

T = TypeVar("T", Payment, Refund, Receipt)


async def prices(
    tx: Tx,
    *,
    institution_id: UUID,
    codes: Collection[str] | None = None,
    at: datetime | None = None,
) -> dict[str, Price]:
    """Return the prices that hold now, or held at an instant, by code (CAP-113)."""
    found = await price_list.list_prices(tx, [institution_id], codes, at or tx.now)
    return {price.code: price for price in found}


async def prices_at(
    tx: Tx, *, institution_ids: Collection[UUID], codes: Collection[str]
) -> dict[UUID, dict[str, Price]]:
    """Return what each of these institutions asks now for those of these items it has."""
    asked: dict[UUID, dict[str, Price]] = {id: {} for id in institution_ids}
    for price in await price_list.list_prices(tx, institution_ids, codes, tx.now):
        asked[price.institution_id][price.code] = price
    return asked


async def priced(tx: Tx, *, institution_id: UUID, items: Sequence[Item]) -> tuple[Line, ...]:
    """Return what these items cost here now, to be shown and then charged as shown.

    :raises NoPrice:
    """
    codes = {item.code for item in items}
    known = await prices(tx, institution_id=institution_id, codes=codes)
    if missing := sorted(codes - known.keys()):
        raise NoPrice(codes=", ".join(missing))
    return tuple(rules.line(known[item.code], item) for item in items)


async def sellers(tx: Tx, *, institution_ids: Collection[UUID]) -> dict[UUID, str]:
    """Name those of these institutions that take money, as their receipts do."""
    return await price_list.list_payees(tx, institution_ids)


async def states_of(tx: Tx, *, type: str, ids: Sequence[UUID]) -> dict[UUID, BillState]:
    """Return whether things are paid, by the id of the thing; what has no bill is missing."""
    return await bills.list_states(tx, type, ids)


async def subject_of(tx: Tx, *, bill_id: UUID) -> Subject:
    """Return what a bill is for.

    :raises NoSuchBill:
    """
    return await bills.load_subject(tx, bill_id)


async def bill(tx: Tx, chart: Chart, *, bill_id: UUID) -> Bill:
    """Return one bill of the chart's person.

    :raises NoSuchBill:
    """
    found = await bills.find(tx, chart, bill_id)
    if found is None:
        raise NoSuchBill(id=bill_id)
    return found


async def bills_for(tx: Tx, chart: Chart, *, subject: Subject) -> list[Bill]:
    """Return what a person was charged for one thing, newest first."""
    return await bills.list_for(tx, chart, subject)


async def bills_of(
    tx: Tx, chart: Chart, *, before: UUID | None = None, limit: int = 50
) -> list[Bill]:
    """Return a person's bills, newest first; the last id continues the list."""
    return await bills.list_of(tx, chart, before, limit)


async def owed(tx: Tx, chart: Chart) -> Owed | None:
    """Return what the person can pay now, together; None: nothing."""
    return await bills.find_owed(tx, chart)


async def payments_of(tx: Tx, chart: Chart, *, bills: Sequence[Bill]) -> dict[UUID, list[Payment]]:
    """Return how these bills of the chart's person were paid, or tried to be, oldest first."""
    return _by_bill(await payments.list_of(tx, _own(chart, bills)))


async def refunds_of(tx: Tx, chart: Chart, *, bills: Sequence[Bill]) -> dict[UUID, list[Refund]]:
    """Return what went back or is about to, with its state."""
    return _by_bill(await payments.list_refunds(tx, _own(chart, bills)))


async def receipts_of(tx: Tx, chart: Chart, *, bills: Sequence[Bill]) -> dict[UUID, list[Receipt]]:
    """Return the sellers' receipts; a refund's is negative."""
    return _by_bill(await receipts.list_of(tx, chart, _own(chart, bills)))


async def open_bills(tx: Tx, desk: Desk, *, limit: int = 50) -> list[Bill]:
    """Return what may be paid at this institution's counters now, oldest first."""
    return await bills.list_open(tx, desk, limit)


async def taken_on(tx: Tx, desk: Desk, *, day: date, limit: int = 50) -> list[Payment]:
    """Return what this institution took on a day, newest first."""
    return await payments.list_taken(tx, desk, *_span(tx, day), limit)


async def drawers(tx: Tx, *, day: date) -> list[Drawer]:
    """Return what each of this institution's drawers took and gave on a day.

    :raises WrongRole:
    """
    _only(tx, "drawers", ADMIN, CLERK)
    return await payments.list_drawers(tx, tx.actor.institution_id, *_span(tx, day))


async def flows(tx: Tx, *, day: date) -> dict[Account, Flow]:
    """Return what went through this institution's cash and its account at the provider on a day.

    :raises WrongRole:
    """
    _only(tx, "flows", ADMIN, CLERK)
    return await ledger.flows(tx, tx.actor.institution_id, *_span(tx, day))


async def unsettled(
    tx: Tx, desk: Desk, *, until: datetime, limit: int = 50
) -> tuple[list[Payment], list[Refund]]:
    """Return the payments and refunds begun until an instant whose end isn't known yet."""
    return await payments.list_unsettled(tx, desk, until, limit)


async def order_slip(tx: Tx, *, payment_id: UUID) -> OrderSlip:
    """Return what an errand tells the provider about a payment.

    :raises NoSuchPayment:
    """
    payment = await payments.load(tx, payment_id)
    payee = await price_list.load_payee(tx, payment.institution_id)
    return OrderSlip(payee, payment.fen, payment.expires_at)


async def refund_slip(tx: Tx, *, refund_id: UUID) -> RefundSlip:
    """Return what an errand tells the provider about a refund.

    :raises NoSuchRefund:
    """
    refund = await payments.load_refund(tx, refund_id)
    payment = await payments.load(tx, refund.payment_id)
    payee = await price_list.load_payee(tx, refund.institution_id)
    return RefundSlip(payee, payment.id, refund.fen, payment.fen)


async def statement_slip(tx: Tx, *, books_id: UUID) -> StatementSlip:
    """Return which statement an errand fetches."""
    page = await books.load_books(tx, books_id)
    return StatementSlip(await price_list.load_payee(tx, page.institution_id), page.day)


async def differences(tx: Tx, *, limit: int = 50) -> list[Difference]:
    """Return what this institution's books and the provider's disagree about, oldest first.

    :raises WrongRole:
    """
    _only(tx, "differences", ADMIN)
    return await books.list_open(tx, tx.actor.institution_id, limit)


async def compared_books(tx: Tx, *, limit: int = 31) -> list[Books]:
    """Return this institution's days, newest first.

    :raises WrongRole:
    """
    _only(tx, "compared_books", ADMIN)
    return await books.list_books(tx, tx.actor.institution_id, limit)


async def balances(tx: Tx) -> dict[Account, int]:
    """Return this institution's accounts, debit minus credit.

    :raises WrongRole:
    """
    _only(tx, "balances", ADMIN)
    return await ledger.balances(tx, tx.actor.institution_id)


def _only(tx: Tx, verb: str, *roles: str) -> None:
    if tx.actor.role not in roles:
        raise WrongRole(verb=verb, role=tx.actor.role)


def _span(tx: Tx, day: date) -> tuple[datetime, datetime]:
    return time.span(day, profile.at(tx.now).zone)


def _own(chart: Chart, bills: Sequence[Bill]) -> list[UUID]:
    return [bill.id for bill in bills if bill.person_id == chart.person_id]


def _by_bill(rows: Sequence[T]) -> dict[UUID, list[T]]:
    found: defaultdict[UUID, list[T]] = defaultdict(list)
    for row in rows:
        found[row.bill_id].append(row)
    return dict(found)
