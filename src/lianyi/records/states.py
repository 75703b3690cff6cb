"""Every move of what is brought in bulk, and who may make it."""

from lianyi.access.model import APP
from lianyi.kernel.actor import SYSTEM
from lianyi.kernel.lifecycle import Lifecycle, Move
from lianyi.records.model.bringing import BringingState as B

_APP, _SYSTEM = frozenset({APP}), frozenset({SYSTEM})

BRINGING = Lifecycle(
    table="records.bringing",
    moves=(
        Move("ask", None, B.OPEN, _APP),
        Move("start", B.OPEN, B.RUNNING, _APP),
        Move("finish", B.RUNNING, B.DONE, _SYSTEM),
        Move("fail", B.RUNNING, B.FAILED, _SYSTEM),
        Move("cancel", B.OPEN, B.CANCELLED, _APP | _SYSTEM),
        Move("cancel", B.RUNNING, B.CANCELLED, _APP | _SYSTEM),
    ),
)
