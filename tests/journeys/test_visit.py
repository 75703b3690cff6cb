"""A visit in person as it goes, and as people try to get round it (CAP-15, CAP-45)."""

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from lianyi.access import service as access
from lianyi.access.errors import NoSuchPerson
from lianyi.access.model import Purpose
from lianyi.billing import queries as money
from lianyi.billing import service as billing
from lianyi.billing.errors import NoPrice
from lianyi.billing.model import BillState, FeeClass
from lianyi.booking.errors import NoSuchAppointment
from lianyi.journeys import laboratory, pay, queue, visit
from lianyi.kernel import timers
from lianyi.kernel.lifecycle import WrongRole, WrongState
from lianyi.kernel.work import within
from lianyi.orders import queries as orders
from lianyi.orders import service as offering
from lianyi.orders.errors import (
    AlreadyExecuted,
    BadBarcode,
    DoctorReleases,
    NoSuchItem,
    NoSuchOrder,
    NoSuchSpecimen,
    NotTheirSpecimen,
    OwnMeasurement,
    ReadBackDiffers,
)
from lianyi.orders.model import Rejection, State
from lianyi.people.errors import MayNotPractise
from lianyi.people.model import CLERK, DOCTOR, NURSE, TECHNICIAN
from lianyi.records import queries as records
from lianyi.records.errors import AlreadySigned, AmendmentUnexplained, NoteIncomplete, NotSigned
from lianyi.records.model import Diagnosed, Note
from lianyi.terminology.errors import NoSuchDiagnosis
from lianyi.worker.deliver import WORKER
from tests.booking.make import START, Clinic
from tests.drain import deliver
from tests.orders.make import ELECTROLYTES, POTASSIUM, SODIUM, readings
from tests.place import Place

HYPERTENSION = Diagnosed("I10.x00x002", "")
NOTE = Note(
    complaint="头晕 3 天",
    present="3 天前无诱因头晕，无恶心呕吐。",
    past="高血压 5 年，规律服药。",
    allergies=(),
    findings="BP 152/94 mmHg，心肺未见异常。",
    diagnoses=(HYPERTENSION,),
    treatment="继续降压治疗，查电解质。",
    advice="低盐饮食，两周后复诊。",
)


