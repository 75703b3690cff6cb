"""What can be done about uploads, trails and cases. Callers open the transaction."""

from lianyi.supervision.service.cases import approve, ask, close, look, reject
from lianyi.supervision.service.trails import extend, is_sealed, person_of
from lianyi.supervision.service.uploads import (
    ask_tally,
    due,
    open_tally,
    receipted,
    refused,
    resend,
    sent,
    take_tally,
    take_up,
    take_up_tally,
)

__all__ = [
    "approve",
    "ask",
    "ask_tally",
    "close",
    "due",
    "extend",
    "is_sealed",
    "look",
    "open_tally",
    "person_of",
    "receipted",
    "refused",
    "reject",
    "resend",
    "sent",
    "take_tally",
    "take_up",
    "take_up_tally",
]
