"""What doctors sit week by week, rolled forward each day (固定出诊), and closed days (停诊日).

A day that has been decided about is never decided again: what was stopped stays stopped, and what
somebody planned by hand goes before. The law is asked for each day anew.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from lianyi.booking import queries, rules
from lianyi.booking import service as booking
from lianyi.booking.errors import AlreadySits
from lianyi.booking.events import RoutineDue
from lianyi.booking.model import Pattern, Routine
from lianyi.journeys import book
from lianyi.kernel import profile
from lianyi.kernel.actor import system
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.errors import MayNotPractise, NoSuchPost
from lianyi.people.events import LicenceRecorded, PostEnded, PracticeFiled

POST_ENDED = "岗位已结束"


async def set_up(tx: Tx, *, pattern: Pattern) -> UUID:
    """Have a doctor of the acting institution sit week by week; what can be booked is published.

    :raises MayNotPractise: LIC-01, LIC-13, LIC-14, CON-23 and CON-24, as of the first day.
    :raises BadPlan, SlotTooLong, RoutineOverlaps, NoSuchPost, WrongRole:
    """
    post = (await people.posts(tx, ids=[pattern.post_id])).get(pattern.post_id)
    if post is None or post.institution_id != tx.actor.institution_id:
        raise NoSuchPost(id=pattern.post_id)
    routine = await booking.plan_routine(
        tx, pattern=pattern, doctor_id=post.person_id, doctor_name=post.name
    )
    first = rules.plan_on(pattern, rules.first_day(pattern), tx.now, profile.at(tx.now))
    await book.check_sitter(tx, post.person_id, first)
    await _roll(tx, routine)
    return routine.id


async def end(tx: Tx, *, routine_id: UUID, reason: str) -> None:
    """Roll on no more; what is published already stays.

    :raises NoSuchRoutine, ReasonMissing, WrongRole, WrongState:
    """
    await booking.end_routine(tx, routine_id=routine_id, reason=reason)


async def close_day(tx: Tx, *, day: date, reason: str) -> int:
    """Let nobody sit by routine on a day; who has booked is told, and how many were is returned.

    :raises DayClosed, DayPast, ReasonMissing, WrongRole:
    """
    made = await booking.close_day(tx, day=day, reason=reason)
    return sum([await book.stop(tx, session_id=id, reason=reason) for id in made])


async def reopen_day(tx: Tx, *, closure_id: UUID) -> None:
    """Let routines sit on a day again; what was stopped stays stopped.

    :raises DayPast, NoSuchClosure, WrongRole, WrongState:
    """
    await booking.reopen_day(tx, closure_id=closure_id)


# What follows from events.


async def roll(tx: Tx, event: RoutineDue) -> None:
    """Publish what has come within reach."""
    await _roll_on(tx, event.routine_id)


async def end_post(tx: Tx, event: PostEnded) -> None:
    """End what was sat week by week in a post that has ended (LIC-13)."""
    for routine in await queries.routines_of(tx, doctor_id=event.person_id):
        if routine.pattern.post_id == event.post_id:
            await end(_at(tx, routine), routine_id=routine.id, reason=POST_ENDED)


async def take_up(tx: Tx, event: LicenceRecorded | PracticeFiled) -> None:
    """Go on with what was held, if what a register or a filing now says allows it."""
    for routine in await queries.routines_of(tx, doctor_id=event.person_id):
        if routine.held:
            await _roll_on(_at(tx, routine), routine.id)


def _at(tx: Tx, routine: Routine) -> Tx:
    return replace(tx, actor=system("routines", routine.institution_id))


async def _roll_on(tx: Tx, routine_id: UUID) -> None:
    routine = await booking.take_up_routine(tx, routine_id=routine_id)
    if routine is not None:
        await _roll(tx, routine)


async def _roll(tx: Tx, routine: Routine) -> None:
    held_on, held = await _sit(tx, routine, await booking.undecided_days(tx, routine=routine))
    await booking.rolled(tx, routine=routine, held_on=held_on, held=held)


async def _sit(
    tx: Tx, routine: Routine, days: Sequence[date]
) -> tuple[date | None, tuple[str, ...]]:
    """Publish day by day, and return on which the law held it, and by which findings.

    Where the doctor sits otherwise already, that stays (调班).
    """
    numbers = profile.at(tx.now)
    for day in days:
        plan = rules.plan_on(routine.pattern, day, tx.now, numbers, routine.id)
        try:
            await book.publish(tx, plans=[plan])
        except AlreadySits:
            continue
        except MayNotPractise as law:
            return day, tuple(finding.code for finding in law.findings)
    return None, ()