@dataclass
class Ward:
    """A doctor with a patient in the room, a nurse, and a laboratory next door."""

    place: object
    doctor: object
    nurse: object
    technician: object
    second: object
    patient: object
    appointment_id: object

    @property
    def app(self):
        return self.place.app

    async def do(self, hat, verb, **given):
        return await self.place.do(hat, verb, **given)

    async def begin(self):
        return await self.do(self.doctor, visit.begin, appointment_id=self.appointment_id)

    async def order(self, *codes, hat=None):
        return await self.do(
            hat or self.doctor,
            visit.order,
            appointment_id=self.appointment_id,
            codes=codes or (ELECTROLYTES,),
        )

    async def pay(self, order):
        """Let the patient pay at the ward's own desk (CAP-14)."""
        bill = await self.bill(order)
        clerk = await self.place.hat(CLERK)
        await self.do(clerk, pay.take_cash, person_id=order.person_id, bill_id=bill.id)
        await deliver(self.app)

    async def bill(self, order):
        async def look(tx):
            chart = await access.open_chart(tx, person_id=order.person_id, purpose=Purpose.PAY)
            return await money.bills_of(tx, chart)

        bills = await self.place.ask(self.patient, look)
        return next(bill for bill in bills if bill.subject == ("order", order.id))

    async def paid(self, *codes):
        (order,) = await self.order(*codes)
        await self.pay(order)
        return order

    async def labelled(self, *codes):
        order = await self.paid(*codes)
        specimen = await self.do(self.nurse, laboratory.label, order_id=order.id)
        return order, specimen.barcode

    async def take(self, barcode, person_id=None):
        person_id = person_id or self.patient.person_id
        await self.do(self.nurse, laboratory.take, barcode=barcode, person_id=person_id)

    async def received(self, *codes):
        order, barcode = await self.labelled(*codes)
        await self.take(barcode)
        order_id = await self.scan(barcode)
        await self.do(self.technician, laboratory.receive, order_id=order_id)
        return order

    async def scan(self, barcode):
        return await self.place.ask(self.technician, laboratory.scan, barcode=barcode)

    async def measure(self, order, **values):
        return await self.do(
            self.technician, laboratory.measure, order_id=order.id, readings=readings(**values)
        )

    async def verified(self, *codes, **values):
        order = await self.received(*codes)
        await self.measure(order, **values)
        await self.do(self.second, laboratory.verify, order_id=order.id)
        return order

    async def call(self, order, value, receiver=None):
        receiver = receiver or self.doctor
        await self.do(
            self.second,
            laboratory.call,
            order_id=order.id,
            receiver_id=receiver.post_id,
            read_back={POTASSIUM: Decimal(value)},
        )

    async def state(self, order):
        async def look(tx):
            desk = await access.open_desk(tx, purpose=Purpose.TREAT)
            return (await orders.order(tx, desk, order_id=order.id)).state

        return await self.place.ask(self.doctor, look)

    async def sign(self, hat=None, **given):
        note = replace(NOTE, **given)
        await self.do(hat or self.doctor, visit.sign, appointment_id=self.appointment_id, note=note)

    async def see(self, query, hat=None, **given):
        """Ask the record as the doctor, or as the patient."""
        hat = hat or self.doctor
        purpose = Purpose.OWN if hat is self.patient else Purpose.TREAT

        async def look(tx):
            chart = await access.open_chart(tx, person_id=self.patient.person_id, purpose=purpose)
            return await query(tx, chart, **given)

        return await self.place.ask(hat, look)

    async def measured_seen(self, hat=None):
        found = await self.see(records.observations_of, hat)
        return {each.what.code: str(each.value) for each in found}


async def set_price(place, code, label):
    await place.do(
        await place.admin(),
        billing.set_price,
        code=code,
        label=label,
        fee_class=FeeClass.LABORATORY,
        unit_price=Decimal(24),
    )


async def offer(place, code=ELECTROLYTES, label="电解质", **given):
    await set_price(place, code, label)
    item = {"code": code, "label": label, "specimen": "静脉血", **given}
    item.setdefault("observations", (POTASSIUM, SODIUM))
    await place.do(await place.admin(), offering.set_item, **item)


async def open_ward(place, clock, patient=None):
    """Let a patient into the room of a doctor whose hospital has a laboratory."""
    await place.do(
        place.office,
        billing.add_payee,
        institution_id=place.id,
        label="青山市第一人民医院",
        merchant=f"19{place.id.int % 10**8:08d}",
    )
    await offer(place)
    clinic = await Clinic.open(place)
    session_id = await clinic.publish()
    clock.now = START - timedelta(minutes=20)
    patient, appointment_id = await clinic.arrived(session_id, patient)
    await place.do(clinic.doctor, queue.call_next, session_id=session_id)
    technicians = [await place.appoint(TECHNICIAN, name=name) for name in ("赵敏", "钱进")]
    nurse = await place.hat(NURSE)
    ward = Ward(place, clinic.doctor, nurse, *technicians, patient, appointment_id)
    await ward.begin()
    return ward


@pytest.fixture
async def ward(place, clock):
    return await open_ward(place, clock)


async def test_from_complaint_to_results_and_signature(ward, clock):
    """CAP-15, CAP-25: the record, the fee and the laboratory tell one story."""
    order = await ward.received()
    clock.forward(minutes=30)
    await ward.measure(order, potassium="5.9")
    await ward.do(ward.second, laboratory.verify, order_id=order.id)
    assert await ward.state(order) is State.RELEASED
    await ward.sign()
    written = await ward.see(records.of_encounter, encounter_id=str(ward.appointment_id))
    assert {entry.type for entry in written} == {
        "AllergyIntolerance",
        "Composition",
        "Condition",
        "DiagnosticReport",
        "Observation",
        "ServiceRequest",
    }
    (seen,) = await ward.see(records.visits)
    assert (seen.kind, seen.status) == ("AMB", "finished")
    assert (await ward.bill(order)).state is BillState.PAID


