"""Every move of a consent, a broken glass, an approval and a permission, and who may make it."""

from lianyi.access.model import ADMIN, RESIDENT, TREATING
from lianyi.access.model import ConsentState as C
from lianyi.access.model import GlassState as G
from lianyi.access.model.apps import ApprovalState as A
from lianyi.access.model.apps import PermissionState as P
from lianyi.kernel.actor import SYSTEM
from lianyi.kernel.lifecycle import Lifecycle, Move

_RESIDENT = frozenset({RESIDENT})
_ADMIN = frozenset({ADMIN})

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
