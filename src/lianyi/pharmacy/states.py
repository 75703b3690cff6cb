"""Every move of a sale and of a batch, and who may make it."""

from lianyi.kernel.actor import Role
from lianyi.kernel.lifecycle import Lifecycle, Move
from lianyi.people.model import ADMIN, COURIER, DISPENSER, PHARMACIST, RESIDENT, SYSTEM
from lianyi.pharmacy.model import BatchState as B
from lianyi.pharmacy.model import SaleState as S

# PH-02: an assistant (药士) fills; reviewing, checking and issuing are a pharmacist's.
FILLERS = (PHARMACIST, DISPENSER)
STOREKEEPERS = (PHARMACIST, DISPENSER, ADMIN, SYSTEM)


def _move(verb: str, from_: str | None, to: str, *by: Role) -> Move:
    return Move(verb, from_, to, frozenset(by))


IN_HOUSE = (S.ASKED, S.ACCEPTED, S.UNPAID, S.TO_PICK, S.BILLED, S.READY)

SALE = Lifecycle(
    table="pharmacy.sale",
    moves=(
        _move("ask", None, S.ASKED, RESIDENT),
        _move("offer", None, S.UNPAID, RESIDENT),
        _move("accept", S.ASKED, S.ACCEPTED, *FILLERS),
        _move("approve", S.ACCEPTED, S.TO_PICK, PHARMACIST),
        _move("clear", S.UNPAID, S.TO_PICK, SYSTEM),
        _move("check", S.TO_PICK, S.READY, PHARMACIST),
        _move("bill", S.TO_PICK, S.BILLED, PHARMACIST),
        _move("clear", S.BILLED, S.READY, SYSTEM),
        _move("hand_over", S.READY, S.HANDED_OVER, PHARMACIST),
        _move("send", S.READY, S.ON_THE_WAY, COURIER),
        _move("send", S.MISSED, S.ON_THE_WAY, COURIER),
        _move("miss", S.ON_THE_WAY, S.MISSED, COURIER),
        _move("deliver", S.ON_THE_WAY, S.HANDED_OVER, COURIER),
        _move("refuse", S.ON_THE_WAY, S.REFUSED, COURIER),
        _move("refuse", S.MISSED, S.REFUSED, COURIER),
        _move("give_up", S.MISSED, S.REFUSED, SYSTEM),
        _move("take_back", S.HANDED_OVER, S.RETURNED, PHARMACIST),
        *(_move("decline", one, S.DECLINED, *FILLERS, SYSTEM) for one in IN_HOUSE),
        *(_move("withdraw", one, S.WITHDRAWN, RESIDENT) for one in IN_HOUSE),
        *(_move("lapse", one, S.LAPSED, SYSTEM) for one in IN_HOUSE),
    ),
)

BATCH = Lifecycle(
    table="pharmacy.batch",
    moves=(
        _move("receive", None, B.IN_STOCK, *STOREKEEPERS),
        _move("quarantine", B.IN_STOCK, B.QUARANTINED, *STOREKEEPERS),
        _move("release", B.QUARANTINED, B.IN_STOCK, PHARMACIST),
        _move("destroy", B.QUARANTINED, B.DESTROYED, PHARMACIST, ADMIN),
    ),
)
