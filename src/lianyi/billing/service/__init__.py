"""What can be done about money. Callers open the transaction; nothing here commits.

Every verb that changes a bill, its payments or its refunds locks the bill first, so that the
person, the cashier and the provider's word about one bill come one after the other.
"""

from lianyi.billing.service.bills import call_off, lapse, open_bill, share, void
from lianyi.billing.service.books import (
    add_payee,
    close_books,
    open_books,
    report,
    resolve_difference,
)
from lianyi.billing.service.payments import (
    closed,
    expire,
    failed,
    ordered,
    plan_payment,
    received,
    take_cash,
)
from lianyi.billing.service.prices import set_price
from lianyi.billing.service.refunds import (
    hand_back,
    refund,
    refund_failed,
    retry_refund,
    returned,
    sent,
)

__all__ = [
    "add_payee",
    "call_off",
    "close_books",
    "closed",
    "expire",
    "failed",
    "hand_back",
    "lapse",
    "open_bill",
    "open_books",
    "ordered",
    "plan_payment",
    "received",
    "refund",
    "refund_failed",
    "report",
    "resolve_difference",
    "retry_refund",
    "returned",
    "sent",
    "set_price",
    "share",
    "take_cash",
    "void",
]
