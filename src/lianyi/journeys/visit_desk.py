"""What the workbench shows of one visit in person (接诊)."""

from dataclasses import dataclass
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Chart, Purpose
from lianyi.booking import queries as booking
from lianyi.booking.errors import NoSuchAppointment
from lianyi.booking.model import Appointment
from lianyi.booking.states import APPOINTMENT
from lianyi.journeys import workbench_desk
from lianyi.journeys.workbench_desk import Patient, Queue
from lianyi.kernel.work import Tx


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of the acting doctor's. `verbs` are the moves it may make now."""

    queue: Queue
    patient: Patient
    appointment: Appointment
    verbs: frozenset[str]

    @property
    def current(self) -> UUID:
        return self.appointment.id


async def visit(tx: Tx, *, appointment_id: UUID) -> Visit:
    """Return a visit of the acting doctor's with whom it is about.

    :raises NoSuchAppointment, NoSuchPerson, WrongRole:
    """
    found, _ = await _open(tx, appointment_id)
    return found


async def _open(tx: Tx, appointment_id: UUID) -> tuple[Visit, Chart]:
    desk = await access.open_desk(tx, purpose=Purpose.RECEIVE)
    known = await booking.appointments_by_id(tx, desk, ids=[appointment_id])
    appointment = known.get(appointment_id)
    if appointment is None:
        raise NoSuchAppointment(id=appointment_id)
    queue = await workbench_desk.queue(tx, session_id=appointment.session_id)
    row = queue.rows.get(appointment_id)
    mine = queue.session is not None and queue.session.doctor_id == tx.actor.person_id
    if row is None or row.person is None or not mine:
        raise NoSuchAppointment(id=appointment_id)
    chart = await access.open_chart(
        tx, person_id=appointment.person_id, purpose=Purpose.TREAT, what="visit"
    )
    return Visit(
        queue=queue,
        patient=await workbench_desk.patient(tx, chart, person=row.person),
        appointment=appointment,
        verbs=frozenset(APPOINTMENT.open_to(tx.actor.role, appointment.state)),
    ), chart
