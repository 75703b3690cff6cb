"""Every move of a bill, a payment, a refund and a difference, and who may make it."""

from lianyi.billing.model import BillState as B
from lianyi.billing.model import DifferenceState as D
from lianyi.billing.model import PaymentState as P
from lianyi.billing.model import RefundState as R
from lianyi.kernel.actor import Role
from lianyi.kernel.lifecycle import Lifecycle, Move
from lianyi.people.model import (
    ADMIN,
    CLERK,
    COURIER,
    DISPENSER,
    DOCTOR,
    NURSE,
    PHARMACIST,
    RESIDENT,
    SYSTEM,
    TECHNICIAN,
)

# Bills open and end inside the acts of others: a booking, an order, a sale, a stopped session.
ANYONE = frozenset(
    {SYSTEM, RESIDENT, CLERK, ADMIN, DOCTOR, NURSE, PHARMACIST, DISPENSER, TECHNICIAN, COURIER}
)
PAYERS = (SYSTEM, RESIDENT)


def _move(verb: str, from_: str | None, to: str, *by: Role) -> Move:
    return Move(verb, from_, to, frozenset(by) or ANYONE)


BILL = Lifecycle(
    table="billing.bill",
    moves=(
        _move("open", None, B.OPEN),
        _move("pay", B.OPEN, B.PAID),
        _move("void", B.OPEN, B.VOID),
        _move("lapse", B.OPEN, B.LAPSED, SYSTEM),
        _move("refund", B.PAID, B.REFUNDED),
        _move("refund", B.PARTLY_REFUNDED, B.REFUNDED),
        _move("refund_part", B.PAID, B.PARTLY_REFUNDED),
        _move("refund_part", B.PARTLY_REFUNDED, B.PARTLY_REFUNDED),
    ),
)

# The provider's word arrives late, early and out of order: money it took is booked from any state.
PAYMENT = Lifecycle(
    table="billing.payment",
    moves=(
        _move("plan", None, P.PLANNED, *PAYERS),
        _move("take", None, P.PAID, CLERK),
        _move("order", P.PLANNED, P.ORDERED, SYSTEM),
        _move("fail", P.PLANNED, P.FAILED, SYSTEM),
        _move("pay", P.PLANNED, P.PAID, SYSTEM),
        _move("pay", P.ORDERED, P.PAID, SYSTEM),
        _move("pay", P.CLOSED, P.PAID, SYSTEM),
        _move("pay", P.FAILED, P.PAID, SYSTEM),
        _move("close", P.PLANNED, P.CLOSED, SYSTEM),
        _move("close", P.ORDERED, P.CLOSED, SYSTEM),
    ),
)

REFUND = Lifecycle(
    table="billing.refund",
    moves=(
        _move("plan", None, R.PLANNED),
        _move("send", R.PLANNED, R.SENT, SYSTEM),
        _move("hand_back", R.PLANNED, R.DONE, CLERK),
        _move("hand_back", R.FAILED, R.DONE, CLERK),
        _move("finish", R.PLANNED, R.DONE, SYSTEM),
        _move("finish", R.SENT, R.DONE, SYSTEM),
        _move("finish", R.FAILED, R.DONE, SYSTEM),
        _move("fail", R.PLANNED, R.FAILED, SYSTEM),
        _move("fail", R.SENT, R.FAILED, SYSTEM),
        _move("retry", R.FAILED, R.PLANNED, ADMIN, CLERK),
    ),
)

DIFFERENCE = Lifecycle(
    table="billing.difference",
    moves=(_move("find", None, D.OPEN, SYSTEM), _move("resolve", D.OPEN, D.RESOLVED, ADMIN)),
)
