"""What somebody sees who books: hospitals, departments, days, times, and what they have (预约)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.billing import queries as money
from lianyi.billing.model import Bill
from lianyi.booking import queries as booking
from lianyi.booking.model import (
    Appointment,
    AppointmentState,
    Day,
    Offer,
    Payment,
    Place,
    Session,
    Time,
)
from lianyi.booking.model.ending import Reason
from lianyi.journeys.book import SUBJECT
from lianyi.journeys.resident_desk import Who
from lianyi.kernel import profile, time
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.errors import NoSuchDepartment
from lianyi.people.model import Department, Institution, Kind

AHEAD = 14  # days that can be seen
HOSPITALS = (Kind.TERTIARY_HOSPITAL, Kind.COUNTY_HOSPITAL, Kind.HEALTH_CENTRE, Kind.VILLAGE_CLINIC)
IN_QUEUE = frozenset({AppointmentState.CHECKED_IN, AppointmentState.CALLED})
LIVE = frozenset({AppointmentState.HELD, AppointmentState.CONFIRMED, *IN_QUEUE})


@dataclass(frozen=True, slots=True)
class Hospitals:
    who: Who
    institutions: tuple[Institution, ...]


@dataclass(frozen=True, slots=True)
class Departments:
    who: Who
    institution: Institution
    departments: tuple[Department, ...]


@dataclass(frozen=True, slots=True)
class Schedule:
    """One department: the days ahead and who sits on the chosen one."""

    who: Who
    institution: Institution
    department: Department
    days: tuple[Day, ...]
    day: date
    now: datetime
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Sitting:
    """One session with its times, and what is promised before anything is kept or paid."""

    who: Who
    institution: Institution
    offer: Offer
    times: tuple[Time, ...]
    now: datetime
    hold_minutes: int
    refund_hours: int

    @property
    def is_full(self) -> bool:
        return not any(one.remaining for one in self.times)


@dataclass(frozen=True, slots=True)
class Booked:
    """One appointment with what can be done with it now."""

    who: Who
    institution: Institution
    session: Session
    appointment: Appointment
    place: Place | None
    bill: Bill | None
    instead: tuple[Offer, ...]
    now: datetime
    check_in_opens: datetime
    refundable: bool

    @property
    def seconds_left(self) -> int:
        return max(0, int((self.appointment.expires_at - self.now).total_seconds()))

    @property
    def must_pay(self) -> bool:
        return self.appointment.payment is Payment.PREPAY

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why somebody may give the number back."""
        return tuple(Reason)


@dataclass(frozen=True, slots=True)
class Own:
    """All appointments of a person, those to come first."""

    who: Who
    coming: tuple[Appointment, ...]
    past: tuple[Appointment, ...]
    sessions: dict[UUID, Offer]
    institutions: dict[UUID, Institution]


async def hospitals(tx: Tx) -> Hospitals:
    found = await people.institutions_of(tx, kinds=HOSPITALS)
    return Hospitals(await _who(tx, "book"), tuple(found))


async def departments(tx: Tx, *, institution_id: UUID) -> Departments:
    """Return the departments of a hospital in which somebody sits in the days ahead.

    :raises NoSuchDepartment:
    """
    first, last = _ahead(tx)
    who = await _who(tx, "book")
    institution = await _institution(tx, institution_id)
    open_ids = await booking.departments(tx, institution_id=institution_id, first=first, last=last)
    known = await people.departments_of(tx, institution_id=institution_id)
    return Departments(who, institution, tuple(one for one in known if one.id in set(open_ids)))


async def schedule(
    tx: Tx, *, institution_id: UUID, department_id: UUID, day: date | None
) -> Schedule:
    """Return a department's days and the sessions of one of them.

    :raises NoSuchDepartment:
    """
    first, last = _ahead(tx)
    who = await _who(tx, "book")
    institution = await _institution(tx, institution_id)
    department = await _department(tx, institution_id, department_id)
    days = await booking.days(tx, department_id=department_id, first=first, last=last)
    chosen = day or next((one.day for one in days if one.has_numbers), first)
    offers = await booking.offers(tx, department_id=department_id, day=chosen)
    return Schedule(who, institution, department, tuple(days), chosen, tx.now, tuple(offers))


