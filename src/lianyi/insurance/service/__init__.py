"""What can be done about insurance. Callers open the transaction; nothing here commits.

Every verb about a claim locks it first. The agency's word arrives late, twice and out of order:
what doesn't fit the state a claim is in by now changes nothing.
"""

from lianyi.insurance.service.books import close_books, open_books, resolve_difference
from lianyi.insurance.service.claims import (
    doubt,
    drop,
    drop_of_bill,
    foretold,
    give_up,
    open_claim,
    paid,
    prescribed,
    registered,
    sent,
)
from lianyi.insurance.service.covers import bind, found, not_found, set_item, take_over, unbind
from lianyi.insurance.service.settling import (
    refused,
    settled,
    stands,
    take_back,
    taken_back,
    undone,
)

__all__ = [
    "bind",
    "close_books",
    "doubt",
    "drop",
    "drop_of_bill",
    "foretold",
    "found",
    "give_up",
    "not_found",
    "open_books",
    "open_claim",
    "paid",
    "prescribed",
    "refused",
    "registered",
    "resolve_difference",
    "sent",
    "set_item",
    "settled",
    "stands",
    "take_back",
    "take_over",
    "taken_back",
    "unbind",
    "undone",
]
