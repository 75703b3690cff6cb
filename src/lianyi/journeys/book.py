"""Somebody books a doctor: finding, holding, paying, confirming, changing, being told (预约挂号).

The door stands in the statement itself: a desk's predicate says whom this hat may book for, and a
resident's reaches themselves and whoever they act for, from proof level 1 on (IDN-07). An app
brings what its own door has opened (`desk`, `chart`); nobody else brings any.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.errors import NoSuchPerson
from lianyi.access.model import Chart, Desk, Purpose
from lianyi.billing import events as money
from lianyi.billing import service as billing
from lianyi.billing.model import FeeClass, Line
from lianyi.booking import events, fhir, queries
from lianyi.booking import service as booking
from lianyi.booking.model import (
    Appointment,
    AppointmentState,
    Got,
    Kind,
    Payment,
    Plan,
    Session,
    Sitter,
    Wish,
)
from lianyi.booking.model.kept import Booked
from lianyi.journeys import telling
from lianyi.kernel import errand, profile
from lianyi.kernel.actor import system
from lianyi.kernel.db import Statement
from lianyi.kernel.errand import Answer, Errand
from lianyi.kernel.moment import Moment
from lianyi.kernel.money import FEN_PER_YUAN
from lianyi.kernel.named import Part
from lianyi.kernel.once import Once
from lianyi.kernel.work import Tx
from lianyi.links.sms import Message
from lianyi.people import events as people_events
from lianyi.people import queries as people
from lianyi.people import service as registry
from lianyi.people.errors import MayNotPractise, NoSuchPost
from lianyi.people.model import CLERK, RESIDENT
from lianyi.records import service as records
from lianyi.records.model import PUBLIC

SUBJECT = "appointment"
RECEPTION = frozenset({CLERK})
KNOWN_FOR = timedelta(days=7)  # reception sees who was booked for so long after the visit
KNOWN_AT_RECEPTION = access.relating("kept", roles=RECEPTION, known_for=KNOWN_FOR)
GONE = "number_gone"


async def publish(tx: Tx, *, plans: Sequence[Plan]) -> list[UUID]:
    """Put sessions of the acting institution on its schedule.

    :raises MayNotPractise: LIC-01, LIC-13, LIC-14, CON-23 and CON-24, as of each session's day.
    :raises BadPlan, SlotTooLong, AlreadySits, NoSuchPost, WrongRole:
    """
    return [await _publish(tx, plan) for plan in plans]


async def check_sitter(tx: Tx, doctor_id: UUID, session: Plan | Session) -> None:
    """Hold whoever sits to the law as of the session's day.

    :raises MayNotPractise: LIC-01, LIC-13, LIC-14, CON-23, CON-24.
    """
    practice = await people.practice(
        tx,
        person_id=doctor_id,
        institution_id=tx.actor.institution_id,
        department_id=session.department_id,
    )
    online = session.kind is Kind.ONLINE
    registry.check_practice(tx, practice, online=online, day=session.day)


async def hold(
    tx: Tx, *, session_id: UUID, starts_at: datetime, person_id: UUID, desk: Desk | None = None
) -> Got:
    """Keep a number for a person. What is paid in advance is billed at once.

    :raises NoSuchPerson, ProofTooLow, NoSuchSession, SessionNotOpen, NotReleased, SlotFull:
    :raises AlreadyBooked, TooManyThatDay, MissedTooOften, WrongRole:
    """
    desk, wish = desk or _desk_for(tx, person_id), Wish(session_id, starts_at, person_id)
    try:
        got = await booking.hold(tx, desk, wish=wish)
    except NoSuchPerson:
        # The chart's door knows whether a better proof of identity would help, and logs the try.
        await access.open_chart(tx, person_id=person_id, purpose=Purpose.RECEIVE, what="book")
        raise
    if got.payment is Payment.PREPAY:
        await _open_bill(tx, got)
    return got


def hold_at_once(at: Moment, once: Once[Booked], still: Part, *, wish: Wish) -> Statement:
    """Return `hold` as one statement: it takes a number nobody had before and nobody pays first.

    It changes nothing unless what is presumed of who asks is `still` so; nor does the next one.

    :raises NoSuchPerson, WrongRole:
    """
    return booking.holding(at, _desk_for(at, wish.person_id), wish=wish, once=once, still=still)


def confirm_at_once(
    at: Moment, once: Once[Booked], still: Part, *, appointment_id: UUID
) -> Statement:
    """Return `confirm` as one statement, for a number nobody waited for.

    :raises WrongRole:
    """
    desk = access.desk_of(at, purpose=Purpose.RECEIVE)
    return booking.confirming(
        at, desk, appointment_id=appointment_id, once=once, still=still, also=KNOWN_AT_RECEPTION
    )


async def confirm(tx: Tx, *, appointment_id: UUID, desk: Desk | None = None) -> Got:
    """Confirm a number that is paid at the visit; from now on reception knows the person.

    :raises NoSuchAppointment, HoldExpired, PayFirst, WrongRole, WrongState:
    """
    desk = desk or await access.open_desk(tx, purpose=Purpose.RECEIVE)
    got = await booking.confirm(tx, desk, appointment_id=appointment_id)
    await _let_reception_know(tx, got.appointment_id, got)
    return got


async def cancel(
    tx: Tx, *, appointment_id: UUID, reason: str = "", desk: Desk | None = None
) -> bool:
    """Give a number back and return whether its fee goes back too.

    :raises NoSuchAppointment, TooLate, WrongRole, WrongState:
    """
    desk = desk or await access.open_desk(tx, purpose=Purpose.RECEIVE)
    back = await booking.cancel(tx, desk, appointment_id=appointment_id, reason=reason)
    await access.end_relation(tx, cause_id=appointment_id)
    if back.refundable or back.appointment.state is AppointmentState.HELD:
        await _call_off(tx, back.appointment, "cancelled")
    return back.refundable


async def reschedule(
    tx: Tx, *, appointment_id: UUID, session_id: UUID, starts_at: datetime, desk: Desk | None = None
) -> Appointment:
    """Move an appointment to another time, day or doctor; its bill goes with it.

    :raises NoSuchAppointment, NoSuchSession, NotExchangeable, SlotFull, AlreadyBooked:
    :raises SessionNotOpen, TooLate, TooManyThatDay, WrongRole, WrongState:
    """
    desk = desk or await access.open_desk(tx, purpose=Purpose.RECEIVE)
    # Whose it is the lock finds out; the wish needs no person of its own.
    wish = Wish(session_id, starts_at, tx.actor.subject_id)
    moved = await booking.reschedule(tx, desk, appointment_id=appointment_id, wish=wish)
    await _let_reception_know(tx, moved.id, moved)
    return moved


async def stop(tx: Tx, *, session_id: UUID, reason: str) -> int:
    """Stop a session (停诊) and return how many appointments it ends. Their fees stay safe.

    :raises NoSuchSession, ReasonMissing, WrongRole, WrongState:
    """
    booked = await booking.stop(tx, session_id=session_id, reason=reason)
    for appointment in booked:
        if appointment.state is AppointmentState.HELD:
            await _call_off(tx, appointment, "stopped")
    return len(booked)


async def add(tx: Tx, *, session_id: UUID, person_id: UUID, reason: str) -> UUID:
    """Add a number on purpose for somebody this member of staff knows (加号).

    :raises NoSuchPerson, NoSuchSession, SessionNotOpen, AlreadyBooked, ReasonMissing, WrongRole:
    """
    chart = await access.open_chart(tx, person_id=person_id, purpose=Purpose.RECEIVE, what="add")
    return await booking.add(tx, chart, session_id=session_id, reason=reason)


async def join_waiting(
    tx: Tx, *, session_id: UUID, person_id: UUID, chart: Chart | None = None
) -> UUID:
    """Wait for a number of a full session (候补).

    :raises NoSuchPerson, ProofTooLow, NoSuchSession, SessionNotOpen, NotReleased, StillFree:
    :raises AlreadyBooked, AlreadyWaiting, WrongRole:
    """
    chart = chart or await access.open_chart(
        tx, person_id=person_id, purpose=Purpose.RECEIVE, what="wait"
    )
    return await booking.join(tx, chart, session_id=session_id)


async def leave_waiting(
    tx: Tx, *, session_id: UUID, person_id: UUID, chart: Chart | None = None
) -> None:
    """Wait no longer.

    :raises NoSuchPerson, NotWaiting, WrongRole:
    """
    chart = chart or await access.open_chart(
        tx, person_id=person_id, purpose=Purpose.RECEIVE, what="wait"
    )
    await booking.leave(tx, chart, session_id=session_id)


async def own(tx: Tx, *, person_id: UUID, before: datetime) -> list[Appointment]:
    """Return a person's appointments before an instant, the latest first.

    :raises NoSuchPerson, ProofTooLow:
    """
    chart = await access.open_chart(
        tx, person_id=person_id, purpose=Purpose.RECEIVE, what="appointments"
    )
    return await queries.own(tx, chart, before=before)


# What follows from events.


async def publish_schedule(tx: Tx, event: events.SessionEvent) -> None:
    """Say in the record who sits when; it belongs to nobody."""
    body = fhir.schedule(await queries.session(tx, session_id=event.session_id))
    await records.publish(tx, owner=PUBLIC, body=body, holder_id=PUBLIC)


async def release(tx: Tx, event: events.SessionReleased) -> None:
    await booking.release(tx, session_id=event.session_id)


async def end_hold(tx: Tx, event: events.HoldDue) -> None:
    desk = await access.open_desk(tx, purpose=Purpose.RECEIVE)
    await booking.lapse(tx, desk, appointment_id=event.appointment_id)


async def offer_freed(tx: Tx, event: events.NumberFreed) -> None:
    """Keep a freed number for the waiting list, before the public sees it (IDN-07)."""
    desk = await access.open_desk(tx, purpose=Purpose.RECEIVE)
    got = await booking.offer_freed(tx, desk, session_id=event.session_id, number=event.number)
    if got is None:
        return
    if got.payment is Payment.PREPAY:
        await _open_bill(tx, got)
    await errand.plan(tx, TELL.kind, thing_id=got.appointment_id)


async def end_session(tx: Tx, event: events.SessionOver) -> None:
    """Count who never came; give back the fees of a stopped session nobody chose otherwise for."""
    await booking.end(tx, session_id=event.session_id)
    for appointment in await booking.give_up(tx, session_id=event.session_id):
        await _call_off(tx, appointment, "stopped")


async def tell(tx: Tx, event: events.AppointmentEvent) -> None:
    """Send a text message about what happened to an appointment without its person's doing."""
    await errand.plan(tx, TELL.kind, thing_id=event.appointment_id)


