"""Giving back: decided once, sent until it is known to have arrived."""

from collections.abc import Collection
from uuid import UUID

from lianyi.access.model import Chart
from lianyi.billing import events, rules
from lianyi.billing.errors import LineRefunded, NoBillFor, NoSuchRefund, NotCash, WholeOnly
from lianyi.billing.model import (
    Bill,
    Booked,
    Cause,
    Channel,
    Payment,
    Refund,
    RefundState,
    Returned,
    Subject,
    Task,
)
from lianyi.billing.service.books import report
from lianyi.billing.states import BILL, REFUND
from lianyi.billing.tables import bills, ledger, payments, receipts
from lianyi.kernel import errand
from lianyi.kernel.errand import SOON
from lianyi.kernel.lifecycle import advance
from lianyi.kernel.work import Tx


async def refund(
    tx: Tx, *, subject: tuple[str, UUID], reason: str, lines: Collection[int] | None = None
) -> Refund | None:
    """Give back all that is left of a paid bill, or these of its lines, which count from 1.

    Returns None when the person had paid nothing.

    :raises LineRefunded, NoBillFor, WrongState:
    :raises WholeOnly: INS-21.
    """
    bill = await bills.lock_of(tx, Subject(*subject))
    if not rules.may_see(tx.actor, person_id=bill.person_id, institution_id=bill.institution_id):
        raise NoBillFor(type=subject[0], id=subject[1])
    left = rules.left_of(bill)
    numbers = left if lines is None else frozenset(lines)
    await _take_back(tx, bill, reason, whole=numbers == left)
    if not numbers or not numbers <= left:
        raise LineRefunded(id=bill.id)
    return await _give_back(tx, bill, numbers, reason)


async def owe_back(tx: Tx, bill: Bill, payment: Payment, *, fen: int, reason: str) -> Refund:
    """Plan a refund; what came through the provider goes back the same way, by an errand."""
    planned = Refund(
        id=tx.new_id(bill.person_id),
        bill_id=bill.id,
        payment_id=payment.id,
        institution_id=bill.institution_id,
        person_id=bill.person_id,
        state=RefundState.PLANNED,
        channel=payment.channel,
        fen=fen,
        reason=reason,
        at=tx.now,
        provider_id=None,
        done_at=None,
    )
    await payments.insert_refund(tx, planned)
    if planned.channel is Channel.WECHAT:
        await errand.plan(tx, Task.REFUND, thing_id=planned.id)
    return planned


async def sent(tx: Tx, *, refund_id: UUID) -> None:
    """Note that the provider has accepted a refund; it is asked until the money has arrived."""
    refund, _ = await _locked(tx, refund_id)
    if refund.state is RefundState.PLANNED:
        await advance(tx, REFUND, refund_id, "send")
        await errand.plan(tx, Task.ASK_REFUND, thing_id=refund_id, after=SOON)


async def returned(tx: Tx, *, refund_id: UUID, returned: Returned) -> None:
    """Book money that has gone back, once."""
    refund, bill = await _locked(tx, refund_id)
    if refund.state is RefundState.DONE:
        return
    if returned.fen != refund.fen:
        theirs = Booked(refund.id, returned.provider_id, -returned.fen)
        await report(tx, institution_id=refund.institution_id, our_fen=-refund.fen, theirs=theirs)
        return
    await _finish(tx, refund, bill, "finish", returned)


async def refund_failed(tx: Tx, *, refund_id: UUID, code: str) -> None:
    """Note that the provider can't give it back; staff try again or hand it back in cash."""
    refund, _ = await _locked(tx, refund_id)
    if refund.state in {RefundState.PLANNED, RefundState.SENT}:
        event = events.RefundFailed(*_about(refund))
        await advance(tx, REFUND, refund_id, "fail", why=code, event=event)


async def retry_refund(tx: Tx, *, refund_id: UUID) -> None:
    """Have a failed refund tried again under its own number.

    :raises NoSuchRefund, WrongRole, WrongState:
    """
    await _own(tx, refund_id)
    await advance(tx, REFUND, refund_id, "retry")
    await errand.plan(tx, Task.REFUND, thing_id=refund_id)


async def hand_back(tx: Tx, chart: Chart, *, refund_id: UUID) -> None:
    """Pay a refund out of the acting cashier's drawer.

    :raises NoSuchRefund, NotCash, WrongRole, WrongState:
    """
    refund, bill = await _own(tx, refund_id)
    if refund.person_id != chart.person_id:
        raise NoSuchRefund(id=refund_id)
    if not rules.may_hand_back(refund):
        raise NotCash(id=refund_id)
    await _finish(tx, refund, bill, "hand_back", Returned("", refund.fen, tx.now))


async def _take_back(tx: Tx, bill: Bill, reason: str, *, whole: bool) -> None:
    """Move the bill, which refuses one that isn't paid."""
    about = (bill.id, bill.person_id, bill.institution_id, *bill.subject)
    verb = "refund" if whole else "refund_part"
    await advance(tx, BILL, bill.id, verb, why=reason, event=events.BillRefunded(*about))
    if bill.fund_fen and not whole:
        raise WholeOnly(id=bill.id)


async def _give_back(tx: Tx, bill: Bill, numbers: frozenset[int], reason: str) -> Refund | None:
    fen, planned = rules.cost_of(bill, numbers), None
    if fen and bill.payment_id:
        payment = await payments.load(tx, bill.payment_id)
        planned = await owe_back(tx, bill, payment, fen=fen, reason=reason)
    refund_id = planned.id if planned else None
    entries = rules.refund_owed(fen, bill.fund_fen)
    await ledger.post(tx, bill, Cause.REFUND_OWED, entries, refund_id=refund_id)
    await bills.mark_refunded(tx, bill.id, numbers, refund_id)
    await bills.give_back(tx, bill.id, fen)
    return planned


async def _finish(tx: Tx, refund: Refund, bill: Bill, verb: str, returned: Returned) -> None:
    await advance(tx, REFUND, refund.id, verb, event=events.RefundDone(*_about(refund)))
    await payments.refunded(tx, refund.id, returned)
    drawer_id = tx.actor.post_id if verb == "hand_back" else None
    entries = rules.refund_done(refund.fen, drawer_id)
    await ledger.post(tx, bill, Cause.REFUND_DONE, entries, refund_id=refund.id)
    if refund.payment_id == bill.payment_id:
        await receipts.insert(tx, bill.id, fen=-refund.fen, at=returned.at, refund_id=refund.id)


async def _locked(tx: Tx, refund_id: UUID) -> tuple[Refund, Bill]:
    """Lock the bill of a refund, then read the refund as it is now."""
    bill = await bills.lock(tx, (await payments.load_refund(tx, refund_id)).bill_id)
    return await payments.load_refund(tx, refund_id), bill


async def _own(tx: Tx, refund_id: UUID) -> tuple[Refund, Bill]:
    """Lock a refund of the acting institution."""
    refund, bill = await _locked(tx, refund_id)
    if refund.institution_id != tx.actor.institution_id:
        raise NoSuchRefund(id=refund_id)
    return refund, bill


def _about(refund: Refund) -> tuple[UUID, UUID, UUID, UUID]:
    return refund.id, refund.bill_id, refund.person_id, refund.institution_id
