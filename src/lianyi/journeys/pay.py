"""A bill is paid: ordered at the provider, asked about, closed, refunded, compared day by day.

The provider's number of a payment or refund is our own id of it, so that its notifications, our
questions and a repeated order all speak of the same thing.
"""

from collections.abc import Collection
from datetime import date
from typing import Any, TypeAlias
from uuid import NAMESPACE_OID, UUID, uuid5

import msgspec

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.billing import queries as money
from lianyi.billing import service as billing
from lianyi.billing.errors import OrderStands, TooLittleGiven, WholeOnly
from lianyi.billing.events import BillDue, BooksDue, PaymentDue
from lianyi.billing.model import BillState, Booked, Payment, Received, Returned, Task
from lianyi.billing.states import BILL
from lianyi.insurance import queries as insurance
from lianyi.insurance.errors import StillAsking
from lianyi.journeys import settle
from lianyi.kernel.errand import Answer, Errand, Outcome
from lianyi.kernel.lifecycle import WrongRole, WrongState
from lianyi.kernel.text import words
from lianyi.kernel.work import Tx
from lianyi.links import Links
from lianyi.links.payment import Bill, BillLine, Order, Paid, Refund, Refunded, State
from lianyi.people.model import CLERK

Notice: TypeAlias = Paid | Refunded
REFUNDABLE = frozenset({BillState.PAID, BillState.PARTLY_REFUNDED})
ORDER = "order"  # the subject of a bill for something a doctor ordered
ARRIVED = frozenset({State.PAID, State.REFUNDED})
NOT_YET = Answer(Outcome.UNKNOWN)


class Placing(msgspec.Struct, frozen=True):
    payment_id: UUID
    order: Order


class Asking(msgspec.Struct, frozen=True):
    """A payment or a refund, by its number at the provider."""

    number: UUID
    payee: str


class Returning(msgspec.Struct, frozen=True):
    refund_id: UUID
    refund: Refund


class Fetching(msgspec.Struct, frozen=True):
    day: date
    payee: str


async def start(tx: Tx, *, bill_id: UUID) -> Payment:
    """Order a payment for the acting resident, or whom they act for; the code follows at once.

    :raises BillOverdue, NoSuchBill, NotPayable, PaymentUnderway:
    :raises StillAsking: what the insurer leaves to the person isn't known yet.
    """
    await _check_known(tx, bill_id)
    person_id = tx.actor.subject_id
    chart = await access.open_chart(tx, person_id=person_id, purpose=Purpose.PAY, what="bill")
    return await billing.plan_payment(tx, chart, bill_id=bill_id)


async def take_cash(
    tx: Tx, *, person_id: UUID, bill_id: UUID, given_fen: int | None = None
) -> Payment:
    """Take cash at the counter into the acting cashier's drawer.

    :raises BillOverdue, NoSuchBill, NoSuchPerson, NotPayable, StillAsking, WrongRole:
    :raises TooLittleGiven: where the cashier says what was put on the counter.
    """
    await _check_known(tx, bill_id)
    chart = await access.open_chart(tx, person_id=person_id, purpose=Purpose.PAY, what="bill")
    payment = await billing.take_cash(tx, chart, bill_id=bill_id)
    if given_fen is not None and given_fen < payment.fen:
        raise TooLittleGiven(fen=payment.fen)
    return payment


async def give_back(
    tx: Tx, *, person_id: UUID, bill_id: UUID, reason: str, lines: Collection[int] | None = None
) -> None:
    """Refund at the counter a paid bill, or these of its lines; cash is then handed back.

    What was ordered is given back by whoever ordered it: only they know whether it was done, and
    an executed order is never refunded.

    :raises LineRefunded, NoSuchBill, NoSuchPerson, OrderStands, WholeOnly, WrongRole, WrongState:
    """
    if tx.actor.role != CLERK:
        raise WrongRole(verb="give_back", role=tx.actor.role)
    chart = await access.open_chart(tx, person_id=person_id, purpose=Purpose.PAY, what="refund")
    bill = await money.bill(tx, chart, bill_id=bill_id)
    if bill.state not in REFUNDABLE:  # its subject may have a newer bill, which isn't meant
        raise WrongState(table=BILL.table, id=bill.id, verb="refund", state=bill.state)
    if bill.subject.type == ORDER:
        raise OrderStands(id=bill.id)
    if bill.fund_fen:
        if lines is not None:
            raise WholeOnly(id=bill.id)
        await settle.reverse(tx, bill_id=bill.id, reason=reason)
    else:
        await billing.refund(tx, subject=bill.subject, reason=reason, lines=lines)


