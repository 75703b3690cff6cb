"""Every move of an order and who may make it."""

from lianyi.kernel.actor import Role
from lianyi.kernel.lifecycle import Lifecycle, Move
from lianyi.orders.model import State
from lianyi.people.model import DOCTOR, NURSE, SYSTEM, TECHNICIAN

TAKERS = (DOCTOR, NURSE, TECHNICIAN)


def _move(verb: str, from_: str | None, to: str, *by: Role) -> Move:
    return Move(verb, from_, to, frozenset(by))


ORDER = Lifecycle(
    table="orders.order",
    moves=(
        _move("order", None, State.ORDERED, DOCTOR),
        _move("clear", State.ORDERED, State.CLEARED, SYSTEM),
        _move("defer", State.ORDERED, State.CLEARED, DOCTOR),
        _move("label", State.CLEARED, State.LABELLED, *TAKERS),
        _move("label", State.REJECTED, State.LABELLED, *TAKERS),
        _move("take", State.LABELLED, State.TAKEN, *TAKERS),
        _move("receive", State.TAKEN, State.RECEIVED, TECHNICIAN),
        _move("reject", State.TAKEN, State.REJECTED, TECHNICIAN),
        _move("reject", State.RECEIVED, State.REJECTED, TECHNICIAN),
        _move("measure", State.RECEIVED, State.MEASURED, TECHNICIAN),
        _move("send_back", State.MEASURED, State.RECEIVED, TECHNICIAN),
        _move("verify", State.MEASURED, State.VERIFIED, TECHNICIAN),
        _move("alert", State.MEASURED, State.CRITICAL, TECHNICIAN),
        _move("escalate", State.CRITICAL, State.ESCALATED, SYSTEM),
        _move("answer", State.CRITICAL, State.VERIFIED, TECHNICIAN),
        _move("answer", State.ESCALATED, State.VERIFIED, TECHNICIAN),
        _move("release", State.VERIFIED, State.RELEASED, TECHNICIAN, DOCTOR),
        _move("cancel", State.ORDERED, State.CANCELLED, DOCTOR),
        _move("cancel", State.CLEARED, State.CANCELLED, DOCTOR),
        _move("cancel", State.LABELLED, State.CANCELLED, DOCTOR),
        _move("cancel", State.REJECTED, State.CANCELLED, DOCTOR),
    ),
)
