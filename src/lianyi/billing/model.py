"""The nouns of billing."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class BillState(StrEnum):
    OPEN = "open"
    PAID = "paid"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"
    VOID = "void"
    LAPSED = "lapsed"


class PaymentState(StrEnum):
    PLANNED = "planned"  # the provider may not have heard of it
    ORDERED = "ordered"  # the provider waits for the person
    PAID = "paid"
    CLOSED = "closed"
    FAILED = "failed"


class RefundState(StrEnum):
    PLANNED = "planned"
    SENT = "sent"  # the provider has accepted it
    DONE = "done"
    FAILED = "failed"


class DifferenceState(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"


LIVE = frozenset({PaymentState.PLANNED, PaymentState.ORDERED})
SETTLED = frozenset({BillState.PAID, BillState.PARTLY_REFUNDED, BillState.REFUNDED})


class FeeClass(StrEnum):
    """What a receipt sums by."""

    REGISTRATION = "registration"  # 挂号费
    CONSULTATION = "consultation"  # 诊查费
    EXAMINATION = "examination"  # 检查费
    LABORATORY = "laboratory"  # 化验费
    TREATMENT = "treatment"  # 治疗费
    MATERIAL = "material"  # 卫生材料费
    WESTERN_DRUG = "western_drug"  # 西药费
    PATENT_DRUG = "patent_drug"  # 中成药费
    HERB = "herb"  # 中药饮片费
    DELIVERY = "delivery"  # 配送费
    OTHER = "other"  # 其他


class Channel(StrEnum):
    WECHAT = "wechat"
    CASH = "cash"


class Task(StrEnum):
    """The kinds of errand this room plans; `journeys/pay.py` runs them."""

    ORDER = "billing.order"
    ASK = "billing.ask"
    CLOSE = "billing.close"
    REFUND = "billing.refund"
    ASK_REFUND = "billing.ask_refund"
    STATEMENT = "billing.statement"


class Account(StrEnum):
    """One payee's accounts. Nothing is ever booked from one payee to another."""

    RECEIVABLE = "receivable"  # from the person
    FUND = "fund"  # receivable from the insurer
    PROVIDER = "provider"  # at the payee's own sub-merchant
    CASH = "cash"  # in a drawer
    REVENUE = "revenue"
    REFUNDS = "refunds"  # owed back to persons


class Cause(StrEnum):
    """Why something was booked. Each of a bill, payment or refund is booked once; shares vary."""

    OPENED = "opened"
    SHARED = "shared"
    PAID = "paid"
    OVERPAID = "overpaid"  # for a bill that waits for no money
    RELEASED = "released"  # void or lapsed
    REFUND_OWED = "refund_owed"
    REFUND_DONE = "refund_done"


class DifferenceKind(StrEnum):
    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    AMOUNT = "amount"


class Subject(NamedTuple):
    """What a bill is for, as its own room names it: ("appointment", id)."""

    type: str
    id: UUID


class Item(NamedTuple):
    """What somebody wants to charge: the code of a price list and how many."""

    code: str
    quantity: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Payee:
    """An institution that takes money, and its own account at the provider."""

    institution_id: UUID
    label: str
    merchant: str


@dataclass(frozen=True, slots=True)
class Price:
    """`unit_price` is in yuan. A version holds from its instant until the next one or its end."""

    id: UUID
    institution_id: UUID
    code: str
    label: str
    fee_class: FeeClass
    unit_price: Decimal
    valid_from: datetime
    valid_to: datetime | None
    approved_by: UUID


@dataclass(frozen=True, slots=True)
class Line:
    """One position of a bill, with label and price as they were shown."""

    code: str
    label: str
    fee_class: FeeClass
    unit_price: Decimal
    quantity: Decimal
    fen: int


@dataclass(frozen=True, slots=True)
class Bill:
    """What a person owes one payee. `refunded_lines` counts from 1, as `lines` are shown."""

    id: UUID
    institution_id: UUID
    person_id: UUID
    state: BillState
    subject: Subject
    total_fen: int
    fund_fen: int
    refunded_fen: int
    payment_id: UUID | None
    due_at: datetime | None
    at: datetime
    lines: tuple[Line, ...]
    refunded_lines: frozenset[int]

    @property
    def own_fen(self) -> int:
        return self.total_fen - self.fund_fen


@dataclass(frozen=True, slots=True)
class Owed:
    """What a person still has to pay of all their open bills; `bill_id` is the newest."""

    count: int
    fen: int
    bill_id: UUID


@dataclass(frozen=True, slots=True)
class Payment:
    id: UUID
    bill_id: UUID
    institution_id: UUID
    person_id: UUID
    state: PaymentState
    channel: Channel
    fen: int
    at: datetime
    expires_at: datetime
    code_url: str
    provider_id: str | None
    paid_at: datetime | None
    drawer_id: UUID | None


@dataclass(frozen=True, slots=True)
class Refund:
    """`reason` is a code of whoever asked for it."""

    id: UUID
    bill_id: UUID
    payment_id: UUID
    institution_id: UUID
    person_id: UUID
    state: RefundState
    channel: Channel
    fen: int
    reason: str
    at: datetime
    provider_id: str | None
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Received:
    """The provider says: this much arrived for this payment."""

    provider_id: str
    merchant: str
    fen: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Returned:
    """The provider says: this much went back."""

    provider_id: str
    fen: int
    at: datetime


@dataclass(frozen=True, slots=True)
class OrderSlip:
    """What the provider needs to know of a payment, and nothing about its person."""

    payee: Payee
    fen: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RefundSlip:
    payee: Payee
    payment_id: UUID
    fen: int
    paid_fen: int


@dataclass(frozen=True, slots=True)
class StatementSlip:
    payee: Payee
    day: date


@dataclass(frozen=True, slots=True)
class Entry:
    """One side of a posting; exactly one of the two amounts is above zero."""

    account: Account
    debit_fen: int = 0
    credit_fen: int = 0
    drawer_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A refund's receipt is negative. The number is the seller's, never used twice."""

    number: str
    institution_id: UUID
    seller: str
    bill_id: UUID
    refund_id: UUID | None
    fen: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Booked:
    """A payment (`fen` above zero) or a refund (below) in one of the two books."""

    id: UUID
    provider_id: str
    fen: int


class Mismatch(NamedTuple):
    """Where two books of one day differ; an amount is 0 where the row is missing."""

    kind: DifferenceKind
    id: UUID
    provider_id: str
    our_fen: int
    their_fen: int


@dataclass(frozen=True, slots=True)
class Difference:
    """Where our books and the provider's disagree; staff resolve it with a reason."""

    id: UUID
    institution_id: UUID
    day: date
    kind: DifferenceKind
    state: DifferenceState
    booked_id: UUID
    provider_id: str
    our_fen: int
    their_fen: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Books:
    """One payee's day; until it was compared, `at` is None."""

    id: UUID
    institution_id: UUID
    day: date
    matched: int
    our_fen: int
    their_fen: int
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Drawer:
    """What one cashier's drawer must hold."""

    drawer_id: UUID
    taken_fen: int
    handed_back_fen: int


@dataclass(frozen=True, slots=True)
class Flow:
    """What went into and out of one account on a day, and how many times money came in."""

    count: int
    in_fen: int
    out_fen: int
