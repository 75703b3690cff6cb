"""When a number may be taken, given back or called. Pure."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from statistics import median_high
from uuid import UUID

from lianyi.booking.model import (
    Appointment,
    AppointmentState,
    Calling,
    Number,
    Obstacle,
    Origin,
    Pattern,
    Payment,
    Plan,
    Routine,
    Session,
    SessionState,
    Situation,
    Terms,
    Turn,
)
from lianyi.kernel import time
from lianyi.kernel.actor import Actor, Role
from lianyi.kernel.profile import Profile
from lianyi.people.model import CLERK, DOCTOR, NURSE

MOST_NUMBERS = 500
WEEK = 7
DAY = timedelta(days=1)  # how long a session is at most; numbers are looked for by it
PACE = 8  # visits that tell how quickly a doctor works today
REASON_MIN = 2
# Whoever may not book online any more still can across a counter, with somebody to talk to.
COUNTER = frozenset({CLERK, DOCTOR})
NO_LIMIT = 1_000_000
REFERRERS = frozenset({DOCTOR})
BOOKABLE = frozenset({SessionState.SCHEDULED, SessionState.OPEN})
PENDING = frozenset({AppointmentState.CALLED, AppointmentState.WITH_DOCTOR})


def troubles_with(plan: Plan, now: datetime, profile: Profile) -> Iterator[str]:
    """Yield the fields of a plan that cannot be."""
    if not plan.starts_at < plan.ends_at <= plan.starts_at + DAY or plan.ends_at <= now:
        yield "ends_at"
        return
    horizon = timedelta(days=profile["CAP-11.horizon"] + 1)
    if time.day(plan.starts_at, profile.zone) != plan.day or plan.starts_at > now + horizon:
        yield "day"
    if plan.slot_minutes <= 0 or (plan.ends_at - plan.starts_at) % slot_length(plan):
        yield "slot_minutes"
        return
    yield from _troubles_with_numbers(plan, profile)
    if plan.fee_fen < 0 or (plan.payment is Payment.PREPAY and not plan.fee_fen):
        yield "fee_fen"


def _troubles_with_numbers(plan: Plan, profile: Profile) -> Iterator[str]:
    count = len(numbers(plan, profile))
    if not 0 < count <= MOST_NUMBERS:
        yield "numbers_per_slot"
    if not 0 <= plan.reserved <= count:
        yield "reserved"


def plan_on(
    pattern: Pattern, day: date, now: datetime, profile: Profile, routine_id: UUID | None = None
) -> Plan:
    """Return the session that a pattern makes of a day."""
    starts_at = datetime.combine(day, pattern.begins, profile.zone)
    return Plan(
        department_id=pattern.department_id,
        post_id=pattern.post_id,
        day=day,
        half=pattern.half,
        kind=pattern.kind,
        starts_at=starts_at,
        ends_at=datetime.combine(day, pattern.ends, profile.zone),
        slot_minutes=pattern.slot_minutes,
        numbers_per_slot=pattern.numbers_per_slot,
        fee_code=pattern.fee_code,
        fee_label=pattern.fee_label,
        fee_fen=pattern.fee_fen,
        payment=pattern.payment,
        releases_at=max(now, starts_at - timedelta(days=pattern.release_days)),
        room=pattern.room,
        routine_id=routine_id,
    )


def first_day(pattern: Pattern) -> date:
    """Return the first day a pattern falls on; it has a weekday."""
    week = (pattern.first + timedelta(days=n) for n in range(WEEK))
    return next(day for day in week if day.isoweekday() in pattern.weekdays)


def is_week(weekdays: Collection[int]) -> bool:
    return bool(weekdays) and set(weekdays) <= set(range(1, WEEK + 1))


def undecided(routine: Routine, now: datetime, profile: Profile) -> Iterator[date]:
    """Yield the days of a routine that can be booked by now and were never decided about.

    No day comes twice: what was stopped is not made anew.
    """
    today = time.day(now, profile.zone)
    last = today + timedelta(days=profile["CAP-11.horizon"])
    day = max(today, routine.pattern.first, routine.through + timedelta(days=1))
    while day <= last:
        ends_at = datetime.combine(day, routine.pattern.ends, profile.zone)
        if day.isoweekday() in routine.pattern.weekdays and ends_at > now:
            yield day
        day += timedelta(days=1)


def is_precise(plan: Plan, profile: Profile) -> bool:
    """IDN-08: a number's time is at most an hour wide."""
    return plan.slot_minutes <= profile["IDN-08"]


def slot_length(plan: Plan) -> timedelta:
    return timedelta(minutes=plan.slot_minutes)


def numbers(plan: Plan, profile: Profile) -> tuple[Number, ...]:
    """Cut a session into numbers. The last ones are kept for referrals until FD-08's hours."""
    length = slot_length(plan)
    slots = (plan.ends_at - plan.starts_at) // length
    times = [
        plan.starts_at + n * length for n in range(slots) for _ in range(plan.numbers_per_slot)
    ]
    first_reserved = len(times) - plan.reserved
    return tuple(
        Number(
            number=n + 1,
            starts_at=at,
            ends_at=at + length,
            free_from=_public_from(plan, at, profile) if n >= first_reserved else plan.releases_at,
            referred_from=plan.releases_at,
        )
        for n, at in enumerate(times)
    )


def _public_from(plan: Plan, at: datetime, profile: Profile) -> datetime:
    return max(plan.releases_at, at - timedelta(hours=profile["FD-08"]))


def may_take_reserved(role: Role) -> bool:
    """FD-08, CAP-16: until then only a doctor, who refers somebody, takes a reserved number."""
    return role in REFERRERS


