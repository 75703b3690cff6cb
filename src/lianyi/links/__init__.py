"""Adapters to the outside world (外部接口), each with a simulator that is a process of its own.

`main` builds one `Links` for the worker: whoever needs a neighbour plans an errand, whose id is
the key the neighbour sees. A verb answers yes or no; it raises `OSError` when nobody knows.
"""

from dataclasses import dataclass

from lianyi.links.ca import Ca
from lianyi.links.hooks import Hooks
from lianyi.links.identity import Identity
from lianyi.links.insurer import Insurer
from lianyi.links.payment import Payments
from lianyi.links.sms import Sms
from lianyi.links.supervision import Supervision


@dataclass(frozen=True, slots=True)
class Links:
    sms: Sms
    identity: Identity
    payments: Payments
    ca: Ca
    insurer: Insurer
    supervision: Supervision
    hooks: Hooks