async def test_the_patient_sees_a_result_only_after_release(ward):
    """CAP-15, IDN-11: the doctor sees it once it is verified."""
    await offer(ward.place, "M1", "电解质（需医生说明）", mediated=True)
    order = await ward.verified("M1")
    assert await ward.measured_seen() == {POTASSIUM: "4.2", SODIUM: "140"}
    assert await ward.measured_seen(ward.patient) == {}
    reports = await ward.see(records.timeline, ward.patient, types=["DiagnosticReport"])
    assert reports == []
    for hat in (ward.nurse, ward.second):
        with pytest.raises(DoctorReleases):
            await ward.do(hat, visit.release, order_id=order.id)
    await ward.do(ward.doctor, visit.release, order_id=order.id)
    assert await ward.measured_seen(ward.patient) == {POTASSIUM: "4.2", SODIUM: "140"}


async def test_whose_results_are_released_is_told_by_message(place, clock):
    """IDN-11"""
    reached = await place.resident(phone="13800000031")
    ward = await open_ward(place, clock, reached)
    told = """SELECT count(*) FROM kernel.errand
              WHERE kind = 'results.tell_released' AND thing_id = $1"""
    order = await ward.received()
    await ward.measure(order)
    await deliver(ward.app)
    assert await place.rows(told, reached.person_id) == [(0,)]
    await ward.do(ward.second, laboratory.verify, order_id=order.id)
    await deliver(ward.app)
    assert await place.rows(told, reached.person_id) == [(1,)]


async def test_nobody_sees_what_was_measured_but_not_verified(ward):
    order = await ward.received()
    await ward.measure(order)
    assert await ward.measured_seen() == {}
    with pytest.raises(OwnMeasurement):
        await ward.do(ward.technician, laboratory.verify, order_id=order.id)
    assert await ward.measured_seen() == {}


async def test_a_critical_value_waits_for_its_call_and_for_the_doctor(ward):
    """TEL-14, IDN-11"""
    order = await ward.verified(potassium="6.8")
    assert await ward.state(order) is State.CRITICAL
    assert (await ward.measured_seen())[POTASSIUM] == "6.8"
    with pytest.raises(ReadBackDiffers):
        await ward.call(order, "8.6")
    await ward.call(order, "6.8")
    assert await ward.state(order) is State.VERIFIED
    assert await ward.measured_seen(ward.patient) == {}
    await ward.do(ward.doctor, visit.release, order_id=order.id)
    assert (await ward.measured_seen(ward.patient))[POTASSIUM] == "6.8"


async def test_a_critical_value_nobody_answers_escalates_by_itself(ward, clock):
    """TEL-14: ten minutes, then others are told; the call is still owed."""
    order = await ward.verified(potassium="6.8")
    clock.forward(minutes=10)
    while await within(ward.app, WORKER, timers.fire):
        pass
    await deliver(ward.app)
    assert await ward.state(order) is State.ESCALATED
    await ward.call(order, "6.8", receiver=ward.nurse)
    assert await ward.state(order) is State.VERIFIED


async def test_nothing_is_done_before_it_is_paid_but_for_an_emergency(ward):
    """CAP-14"""
    (order,) = await ward.order()
    with pytest.raises(WrongState):
        await ward.do(ward.nurse, laboratory.label, order_id=order.id)
    await ward.do(ward.doctor, visit.defer, order_id=order.id, reason="胸痛，先检后付")
    await ward.do(ward.nurse, laboratory.label, order_id=order.id)
    assert (await ward.bill(order)).state is BillState.OPEN
    await ward.pay(order)
    assert await ward.state(order) is State.LABELLED
    assert (await ward.bill(order)).state is BillState.PAID


