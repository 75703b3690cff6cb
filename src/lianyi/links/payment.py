"""What a payment provider must offer, so that the platform never holds other people's money.

Money goes from the payer straight to the payee's own sub-merchant (特约商户).
An order's key is its number at the provider, so that sending it again can't make a second one.
Bodies of answers are read with `msgspec.convert(answer.body, Paid)`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Protocol
from uuid import UUID

import msgspec
from msgspec import Meta

from lianyi.kernel.errand import Answer
from lianyi.kernel.refusal import Invalid

Fen = Annotated[int, Meta(gt=0)]
Payee = Annotated[str, Meta(pattern=r"^\d{8,10}$")]  # the sub-merchant's number


@dataclass(eq=False)
class Forged(Invalid):
    """A notification that the provider has not signed, or has not signed now."""


class Order(msgspec.Struct, frozen=True):
    payee: Payee
    amount_fen: Fen
    title: str
    expires_at: datetime


class Refund(msgspec.Struct, frozen=True):
    """Money on its way back. `total_fen` is what was paid by the order."""

    payee: Payee
    order_key: UUID
    amount_fen: Fen
    total_fen: Fen
    reason: str


class Ordered(msgspec.Struct, frozen=True):
    """The body of a yes to an order: what the payer's phone scans."""

    code_url: str


class State(StrEnum):
    """What the provider says of an order or a refund."""

    PAID = "SUCCESS"
    REFUNDED = "REFUND"  # paid, and some of it went back
    WAITING = "NOTPAY"
    PAYING = "USERPAYING"
    CLOSED = "CLOSED"
    REVOKED = "REVOKED"
    FAILED = "PAYERROR"
    RETURNING = "PROCESSING"
    STUCK = "ABNORMAL"  # the payer's account can't take it back: people have to act


class Paid(msgspec.Struct, frozen=True):
    """An order as the provider knows it. Until it is paid only state and numbers are there."""

    state: State
    order_key: UUID
    payee: str
    amount_fen: int = 0
    transaction_id: str = ""
    paid_at: datetime | None = None


class Refunded(msgspec.Struct, frozen=True):
    state: State
    key: UUID
    order_key: UUID
    payee: str
    amount_fen: int
    total_fen: int
    refund_id: str
    refunded_at: datetime | None = None


class BillLine(msgspec.Struct, frozen=True):
    """One movement of a day. Numbers are text, because others may sell by the same merchant."""

    at: datetime
    payee: str
    order_number: str
    transaction_id: str
    amount_fen: int  # paid if there is no refund number, else given back
    refund_number: str = ""


class Bill(msgspec.Struct, frozen=True):
    lines: list[BillLine]


class Payments(Protocol):
    async def order(self, key: UUID, order: Order) -> Answer:
        """Yes with `Ordered`, or with `Paid` if it is paid already; no with a `code`.

        May be sent again at any time: asking first would not bring back the code to scan.
        """
        ...

    async def ask(self, key: UUID, payee: str) -> Answer | None:
        """Yes if paid, no if it never will be, unknown while it can be; the body is `Paid`."""
        ...

    async def close(self, order_key: UUID, payee: str) -> Answer:
        """Yes if nobody can pay the order any more, no with a `code` (ORDERPAID) otherwise."""
        ...

    async def refund(self, key: UUID, refund: Refund) -> Answer:
        """Yes if the money is back, unknown while it is on its way, no with a `code` or state."""
        ...

    async def ask_refund(self, key: UUID, payee: str) -> Answer | None:
        """Answer as `refund` does, with a `Refunded`; None if it never arrived."""
        ...

    async def bill(self, day: date, payee: str) -> Answer:
        """Yes with the `Bill` of one payee's day, unknown while it isn't written yet."""
        ...