async def confirm_paid(tx: Tx, event: money.BillPaid) -> None:
    """Confirm what was paid, or give the money back at once: a number is never sold twice."""
    if event.subject_type != SUBJECT:
        return
    desk = await access.open_desk(tx, purpose=Purpose.RECEIVE)
    appointment_id = event.subject_id
    if not await booking.confirm_paid(tx, desk, appointment_id=appointment_id):
        await billing.refund(tx, subject=(SUBJECT, appointment_id), reason=GONE)
        await errand.plan(tx, TELL.kind, thing_id=appointment_id)
        return
    kept = await queries.appointments_by_id(tx, desk, ids=[appointment_id])
    await _let_reception_know(tx, appointment_id, kept[appointment_id])


async def look_again(
    tx: Tx, event: people_events.PostEnded | people_events.LicenceRecorded
) -> None:
    """Stop what a doctor may no longer sit (LIC-13, LIC-14, CON-24)."""
    await booking.alone_with(tx, doctor_id=event.person_id)
    for session in await queries.sessions_of(tx, doctor_id=event.person_id):
        here = replace(tx, actor=system("book.look_again", session.institution_id))
        try:
            await check_sitter(here, event.person_id, session)
        except MayNotPractise as findings:
            reason = ", ".join(finding.code for finding in findings.findings)
            await stop(here, session_id=session.id, reason=reason)