async def test_what_was_not_carried_out_is_refunded(ward):
    paid = await ward.paid()
    await ward.do(ward.doctor, visit.cancel, order_id=paid.id, reason="患者拒绝采血")
    assert (await ward.bill(paid)).state is BillState.REFUNDED
    (unpaid,) = await ward.order()
    await ward.do(ward.doctor, visit.cancel, order_id=unpaid.id, reason="开错")
    assert (await ward.bill(unpaid)).state is BillState.VOID


async def test_what_was_carried_out_is_not_refunded(ward):
    order, barcode = await ward.labelled()
    await ward.take(barcode)
    with pytest.raises(AlreadyExecuted):
        await ward.do(ward.doctor, visit.cancel, order_id=order.id, reason="患者要求退费")
    assert (await ward.bill(order)).state is BillState.PAID


async def test_a_rejected_specimen_costs_nothing_more_and_may_still_be_refunded(ward):
    order, barcode = await ward.labelled()
    await ward.take(barcode)
    reason = Rejection.HAEMOLYSED
    await ward.do(ward.technician, laboratory.reject, order_id=order.id, reason=reason)
    with pytest.raises(NoSuchSpecimen):
        await ward.scan(barcode)
    again = await ward.do(ward.nurse, laboratory.label, order_id=order.id)
    assert again.barcode != barcode
    await ward.do(ward.doctor, visit.cancel, order_id=order.id, reason="患者不愿重采")
    assert (await ward.bill(order)).state is BillState.REFUNDED


async def test_the_wrong_arm_is_refused(ward):
    """The card that was read belongs to somebody else than the label."""
    order, barcode = await ward.labelled()
    other = await ward.place.patient(NURSE)
    with pytest.raises(NotTheirSpecimen):
        await ward.take(barcode, other.person_id)
    with pytest.raises(BadBarcode):
        await ward.take("123")
    assert await ward.state(order) is State.LABELLED


async def test_only_the_doctor_of_the_visit_orders_and_signs(ward, app):
    colleague = await ward.place.appoint(DOCTOR, name="李四光")
    elsewhere = await (await Place.found(app)).doctor()
    for stranger in (colleague, elsewhere):
        with pytest.raises(NoSuchAppointment):
            await ward.order(hat=stranger)
        with pytest.raises(NoSuchAppointment):
            await ward.sign(stranger)
    with pytest.raises(WrongRole):
        await ward.sign(ward.nurse)


async def test_another_institutions_order_is_not_found(ward, app):
    (order,) = await ward.order()
    elsewhere = await Place.found(app)
    await elsewhere.relate(ward.patient.person_id, DOCTOR, TECHNICIAN)
    with pytest.raises(NoSuchOrder):
        await ward.do(await elsewhere.doctor(), visit.cancel, order_id=order.id, reason="开错")
    technician = await elsewhere.appoint(TECHNICIAN)
    with pytest.raises(NoSuchOrder):
        await ward.do(technician, laboratory.verify, order_id=order.id)


async def test_only_what_is_offered_and_priced_is_ordered(ward):
    with pytest.raises(NoSuchItem):
        await ward.order("none")
    await ward.do(
        await ward.place.admin(),
        offering.set_item,
        code="unpriced",
        label="肝功能",
        specimen="静脉血",
        observations=("1742-6",),
    )
    with pytest.raises(NoPrice):
        await ward.order(ELECTROLYTES, "unpriced")
    bills = await ward.place.rows(
        "SELECT 1 FROM billing.bill WHERE person_id = $1", ward.patient.person_id
    )
    assert bills == []


async def test_every_part_of_the_record_is_filled_in(ward):
    with pytest.raises(NoteIncomplete) as refused:
        await ward.sign(past=" ", allergies=None, diagnoses=())
    assert refused.value.parts == "past, allergies, diagnoses"
    with pytest.raises(NoSuchDiagnosis):
        await ward.sign(diagnoses=(Diagnosed("X99.999", "瞎写"),))


