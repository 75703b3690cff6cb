"""Every move of a session, an appointment and a place on the waiting list, and who may make it."""

from lianyi.booking.model import AppointmentState as A
from lianyi.booking.model import ClosureState as C
from lianyi.booking.model import RoutineState as R
from lianyi.booking.model import SessionState as S
from lianyi.booking.model import WaitingState as W
from lianyi.kernel.actor import Role
from lianyi.kernel.lifecycle import Lifecycle, Move
from lianyi.people.model import ADMIN, CLERK, DOCTOR, NURSE, RESIDENT, SYSTEM

BOOKERS = (RESIDENT, CLERK, DOCTOR, SYSTEM)
ARRIVERS = (RESIDENT, CLERK, NURSE)
CALLERS = (DOCTOR, NURSE)


def _move(verb: str, from_: str | None, to: str, *by: Role) -> Move:
    return Move(verb, from_, to, frozenset(by))


SESSION = Lifecycle(
    table="booking.session",
    moves=(
        _move("publish", None, S.SCHEDULED, ADMIN, SYSTEM),
        _move("open", S.SCHEDULED, S.OPEN, SYSTEM),
        _move("stop", S.SCHEDULED, S.STOPPED, ADMIN, SYSTEM),
        _move("stop", S.OPEN, S.STOPPED, ADMIN, SYSTEM),
        _move("end", S.SCHEDULED, S.ENDED, SYSTEM),
        _move("end", S.OPEN, S.ENDED, SYSTEM),
    ),
)

ROUTINE = Lifecycle(
    table="booking.routine",
    moves=(
        _move("plan", None, R.ACTIVE, ADMIN, SYSTEM),
        _move("end", R.ACTIVE, R.ENDED, ADMIN, SYSTEM),
    ),
)

CLOSURE = Lifecycle(
    table="booking.closure",
    moves=(_move("close", None, C.CLOSED, ADMIN), _move("reopen", C.CLOSED, C.REOPENED, ADMIN)),
)

APPOINTMENT = Lifecycle(
    table="booking.appointment",
    moves=(
        _move("hold", None, A.HELD, *BOOKERS),
        _move("add", None, A.CONFIRMED, CLERK, DOCTOR),
        _move("confirm", A.HELD, A.CONFIRMED, *BOOKERS),
        # Paid a moment too late: the number is taken again if nobody else has it.
        _move("revive", A.HELD, A.CONFIRMED, SYSTEM),
        _move("revive", A.LAPSED, A.CONFIRMED, SYSTEM),
        # Whoever finds an expired hold in the way clears it.
        _move("lapse", A.HELD, A.LAPSED, *BOOKERS),
        _move("cancel", A.HELD, A.CANCELLED, *BOOKERS, ADMIN),
        _move("cancel", A.CONFIRMED, A.CANCELLED, *BOOKERS),
        _move("cancel", A.STOPPED, A.CANCELLED, *BOOKERS),
        _move("reschedule", A.CONFIRMED, A.CONFIRMED, RESIDENT, CLERK),
        _move("reschedule", A.STOPPED, A.CONFIRMED, RESIDENT, CLERK),
        *(
            _move("stop", state, A.STOPPED, ADMIN, SYSTEM)
            for state in (A.HELD, A.CONFIRMED, A.CHECKED_IN, A.CALLED, A.MISSED)
        ),
        _move("check_in", A.CONFIRMED, A.CHECKED_IN, *ARRIVERS),
        _move("re_enter", A.MISSED, A.CHECKED_IN, *ARRIVERS),
        _move("come_back", A.SEEN, A.CHECKED_IN, *ARRIVERS, DOCTOR),
        _move("call", A.CHECKED_IN, A.CALLED, *CALLERS),
        _move("call_again", A.CALLED, A.CALLED, *CALLERS),
        _move("miss", A.CALLED, A.MISSED, *CALLERS),
        _move("start", A.CALLED, A.WITH_DOCTOR, DOCTOR),
        _move("finish", A.WITH_DOCTOR, A.SEEN, DOCTOR),
        _move("mark_no_show", A.CONFIRMED, A.NO_SHOW, SYSTEM),
    ),
)

WAITING = Lifecycle(
    table="booking.waiting",
    moves=(
        _move("join", None, W.WAITING, RESIDENT, CLERK),
        _move("offer", W.WAITING, W.OFFERED, SYSTEM),
        _move("take", W.OFFERED, W.TAKEN, *BOOKERS),
        _move("pass_over", W.WAITING, W.PASSED, SYSTEM),
        _move("pass_over", W.OFFERED, W.PASSED, SYSTEM),
        _move("leave", W.WAITING, W.LEFT, RESIDENT, CLERK),
        _move("leave", W.OFFERED, W.LEFT, *BOOKERS),
        _move("close", W.WAITING, W.CLOSED, ADMIN, SYSTEM),
        _move("close", W.OFFERED, W.CLOSED, ADMIN, SYSTEM),
    ),
)
