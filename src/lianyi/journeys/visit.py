"""The doctor's side of a visit in person: begin, order, cancel, release, sign (线下接诊).

The appointment is the visit, from the call into the room to the signature; what is found out goes
into the record in the same transaction, as an Encounter under the appointment's id.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Chart, Purpose
from lianyi.billing import queries as money
from lianyi.billing import service as billing
from lianyi.billing.model import Item
from lianyi.booking import queries as booking
from lianyi.booking.errors import NoSuchAppointment
from lianyi.booking.model import Appointment, AppointmentState
from lianyi.booking.states import APPOINTMENT
from lianyi.insurance.events import Settled, SettlementFailed
from lianyi.insurance.model import OTHERWISE, Filing, Kind
from lianyi.journeys import notes, pay, queue, settle, sharing
from lianyi.kernel.lifecycle import WrongState, check_role
from lianyi.kernel.work import Tx
from lianyi.orders import fhir
from lianyi.orders import queries as orders
from lianyi.orders import service as laboratory
from lianyi.orders.model import Order
from lianyi.people import queries as people
from lianyi.people import service as registry
from lianyi.people.model import CLERK, DOCTOR, NURSE, TECHNICIAN
from lianyi.records import queries as history
from lianyi.records import service as records
from lianyi.records.errors import NoSuchResource
from lianyi.records.fhir import outpatient
from lianyi.records.model import Allergen, Diagnosed, Note, Setting
from lianyi.records.rules.sensitive import classes_of
from lianyi.terminology import queries as terminology

SUBJECT = pay.ORDER
FILING = Filing(Kind.OUTPATIENT)  # what any order is claimed as
CARRIERS = frozenset({DOCTOR, NURSE, TECHNICIAN, CLERK})
CARRIED_FOR = timedelta(days=30)
UNDER_WAY = frozenset({AppointmentState.WITH_DOCTOR, AppointmentState.SEEN})


async def begin(tx: Tx, *, appointment_id: UUID) -> Appointment:
    """Let in who was called, the first time or back with results.

    :raises NoSuchAppointment, NoSuchPerson, NoSuchSession, WrongRole, WrongState:
    :raises MayNotPractise: LIC-13.
    """
    appointment = await queue.start(tx, appointment_id=appointment_id)
    await _check_practice(tx, appointment)
    chart = await _chart(tx, appointment.person_id)
    body = outpatient.encounter(await _setting(tx, chart, appointment))
    await records.publish(tx, owner=appointment.person_id, body=body)
    return appointment


async def order(tx: Tx, *, appointment_id: UUID, codes: Sequence[str]) -> list[Order]:
    """Order what the institution offers under these codes; each is billed on its own.

    :raises NoSuchAppointment, NoSuchItem, NoPrice, NoSuchPayee, WrongRole, WrongState:
    """
    appointment, chart = await under_way(tx, appointment_id, "order")
    return [await _order(tx, chart, appointment, code) for code in dict.fromkeys(codes)]


async def defer(tx: Tx, *, order_id: UUID, reason: str) -> None:
    """Have an order carried out before it is paid, in an emergency; its bill stays open.

    :raises NoSuchOrder, ReasonMissing, WrongRole, WrongState:
    """
    order, chart = await _ordered(tx, order_id)
    await laboratory.defer(tx, chart, order_id=order.id, reason=reason)


async def cancel(tx: Tx, *, order_id: UUID, reason: str) -> None:
    """Take back an order that wasn't carried out, and its fee with it.

    :raises AlreadyExecuted, NoSuchOrder, ReasonMissing, WrongRole, WrongState:
    """
    order, chart = await _ordered(tx, order_id)
    cancelled = await laboratory.cancel(tx, chart, order_id=order.id, reason=reason)
    await settle.call_off(tx, subject=(SUBJECT, order.id), reason="cancelled")
    await _publish_request(tx, cancelled)
    await access.end_relation(tx, cause_id=order.id)


async def release(tx: Tx, *, order_id: UUID) -> None:
    """Let the person see results that a doctor explains (IDN-11).

    :raises NoSuchOrder, WrongRole, WrongState:
    """
    order, chart = await _ordered(tx, order_id)
    await show(tx, await laboratory.release(tx, chart, order_id=order.id))


async def show(tx: Tx, order: Order) -> None:
    """Release in the record what was released at the laboratory."""
    await _publish_request(tx, order)
    await records.release(tx, type="DiagnosticReport", fhir_ids=[str(order.id)])
    await records.release(tx, type="Observation", fhir_ids=fhir.observation_ids(order))


async def save(tx: Tx, *, appointment_id: UUID, note: Note) -> None:
    """Put down what is written so far, unsigned.

    :raises AlreadySigned, NoSuchDiagnosis, NoSuchAppointment, WrongRole, WrongState:
    """
    appointment, chart = await under_way(tx, appointment_id, "save")
    setting = await _setting(tx, chart, appointment)
    await records.save_note(tx, setting=setting, note=_named(note))


async def sign(tx: Tx, *, appointment_id: UUID, note: Note) -> None:
    """Sign the outpatient record and end the visit.

    :raises AlreadySigned, NoteIncomplete, NoSuchDiagnosis:
    :raises NoSuchAppointment, WrongRole, WrongState:
    :raises MayNotPractise: LIC-13.
    """
    appointment, chart = await under_way(tx, appointment_id, "sign")
    await _check_practice(tx, appointment)
    setting = await _setting(tx, chart, appointment)
    text = await records.sign_note(tx, setting=setting, note=_named(note))
    await notes.ask(tx, visit_id=appointment.id, text=text)
    body = outpatient.encounter(setting, ended_at=tx.now)
    await records.publish(tx, owner=appointment.person_id, body=body)
    if appointment.state is AppointmentState.WITH_DOCTOR:
        await queue.finish(tx, appointment_id=appointment_id)


async def amend(tx: Tx, *, appointment_id: UUID, note: Note, reason: str) -> None:
    """Sign a corrected record; the one before stays readable (EMR-04).

    :raises AmendmentUnexplained, NotSigned. Raises further what `sign` does:
    """
    appointment, chart = await under_way(tx, appointment_id, "sign")
    await _check_practice(tx, appointment)
    setting = await _setting(tx, chart, appointment)
    text = await records.amend_note(tx, setting=setting, note=_named(note), reason=reason)
    await notes.ask(tx, visit_id=appointment.id, text=text)


async def ask_consent(
    tx: Tx, *, appointment_id: UUID, holder_id: UUID, extent: sharing.Extent
) -> None:
    """Ask the patient to share what another institution holds (EMR-17).

    Sensitive classes are asked for by themselves: they are agreed to in an act of their own
    (PRI-02).

    :raises NoSuchAppointment, NoSuchPerson, AskedTooSoon, EmptyShare, WrongRole:
    """
    appointment = await _mine(tx, appointment_id)
    plain = replace(extent, classes=frozenset())
    for part in (plain, extent) if extent.classes else (plain,):
        share = sharing.share_of(
            tx, holder_id=holder_id, receiver_id=tx.actor.institution_id, extent=part
        )
        await sharing.ask(tx, person_id=appointment.person_id, share=share)


async def break_glass(tx: Tx, *, appointment_id: UUID, reason: str) -> UUID:
    """See everything of the patient for a day, in an emergency (EMR-05).

    :raises NoSuchAppointment, ReasonMissing, WrongRole:
    """
    appointment = await _mine(tx, appointment_id)
    return await sharing.break_glass(tx, person_id=appointment.person_id, reason=reason)


async def clear_paid(tx: Tx, event: Settled) -> None:
    """Have an order carried out that is paid and settled (CAP-14)."""
    if event.subject_type == SUBJECT:
        await laboratory.clear(tx, order_id=event.subject_id)


async def charge_again(tx: Tx, event: SettlementFailed) -> None:
    """Bill an order anew whose settlement failed and whose money went back.

    The agency is asked again only where it had nothing against it: what somebody else's
    settlement changed in between, or nothing at all.
    """
    if event.subject_type != SUBJECT:
        return
    person_id = event.person_id
    chart = await access.open_chart(tx, person_id=person_id, purpose=Purpose.PAY, what="bill")
    order = await laboratory.standing(tx, order_id=event.subject_id)
    if order is None:
        return
    failed = await money.bill(tx, chart, bill_id=event.bill_id)
    bill = await billing.open_bill(
        tx,
        person_id=event.person_id,
        institution_id=event.institution_id,
        subject=(SUBJECT, order.id),
        lines=failed.lines,
    )
    if event.code == OTHERWISE:
        await settle.begin(tx, bill=bill, filing=FILING)


def allergen(code: str, *, reaction: str = "") -> Allergen:
    """Return an allergy to a class of the knowledge base, which later checks of drugs know."""
    return Allergen(terminology.snapshot().groups[code].name, code, reaction)


async def _order(tx: Tx, chart: Chart, appointment: Appointment, code: str) -> Order:
    item = await laboratory.item(tx, code=code)
    lines = await money.priced(tx, institution_id=item.institution_id, items=[Item(item.code)])
    classes = classes_of((fhir.LOINC, each) for each in item.observations)
    placed = await laboratory.place(
        tx, chart, encounter_id=appointment.id, item=item, classes=classes
    )
    bill = await billing.open_bill(
        tx,
        person_id=placed.person_id,
        institution_id=placed.institution_id,
        subject=(SUBJECT, placed.id),
        lines=lines,
    )
    await settle.begin(tx, bill=bill, filing=FILING)
    await access.open_relation(
        tx,
        person_id=placed.person_id,
        institution_id=placed.institution_id,
        roles=CARRIERS,
        cause_id=placed.id,
        until=tx.now + CARRIED_FOR,
    )
    await _publish_request(tx, placed)
    return placed


async def _publish_request(tx: Tx, order: Order) -> None:
    body = fhir.service_request(order)
    await records.publish(tx, owner=order.person_id, body=body, classes=order.classes)


async def under_way(tx: Tx, appointment_id: UUID, verb: str) -> tuple[Appointment, Chart]:
    """Return a visit of the acting doctor's that has begun, with the patient's chart."""
    appointment = await _mine(tx, appointment_id)
    if appointment.state not in UNDER_WAY:
        state = appointment.state
        raise WrongState(table=APPOINTMENT.table, id=appointment_id, verb=verb, state=state)
    return appointment, await _chart(tx, appointment.person_id)


async def _mine(tx: Tx, appointment_id: UUID) -> Appointment:
    """Return an appointment with the acting doctor."""
    check_role(tx, APPOINTMENT, "finish")
    desk = await access.open_desk(tx, purpose=Purpose.RECEIVE)
    found = await booking.appointments_by_id(tx, desk, ids=[appointment_id])
    appointment = found.get(appointment_id)
    if appointment is None or appointment.institution_id != tx.actor.institution_id:
        raise NoSuchAppointment(id=appointment_id)
    session = await booking.session(tx, session_id=appointment.session_id)
    if session.doctor_id != tx.actor.person_id:
        raise NoSuchAppointment(id=appointment_id)
    return appointment


async def _ordered(tx: Tx, order_id: UUID) -> tuple[Order, Chart]:
    desk = await access.open_desk(tx, purpose=Purpose.TREAT)
    order = await orders.order(tx, desk, order_id=order_id)
    return order, await _chart(tx, order.person_id)


async def _chart(tx: Tx, person_id: UUID) -> Chart:
    return await access.open_chart(tx, person_id=person_id, purpose=Purpose.TREAT, what="visit")


async def _check_practice(tx: Tx, appointment: Appointment) -> None:
    practice = await people.practice(
        tx,
        person_id=tx.actor.person_id,
        institution_id=tx.actor.institution_id,
        department_id=appointment.department_id,
    )
    registry.check_practice(tx, practice)


async def _setting(tx: Tx, chart: Chart, appointment: Appointment) -> Setting:
    return Setting(
        visit_id=appointment.id,
        person_id=appointment.person_id,
        institution_id=appointment.institution_id,
        post_id=tx.actor.post_id,
        started_at=await _started_at(tx, chart, appointment.id),
    )


async def _started_at(tx: Tx, chart: Chart, visit_id: UUID) -> datetime:
    """Return when the visit began: now, unless it has."""
    try:
        entry = await history.resource(tx, chart, type="Encounter", fhir_id=str(visit_id))
    except NoSuchResource:
        return tx.now
    return entry.at


def _named(note: Note) -> Note:
    """Give every diagnosis the name of its code, whatever the form called it."""
    named = (Diagnosed(d.code, terminology.diagnosis(d.code).name) for d in note.diagnoses)
    return replace(note, diagnoses=tuple(named))
