"""What can be done in a pharmacy. Callers open the transaction; nothing here commits.

Every verb locks its sale first. A chart says whose sale it must be; another seller's is not found.
"""

from lianyi.pharmacy.service.dispensing import approve, check, mark_short, scan, tick
from lianyi.pharmacy.service.handing import deliver, hand_over, miss, refuse, send, take_back
from lianyi.pharmacy.service.sales import (
    accept,
    choose,
    clear,
    decline,
    lapse,
    live_of,
    on_the_way,
    waiting_for_money,
    withdraw,
)
from lianyi.pharmacy.service.stock import add_seller, destroy, quarantine, receive, release

__all__ = [
    "accept",
    "add_seller",
    "approve",
    "check",
    "choose",
    "clear",
    "decline",
    "deliver",
    "destroy",
    "hand_over",
    "lapse",
    "live_of",
    "mark_short",
    "miss",
    "on_the_way",
    "quarantine",
    "receive",
    "refuse",
    "release",
    "scan",
    "send",
    "take_back",
    "tick",
    "waiting_for_money",
    "withdraw",
]
