"""Every move of a consent and of a broken glass, and who may make it."""

from lianyi.access.model import ADMIN, RESIDENT, TREATING
from lianyi.access.model import ConsentState as C
from lianyi.access.model import GlassState as G
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
