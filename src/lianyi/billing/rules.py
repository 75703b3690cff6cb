"""What a line costs, what is booked for what, and where two books differ. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from lianyi.billing.model import (
    LIVE,
    Account,
    Bill,
    BillState,
    Booked,
    Channel,
    DifferenceKind,
    Entry,
    Item,
    Line,
    Mismatch,
    Payment,
    Price,
    Refund,
    RefundState,
)
from lianyi.kernel import money
from lianyi.kernel.actor import SYSTEM, Actor
from lianyi.people.model import RESIDENT

PLACES = 4  # of a unit price in yuan, as the price columns keep it
REASON_MIN = 2  # characters


def line(price: Price, item: Item) -> Line:
    """Return what is charged for an item, rounded once."""
    fen = money.amount(price.unit_price, item.quantity)
    return Line(price.code, price.label, price.fee_class, price.unit_price, item.quantity, fen)


def are_sound(lines: Sequence[Line]) -> bool:
    return bool(lines) and all(line.quantity > 0 and line.fen >= 0 for line in lines)


def is_sound_price(
    unit_price: Decimal, valid_from: datetime, valid_to: datetime | None, now: datetime
) -> bool:
    """CAP-113: what was shown stays true, so no price begins in the past."""
    exponent = unit_price.as_tuple().exponent
    fits = isinstance(exponent, int) and exponent >= -PLACES and unit_price >= 0
    return fits and valid_from >= now and (valid_to is None or valid_to > valid_from)


def is_merchant(number: str) -> bool:
    """Return whether this can be a payee's number at the provider."""
    return re.fullmatch(r"[0-9]{8,10}", number) is not None


def is_reason(text: str) -> bool:
    return len(text.strip()) >= REASON_MIN


def may_see(actor: Actor, *, person_id: UUID, institution_id: UUID) -> bool:
    """Return whether this is the actor's own affair or that of the actor's institution."""
    if actor.role == SYSTEM:
        return True
    if actor.role == RESIDENT:
        return actor.subject_id == person_id
    return actor.institution_id == institution_id


def is_overdue(bill: Bill, at: datetime) -> bool:
    """IDN-09: what arrives after the end of the time for paying isn't taken."""
    return bill.due_at is not None and at >= bill.due_at


def accepts(bill: Bill, at: datetime) -> bool:
    """Return whether money that arrived at this instant pays the bill."""
    return bill.state is BillState.OPEN and not is_overdue(bill, at)


def code_until(bill: Bill, now: datetime, minutes: int) -> datetime:
    """Return when a payment's code ends: soon, and never after the bill is due."""
    soon = now + timedelta(minutes=minutes)
    return min(soon, bill.due_at) if bill.due_at else soon


def is_live(payment: Payment) -> bool:
    return payment.state in LIVE


def may_hand_back(refund: Refund) -> bool:
    """Return whether cash is right: it was cash, or the provider could not give it back."""
    return refund.channel is Channel.CASH or refund.state is RefundState.FAILED


def is_owed_in_cash(refund: Refund) -> bool:
    """Return whether the person waits for cash at the counter."""
    waiting = refund.state in {RefundState.PLANNED, RefundState.FAILED}
    return waiting and may_hand_back(refund)


def left_of(bill: Bill) -> frozenset[int]:
    """Return the numbers of the lines that haven't been refunded."""
    return frozenset(range(1, len(bill.lines) + 1)) - bill.refunded_lines


def cost_of(bill: Bill, numbers: frozenset[int]) -> int:
    """Return what the person gets back for these lines, which is all of it for all of them."""
    if numbers == left_of(bill):
        return bill.own_fen - bill.refunded_fen
    return sum(bill.lines[number - 1].fen for number in numbers)


def opened(bill: Bill) -> tuple[Entry, ...]:
    return _entries(
        {Account.RECEIVABLE: bill.own_fen, Account.FUND: bill.fund_fen},
        {Account.REVENUE: bill.total_fen},
    )


def shared(bill: Bill, fund_fen: int) -> tuple[Entry, ...]:
    """INS-05: move what the insurer pays from the person's side to the fund's, or back."""
    more = fund_fen - bill.fund_fen
    if more >= 0:
        return _entries({Account.FUND: more}, {Account.RECEIVABLE: more})
    return _entries({Account.RECEIVABLE: -more}, {Account.FUND: -more})


def released(bill: Bill) -> tuple[Entry, ...]:
    """Take back what was booked when the bill was opened."""
    return _entries(
        {Account.REVENUE: bill.total_fen},
        {Account.RECEIVABLE: bill.own_fen, Account.FUND: bill.fund_fen},
    )


def paid(payment: Payment) -> tuple[Entry, ...]:
    return _entries(_place(payment), {Account.RECEIVABLE: payment.fen}, payment.drawer_id)


def overpaid(payment: Payment) -> tuple[Entry, ...]:
    """Owe back at once what no bill waits for."""
    return _entries(_place(payment), {Account.REFUNDS: payment.fen})


def refund_owed(fen: int, fund_fen: int = 0) -> tuple[Entry, ...]:
    return _entries(
        {Account.REVENUE: fen + fund_fen}, {Account.REFUNDS: fen, Account.FUND: fund_fen}
    )


def refund_done(fen: int, drawer_id: UUID | None) -> tuple[Entry, ...]:
    place = Account.CASH if drawer_id else Account.PROVIDER
    return _entries({Account.REFUNDS: fen}, {place: fen}, drawer_id)


def _place(payment: Payment) -> dict[Account, int]:
    cash = payment.channel is Channel.CASH
    return {Account.CASH if cash else Account.PROVIDER: payment.fen}


def _entries(
    debits: Mapping[Account, int], credits: Mapping[Account, int], drawer_id: UUID | None = None
) -> tuple[Entry, ...]:
    def drawer(account: Account) -> UUID | None:
        return drawer_id if account is Account.CASH else None

    left = [Entry(a, debit_fen=fen, drawer_id=drawer(a)) for a, fen in debits.items() if fen]
    right = [Entry(a, credit_fen=fen, drawer_id=drawer(a)) for a, fen in credits.items() if fen]
    return (*left, *right)


def compare(ours: Sequence[Booked], theirs: Sequence[Booked]) -> Iterator[Mismatch]:
    """Return where our books of a day and the provider's differ."""
    here, there = {row.id: row for row in ours}, {row.id: row for row in theirs}
    for id, row in here.items():
        if id not in there:
            yield Mismatch(DifferenceKind.MISSING_THERE, id, row.provider_id, row.fen, 0)
        elif there[id].fen != row.fen:
            provider_id, fen = there[id].provider_id, there[id].fen
            yield Mismatch(DifferenceKind.AMOUNT, id, provider_id, row.fen, fen)
    for id, row in there.items():
        if id not in here:
            yield Mismatch(DifferenceKind.MISSING_HERE, id, row.provider_id, 0, row.fen)
