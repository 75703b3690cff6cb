"""Every move of an upload and of a case, and who may make it."""

from lianyi.kernel.actor import Role
from lianyi.kernel.lifecycle import Lifecycle, Move
from lianyi.people.model import ADMIN, HEALTH_COMMISSION, SYSTEM
from lianyi.supervision.model import CaseState, State


def _move(verb: str, from_: str | None, to: str, *by: Role) -> Move:
    return Move(verb, from_, to, frozenset(by))


UPLOAD = Lifecycle(
    table="supervision.upload",
    moves=(
        _move("due", None, State.DUE, SYSTEM),
        _move("send", State.DUE, State.SENT, SYSTEM),
        _move("receive", State.SENT, State.RECEIPTED, SYSTEM),
        _move("refuse", State.SENT, State.REFUSED, SYSTEM),
        _move("renew", State.RECEIPTED, State.DUE, SYSTEM, ADMIN),
        _move("mend", State.REFUSED, State.DUE, SYSTEM, ADMIN),
    ),
)

CASE = Lifecycle(
    table="supervision.case",
    moves=(
        _move("ask", None, CaseState.ASKED, HEALTH_COMMISSION),
        _move("approve", CaseState.ASKED, CaseState.APPROVED, HEALTH_COMMISSION),
        _move("reject", CaseState.ASKED, CaseState.REJECTED, HEALTH_COMMISSION),
        _move("close", CaseState.APPROVED, CaseState.CLOSED, HEALTH_COMMISSION),
    ),
)
