"""Holding, confirming, moving and giving back a number."""

from datetime import date, timedelta
from typing import NoReturn
from uuid import UUID

from lianyi.access.errors import NoSuchPerson
from lianyi.access.model import Chart, Desk
from lianyi.booking import events, rules
from lianyi.booking.errors import (
    AlreadyBooked,
    HoldExpired,
    MissedTooOften,
    NoSuchSession,
    NotExchangeable,
    NotReleased,
    PayFirst,
    ReasonMissing,
    SessionNotOpen,
    SlotFull,
    TooLate,
    TooManyThatDay,
)
from lianyi.booking.model import (
    Appointment,
    AppointmentState,
    GivenBack,
    Got,
    Obstacle,
    Origin,
    Situation,
    Terms,
    Wish,
)
from lianyi.booking.model.kept import Booked
from lianyi.booking.service import waiting
from lianyi.booking.states import APPOINTMENT
from lianyi.booking.tables import appointments, sessions, taking
from lianyi.booking.tables.hot import TIMER
from lianyi.kernel import profile, timers
from lianyi.kernel.db import Statement
from lianyi.kernel.lifecycle import WrongState, advance, check_role
from lianyi.kernel.moment import Moment
from lianyi.kernel.named import Part
from lianyi.kernel.once import Once
from lianyi.kernel.work import Tx
from lianyi.people.model import RESIDENT, SYSTEM

TRIES = 3  # a number may be let go of between the look that found none and the look for why


async def hold(tx: Tx, desk: Desk, *, wish: Wish) -> Got:
    """Keep a number of a time for a person until they confirm or pay (IDN-07, IDN-09).

    :raises NoSuchSession, NoSuchPerson, SessionNotOpen, NotReleased, SlotFull:
    :raises AlreadyBooked, TooManyThatDay, MissedTooOften: IDN-07.
    """
    terms = new_terms(tx, Origin.SELF if tx.actor.role == RESIDENT else Origin.DESK)
    for _ in range(TRIES):
        if got := await taking.hold(tx, desk, wish, terms):
            return got
        await _clear_the_way(tx, desk, wish, terms)
    raise SlotFull


def holding(at: Moment, desk: Desk, *, wish: Wish, once: Once[Booked], still: Part) -> Statement:
    """Return `hold` as one statement, for what needs no more than that.

    It changes nothing unless what is presumed of who asks is `still` so; the same of `confirming`.

    :raises WrongRole:
    """
    terms = new_terms(at, Origin.SELF if at.actor.role == RESIDENT else Origin.DESK)
    return taking.holding(at, desk, wish, terms, once, still=still)


def confirming(
    at: Moment, desk: Desk, *, appointment_id: UUID, once: Once[Booked], still: Part, also: str
) -> Statement:
    """Return `confirm` as one statement, for what needs no more than `also`.

    :raises WrongRole:
    """
    return taking.confirming(at, desk, appointment_id, once, still=still, also=also)


async def confirm(tx: Tx, desk: Desk, *, appointment_id: UUID) -> Got:
    """Make a hold an appointment.

    :raises HoldExpired: IDN-09.
    :raises NoSuchAppointment, PayFirst, WrongRole, WrongState:
    """
    prepaid = tx.actor.role == SYSTEM
    got = await taking.confirm(tx, desk, appointment_id, prepaid=prepaid)
    if got is None:
        _refuse_confirmation(tx, await appointments.lock(tx, desk, appointment_id))
    if got.origin is Origin.OFFER:
        await waiting.settle(tx, appointment_id, "take")
    return got


async def confirm_paid(tx: Tx, desk: Desk, *, appointment_id: UUID) -> bool:
    """Confirm what was paid. Paid too late it is confirmed if nobody else has the number.

    False means that the money must go back.
    """
    if await taking.confirm(tx, desk, appointment_id, prepaid=True):
        await waiting.settle(tx, appointment_id, "take")
        return True
    appointment = await appointments.lock(tx, desk, appointment_id)
    if appointment.state in {AppointmentState.HELD, AppointmentState.LAPSED}:
        return await _revive(tx, appointment)
    return appointment.state not in {AppointmentState.CANCELLED, AppointmentState.STOPPED}


