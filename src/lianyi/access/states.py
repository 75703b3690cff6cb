"""Every move of a consent, a broken glass, an approval, a permission and an export, and by whom."""

from lianyi.access.model import ADMIN, APP, RESIDENT, TREATING
from lianyi.access.model import ConsentState as C
from lianyi.access.model import GlassState as G
from lianyi.access.model.apps import ApprovalState as A
from lianyi.access.model.apps import PermissionState as P
from lianyi.access.model.exports import ExportState as E
from lianyi.kernel.actor import SYSTEM
from lianyi.kernel.lifecycle import Lifecycle, Move

_RESIDENT = frozenset({RESIDENT})
_ADMIN = frozenset({ADMIN})
_APP = frozenset({APP})
_SYSTEM = frozenset({SYSTEM})
_ENDING = frozenset({ADMIN, APP, SYSTEM})

CONSENT = Lifecycle(
    table="access.consent",
    moves=(
        Move("ask", None, C.ASKED, TREATING),
        Move("agree", C.ASKED, C.GIVEN, _RESIDENT),
        Move("refuse", C.ASKED, C.REFUSED, _RESIDENT),
        Move("give", None, C.GIVEN, _RESIDENT),
        Move("withdraw", C.GIVEN, C.WITHDRAWN, _RESIDENT),
    ),
)

GLASS = Lifecycle(
    table="access.glass",
    moves=(
        Move("break", None, G.BROKEN, TREATING),
        Move("justify", G.BROKEN, G.JUSTIFIED, _ADMIN),
        Move("object", G.BROKEN, G.OBJECTED, _ADMIN),
    ),
)

APPROVAL = Lifecycle(
    table="access.approval",
    moves=(
        Move("ask", None, A.ASKED, frozenset({ADMIN, SYSTEM})),
        Move("approve", A.ASKED, A.APPROVED, _ADMIN),
        Move("refuse", A.ASKED, A.REFUSED, _ADMIN),
        Move("withdraw", A.APPROVED, A.WITHDRAWN, _ADMIN),
    ),
)

PERMISSION = Lifecycle(
    table="access.permission",
    moves=(
        Move("permit", None, P.GIVEN, _RESIDENT),
        Move("withdraw", P.GIVEN, P.WITHDRAWN, _RESIDENT),
        Move("replace", P.GIVEN, P.REPLACED, _RESIDENT),
        Move("replace", P.WITHDRAWN, P.REPLACED, _RESIDENT),
    ),
)

# PRI-28: what is large runs only after two have approved it.
EXPORT = Lifecycle(
    table="access.export",
    moves=(
        Move("ask", None, E.ASKED, _APP),
        Move("run", None, E.RUNNING, _APP),
        Move("approve", E.ASKED, E.AGREED, _ADMIN),
        Move("approve", E.AGREED, E.RUNNING, _ADMIN),
        Move("refuse", E.ASKED, E.REFUSED, _ADMIN),
        Move("refuse", E.AGREED, E.REFUSED, _ADMIN),
        Move("finish", E.RUNNING, E.READY, _SYSTEM),
        Move("fail", E.RUNNING, E.FAILED, _SYSTEM),
        Move("cancel", E.ASKED, E.CANCELLED, _ENDING),
        Move("cancel", E.AGREED, E.CANCELLED, _ENDING),
        Move("cancel", E.RUNNING, E.CANCELLED, _ENDING),
        Move("cancel", E.READY, E.CANCELLED, _ENDING),
        Move("expire", E.ASKED, E.EXPIRED, _SYSTEM),
        Move("expire", E.AGREED, E.EXPIRED, _SYSTEM),
        Move("expire", E.READY, E.EXPIRED, _SYSTEM),
    ),
)