async def _publish(tx: Tx, plan: Plan) -> UUID:
    post = (await people.posts(tx, ids=[plan.post_id])).get(plan.post_id)
    if post is None or post.institution_id != tx.actor.institution_id:
        raise NoSuchPost(id=plan.post_id)
    # Who ends the post meanwhile looks again, and finds what is published here.
    await booking.alone_with(tx, doctor_id=post.person_id)
    await check_sitter(tx, post.person_id, plan)
    departments = await people.departments_of(tx, institution_id=post.institution_id)
    names = {department.id: department.name for department in departments}
    sitter = Sitter(post.person_id, post.name, post.grade, names.get(plan.department_id, ""))
    return await booking.publish(tx, plan=plan, sitter=sitter)


def _desk_for(at: Moment, person_id: UUID) -> Desk:
    """Open the desk; a resident books only for whom the session says they act for."""
    if at.actor.role == RESIDENT and person_id != at.actor.subject_id:
        raise NoSuchPerson(person_id=person_id)
    return access.desk_of(at, purpose=Purpose.RECEIVE)


async def _let_reception_know(tx: Tx, appointment_id: UUID, what: Got | Appointment) -> None:
    await access.open_relation(
        tx,
        person_id=what.person_id,
        institution_id=what.institution_id,
        roles=RECEPTION,
        cause_id=appointment_id,
        until=what.ends_at + KNOWN_FOR,
    )


