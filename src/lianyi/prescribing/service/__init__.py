"""What can be done to a prescription. Callers open the transaction; nothing here commits.

Every verb locks its prescription first. A chart says whose it must be; whoever is not concerned
learns nothing of it.
"""

from lianyi.prescribing.service.knowledge import approve_knowledge, check_knowledge
from lianyi.prescribing.service.review import (
    approve,
    approved,
    claim,
    release,
    send_back,
    unapproved,
)
from lianyi.prescribing.service.selling import (
    accept,
    check_may_leave,
    dispense,
    free,
    let_go,
    use_up,
)
from lianyi.prescribing.service.stopping import resume, stop, withhold
from lianyi.prescribing.service.writing import draft, lapse, revoke, sign, signed, unsigned, write

__all__ = [
    "accept",
    "approve",
    "approve_knowledge",
    "approved",
    "check_knowledge",
    "check_may_leave",
    "claim",
    "dispense",
    "draft",
    "free",
    "lapse",
    "let_go",
    "release",
    "resume",
    "revoke",
    "send_back",
    "sign",
    "signed",
    "stop",
    "unapproved",
    "unsigned",
    "use_up",
    "withhold",
    "write",
]
