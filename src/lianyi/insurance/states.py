"""Every move of a cover, a claim and a difference, and who may make it."""

from lianyi.insurance.model import ClaimState as C
from lianyi.insurance.model import CoverState as V
from lianyi.insurance.model import DifferenceState as D
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

# Claims begin and end inside the acts of others: an order, a sale, a visit.
ANYONE = frozenset(
    {SYSTEM, RESIDENT, CLERK, ADMIN, DOCTOR, NURSE, PHARMACIST, DISPENSER, TECHNICIAN, COURIER}
)


def _move(verb: str, from_: str | None, to: str, *by: Role) -> Move:
    return Move(verb, from_, to, frozenset(by) or ANYONE)


COVER = Lifecycle(
    table="insurance.cover",
    moves=(
        _move("ask", None, V.ASKED, RESIDENT, CLERK, SYSTEM),
        _move("confirm", V.ASKED, V.BOUND, SYSTEM),
        _move("refuse", V.ASKED, V.REFUSED, SYSTEM),
        _move("unbind", V.BOUND, V.UNBOUND, RESIDENT, CLERK),
    ),
)

CLAIM = Lifecycle(
    table="insurance.claim",
    moves=(
        _move("open", None, C.OPENED),
        _move("register", C.OPENED, C.REGISTERED, SYSTEM),
        _move("send", C.REGISTERED, C.SENT, SYSTEM),
        _move("foretell", C.OPENED, C.PRE_SETTLED, SYSTEM),
        _move("foretell", C.SENT, C.PRE_SETTLED, SYSTEM),
        _move("pay", C.PRE_SETTLED, C.SETTLING, SYSTEM),
        _move("settle", C.SETTLING, C.SETTLED, SYSTEM),
        _move("settle", C.UNKNOWN, C.SETTLED, SYSTEM),
        _move("doubt", C.SETTLING, C.UNKNOWN, SYSTEM),
        _move("correct", C.SETTLING, C.UNDOING, SYSTEM),
        _move("correct", C.UNKNOWN, C.UNDOING, SYSTEM),
        _move("give_up", C.UNKNOWN, C.UNDOING, SYSTEM),
        _move("undo", C.UNDOING, C.FAILED, SYSTEM),
        _move("fail", C.SETTLING, C.FAILED, SYSTEM),
        _move("fail", C.UNKNOWN, C.FAILED, SYSTEM),
        _move("refuse", C.OPENED, C.REFUSED, SYSTEM),
        _move("refuse", C.REGISTERED, C.REFUSED, SYSTEM),
        _move("refuse", C.SENT, C.REFUSED, SYSTEM),
        _move("drop", C.OPENED, C.DROPPED),
        _move("drop", C.REGISTERED, C.DROPPED),
        _move("drop", C.SENT, C.DROPPED),
        _move("drop", C.PRE_SETTLED, C.DROPPED),
        _move("take_back", C.SETTLED, C.REVERSING),
        _move("stand", C.REVERSING, C.SETTLED, SYSTEM),
        _move("reverse", C.REVERSING, C.REVERSED, SYSTEM),
    ),
)

DIFFERENCE = Lifecycle(
    table="insurance.difference",
    moves=(_move("find", None, D.OPEN, SYSTEM), _move("resolve", D.OPEN, D.RESOLVED, ADMIN)),
)
