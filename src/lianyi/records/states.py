"""Every move of a subscription, and of what is brought in bulk, and who may make it."""

from lianyi.access.model import ADMIN, APP, DOCTOR, NURSE, RESIDENT, TECHNICIAN
from lianyi.kernel.actor import SYSTEM
from lianyi.kernel.lifecycle import Lifecycle, Move
from lianyi.records.model.bringing import BringingState as B
from lianyi.records.model.subscriptions import SubscriptionState as S

_APP, _SYSTEM = frozenset({APP}), frozenset({SYSTEM})
_APPS = _APP | {RESIDENT, DOCTOR, NURSE, TECHNICIAN}  # by themselves, or in these hands
_ANY = _APPS | {ADMIN, SYSTEM}  # who takes an approval or a permission back ends what rests on it

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

SUBSCRIPTION = Lifecycle(
    table="records.subscription",
    moves=(
        Move("ask", None, S.REQUESTED, _APPS),
        Move("restart", S.OFF, S.REQUESTED, _APPS),
        Move("restart", S.ERROR, S.REQUESTED, _APPS),
        Move("start", S.REQUESTED, S.ACTIVE, _APPS | _SYSTEM),
        Move("fail", S.ACTIVE, S.ERROR, _SYSTEM),
        Move("recover", S.ERROR, S.ACTIVE, _SYSTEM),
        Move("stop", S.REQUESTED, S.OFF, _ANY),
        Move("stop", S.ACTIVE, S.OFF, _ANY),
        Move("stop", S.ERROR, S.OFF, _ANY),
        Move("remove", S.REQUESTED, S.REMOVED, _APPS),
        Move("remove", S.ACTIVE, S.REMOVED, _APPS),
        Move("remove", S.ERROR, S.REMOVED, _APPS),
        Move("remove", S.OFF, S.REMOVED, _APPS),
    ),
)
