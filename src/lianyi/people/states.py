"""Every move of a health card and of a family relation, and who may make it."""

from lianyi.kernel.actor import Role
from lianyi.kernel.lifecycle import Lifecycle, Move
from lianyi.people.model import ADMIN, CLERK, GUEST, RESIDENT, SYSTEM
from lianyi.people.model import CardState as C
from lianyi.people.model import KinState as K


def _move(verb: str, from_: str | None, to: str, *by: Role) -> Move:
    return Move(verb, from_, to, frozenset(by))


CARD = Lifecycle(
    table="people.card",
    moves=(
        _move("apply", None, C.APPLIED, GUEST),
        _move("issue", None, C.ACTIVE, CLERK, SYSTEM),
        _move("activate", C.APPLIED, C.ACTIVE, SYSTEM),
        _move("admit", C.APPLIED, C.ACTIVE, CLERK),
        _move("agree", C.APPLIED, C.ACTIVE, RESIDENT),
        _move("lapse", C.APPLIED, C.LAPSED, GUEST, RESIDENT, SYSTEM),
        _move("freeze", C.ACTIVE, C.FROZEN, RESIDENT, CLERK),
        _move("thaw", C.FROZEN, C.ACTIVE, CLERK),
        _move("replace", C.ACTIVE, C.REPLACED, RESIDENT, CLERK),
        _move("replace", C.FROZEN, C.REPLACED, CLERK),
        _move("close", C.ACTIVE, C.CLOSED, CLERK, ADMIN),
        _move("close", C.FROZEN, C.CLOSED, CLERK, ADMIN),
    ),
)

KIN = Lifecycle(
    table="people.kin",
    moves=(
        _move("claim", None, K.CLAIMED, RESIDENT),
        _move("invite", None, K.INVITED, RESIDENT),
        _move("confirm", K.CLAIMED, K.LIVE, CLERK),
        _move("reject", K.CLAIMED, K.REFUSED, CLERK),
        _move("accept", K.INVITED, K.LIVE, RESIDENT),
        _move("decline", K.INVITED, K.REFUSED, RESIDENT),
        _move("review", K.LIVE, K.LIVE, CLERK),
        _move("end", K.CLAIMED, K.ENDED, RESIDENT, CLERK, ADMIN),
        _move("end", K.INVITED, K.ENDED, RESIDENT, CLERK, ADMIN),
        _move("end", K.LIVE, K.ENDED, RESIDENT, CLERK, ADMIN, SYSTEM),
    ),
)
