"""What can be done about numbers and the queue. Callers open the transaction."""

from lianyi.booking.service.appointments import (
    add,
    cancel,
    confirm,
    confirm_paid,
    confirming,
    hold,
    holding,
    lapse,
    reschedule,
)
from lianyi.booking.service.offers import offer_freed
from lianyi.booking.service.queue import (
    call_again,
    call_next,
    check_in,
    come_back,
    finish,
    mark_missed,
    re_enter,
    start,
)
from lianyi.booking.service.routines import (
    close_day,
    end_routine,
    plan_routine,
    reopen_day,
    rolled,
    take_up_routine,
    undecided_days,
)
from lianyi.booking.service.sessions import alone_with, end, give_up, publish, release, stop
from lianyi.booking.service.waiting import join, leave

__all__ = [
    "add",
    "alone_with",
    "call_again",
    "call_next",
    "cancel",
    "check_in",
    "close_day",
    "come_back",
    "confirm",
    "confirm_paid",
    "confirming",
    "end",
    "end_routine",
    "finish",
    "give_up",
    "hold",
    "holding",
    "join",
    "lapse",
    "leave",
    "mark_missed",
    "offer_freed",
    "plan_routine",
    "publish",
    "re_enter",
    "release",
    "reopen_day",
    "reschedule",
    "rolled",
    "start",
    "stop",
    "take_up_routine",
    "undecided_days",
]