async def sitting(tx: Tx, *, session_id: UUID) -> Sitting:
    """Return one session and its times.

    :raises NoSuchSession:
    """
    await booking.session(tx, session_id=session_id)
    offers = await booking.offers_by_id(tx, session_ids=[session_id])
    offer = offers[session_id]
    return Sitting(
        who=await _who(tx, "book"),
        institution=await _institution(tx, offer.institution_id),
        offer=offer,
        times=tuple(await booking.times(tx, session_id=session_id)),
        now=tx.now,
        hold_minutes=profile.at(tx.now)["IDN-09"],
        refund_hours=profile.at(tx.now)["CAP-10.cancel"],
    )


async def booked(tx: Tx, *, appointment_id: UUID) -> Booked:
    """Return one appointment of the person whose affairs these are.

    :raises NoSuchPerson, NoSuchAppointment:
    """
    chart = await access.open_chart(
        tx, person_id=tx.actor.subject_id, purpose=Purpose.RECEIVE, what="appointment"
    )
    appointment = await booking.appointment(tx, chart, appointment_id=appointment_id)
    session = await booking.session(tx, session_id=appointment.session_id)
    waits = appointment.state in IN_QUEUE
    return Booked(
        who=Who(await people.person(tx, chart), own=tx.actor.for_person_id is None),
        institution=await _institution(tx, appointment.institution_id),
        session=session,
        appointment=appointment,
        place=await booking.place(tx, chart, appointment_id=appointment_id) if waits else None,
        bill=await _bill(tx, appointment),
        instead=await _instead(tx, appointment),
        now=tx.now,
        check_in_opens=booking.check_in_opens(tx, appointment),
        refundable=booking.is_refundable(tx, appointment),
    )


async def own(tx: Tx) -> Own:
    """Return the appointments of the person whose affairs these are.

    :raises NoSuchPerson:
    """
    chart = await access.open_chart(
        tx, person_id=tx.actor.subject_id, purpose=Purpose.RECEIVE, what="appointments"
    )
    last = tx.now + timedelta(days=AHEAD + 1)
    all = await booking.own(tx, chart, before=last)
    ids = {one.institution_id for one in all}
    return Own(
        who=Who(await people.person(tx, chart), own=tx.actor.for_person_id is None),
        coming=tuple(one for one in reversed(all) if _is_coming(tx, one)),
        past=tuple(one for one in all if not _is_coming(tx, one)),
        sessions=await booking.offers_by_id(tx, session_ids=[one.session_id for one in all]),
        institutions=await people.institutions(tx, ids=sorted(ids)),
    )


def _is_coming(tx: Tx, one: Appointment) -> bool:
    """Count what was stopped as coming while its person may still choose another time."""
    is_open = one.state is AppointmentState.STOPPED and one.starts_at > tx.now
    return one.state in LIVE or is_open


async def _who(tx: Tx, what: str) -> Who:
    chart = await access.open_chart(
        tx, person_id=tx.actor.subject_id, purpose=Purpose.RECEIVE, what=what
    )
    return Who(await people.person(tx, chart), own=tx.actor.for_person_id is None)


async def _institution(tx: Tx, id: UUID) -> Institution:
    found = await people.institutions(tx, ids=[id])
    if id not in found:
        raise NoSuchDepartment(id=id)
    return found[id]


async def _department(tx: Tx, institution_id: UUID, id: UUID) -> Department:
    for department in await people.departments_of(tx, institution_id=institution_id):
        if department.id == id:
            return department
    raise NoSuchDepartment(id=id)


async def _bill(tx: Tx, appointment: Appointment) -> Bill | None:
    """Return the bill of a number that is paid in advance."""
    if appointment.payment is not Payment.PREPAY:
        return None
    chart = await access.open_chart(
        tx, person_id=appointment.person_id, purpose=Purpose.PAY, what="bill"
    )
    for bill in await money.bills_of(tx, chart):
        if bill.subject == (SUBJECT, appointment.id):
            return bill
    return None


async def _instead(tx: Tx, appointment: Appointment) -> tuple[Offer, ...]:
    """Return other doctors and days for somebody whose session was stopped."""
    if appointment.state is not AppointmentState.STOPPED:
        return ()
    first, last = _ahead(tx)
    return tuple(
        await booking.offers_instead(tx, session_id=appointment.session_id, first=first, last=last)
    )


def _today(tx: Tx) -> date:
    return time.day(tx.now, profile.at(tx.now).zone)


def _ahead(tx: Tx) -> tuple[date, date]:
    today = _today(tx)
    return today, today + timedelta(days=AHEAD)
