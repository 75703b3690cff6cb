"""Every move of a prescription and who may make it."""

from lianyi.kernel.actor import Role
from lianyi.kernel.lifecycle import Lifecycle, Move
from lianyi.people.model import COURIER, DISPENSER, DOCTOR, PHARMACIST, RESIDENT, SYSTEM
from lianyi.prescribing.model import UNSOLD, State

SELLERS = (PHARMACIST, DISPENSER, SYSTEM)
AT_SELLER = (State.ACCEPTED, State.PARTLY_DISPENSED, State.DISPENSED)


def _move(verb: str, from_: State | None, to: State, *by: Role) -> Move:
    return Move(verb, from_, to, frozenset(by))


PRESCRIPTION = Lifecycle(
    table="prescribing.prescription",
    moves=(
        _move("draft", None, State.DRAFT, DOCTOR),
        _move("sign", State.DRAFT, State.SIGNING, DOCTOR),
        _move("sign", State.RETURNED, State.SIGNING, DOCTOR),
        _move("signed", State.SIGNING, State.TO_REVIEW, SYSTEM),
        _move("unsigned", State.SIGNING, State.DRAFT, SYSTEM),
        _move("approve", State.TO_REVIEW, State.APPROVING, PHARMACIST),
        _move("approved", State.APPROVING, State.APPROVED, SYSTEM),
        _move("unapproved", State.APPROVING, State.TO_REVIEW, SYSTEM),
        _move("send_back", State.TO_REVIEW, State.RETURNED, PHARMACIST),
        _move("revoke", State.DRAFT, State.REVOKED, DOCTOR),
        _move("revoke", State.SIGNING, State.REVOKED, DOCTOR),
        _move("revoke", State.TO_REVIEW, State.REVOKED, DOCTOR),
        _move("revoke", State.RETURNED, State.REVOKED, DOCTOR),
        _move("revoke", State.APPROVING, State.REVOKED, DOCTOR),
        _move("revoke", State.APPROVED, State.REVOKED, DOCTOR),
        # A red flag in the person's own message (CON-28), or the doctor who turns the visit offline
        # (CON-04), takes it back, or holds it at its seller.
        *(_move("stop", one, State.REVOKED, RESIDENT, DOCTOR) for one in sorted(UNSOLD)),
        _move("stop", State.ACCEPTED, State.REVOKED, RESIDENT, DOCTOR, *SELLERS),
        *(_move("hold", one, one, RESIDENT, DOCTOR) for one in AT_SELLER),
        *(_move("resume", one, one, DOCTOR) for one in AT_SELLER),
        _move("accept", State.APPROVED, State.ACCEPTED, RESIDENT, *SELLERS),
        _move("let_go", State.ACCEPTED, State.APPROVED, RESIDENT, *SELLERS),
        _move("dispense", State.ACCEPTED, State.DISPENSED, COURIER, *SELLERS),
        # DS-06: what was left out is prescribed anew; no move leads on from a part.
        _move("part", State.ACCEPTED, State.PARTLY_DISPENSED, COURIER, *SELLERS),
        _move("lapse", State.TO_REVIEW, State.LAPSED, SYSTEM),
        _move("lapse", State.RETURNED, State.LAPSED, SYSTEM),
        _move("lapse", State.APPROVING, State.LAPSED, SYSTEM),
        _move("lapse", State.APPROVED, State.LAPSED, SYSTEM),
        _move("lapse", State.ACCEPTED, State.LAPSED, SYSTEM),
    ),
)
LAPSING = frozenset(move.from_ for move in PRESCRIPTION.moves if move.verb == "lapse")