async def _open_bill(tx: Tx, got: Got) -> None:
    line = Line(
        code=got.fee_code,
        label=got.fee_label,
        fee_class=FeeClass.REGISTRATION,
        unit_price=Decimal(got.fee_fen) / FEN_PER_YUAN,
        quantity=Decimal(1),
        fen=got.fee_fen,
    )
    await billing.open_bill(
        tx,
        person_id=got.person_id,
        institution_id=got.institution_id,
        subject=(SUBJECT, got.appointment_id),
        lines=[line],
        due_at=got.expires_at,
    )


async def _call_off(tx: Tx, appointment: Appointment, reason: str) -> None:
    if appointment.payment is Payment.PREPAY:
        await billing.call_off(tx, subject=(SUBJECT, appointment.id), reason=reason)


async def _prepare(tx: Tx, appointment_id: UUID) -> Message:
    desk = await access.open_desk(tx, purpose=Purpose.TELL)
    known = await queries.appointments_by_id(tx, desk, ids=[appointment_id])
    appointment = known[appointment_id]
    session = await queries.session(tx, session_id=appointment.session_id)
    chart = await access.open_chart(
        tx, person_id=appointment.person_id, purpose=Purpose.TELL, what="appointment"
    )
    template, values = _message(appointment, session, profile.at(tx.now))
    return Message(await people.phone_of(tx, chart) or "", template, values)


def _message(
    appointment: Appointment, session: Session, numbers: profile.Profile
) -> tuple[str, dict[str, str]]:
    at = appointment.starts_at.astimezone(numbers.zone)
    about = {"department": session.department_name, "time": f"{at:%m-%d %H:%M}"}
    if appointment.state is AppointmentState.HELD:
        return "slot_offered", {**about, "minutes": str(numbers["CAP-11.offer"])}
    if appointment.state is AppointmentState.STOPPED:
        return "session_stopped", about
    return "appointment_cancelled", {**about, "reason": "号源已被占用"}


async def _record(tx: Tx, appointment_id: UUID, answer: Answer) -> None:
    """Nothing follows: the appointment itself says the same on the person's page."""


TELL = Errand("book.tell", Message, _prepare, telling.send, telling.ask, _record)