async def hand_back(tx: Tx, *, person_id: UUID, refund_id: UUID) -> None:
    """Pay a refund out of the acting cashier's drawer.

    :raises NoSuchPerson, NoSuchRefund, NotCash, WrongRole, WrongState:
    """
    chart = await access.open_chart(tx, person_id=person_id, purpose=Purpose.PAY, what="refund")
    await billing.hand_back(tx, chart, refund_id=refund_id)


async def hear(tx: Tx, notice: Notice) -> None:
    """Book what the provider tells unasked, once however often it is told.

    :raises NoSuchPayment, NoSuchRefund:
    """
    if isinstance(notice, Refunded):
        await _book_refund(tx, notice)
    elif notice.state in ARRIVED:
        await _book_payment(tx, notice)


async def lapse(tx: Tx, event: BillDue) -> None:
    await billing.lapse(tx, bill_id=event.bill_id)


async def expire(tx: Tx, event: PaymentDue) -> None:
    await billing.expire(tx, payment_id=event.payment_id)


async def open_books(tx: Tx, event: BooksDue) -> None:
    day = date.fromisoformat(event.day)
    await billing.open_books(tx, institution_id=event.institution_id, day=day)


async def _check_known(tx: Tx, bill_id: UUID) -> None:
    if await insurance.is_asking(tx, bill_id=bill_id):
        raise StillAsking(id=bill_id)


async def _prepare_order(tx: Tx, payment_id: UUID) -> Placing:
    slip = await money.order_slip(tx, payment_id=payment_id)
    order = Order(slip.payee.merchant, slip.fen, slip.payee.label, slip.expires_at)
    return Placing(payment_id, order)


async def _send_order(links: Links, _: UUID, placing: Placing) -> Answer:
    return await links.payments.order(placing.payment_id, placing.order)


async def _send_again(*_: object) -> None:
    """Ask nothing: what `send` says may be said again, and only it brings the whole answer."""


async def _record_order(tx: Tx, payment_id: UUID, answer: Answer) -> None:
    if answer.outcome is Outcome.NO:
        code = answer.body.get("code") or answer.body["state"]
        await billing.failed(tx, payment_id=payment_id, code=str(code))
    elif "code_url" in answer.body:
        code_url = str(answer.body["code_url"])
        await billing.ordered(tx, payment_id=payment_id, code_url=code_url)
    else:
        await _book_payment(tx, msgspec.convert(answer.body, Paid))


async def _prepare_asking(tx: Tx, payment_id: UUID) -> Asking:
    slip = await money.order_slip(tx, payment_id=payment_id)
    return Asking(payment_id, slip.payee.merchant)


async def _ask(links: Links, _: UUID, asking: Asking) -> Answer:
    """Return what the provider knows for certain: paid, or never to be paid."""
    answer = await links.payments.ask(asking.number, asking.payee)
    if answer is None:
        return Answer(Outcome.NO)
    return _certain(answer)


async def _close(links: Links, key: UUID, asking: Asking) -> Answer:
    """Ask before closing: what was paid a moment ago must not be lost."""
    known = await _ask(links, key, asking)
    if known.outcome is not Outcome.UNKNOWN:
        return known
    closed = await links.payments.close(asking.number, asking.payee)
    if closed.outcome is Outcome.YES:
        return Answer(Outcome.NO)
    return await _ask(links, key, asking)


async def _record_asked(tx: Tx, payment_id: UUID, answer: Answer) -> None:
    if answer.outcome is Outcome.YES:
        await _book_payment(tx, msgspec.convert(answer.body, Paid))
    else:
        await billing.closed(tx, payment_id=payment_id)


async def _book_payment(tx: Tx, paid: Paid) -> None:
    at = paid.paid_at or tx.now
    received = Received(paid.transaction_id, paid.payee, paid.amount_fen, at)
    await billing.received(tx, payment_id=paid.order_key, received=received)