async def test_that_there_is_no_allergy_is_a_fact_and_so_is_one(ward):
    await ward.sign()
    asked = await ward.see(records.allergies)
    assert asked.none_known
    assert asked.asked_at
    penicillin = visit.allergen("penicillins", reaction="皮疹")
    await ward.do(
        ward.doctor,
        visit.amend,
        appointment_id=ward.appointment_id,
        note=replace(NOTE, allergies=(penicillin,)),
        reason="患者补述过敏史",
    )
    asked = await ward.see(records.allergies)
    assert not asked.none_known
    assert [each.what.code for each in asked.known] == ["penicillins"]


async def test_a_signed_record_is_amended_with_a_reason_and_never_overwritten(ward):
    """EMR-04"""
    amend = {"appointment_id": ward.appointment_id, "note": replace(NOTE, advice="低盐低脂饮食。")}
    with pytest.raises(NotSigned):
        await ward.do(ward.doctor, visit.amend, reason="补充", **amend)
    await ward.sign()
    with pytest.raises(AlreadySigned):
        await ward.sign()
    with pytest.raises(AmendmentUnexplained):
        await ward.do(ward.doctor, visit.amend, reason=" ", **amend)
    await ward.do(ward.doctor, visit.amend, reason="补充饮食医嘱", **amend)
    versions = await ward.see(
        records.versions, type="Composition", fhir_id=str(ward.appointment_id)
    )
    assert ["低盐低脂" in version.body for version in versions] == [True, False]
    assert await ward.see(records.is_as_signed, visit_id=ward.appointment_id)


async def test_a_diagnosis_that_was_taken_back_is_a_mistake_of_the_record(ward):
    diabetes = Diagnosed("E11.900", "")
    await ward.sign(diagnoses=(HYPERTENSION, diabetes))
    assert len(await ward.see(records.problems)) == 2
    await ward.do(
        ward.doctor, visit.amend, appointment_id=ward.appointment_id, note=NOTE, reason="误选诊断"
    )
    (left,) = await ward.see(records.problems)
    assert left.what.code == HYPERTENSION.code


async def test_one_changed_byte_no_longer_fits_the_signature(ward, dsn):
    """EMR-06"""
    await ward.sign()
    assert await ward.see(records.is_as_signed, visit_id=ward.appointment_id)
    await ward.app.pool.execute(
        "UPDATE records.resource SET body = replace(body, '头晕', '头疼')"
        " WHERE type = 'Composition' AND fhir_id = $1",
        str(ward.appointment_id),
    )
    assert not await ward.see(records.is_as_signed, visit_id=ward.appointment_id)


async def test_a_doctor_whose_licence_has_ended_signs_nothing(ward, clock):
    """LIC-13"""
    yesterday = (clock() - timedelta(days=1)).date()
    await ward.place.license(ward.doctor.person_id, DOCTOR, valid_until=yesterday)
    with pytest.raises(MayNotPractise):
        await ward.sign()


async def test_the_patient_returns_with_results_to_the_same_visit(ward, clock):
    """CAP-25"""
    await ward.verified()
    await ward.do(ward.doctor, queue.finish, appointment_id=ward.appointment_id)
    clock.forward(hours=1)
    await ward.do(ward.patient, queue.come_back, appointment_id=ward.appointment_id)
    with pytest.raises(WrongState):
        await ward.sign()
    session_id = (
        await ward.place.rows(
            "SELECT session_id FROM booking.appointment WHERE id = $1", ward.appointment_id
        )
    )[0][0]
    await ward.do(ward.doctor, queue.call_next, session_id=session_id)
    await ward.begin()
    await ward.sign()
    (seen,) = await ward.see(records.visits)
    assert seen.ended_at - seen.at == timedelta(hours=1)


async def test_reception_and_strangers_read_nothing_of_the_visit(ward):
    await ward.sign()
    stranger = await ward.place.resident()
    for hat in (stranger, await ward.place.hat(CLERK)):
        with pytest.raises(NoSuchPerson):
            await ward.see(records.problems, hat)
