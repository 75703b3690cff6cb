"""The waiting list (候补): joining, leaving, and how a place on it ends."""

from uuid import UUID

from lianyi.access.model import Chart
from lianyi.booking import rules
from lianyi.booking.errors import (
    AlreadyBooked,
    AlreadyWaiting,
    NotReleased,
    NotWaiting,
    SessionNotOpen,
    StillFree,
)
from lianyi.booking.model import Session
from lianyi.booking.states import WAITING
from lianyi.booking.tables import appointments, sessions
from lianyi.booking.tables import waiting as lists
from lianyi.kernel.lifecycle import advance
from lianyi.kernel.work import Tx


async def join(tx: Tx, chart: Chart, *, session_id: UUID) -> UUID:
    """Wait for a number of a session that has none left.

    :raises NoSuchSession, SessionNotOpen, NotReleased, StillFree, AlreadyBooked, AlreadyWaiting:
    """
    session = await sessions.load(tx, session_id)
    await _check_need(tx, session, chart.person_id)
    await tx.alone(session_id, "booking.waiting")
    if await lists.find(tx, session_id, chart.person_id) is not None:
        raise AlreadyWaiting(session_id=session_id)
    return await lists.insert(
        tx, session_id=session_id, person_id=chart.person_id, institution_id=session.institution_id
    )


async def _check_need(tx: Tx, session: Session, person_id: UUID) -> None:
    if session.state not in rules.BOOKABLE:
        raise SessionNotOpen(state=session.state)
    if session.releases_at > tx.now:
        raise NotReleased(releases_at=session.releases_at)
    if any(time.remaining for time in await sessions.list_times(tx, session.id)):
        raise StillFree
    other = await appointments.find_other(
        tx, session.id, person_id=person_id, department_id=session.department_id, day=session.day
    )
    if other is not None:
        raise AlreadyBooked(appointment_id=other)


async def leave(tx: Tx, chart: Chart, *, session_id: UUID) -> None:
    """Wait no longer. A number that was offered is given back by cancelling it.

    :raises NotWaiting, WrongRole:
    """
    waiting = await lists.find(tx, session_id, chart.person_id)
    if waiting is None:
        raise NotWaiting(session_id=session_id)
    await advance(tx, WAITING, waiting.id, "leave")


async def settle(tx: Tx, appointment_id: UUID, verb: str) -> None:
    """End the place on the list that this appointment was offered to, if there is one."""
    waiting = await lists.find_of_offer(tx, appointment_id)
    if waiting is not None:
        await advance(tx, WAITING, waiting.id, verb)


async def close(tx: Tx, session_id: UUID) -> None:
    """Nobody waits for a session that is stopped or over."""
    for waiting in await lists.list_live(tx, session_id):
        await advance(tx, WAITING, waiting.id, "close")
