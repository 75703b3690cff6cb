"""WeChat Pay's words for an order and a refund, and ours.

Source: WeChat Pay API v3, partner mode: query of an order, refund, and their notifications.
"""

from datetime import datetime
from uuid import UUID

import msgspec

from lianyi.links.payment import Paid, Refunded, State


class Amount(msgspec.Struct, frozen=True):
    total: int
    refund: int = 0
    currency: str = "CNY"


class Transaction(msgspec.Struct, frozen=True):
    """An order in the answer to a query, and in the notification of its payment."""

    sp_mchid: str
    sub_mchid: str
    out_trade_no: str
    trade_state: State
    transaction_id: str = ""
    success_time: datetime | None = None
    amount: Amount | None = None


class RefundAnswer(msgspec.Struct, frozen=True):
    out_refund_no: str
    out_trade_no: str
    refund_id: str
    status: State
    amount: Amount
    success_time: datetime | None = None


class RefundNotice(msgspec.Struct, frozen=True):
    """The same in a notification, where one field has another name."""

    sub_mchid: str
    out_refund_no: str
    out_trade_no: str
    refund_id: str
    refund_status: State
    amount: Amount
    success_time: datetime | None = None


def paid(told: Transaction) -> Paid:
    return Paid(
        state=told.trade_state,
        order_key=UUID(told.out_trade_no),
        payee=told.sub_mchid,
        amount_fen=told.amount.total if told.amount else 0,
        transaction_id=told.transaction_id,
        paid_at=told.success_time,
    )


def refunded(told: RefundAnswer, payee: str) -> Refunded:
    return Refunded(
        state=told.status,
        key=UUID(told.out_refund_no),
        order_key=UUID(told.out_trade_no),
        payee=payee,
        amount_fen=told.amount.refund,
        total_fen=told.amount.total,
        refund_id=told.refund_id,
        refunded_at=told.success_time,
    )


def refund_notice(told: RefundNotice) -> Refunded:
    answer = RefundAnswer(
        told.out_refund_no,
        told.out_trade_no,
        told.refund_id,
        told.refund_status,
        told.amount,
        told.success_time,
    )
    return refunded(answer, told.sub_mchid)
