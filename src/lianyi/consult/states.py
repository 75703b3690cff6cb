"""Every move of an online visit and who may make it."""

from lianyi.consult.model import State
from lianyi.kernel.actor import Role
from lianyi.kernel.lifecycle import Lifecycle, Move
from lianyi.people.model import DOCTOR, RESIDENT, SYSTEM


def _move(verb: str, from_: str | None, to: str, *by: Role) -> Move:
    return Move(verb, from_, to, frozenset(by))


VISIT = Lifecycle(
    table="consult.visit",
    moves=(
        _move("ask", None, State.ASKED, RESIDENT),
        _move("apply", None, State.UNPAID, RESIDENT),
        _move("halt", None, State.STOPPED, RESIDENT),
        _move("admit", State.ASKED, State.UNPAID, DOCTOR),
        _move("refuse", State.ASKED, State.REFUSED, DOCTOR),
        _move("pay", State.UNPAID, State.WAITING, SYSTEM),
        _move("lapse", State.UNPAID, State.LAPSED, SYSTEM),
        _move("take", State.WAITING, State.WITH_DOCTOR, DOCTOR),
        _move("end", State.WITH_DOCTOR, State.ENDED, DOCTOR),
        _move("turn_offline", State.WAITING, State.OFFLINE, DOCTOR),
        _move("turn_offline", State.WITH_DOCTOR, State.OFFLINE, DOCTOR),
        _move("expire", State.ASKED, State.UNANSWERED, SYSTEM),
        _move("expire", State.WAITING, State.UNANSWERED, SYSTEM),
        _move("expire", State.WITH_DOCTOR, State.UNANSWERED, SYSTEM),
        _move("stop", State.ASKED, State.STOPPED, RESIDENT),
        _move("stop", State.WAITING, State.STOPPED, RESIDENT),
        _move("stop", State.WITH_DOCTOR, State.STOPPED, RESIDENT),
        _move("withdraw", State.ASKED, State.WITHDRAWN, RESIDENT),
        _move("withdraw", State.UNPAID, State.WITHDRAWN, RESIDENT),
        _move("withdraw", State.WAITING, State.WITHDRAWN, RESIDENT),
    ),
)
