"""Paying: at the provider or in cash, and whatever the provider tells about it."""

from datetime import timedelta
from uuid import UUID

from lianyi.access.model import Chart
from lianyi.billing import events, rules
from lianyi.billing.errors import BillOverdue, NoSuchBill, NotPayable, PaymentUnderway
from lianyi.billing.model import (
    Bill,
    BillState,
    Booked,
    Cause,
    Channel,
    Payment,
    PaymentState,
    Received,
    Task,
)
from lianyi.billing.service.bills import close_live, lapse_if_over
from lianyi.billing.service.books import report
from lianyi.billing.service.refunds import owe_back
from lianyi.billing.states import BILL, PAYMENT
from lianyi.billing.tables import bills, ledger, payments, prices, receipts
from lianyi.kernel import errand, profile, timers
from lianyi.kernel.lifecycle import advance
from lianyi.kernel.work import Tx

LATE = "late_payment"
FIRST_LOOK = timedelta(seconds=20)  # a person needs as long to pay


async def plan_payment(tx: Tx, chart: Chart, *, bill_id: UUID) -> Payment:
    """Order a payment at the provider; a second device gets the first one's code.

    :raises BillOverdue, NoSuchBill, NotPayable:
    :raises PaymentUnderway: the last code has ended and the provider is being asked about it.
    """
    bill = await _payable(tx, chart, bill_id)
    if live := await payments.find_live(tx, bill_id):
        if live.expires_at > tx.now:
            return live
        raise PaymentUnderway(id=live.id)
    payment = _payment(tx, bill, Channel.WECHAT)
    await payments.insert(tx, payment)
    due = events.PaymentDue(*_about(payment))
    await timers.set(tx, thing_id=payment.id, name="due", due_at=payment.expires_at, event=due)
    await errand.plan(tx, Task.ORDER, thing_id=payment.id)
    return payment


async def take_cash(tx: Tx, chart: Chart, *, bill_id: UUID) -> Payment:
    """Take the money at the counter into the acting cashier's drawer.

    :raises BillOverdue, NoSuchBill, NotPayable, WrongRole:
    """
    bill = await _payable(tx, chart, bill_id)
    payment = _payment(tx, bill, Channel.CASH)
    await payments.insert(tx, payment)
    await _settle(tx, bill, payment)
    return payment


async def ordered(tx: Tx, *, payment_id: UUID, code_url: str) -> None:
    """Keep the code the person scans. It is too late for some: their bill is over by now."""
    payment, bill = await _locked(tx, payment_id)
    if payment.state is not PaymentState.PLANNED:
        return
    await advance(tx, PAYMENT, payment_id, "order", event=events.PaymentOrdered(*_about(payment)))
    await payments.keep_code(tx, payment_id, code_url)
    if bill.state is not BillState.OPEN or payment.expires_at <= tx.now:
        await errand.plan(tx, Task.CLOSE, thing_id=payment_id)
    else:
        await errand.plan(tx, Task.ASK, thing_id=payment_id, after=FIRST_LOOK)


async def failed(tx: Tx, *, payment_id: UUID, code: str) -> None:
    """Note that the provider took no order. The bill may be paid anew."""
    payment, bill = await _locked(tx, payment_id)
    if payment.state is PaymentState.PLANNED:
        await _end(tx, payment, bill, "fail", code)


async def closed(tx: Tx, *, payment_id: UUID) -> None:
    """Note that the provider takes no more money for this. The bill may be paid anew."""
    payment, bill = await _locked(tx, payment_id)
    if rules.is_live(payment):
        await _end(tx, payment, bill, "close", "")


async def expire(tx: Tx, *, payment_id: UUID) -> None:
    """Have an order closed whose code has ended; the provider is asked before."""
    payment, _ = await _locked(tx, payment_id)
    if payment.state is PaymentState.ORDERED:
        await errand.plan(tx, Task.CLOSE, thing_id=payment_id)