async def lapse(tx: Tx, desk: Desk, *, appointment_id: UUID) -> None:
    """End a hold whose time is over; the waiting list comes next."""
    appointment = await appointments.lock(tx, desk, appointment_id)
    is_over = appointment.expires_at <= tx.now
    if appointment.state is AppointmentState.HELD and is_over:
        await _lapse(tx, appointment)


async def cancel(tx: Tx, desk: Desk, *, appointment_id: UUID, reason: str = "") -> GivenBack:
    """Give a number back. Whether the fee goes back too depends on the time left.

    :raises NoSuchAppointment, TooLate, WrongRole, WrongState:
    """
    appointment = await appointments.lock(tx, desk, appointment_id)
    if rules.has_begun(appointment, tx.now):
        raise TooLate(starts_at=appointment.starts_at)
    event = events.AppointmentCancelled(*about(appointment))
    await advance(tx, APPOINTMENT, appointment_id, "cancel", why=reason, event=event)
    await timers.clear(tx, thing_id=appointment_id, name=TIMER)
    await _free(tx, appointment)
    await waiting.settle(tx, appointment_id, "leave")
    refundable = rules.is_refundable(appointment, tx.now, profile.at(tx.now))
    return GivenBack(appointment, refundable)


async def reschedule(tx: Tx, desk: Desk, *, appointment_id: UUID, wish: Wish) -> Appointment:
    """Move an appointment to another number. The old one is given up only if the new one is got.

    :raises NotExchangeable: the fee, which may be paid, differs: cancel and book anew.
    :raises NoSuchAppointment, NoSuchSession, SessionNotOpen, TooLate, AlreadyBooked:
    :raises TooManyThatDay, SlotFull, WrongRole, WrongState:
    """
    appointment = await appointments.lock(tx, desk, appointment_id)
    if rules.has_begun(appointment, tx.now):
        raise TooLate(starts_at=appointment.starts_at)
    session = await sessions.load(tx, wish.session_id)
    if session.state not in rules.BOOKABLE:
        raise SessionNotOpen(state=session.state)
    if not rules.is_exchangeable(appointment, session):
        raise NotExchangeable
    await _check_own(tx, appointment, department_id=session.department_id, day=session.day)
    slot = await appointments.take(tx, appointment_id, wish, new_terms(tx, appointment.origin))
    if slot is None:
        raise SlotFull
    await _free(tx, appointment)
    await appointments.move(tx, appointment_id, session, slot)
    event = events.AppointmentMoved(
        appointment_id, session.id, appointment.person_id, session.institution_id
    )
    await advance(tx, APPOINTMENT, appointment_id, "reschedule", event=event)
    return await appointments.lock(tx, desk, appointment_id)


async def add(tx: Tx, chart: Chart, *, session_id: UUID, reason: str) -> UUID:
    """Add a number on purpose (加号) for the person whose chart is open.

    :raises NoSuchSession, SessionNotOpen, ReasonMissing, AlreadyBooked, WrongRole:
    """
    check_role(tx, APPOINTMENT, "add")
    if not rules.is_reason(reason):
        raise ReasonMissing
    session = await sessions.lock(tx, session_id)
    if session.state not in rules.BOOKABLE:
        raise SessionNotOpen(state=session.state)
    if not rules.may_add(tx.actor, session):
        raise NoSuchSession(id=session_id)
    id, person_id = tx.new_id(session_id), chart.person_id
    other = await appointments.find_other(
        tx, id, person_id=person_id, department_id=session.department_id, day=session.day
    )
    if other is not None:
        raise AlreadyBooked(appointment_id=other)
    slot = await sessions.add_slot(tx, session_id, id)
    ordinal = await appointments.next_ordinal(tx, person_id, session.day)
    await appointments.add(
        tx, id, session, slot, person_id=person_id, ordinal=ordinal, reason=reason
    )
    return id


def new_terms(at: Moment, origin: Origin) -> Terms:
    numbers = profile.at(at.now)
    delay = new_delay(at, numbers)
    return rules.terms(at.actor.role, origin, at.now, numbers, delay=delay)


def new_delay(at: Moment, numbers: profile.Profile) -> timedelta:
    """IDN-07: draw how long a freed number stays away from the public."""
    return timedelta(seconds=at.ids.draw(rules.delay_range(numbers)))


def about(appointment: Appointment) -> tuple[UUID, UUID, UUID, UUID]:
    it = appointment
    return it.id, it.session_id, it.person_id, it.institution_id


