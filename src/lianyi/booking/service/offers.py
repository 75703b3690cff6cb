"""A freed number goes to the waiting list first, and to the public a random while later."""

from uuid import UUID

from lianyi.access.model import Desk
from lianyi.booking import rules
from lianyi.booking.model import Got, Obstacle, Origin, Waiting, Wish
from lianyi.booking.service.appointments import lapse_stale, new_terms
from lianyi.booking.states import WAITING
from lianyi.booking.tables import appointments, taking
from lianyi.booking.tables import waiting as lists
from lianyi.kernel.lifecycle import advance
from lianyi.kernel.work import Tx

CANNOT_TAKE = frozenset(
    {Obstacle.UNKNOWN_PERSON, Obstacle.ALREADY_BOOKED, Obstacle.TOO_MANY, Obstacle.MISSED_TOO_OFTEN}
)


async def offer_freed(tx: Tx, desk: Desk, *, session_id: UUID, number: int) -> Got | None:
    """Keep a freed number for the first of the waiting list who can take it (IDN-07).

    None means that nobody can, or that the number is in other hands by now.
    """
    while (waiting := await lists.find_first(tx, session_id)) is not None:
        if not await _may_take(tx, desk, waiting):
            await advance(tx, WAITING, waiting.id, "pass_over")
            continue
        return await _offer(tx, desk, waiting, number)
    return None


async def _offer(tx: Tx, desk: Desk, waiting: Waiting, number: int) -> Got | None:
    got = await taking.hold_freed(
        tx,
        desk,
        session_id=waiting.session_id,
        number=number,
        person_id=waiting.person_id,
        terms=new_terms(tx, Origin.OFFER),
    )
    if got is not None:
        await advance(tx, WAITING, waiting.id, "offer")
        await lists.note_offer(tx, waiting.id, got.appointment_id)
    return got


async def _may_take(tx: Tx, desk: Desk, waiting: Waiting) -> bool:
    wish = Wish(waiting.session_id, tx.now, waiting.person_id)
    await lapse_stale(tx, desk, wish)
    terms = new_terms(tx, Origin.OFFER)
    situation = await appointments.find_situation(tx, desk, wish, terms)
    return rules.obstacle(situation, terms, tx.now) not in CANNOT_TAKE