async def _prepare_refund(tx: Tx, refund_id: UUID) -> Returning:
    slip = await money.refund_slip(tx, refund_id=refund_id)
    refund = Refund(
        payee=slip.payee.merchant,
        order_key=slip.payment_id,
        amount_fen=slip.fen,
        total_fen=slip.paid_fen,
        reason=words("billing.refund.reason", "zh"),
    )
    return Returning(refund_id, refund)


async def _send_refund(links: Links, _: UUID, returning: Returning) -> Answer:
    return _taken(await links.payments.refund(returning.refund_id, returning.refund))


async def _ask_whether_sent(links: Links, _: UUID, returning: Returning) -> Answer | None:
    payee = returning.refund.payee
    answer = await links.payments.ask_refund(returning.refund_id, payee)
    return answer and _taken(_certain(answer))


async def _prepare_asking_refund(tx: Tx, refund_id: UUID) -> Asking:
    slip = await money.refund_slip(tx, refund_id=refund_id)
    return Asking(refund_id, slip.payee.merchant)


async def _ask_refund(links: Links, _: UUID, asking: Asking) -> Answer:
    answer = await links.payments.ask_refund(asking.number, asking.payee)
    return _certain(answer) if answer else NOT_YET


async def _record_refund(tx: Tx, refund_id: UUID, answer: Answer) -> None:
    if "state" in answer.body:
        await _book_refund(tx, msgspec.convert(answer.body, Refunded))
    else:
        await billing.refund_failed(tx, refund_id=refund_id, code=str(answer.body["code"]))


async def _book_refund(tx: Tx, told: Refunded) -> None:
    if told.state is State.PAID:
        returned = Returned(told.refund_id, told.amount_fen, told.refunded_at or tx.now)
        await billing.returned(tx, refund_id=told.key, returned=returned)
    elif told.state is State.RETURNING:
        await billing.sent(tx, refund_id=told.key)
    else:
        await billing.refund_failed(tx, refund_id=told.key, code=told.state)


async def _prepare_statement(tx: Tx, books_id: UUID) -> Fetching:
    slip = await money.statement_slip(tx, books_id=books_id)
    return Fetching(slip.day, slip.payee.merchant)


async def _fetch(links: Links, _: UUID, fetching: Fetching) -> Answer:
    answer = await links.payments.bill(fetching.day, fetching.payee)
    return answer if answer.outcome is Outcome.YES else NOT_YET


async def _record_statement(tx: Tx, books_id: UUID, answer: Answer) -> None:
    lines = msgspec.convert(answer.body, Bill).lines
    await billing.close_books(tx, books_id=books_id, theirs=[_booked(line) for line in lines])


def _certain(answer: Answer) -> Answer:
    """Return an answer about the thing itself; a refusal to answer leaves us not knowing."""
    return answer if "state" in answer.body else NOT_YET


def _taken(answer: Answer) -> Answer:
    """Count a refund the provider is working on as taken; from then on it is only asked about."""
    is_on_its_way = answer.outcome is Outcome.UNKNOWN and "state" in answer.body
    return Answer(Outcome.YES, answer.body) if is_on_its_way else answer


def _booked(line: BillLine) -> Booked:
    fen = -line.amount_fen if line.refund_number else line.amount_fen
    return Booked(_number(line.refund_number or line.order_number), line.transaction_id, fen)


def _number(text: str) -> UUID:
    """Return our id, or one made of the number of somebody else who sells by this account."""
    try:
        return UUID(text)
    except ValueError:
        return uuid5(NAMESPACE_OID, text)


ERRANDS: tuple[Errand[Links, Any], ...] = (
    Errand(Task.ORDER, Placing, _prepare_order, _send_order, _send_again, _record_order),
    Errand(Task.ASK, Asking, _prepare_asking, _ask, _send_again, _record_asked),
    Errand(Task.CLOSE, Asking, _prepare_asking, _close, _send_again, _record_asked),
    Errand(
        Task.REFUND, Returning, _prepare_refund, _send_refund, _ask_whether_sent, _record_refund
    ),
    Errand(
        Task.ASK_REFUND, Asking, _prepare_asking_refund, _ask_refund, _send_again, _record_refund
    ),
    Errand(Task.STATEMENT, Fetching, _prepare_statement, _fetch, _send_again, _record_statement),
)
