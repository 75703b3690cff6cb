"""What others may ask about uploads. No query here tells whose visit something was.

An institution asks about its own, the authorities about what is theirs to see of everybody's.
"""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people.model import ADMIN
from lianyi.supervision import rules, tables
from lianyi.supervision.model import Counted, Kind, State, Tally, TallySlip, Upload

LINES = 50


async def uploads(
    tx: Tx,
    *,
    kinds: Collection[Kind] = tuple(Kind),
    institution_id: UUID | None = None,
    day: date | None = None,
    state: State | None = None,
    late: bool = False,
    before: UUID | None = None,
    limit: int = LINES,
) -> list[Upload]:
    """Return uploads this hat may see, newest first; the last id continues the list.

    :raises WrongRole:
    """
    return await tables.list_uploads(
        tx,
        kinds=_seen(tx, "uploads") & set(kinds),
        institution_id=_reach(tx, institution_id),
        day=day,
        state=state,
        late=late,
        before=before,
        limit=limit,
    )


async def troubled(tx: Tx, *, limit: int = LINES) -> list[Upload]:
    """Return what was refused or has no receipt in time, the oldest first (LIC-11).

    :raises WrongRole:
    """
    return await tables.list_troubled(tx, _seen(tx, "troubled"), _reach(tx, None), limit)


async def counts(tx: Tx, *, first: date, last: date) -> list[Counted]:
    """Count uploads by institution, day and kind.

    :raises WrongRole:
    """
    return await tables.count(tx, _seen(tx, "counts"), _reach(tx, None), first, last)


async def tallies(tx: Tx, *, first: date, last: date) -> list[Tally]:
    """Return the comparisons with the platform, newest first; their counts are of all kinds.

    :raises WrongRole: for all but the institution itself, and the commission.
    """
    if Kind.VISIT not in _seen(tx, "tallies"):
        raise WrongRole(verb="tallies", role=tx.actor.role)
    return await tables.list_tallies(tx, _reach(tx, None), first, last)


async def tally_slip(tx: Tx, *, tally_id: UUID) -> TallySlip:
    """Return whose counts of which day an errand asks for."""
    return await tables.load_tally(tx, tally_id)


async def held(tx: Tx, *, slip: TallySlip) -> list[tuple[str, UUID, str]]:
    """Return kind, thing and receipt of all that a day's comparison should find there."""
    return await tables.list_held(tx, slip.institution_id, slip.day)


def _seen(tx: Tx, verb: str) -> frozenset[Kind]:
    seen = rules.SEEN.get(tx.actor.role)
    if seen is None:
        raise WrongRole(verb=verb, role=tx.actor.role)
    return seen


def _reach(tx: Tx, institution_id: UUID | None) -> UUID | None:
    """Return the institution this hat is held to, or the one it asks for."""
    return tx.actor.institution_id if tx.actor.role == ADMIN else institution_id
