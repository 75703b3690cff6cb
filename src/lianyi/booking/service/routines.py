"""What is sat week by week: planned, rolled forward a day at a time, ended; and closed days."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from lianyi.booking import rules
from lianyi.booking.errors import BadPlan, DayPast, ReasonMissing, RoutineOverlaps, SlotTooLong
from lianyi.booking.events import RoutineDue
from lianyi.booking.model import Closure, Pattern, Routine, RoutineState
from lianyi.booking.service.sessions import alone_with
from lianyi.booking.states import CLOSURE, ROUTINE
from lianyi.booking.tables import routines
from lianyi.kernel import profile, time, timers
from lianyi.kernel.lifecycle import advance, check_role
from lianyi.kernel.work import Tx

TIMER = "roll"
DAYS = "booking.day"


async def plan_routine(tx: Tx, *, pattern: Pattern, doctor_id: UUID, doctor_name: str) -> Routine:
    """Plan what a doctor of the acting institution sits week by week. Nothing is published yet.

    :raises BadPlan, RoutineOverlaps, WrongRole:
    :raises SlotTooLong: IDN-08.
    """
    check_role(tx, ROUTINE, "plan")
    _check(tx, pattern)
    await tx.alone(tx.actor.institution_id, DAYS)
    await alone_with(tx, doctor_id=doctor_id)
    if (other := await routines.find_overlap(tx, pattern, doctor_id)) is not None:
        raise RoutineOverlaps(routine_id=other)
    routine = Routine(
        id=tx.new_id(tx.actor.institution_id),
        institution_id=tx.actor.institution_id,
        doctor_id=doctor_id,
        doctor_name=doctor_name,
        state=RoutineState.ACTIVE,
        pattern=pattern,
        through=pattern.first - timedelta(days=1),
        held=(),
    )
    await routines.insert(tx, routine)
    return routine


async def take_up_routine(tx: Tx, *, routine_id: UUID) -> Routine | None:
    """Return a routine to be rolled on, kept still, or None if it has ended.

    :raises NoSuchRoutine:
    """
    routine = await routines.lock(tx, routine_id)
    return routine if routine.state is RoutineState.ACTIVE else None


async def undecided_days(tx: Tx, *, routine: Routine) -> list[date]:
    """Return the days to be sat now. No day is closed from here on before this is committed."""
    await tx.alone(tx.actor.institution_id, DAYS)
    closed = {closure.day for closure in await routines.list_closed(tx, _today(tx))}
    days = rules.undecided(routine, tx.now, profile.at(tx.now))
    return [day for day in days if day not in closed]


async def rolled(tx: Tx, *, routine: Routine, held_on: date | None, held: Sequence[str]) -> None:
    """Note that all days that can be booked are decided, or all before the one it is held on.

    It goes on by itself when the next day begins.
    """
    numbers = profile.at(tx.now)
    last = _today(tx) + timedelta(days=numbers["CAP-11.horizon"])
    through = max(routine.through, held_on - timedelta(days=1) if held_on else last)
    await routines.mark_rolled(tx, routine.id, through, held)
    due_at = time.end_of_day(tx.now, numbers.zone)
    event = RoutineDue(routine.id, routine.institution_id)
    await timers.set(tx, thing_id=routine.id, name=TIMER, due_at=due_at, event=event)


async def end_routine(tx: Tx, *, routine_id: UUID, reason: str) -> None:
    """Roll on no more. What is published stays, and is stopped by itself where it has to be.

    :raises NoSuchRoutine, ReasonMissing, WrongRole, WrongState:
    """
    if not rules.is_reason(reason):
        raise ReasonMissing
    check_role(tx, ROUTINE, "end")
    await routines.lock(tx, routine_id)
    await advance(tx, ROUTINE, routine_id, "end", why=reason.strip())
    await timers.clear(tx, thing_id=routine_id, name=TIMER)


async def close_day(tx: Tx, *, day: date, reason: str) -> list[UUID]:
    """Let no routine sit on a day, and return the sessions that some already do.

    :raises DayClosed, DayPast, ReasonMissing, WrongRole:
    """
    if not rules.is_reason(reason):
        raise ReasonMissing
    check_role(tx, CLOSURE, "close")
    if day < _today(tx):
        raise DayPast(day=day)
    await tx.alone(tx.actor.institution_id, DAYS)
    closure = Closure(tx.new_id(tx.actor.institution_id), day, reason.strip())
    await routines.insert_closure(tx, closure)
    return await routines.list_made(tx, day)


async def reopen_day(tx: Tx, *, closure_id: UUID) -> None:
    """Let routines sit on a day again, if it was not decided about meanwhile.

    :raises DayPast, NoSuchClosure, WrongRole, WrongState:
    """
    day = await routines.load_closed_day(tx, closure_id)
    if day < _today(tx):
        raise DayPast(day=day)
    await advance(tx, CLOSURE, closure_id, "reopen")


def _check(tx: Tx, pattern: Pattern) -> None:
    """Hold a pattern to what each of its sessions is held to, as of the first one's day."""
    if not rules.is_week(pattern.weekdays):
        raise BadPlan(field="weekdays")
    if pattern.first < _today(tx):
        raise BadPlan(field="day")
    numbers = profile.at(tx.now)
    day = rules.first_day(pattern)
    before = time.midnight(day, numbers.zone) - timedelta(days=1)
    plan = rules.plan_on(pattern, day, before, numbers)
    if not rules.is_precise(plan, numbers):
        raise SlotTooLong(minutes=numbers["IDN-08"])
    if field := next(rules.troubles_with(plan, before, numbers), None):
        raise BadPlan(field=field)


def _today(tx: Tx) -> date:
    return time.day(tx.now, profile.at(tx.now).zone)
