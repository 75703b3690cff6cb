"""A bill from its opening to the end of waiting for money."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from lianyi.billing import events, rules
from lianyi.billing.errors import BadLines, BadShare, NoBillFor, NotPayable, PaymentUnderway
from lianyi.billing.model import Bill, BillState, Cause, Line, PaymentState, Refund, Subject, Task
from lianyi.billing.service.refunds import refund
from lianyi.billing.states import BILL
from lianyi.billing.tables import bills, ledger, payments
from lianyi.kernel import errand, timers
from lianyi.kernel.lifecycle import advance
from lianyi.kernel.work import Tx


async def open_bill(
    tx: Tx,
    *,
    person_id: UUID,
    institution_id: UUID,
    subject: tuple[str, UUID],
    lines: Sequence[Line],
    due_at: datetime | None = None,
) -> Bill:
    """Charge a person for one thing. A bill over nothing is paid at once.

    :raises AlreadyBilled, BadLines, NoSuchPayee:
    """
    if not rules.are_sound(lines):
        raise BadLines
    bill = Bill(
        id=tx.new_id(person_id),
        institution_id=institution_id,
        person_id=person_id,
        state=BillState.OPEN,
        subject=Subject(*subject),
        total_fen=sum(line.fen for line in lines),
        fund_fen=0,
        refunded_fen=0,
        payment_id=None,
        due_at=due_at,
        at=tx.now,
        lines=tuple(lines),
        refunded_lines=frozenset(),
    )
    await bills.insert(tx, bill)
    await ledger.post(tx, bill, Cause.OPENED, rules.opened(bill))
    if due_at:
        await timers.set(
            tx, thing_id=bill.id, name="due", due_at=due_at, event=events.BillDue(*_about(bill))
        )
    return bill if bill.own_fen else await _settle_free(tx, bill)


async def share(tx: Tx, *, bill_id: UUID, fund_fen: int) -> Bill:
    """INS-05: note what the insurer pays; the person pays the rest. Zero takes it back.

    :raises BadShare, NoSuchBill, NotPayable:
    :raises PaymentUnderway: the person is paying another amount right now.
    """
    bill = await bills.lock(tx, bill_id)
    if bill.state is not BillState.OPEN:
        raise NotPayable(id=bill_id, state=bill.state)
    if not 0 <= fund_fen <= bill.total_fen:
        raise BadShare(total_fen=bill.total_fen)
    if live := await payments.find_live(tx, bill_id):
        raise PaymentUnderway(id=live.id)
    await bills.share(tx, bill_id, fund_fen)
    await ledger.post(tx, bill, Cause.SHARED, rules.shared(bill, fund_fen))
    bill = replace(bill, fund_fen=fund_fen)
    return bill if bill.own_fen else await _settle_free(tx, bill)


async def void(tx: Tx, *, subject: tuple[str, UUID], reason: str) -> Bill:
    """Take back a bill nobody has paid. Money that is on its way comes back by itself.

    :raises NoBillFor, WrongState:
    """
    bill = await bills.lock_of(tx, Subject(*subject))
    if not rules.may_see(tx.actor, person_id=bill.person_id, institution_id=bill.institution_id):
        raise NoBillFor(type=subject[0], id=subject[1])
    return await _release(tx, bill, "void", reason, events.BillVoided(*_about(bill)))


async def call_off(tx: Tx, *, subject: tuple[str, UUID], reason: str) -> Refund | None:
    """Void what isn't paid, refund what is, and leave alone what is over already.

    :raises NoBillFor:
    """
    bill = await bills.lock_of(tx, Subject(*subject))
    if bill.state in {BillState.PAID, BillState.PARTLY_REFUNDED}:
        return await refund(tx, subject=subject, reason=reason)
    if bill.state is BillState.OPEN:
        await void(tx, subject=subject, reason=reason)
    return None


async def lapse(tx: Tx, *, bill_id: UUID) -> None:
    """End a bill that is due, unless the provider must still be asked about a payment for it."""
    await lapse_if_over(tx, await bills.lock(tx, bill_id))


async def lapse_if_over(tx: Tx, bill: Bill) -> None:
    """Let a locked bill lapse when it is due and nothing is on its way."""
    if bill.state is not BillState.OPEN or not rules.is_overdue(bill, tx.now):
        return
    if await payments.find_live(tx, bill.id) is None:
        await _release(tx, bill, "lapse", "", events.BillLapsed(*_about(bill)))


async def _settle_free(tx: Tx, bill: Bill) -> Bill:
    await advance(tx, BILL, bill.id, "pay", event=events.BillPaid(*_about(bill)))
    await timers.clear(tx, thing_id=bill.id, name="due")
    return replace(bill, state=BillState.PAID)


async def _release(
    tx: Tx, bill: Bill, verb: str, reason: str, event: events.BillVoided | events.BillLapsed
) -> Bill:
    await advance(tx, BILL, bill.id, verb, why=reason, event=event)
    await ledger.post(tx, bill, Cause.RELEASED, rules.released(bill))
    await timers.clear(tx, thing_id=bill.id, name="due")
    await close_live(tx, bill)
    return replace(bill, state=BillState.VOID if verb == "void" else BillState.LAPSED)


async def close_live(tx: Tx, bill: Bill) -> None:
    """Close the order the provider still holds open. One it hasn't heard of closes once it has."""
    live = await payments.find_live(tx, bill.id)
    if live and live.state is PaymentState.ORDERED:
        await errand.plan(tx, Task.CLOSE, thing_id=live.id)


def _about(bill: Bill) -> tuple[UUID, UUID, UUID, str, UUID]:
    return bill.id, bill.person_id, bill.institution_id, *bill.subject
