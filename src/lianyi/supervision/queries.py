"""What others may ask about uploads. No query here tells whose visit something was.

An institution asks about its own, the authorities about what is theirs to see of everybody's.
"""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people.model import ADMIN, HEALTH_COMMISSION
from lianyi.supervision import rules
from lianyi.supervision.errors import NoSuchTrail
from lianyi.supervision.model import Case, Counted, Kind, State, Tally, TallySlip, Trail, Upload
from lianyi.supervision.tables import cases as cases_
from lianyi.supervision.tables import trails
from lianyi.supervision.tables import uploads as uploads_

LINES = 50


async def uploads(
    tx: Tx,
    *,
    kinds: Collection[Kind] = tuple(Kind),
    institution_id: UUID | None = None,
    day: date | None = None,
    state: State | None = None,
    late: bool = False,
    receipt: str | None = None,
    before: UUID | None = None,
    limit: int = LINES,
) -> list[Upload]:
    """Return uploads this hat may see, newest first; the last id continues the list.

    :raises WrongRole:
    """
    return await uploads_.list_uploads(
        tx,
        kinds=_seen(tx, "uploads") & set(kinds),
        institution_id=_reach(tx, institution_id),
        day=day,
        state=state,
        late=late,
        receipt=receipt,
        before=before,
        limit=limit,
    )


async def troubled(tx: Tx, *, limit: int = LINES) -> list[Upload]:
    """Return what was refused or has no receipt in time, the oldest first (LIC-11).

    :raises WrongRole:
    """
    return await uploads_.list_troubled(tx, _seen(tx, "troubled"), _reach(tx, None), limit)


async def counts(tx: Tx, *, first: date, last: date) -> list[Counted]:
    """Count uploads by institution, day and kind.

    :raises WrongRole:
    """
    return await uploads_.count(tx, _seen(tx, "counts"), _reach(tx, None), first, last)


async def tallies(tx: Tx, *, first: date, last: date) -> list[Tally]:
    """Return the comparisons with the platform, newest first; their counts are of all kinds.

    :raises WrongRole: for all but the institution itself, and the commission.
    """
    if Kind.VISIT not in _seen(tx, "tallies"):
        raise WrongRole(verb="tallies", role=tx.actor.role)
    return await uploads_.list_tallies(tx, _reach(tx, None), first, last)


async def tally_slip(tx: Tx, *, tally_id: UUID) -> TallySlip:
    """Return whose counts of which day an errand asks for."""
    return await uploads_.load_tally(tx, tally_id)


async def held(tx: Tx, *, slip: TallySlip) -> list[tuple[str, UUID, str]]:
    """Return kind, thing and receipt of all that a day's comparison should find there."""
    return await uploads_.list_held(tx, slip.institution_id, slip.day)


async def trail(tx: Tx, *, visit_id: UUID) -> Trail:
    """Return a closed visit's list, in order (CON-18). Its patient is a pseudonym, and not here.

    :raises NoSuchTrail: also for another institution's.
    :raises WrongRole: for all but the commission and the institution itself.
    """
    if tx.actor.role not in {HEALTH_COMMISSION, ADMIN}:
        raise WrongRole(verb="trail", role=tx.actor.role)
    found = await trails.find(tx, visit_id, _reach(tx, None))
    if found is None:
        raise NoSuchTrail(visit_id=visit_id)
    return found


async def trailed(tx: Tx, *, after: UUID | None = None, limit: int = 200) -> list[Trail]:
    """Return the lists of all visits, for whoever walks them; the last id continues."""
    return await trails.list_all(tx, after, limit)


async def cases(tx: Tx, *, visit_id: UUID | None = None, limit: int = LINES) -> list[Case]:
    """Return the acting authority's cases, newest first, or those about one visit.

    :raises WrongRole:
    """
    if tx.actor.role != HEALTH_COMMISSION:
        raise WrongRole(verb="cases", role=tx.actor.role)
    return await cases_.list_of(tx, tx.actor.institution_id, visit_id, limit)


def _seen(tx: Tx, verb: str) -> frozenset[Kind]:
    seen = rules.SEEN.get(tx.actor.role)
    if seen is None:
        raise WrongRole(verb=verb, role=tx.actor.role)
    return seen


def _reach(tx: Tx, institution_id: UUID | None) -> UUID | None:
    """Return the institution this hat is held to, or the one it asks for."""
    return tx.actor.institution_id if tx.actor.role == ADMIN else institution_id