def terms(
    role: Role, origin: Origin, now: datetime, profile: Profile, *, delay: timedelta
) -> Terms:
    """IDN-09: a hold ends by itself. Somebody from the waiting list gets longer to answer.

    IDN-07: what is not confirmed is public again only after a delay nobody can foretell.
    """
    minutes = profile["CAP-11.offer"] if origin is Origin.OFFER else profile["IDN-09"]
    expires_at = now + timedelta(minutes=minutes)
    return Terms(
        origin=origin,
        expires_at=expires_at,
        free_from=expires_at + delay,
        per_day=profile["IDN-07.per_day"],
        missed_limit=NO_LIMIT if role in COUNTER else profile["IDN-07.missed"],
        missed_since=now - timedelta(days=profile["IDN-07.missed_days"]),
        referred=may_take_reserved(role),
    )


def delay_range(profile: Profile) -> range:
    """IDN-07: the seconds after which a freed number may be public again, to draw one from."""
    return range(profile["IDN-07.delay_min"] * 60, profile["IDN-07.delay_max"] * 60)


def obstacle(it: Situation, terms: Terms, now: datetime) -> Obstacle | None:
    """Return why a wish was not granted, or None if a rival has just let go of the number."""
    if it.state is None or it.releases_at is None:
        return Obstacle.UNKNOWN_SESSION
    if not it.sees_person:
        return Obstacle.UNKNOWN_PERSON
    if it.state not in BOOKABLE:
        return Obstacle.NOT_OPEN
    if it.releases_at > now:
        return Obstacle.NOT_RELEASED
    return _own_obstacle(it, terms) or _full(it, now)


def _own_obstacle(it: Situation, terms: Terms) -> Obstacle | None:
    """IDN-07: limits per person, day and department."""
    if it.own_is_stale:
        return Obstacle.STALE_HOLD
    if it.own_id is not None:
        return Obstacle.ALREADY_BOOKED
    if it.that_day >= terms.per_day:
        return Obstacle.TOO_MANY
    if it.missed >= terms.missed_limit:
        return Obstacle.MISSED_TOO_OFTEN
    return None


def _full(it: Situation, now: datetime) -> Obstacle | None:
    is_free = it.next_free_at is not None and it.next_free_at <= now
    return None if is_free else Obstacle.FULL


def is_reason(text: str) -> bool:
    return len(text.strip()) >= REASON_MIN


def is_refundable(appointment: Appointment, now: datetime, profile: Profile) -> bool:
    """CAP-10: the whole fee until some hours before; always when the session was stopped."""
    if appointment.state is AppointmentState.STOPPED:
        return True
    return now <= appointment.starts_at - timedelta(hours=profile["CAP-10.cancel"])


def may_add(actor: Actor, session: Session) -> bool:
    """Let doctors add numbers to their own sessions, reception to any of its place."""
    return actor.role == CLERK or actor.person_id == session.doctor_id


def may_call(actor: Actor, session: Session) -> bool:
    return actor.role == NURSE or actor.person_id == session.doctor_id


def may_mark_urgent(role: Role) -> bool:
    return role in {CLERK, NURSE}


def has_begun(appointment: Appointment, now: datetime) -> bool:
    return now >= appointment.starts_at and appointment.state is not AppointmentState.STOPPED


def is_exchangeable(appointment: Appointment, session: Session) -> bool:
    """Compare place and fee: what may have been paid already must be what the new one costs."""
    old = (appointment.institution_id, appointment.payment, appointment.fee_fen)
    return old == (session.institution_id, session.payment, session.fee_fen)


def check_in_opens(appointment: Appointment, profile: Profile) -> datetime:
    """Return from when on somebody may arrive; whose number staff added is there already."""
    if appointment.origin is Origin.ADDED:
        return time.midnight(appointment.day, profile.zone)
    return appointment.starts_at - timedelta(minutes=profile["CAP-10.check_in"])


def called_in_turn(turns: Sequence[Turn], calling: Calling, profile: Profile) -> Iterator[Turn]:
    """Yield everybody who waits in the order in which they will be called (CAP-12).

    Who is urgent comes first. New patients come by the time of their number, or by their arrival
    if they are late for it. After so many of them one who returns with results (回诊) comes in
    between. Who missed a call is due again after so many further calls, or when nobody else waits.
    """
    left = sorted(turns, key=_precedence)
    while left:
        turn = _next(left, calling, profile)
        left.remove(turn)
        calling = after_call(turn, calling)
        yield turn


def after_call(turn: Turn, calling: Calling) -> Calling:
    in_a_row = 0 if turn.comes_back else calling.new_in_a_row + 1
    return Calling(calling.calls + 1, in_a_row)


def _next(turns: list[Turn], calling: Calling, profile: Profile) -> Turn:
    ready = [t for t in turns if t.urgent or t.ready_at_call <= calling.calls] or turns
    if ready[0].urgent:
        return ready[0]
    is_their_turn = calling.new_in_a_row >= profile["CAP-12.returning"]
    return next((t for t in ready if t.comes_back == is_their_turn), ready[0])


def _precedence(turn: Turn) -> tuple[bool, datetime, int]:
    is_late = turn.arrived_at >= turn.ends_at
    due = turn.arrived_at if is_late or turn.comes_back else turn.starts_at
    return not turn.urgent, due, turn.number


def ready_again(calling: Calling, profile: Profile) -> int:
    """Return the count of calls at which somebody who missed theirs is due again."""
    return calling.calls + profile["CAP-12.missed"]


def minutes_to_wait(ahead: int, visits: Sequence[timedelta], planned: timedelta) -> int:
    """Estimate a wait from how long today's last visits really took, or from the plan."""
    pace = median_high(visits[-PACE:]) if visits else planned
    return -(-ahead * pace // timedelta(minutes=1))
