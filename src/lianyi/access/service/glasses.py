"""Breaking glass, and the judgement of it by another (应急调阅)."""

from datetime import timedelta
from uuid import UUID

from lianyi.access import events, rules, tables
from lianyi.access.errors import NoSuchGlass, OwnGlass, ReasonMissing
from lianyi.access.states import GLASS
from lianyi.kernel import profile, timers
from lianyi.kernel.lifecycle import advance, begin
from lianyi.kernel.work import Tx


async def break_glass(tx: Tx, *, person_id: UUID, reason: str) -> UUID:
    """Let the acting member of the treating staff see everything for a day (EMR-05).

    The person is told at once, and the institution has to review it (EMR-17).

    :raises ReasonMissing, WrongRole:
    """
    if not rules.is_reason(reason):
        raise ReasonMissing
    numbers = profile.at(tx.now)
    id, here = tx.new_id(person_id), tx.actor.institution_id
    row = {
        "person_id": person_id,
        "reader_id": tx.actor.person_id,
        "post_id": tx.actor.post_id,
        "institution_id": here,
        "reason": reason.strip(),
        "at": tx.now,
        "until": tx.now + timedelta(hours=numbers["EMR-05"]),
    }
    await begin(tx, GLASS, id, "break", row=row, event=events.GlassBroken(id, person_id, here))
    due = events.GlassReviewDue(id, person_id, here)
    review_by = tx.now + timedelta(hours=numbers["EMR-17"])
    await timers.set(tx, thing_id=id, name="review", due_at=review_by, event=due)
    return id


async def review_glass(tx: Tx, *, glass_id: UUID, justified: bool, note: str) -> None:
    """Judge another's use of break-glass.

    :raises NoSuchGlass, OwnGlass, ReasonMissing, WrongRole, WrongState:
    """
    glass = await tables.load_glass(tx, glass_id)
    if glass.institution_id != tx.actor.institution_id:
        raise NoSuchGlass(id=glass_id)
    if not rules.may_review(tx.actor, glass):
        raise OwnGlass(id=glass_id)
    if not rules.is_reason(note):
        raise ReasonMissing
    verb = "justify" if justified else "object"
    event = events.GlassReviewed(glass_id, glass.person_id, glass.institution_id)
    await advance(tx, GLASS, glass_id, verb, why=note, event=event)
    await timers.clear(tx, thing_id=glass_id, name="review")