async def received(tx: Tx, *, payment_id: UUID, received: Received) -> None:
    """Book money that has arrived, once. No bill waits for it: all of it goes back at once.

    What doesn't fit our order in amount or account is left for a person to look at.
    """
    payment, bill = await _locked(tx, payment_id)
    if payment.state is PaymentState.PAID:
        return
    if not await _fits(tx, payment, received):
        return
    await advance(tx, PAYMENT, payment_id, "pay", why=payment.state)
    await payments.paid(tx, payment_id, received)
    await timers.clear(tx, thing_id=payment_id, name="due")
    if rules.accepts(bill, received.at):
        await _settle(tx, bill, payment, received)
    else:
        await _return(tx, bill, payment)


async def _fits(tx: Tx, payment: Payment, received: Received) -> bool:
    payee = await prices.load_payee(tx, payment.institution_id)
    if received.fen == payment.fen and received.merchant == payee.merchant:
        return True
    theirs = Booked(payment.id, received.provider_id, received.fen)
    await report(tx, institution_id=payment.institution_id, our_fen=0, theirs=theirs)
    return False


async def _return(tx: Tx, bill: Bill, payment: Payment) -> None:
    """Owe back what no bill waits for; a bill this was too late for is over now."""
    await ledger.post(tx, bill, Cause.OVERPAID, rules.overpaid(payment), payment_id=payment.id)
    await owe_back(tx, bill, payment, fen=payment.fen, reason=LATE)
    await lapse_if_over(tx, bill)


async def _settle(tx: Tx, bill: Bill, payment: Payment, received: Received | None = None) -> None:
    about = (bill.id, bill.person_id, bill.institution_id, *bill.subject)
    await advance(tx, BILL, bill.id, "pay", event=events.BillPaid(*about))
    await bills.settle(tx, bill.id, payment.id)
    await ledger.post(tx, bill, Cause.PAID, rules.paid(payment), payment_id=payment.id)
    at = received.at if received else tx.now
    await receipts.insert(tx, bill.id, fen=payment.fen, at=at)
    await timers.clear(tx, thing_id=bill.id, name="due")
    await close_live(tx, bill)


async def _end(tx: Tx, payment: Payment, bill: Bill, verb: str, why: str) -> None:
    event = events.PaymentEnded(*_about(payment))
    await advance(tx, PAYMENT, payment.id, verb, why=why, event=event)
    await timers.clear(tx, thing_id=payment.id, name="due")
    await lapse_if_over(tx, bill)


async def _payable(tx: Tx, chart: Chart, bill_id: UUID) -> Bill:
    bill = await bills.lock(tx, bill_id)
    mine = rules.may_see(tx.actor, person_id=bill.person_id, institution_id=bill.institution_id)
    if bill.person_id != chart.person_id or not mine:
        raise NoSuchBill(id=bill_id)
    if bill.state is not BillState.OPEN:
        raise NotPayable(id=bill_id, state=bill.state)
    if bill.due_at and rules.is_overdue(bill, tx.now):
        raise BillOverdue(id=bill_id, due_at=bill.due_at)
    return bill


async def _locked(tx: Tx, payment_id: UUID) -> tuple[Payment, Bill]:
    """Lock the bill of a payment, then read the payment as it is now."""
    bill = await bills.lock(tx, (await payments.load(tx, payment_id)).bill_id)
    return await payments.load(tx, payment_id), bill


def _payment(tx: Tx, bill: Bill, channel: Channel) -> Payment:
    cash = channel is Channel.CASH
    return Payment(
        id=tx.new_id(bill.person_id),
        bill_id=bill.id,
        institution_id=bill.institution_id,
        person_id=bill.person_id,
        state=PaymentState.PAID if cash else PaymentState.PLANNED,
        channel=channel,
        fen=bill.own_fen,
        at=tx.now,
        expires_at=rules.code_until(bill, tx.now, profile.at(tx.now)["CAP-13"]),
        code_url="",
        provider_id=None,
        paid_at=tx.now if cash else None,
        drawer_id=tx.actor.post_id if cash else None,
    )


def _about(payment: Payment) -> tuple[UUID, UUID, UUID, UUID]:
    return payment.id, payment.bill_id, payment.person_id, payment.institution_id