async def _clear_the_way(tx: Tx, desk: Desk, wish: Wish, terms: Terms) -> None:
    """Find out why a wish was not granted, and refuse it or make the next try possible."""
    situation = await appointments.find_situation(tx, desk, wish, terms)
    trouble = rules.obstacle(situation, terms, tx.now)
    if trouble is None or trouble is Obstacle.STALE_HOLD:
        await lapse_stale(tx, desk, wish)
        return
    _refuse(trouble, situation, wish, terms)


async def lapse_stale(tx: Tx, desk: Desk, wish: Wish) -> None:
    """End holds of the person that have expired but were not cleared away yet."""
    for id in await appointments.list_stale(tx, wish):
        await _lapse(tx, await appointments.lock(tx, desk, id))


def _refuse(trouble: Obstacle, it: Situation, wish: Wish, terms: Terms) -> NoReturn:
    if trouble is Obstacle.UNKNOWN_PERSON:
        raise NoSuchPerson(person_id=wish.person_id)
    if trouble is Obstacle.NOT_OPEN and it.state is not None:
        raise SessionNotOpen(state=it.state)
    if trouble is Obstacle.NOT_RELEASED and it.releases_at is not None:
        raise NotReleased(releases_at=it.releases_at)
    if trouble is Obstacle.ALREADY_BOOKED:
        raise AlreadyBooked(appointment_id=it.own_id)
    if trouble is Obstacle.TOO_MANY:
        raise TooManyThatDay(limit=terms.per_day)
    if trouble is Obstacle.MISSED_TOO_OFTEN:
        raise MissedTooOften(times=it.missed)
    if trouble is Obstacle.FULL:
        raise SlotFull
    raise NoSuchSession(id=wish.session_id)


def _refuse_confirmation(tx: Tx, appointment: Appointment) -> NoReturn:
    if appointment.state is not AppointmentState.HELD:
        raise WrongState(
            table=APPOINTMENT.table, id=appointment.id, verb="confirm", state=appointment.state
        )
    if appointment.expires_at <= tx.now:
        raise HoldExpired
    raise PayFirst(expires_at=appointment.expires_at)


async def _revive(tx: Tx, appointment: Appointment) -> bool:
    other = await appointments.find_other(
        tx,
        appointment.id,
        person_id=appointment.person_id,
        department_id=appointment.department_id,
        day=appointment.day,
    )
    if other is not None or not await _count(tx, appointment, appointment.day):
        return False
    if not await appointments.take_again(tx, appointment):
        return False
    event = events.AppointmentConfirmed(*about(appointment))
    await advance(tx, APPOINTMENT, appointment.id, "revive", event=event)
    return True


async def _check_own(tx: Tx, appointment: Appointment, *, department_id: UUID, day: date) -> None:
    other = await appointments.find_other(
        tx, appointment.id, person_id=appointment.person_id, department_id=department_id, day=day
    )
    if other is not None:
        raise AlreadyBooked(appointment_id=other)
    if not await _count(tx, appointment, day):
        raise TooManyThatDay(limit=profile.at(tx.now)["IDN-07.per_day"])


async def _count(tx: Tx, appointment: Appointment, day: date) -> bool:
    terms = new_terms(tx, appointment.origin)
    return await appointments.count(
        tx, appointment.id, person_id=appointment.person_id, day=day, terms=terms
    )


async def _lapse(tx: Tx, appointment: Appointment) -> None:
    event = events.AppointmentLapsed(*about(appointment))
    await advance(tx, APPOINTMENT, appointment.id, "lapse", why="expired", event=event)
    await waiting.settle(tx, appointment.id, "pass_over")
    await _tell_freed(tx, appointment)


async def _free(tx: Tx, appointment: Appointment) -> None:
    """Give a number back to the public, a while later; a stopped session gives none back."""
    if appointment.state is AppointmentState.STOPPED:
        return
    free_from = tx.now + new_delay(tx, profile.at(tx.now))
    if await appointments.free_again(tx, appointment, free_from=free_from):
        await _tell_freed(tx, appointment)


async def _tell_freed(tx: Tx, appointment: Appointment) -> None:
    await tx.emit(
        events.NumberFreed(appointment.session_id, appointment.institution_id, appointment.number)
    )
