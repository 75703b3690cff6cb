"""What was prescribed in a visit that a red flag stops (CON-28) or is turned offline (CON-04)."""

import asyncio
from dataclasses import replace

import pytest

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.billing.model import BillState
from lianyi.consult.model import Reason
from lianyi.consult.model import State as Consult
from lianyi.journeys import (
    courier_desk,
    fill,
    follow_up,
    hand_over,
    online_desk,
    pharmacy_desk,
    prescription_desk,
    purchase_desk,
    stopped,
)
from lianyi.kernel.lifecycle import WrongRole, WrongState
from lianyi.kernel.refusal import Refused
from lianyi.people import queries as people
from lianyi.people import service as registry
from lianyi.people.errors import MayNotPractise
from lianyi.people.model import DOCTOR, PHARMACIST
from lianyi.pharmacy.model import Declined, Missed, SaleState, SellerKind
from lianyi.prescribing import queries as prescriptions
from lianyi.prescribing import service as prescribing
from lianyi.prescribing.errors import (
    Held,
    HeldOffline,
    NoSuchPrescription,
    NotHeld,
    NotTheirPrescription,
    ReasonMissing,
)
from lianyi.prescribing.model import Halt, State, Visit, Way
from lianyi.records import queries as records
from tests.consult.make import Clinic
from tests.drain import deliver
from tests.journeys.outside import outside
from tests.journeys.test_fill import Market
from tests.journeys.test_follow_up import ring
from tests.pharmacy.make import HOME
from tests.prescribing.make import Practice, sheet

S = SaleState
FLAG = "刚才突然胸痛，出冷汗"
WHY = "已电话联系，患者已在急诊排除急症"


class Online(Practice):
    """A practice whose prescriptions are written in one online visit."""

    visit = None

    async def drafted(self, sheet_=None, hat=None):
        visit = Visit(self.visit.id, Way.ONLINE, self.visit.department_id)
        return await self.do(
            hat or self.doctor, prescribing.draft, visit=visit, sheet=sheet_ or sheet()
        )


class Ward:
    """An online visit under way, what is prescribed in it, and the sellers it goes to."""

    def __init__(self, clinic, visit, market, phone):
        self.clinic, self.visit, self.market, self.phone = clinic, visit, market, phone

    @classmethod
    async def open(cls, app):
        phone = f"1990{app.ids.new(app.clock()).int % 10**7:07d}"
        clinic = await Clinic.open(app, phone=phone)
        place, patient = clinic.place, clinic.patient
        await place.relate(patient.person_id, PHARMACIST)
        practice = Online(place, patient, clinic.doctor, await place.hat(PHARMACIST))
        visit = await clinic.met()
        practice.visit = visit
        market = Market(practice)

        async def number(tx):
            chart = await access.open_chart(tx, person_id=patient.person_id, purpose=Purpose.OWN)
            return (await people.identity(tx, chart)).number

        market.number = await place.ask(patient, number)
        return cls(clinic, visit, market, phone)

    @property
    def place(self):
        return self.clinic.place

    @property
    def practice(self):
        return self.market.practice

    async def flag(self):
        said = await self.clinic.say(self.visit, FLAG)
        assert said.state is Consult.STOPPED

    async def turn_offline(self):
        over = {"reason": Reason.NEEDS_EXAMINATION, "target": "心血管内科门诊"}
        await self.clinic.act(follow_up.turn_offline, self.visit, **over)

    async def found(self, prescription):
        return await self.practice.do(
            self.clinic.patient, prescriptions.prescription, prescription_id=prescription.id
        )

    async def decide(self, verb, prescription, *, hat=None, reason=WHY):
        await self.place.do(
            hat or self.clinic.doctor, verb, prescription_id=prescription.id, reason=reason
        )
        await deliver(self.place.app)

    async def hand_over(self, counter, sale):
        await counter.place.do(
            counter.pharmacist, hand_over.hand_over, sale_id=sale.id, shown=self.market.shown()
        )

    async def held(self, kind=SellerKind.STORE, stop=flag):
        """Return a counter and a sale that is ready there when the visit is stopped."""
        counter = await self.market.seller(kind)
        sale = await self.market.ready(counter)
        await stop(self)
        return counter, sale

    async def prescription_of(self, sale):
        return await self.practice.do(
            self.clinic.patient,
            prescriptions.prescription,
            prescription_id=sale.slip.prescription_id,
        )

    async def status(self, prescription):
        """Return what the record says of its first line."""

        async def look(tx):
            chart = await access.open_chart(
                tx, person_id=self.clinic.patient.person_id, purpose=Purpose.OWN
            )
            return await records.resource(
                tx, chart, type="MedicationRequest", fhir_id=f"{prescription.id}-1"
            )

        return (await self.place.ask(self.clinic.patient, look)).status


@pytest.fixture
async def ward(app):
    return await Ward.open(app)


async def _drafted(practice):
    return await practice.drafted()


async def _signing(practice):
    return (await practice.asked())[0]


async def _returned(practice):
    signed = await practice.signed()
    await practice.send_back(signed)
    return signed


async def _approving(practice):
    signed = await practice.signed()
    await practice.approve(signed)
    return signed


@pytest.mark.parametrize(
    "written",
    [_drafted, _signing, Practice.signed, _returned, _approving, Practice.approved],
    ids=["draft", "signing", "to review", "returned", "approving", "approved"],
)
async def test_con_28_what_no_seller_has_is_revoked_with_the_visit(ward, written):
    prescription = await written(ward.practice)
    await ward.flag()
    found = await ward.found(prescription)
    assert (found.state, found.flags) == (State.REVOKED, ("chest",))
    assert not found.is_held
    told = "SELECT verb, why FROM kernel.history WHERE thing_id = $1 ORDER BY seq DESC LIMIT 1"
    assert await ward.place.rows(told, prescription.id) == [("stop", "red_flag")]


async def test_con_28_a_signature_that_comes_after_the_red_flag_changes_nothing(ward):
    drafted, document = await ward.practice.asked()
    await ward.flag()
    await ward.practice.come(drafted, document)
    assert (await ward.found(drafted)).state is State.REVOKED


async def test_con_28_a_store_that_was_asked_and_has_not_answered_loses_it(ward):
    store = await ward.market.seller()
    prescription = await ward.practice.approved()
    sale = await ward.market.choose(store, prescription)
    await ward.flag()
    with pytest.raises(WrongState):
        await store.place.do(store.assistant, fill.accept, sale_id=sale.id)
    await deliver(ward.place.app)
    assert await ward.market.state(sale) == (S.LAPSED, None, State.REVOKED)
    assert await ward.status(prescription) == "cancelled"
    with pytest.raises(NoSuchPrescription):
        await ward.market.choose(store, prescription)


async def test_con_28_the_person_is_told_not_to_take_it_and_of_a_draft_nobody_speaks(
    ward, tmp_path
):
    await ward.practice.drafted()
    await ward.practice.signed()
    async with outside(ward.place.app, tmp_path) as world:
        await world.work()
        await ward.flag()
        await world.work()
        assert await world.inbox(ward.phone) == ["prescription_stopped"]


@pytest.mark.parametrize("kind", [SellerKind.STORE, SellerKind.HOSPITAL])
async def test_con_28_what_a_seller_has_is_held_until_its_doctor_decides(ward, kind):
    counter, sale = await ward.held(kind)
    prescription = await ward.prescription_of(sale)
    assert (prescription.state, prescription.is_held) == (State.ACCEPTED, True)
    assert await ward.status(prescription) == "on-hold"
    with pytest.raises(Held) as refused:
        await ward.hand_over(counter, sale)
    assert refused.value.rule == "CON-28"
    assert (await ward.market.state(sale))[0] is S.READY

    await ward.decide(stopped.resume, prescription)
    assert await ward.status(prescription) == "active"
    await ward.hand_over(counter, sale)
    assert await ward.market.state(sale) == (S.HANDED_OVER, BillState.PAID, State.DISPENSED)


async def test_con_28_the_doctor_revokes_it_at_the_seller_and_all_money_comes_back(ward):
    counter, sale = await ward.held()
    prescription = await ward.prescription_of(sale)
    await ward.decide(stopped.withhold, prescription)
    assert await ward.market.state(sale) == (S.LAPSED, BillState.REFUNDED, State.REVOKED)
    assert await ward.status(prescription) == "cancelled"
    with pytest.raises(Refused):
        await ward.hand_over(counter, sale)


async def test_con_28_a_seller_that_declines_what_is_held_ends_it_for_every_other(ward):
    counter, sale = await ward.held()
    await counter.place.do(
        counter.pharmacist, fill.decline, sale_id=sale.id, reason=Declined.UNSUITABLE
    )
    await deliver(ward.place.app)
    prescription = await ward.prescription_of(sale)
    assert await ward.market.state(sale) == (S.DECLINED, BillState.REFUNDED, State.REVOKED)
    assert await ward.status(prescription) == "cancelled"
    with pytest.raises(NoSuchPrescription):
        await ward.market.choose(await ward.market.seller(), prescription)


async def test_con_28_a_person_may_leave_what_is_held_and_takes_it_nowhere_else(ward):
    _, sale = await ward.held()
    await ward.place.do(ward.clinic.patient, fill.withdraw, sale_id=sale.id)
    await deliver(ward.place.app)
    assert await ward.market.state(sale) == (S.WITHDRAWN, BillState.REFUNDED, State.REVOKED)


async def test_con_28_a_parcel_on_its_way_is_not_given_out(ward):
    counter = await ward.market.seller()
    sale = await ward.market.ready(counter, delivery=HOME)
    do, courier = counter.place.do, counter.courier
    await do(courier, hand_over.send, sale_id=sale.id)
    await ward.flag()
    given = {"sale_id": sale.id, "shown": ward.market.shown()}
    with pytest.raises(Held):
        await do(courier, hand_over.deliver, **given)
    page = await counter.place.ask(courier, courier_desk.deliveries, sale_id=sale.id)
    assert page.hand.parcel.held
    assert page.hand.verbs == {"miss", "refuse"}
    await do(courier, hand_over.miss, sale_id=sale.id, reason=Missed.NOBODY_HOME)
    with pytest.raises(Held):
        await do(courier, hand_over.send, sale_id=sale.id)

    prescription = await ward.prescription_of(sale)
    with pytest.raises(WrongState):  # it is used up on paper: it comes back, or is given out
        await ward.decide(stopped.withhold, prescription)
    await ward.decide(stopped.resume, prescription)
    await do(courier, hand_over.send, sale_id=sale.id)
    await do(courier, hand_over.deliver, **given)
    assert (await ward.market.state(sale))[0] is S.HANDED_OVER


async def test_con_28_a_held_parcel_that_comes_back_leaves_nothing_to_decide(ward):
    counter = await ward.market.seller()
    sale = await ward.market.ready(counter, delivery=HOME)
    await counter.place.do(counter.courier, hand_over.send, sale_id=sale.id)
    await ward.flag()
    reason = Missed.NOBODY_HOME
    await counter.place.do(counter.courier, hand_over.miss, sale_id=sale.id, reason=reason)
    await ring(ward.clinic, days=4)
    assert (await ward.market.state(sale))[:2] == (S.REFUSED, BillState.REFUNDED)
    assert not (await ward.prescription_of(sale)).is_held


async def test_con_28_what_was_handed_over_before_is_not_held(ward):
    counter = await ward.market.seller()
    sale = await ward.market.ready(counter)
    await ward.hand_over(counter, sale)
    await ward.flag()
    found = await ward.prescription_of(sale)
    assert (found.state, found.is_held) == (State.DISPENSED, False)
    with pytest.raises(NotHeld):
        await ward.decide(stopped.resume, found)


async def test_con_28_only_its_doctor_decides_who_may_practise_and_says_why(ward):
    _, sale = await ward.held()
    prescription = await ward.prescription_of(sale)
    for verb in (stopped.resume, stopped.withhold):
        with pytest.raises(ReasonMissing):
            await ward.decide(verb, prescription, reason=" ")
        other = await ward.place.appoint(DOCTOR)
        await ward.place.relate(ward.clinic.patient.person_id, DOCTOR)
        with pytest.raises(NotTheirPrescription if verb is stopped.withhold else Refused):
            await ward.decide(verb, prescription, hat=other)
        stranger = await (await Clinic.open(ward.place.app)).place.appoint(DOCTOR)
        with pytest.raises(NoSuchPrescription):
            await ward.decide(verb, prescription, hat=stranger)
        with pytest.raises((WrongRole, NoSuchPrescription)):
            await ward.decide(verb, prescription, hat=ward.clinic.patient)
    await ward.place.do(ward.place.office, registry.end_post, post_id=ward.clinic.doctor.post_id)
    with pytest.raises(MayNotPractise):
        await ward.decide(stopped.resume, prescription)
    assert (await ward.prescription_of(sale)).is_held


async def test_con_28_a_decision_is_made_once(ward):
    _, sale = await ward.held()
    prescription = await ward.prescription_of(sale)
    await ward.decide(stopped.resume, prescription)
    for verb in (stopped.resume, stopped.withhold):
        with pytest.raises(NotHeld):
            await ward.decide(verb, prescription)


async def test_con_28_what_was_never_held_cannot_be_withheld_from_its_seller(ward):
    """The doctor revokes until a seller has accepted, and not after."""
    store = await ward.market.seller()
    sale = await ward.market.accepted(store, await ward.practice.approved())
    with pytest.raises(NotHeld):
        await ward.decide(stopped.withhold, await ward.prescription_of(sale))


async def test_con_28_a_store_that_accepts_in_the_same_moment_never_gives_it_out_unseen(ward):
    store = await ward.market.seller()
    sale = await ward.market.choose(store, await ward.practice.approved())
    await asyncio.gather(
        store.place.do(store.assistant, fill.accept, sale_id=sale.id),
        ward.flag(),
        return_exceptions=True,
    )
    await deliver(ward.place.app)
    found = await ward.prescription_of(sale)
    assert found.flags
    assert (found.state is State.REVOKED) is not found.is_held


async def test_con_28_other_words_and_other_visits_stop_nothing(ward):
    approved = await ward.practice.approved()
    await ward.clinic.say(ward.visit, "没有胸痛，血压平稳")
    assert (await ward.found(approved)).state is State.APPROVED
    other = ward.place.app.ids.new(ward.place.app.clock())
    ward.practice.visit = replace(ward.visit, id=other)
    elsewhere = await ward.practice.approved()
    await ward.flag()
    assert (await ward.found(elsewhere)).state is State.APPROVED
    assert (await ward.found(approved)).state is State.REVOKED


async def test_con_28_counter_doctor_and_person_see_it_on_their_pages(ward):
    counter, sale = await ward.held()
    terminal = await counter.place.ask(counter.pharmacist, pharmacy_desk.terminal, sale_id=sale.id)
    assert terminal.hand.held
    assert "hand_over" not in terminal.hand.verbs
    assert "decline" in terminal.hand.verbs
    assert [row.held for group in terminal.groups for row in group.rows] == [Halt.RED_FLAG]

    online = (await ward.place.ask(ward.clinic.doctor, online_desk.desk)).online
    assert [(row.visit.id, row.stopped) for row in online.rows] == [(ward.visit.id, True)]
    page = await ward.place.ask(
        ward.clinic.doctor, prescription_desk.online, visit_id=ward.visit.id
    )
    assert page.page.shown[0].verbs == {"stop", "resume"}

    bought = await ward.place.ask(ward.clinic.patient, purchase_desk.purchase, sale_id=sale.id)
    assert bought.one.held

    await ward.decide(stopped.resume, await ward.prescription_of(sale))
    terminal = await counter.place.ask(counter.pharmacist, pharmacy_desk.terminal, sale_id=sale.id)
    assert not terminal.hand.held
    assert "hand_over" in terminal.hand.verbs


async def test_con_28_a_stopped_visit_leaves_the_queue_when_nothing_of_it_can_be_valid(ward):
    await ward.flag()
    await ring(ward.clinic, days=3, minutes=1)
    online = (await ward.place.ask(ward.clinic.doctor, online_desk.desk)).online
    assert online.rows == ()


@pytest.mark.parametrize("kind", [SellerKind.STORE, SellerKind.HOSPITAL])
async def test_con_04_what_a_seller_has_is_held_when_its_visit_is_turned_offline(ward, kind):
    counter, sale = await ward.held(kind, Ward.turn_offline)
    prescription = await ward.prescription_of(sale)
    assert (prescription.state, prescription.is_held, prescription.halt, prescription.flags) == (
        State.ACCEPTED,
        True,
        Halt.OFFLINE,
        (),
    )
    assert await ward.status(prescription) == "on-hold"
    with pytest.raises(HeldOffline) as refused:
        await ward.hand_over(counter, sale)
    assert refused.value.rule == "CON-04"
    assert (await ward.market.state(sale))[0] is S.READY

    await ward.decide(stopped.resume, prescription)
    await ward.hand_over(counter, sale)
    assert await ward.market.state(sale) == (S.HANDED_OVER, BillState.PAID, State.DISPENSED)


async def test_con_04_its_doctor_withholds_it_at_the_seller_and_all_money_comes_back(ward):
    counter, sale = await ward.held(stop=Ward.turn_offline)
    await ward.decide(stopped.withhold, await ward.prescription_of(sale))
    assert await ward.market.state(sale) == (S.LAPSED, BillState.REFUNDED, State.REVOKED)
    with pytest.raises(Refused):
        await ward.hand_over(counter, sale)
    with pytest.raises(NoSuchPrescription):
        await ward.market.choose(counter, await ward.prescription_of(sale))


async def test_con_04_what_no_seller_has_is_revoked_with_the_visit_and_its_person_told(
    ward, tmp_path
):
    await ward.practice.drafted()
    approved = await ward.practice.approved()
    async with outside(ward.place.app, tmp_path) as world:
        await world.work()
        had = await world.inbox(ward.phone)
        await ward.turn_offline()
        await world.work()
        assert await world.inbox(ward.phone) == ["prescription_stopped", *had]
    found = await ward.found(approved)
    assert (found.state, found.halt, found.is_held) == (State.REVOKED, Halt.OFFLINE, False)


async def test_con_04_a_parcel_on_its_way_is_not_given_out(ward):
    counter = await ward.market.seller()
    sale = await ward.market.ready(counter, delivery=HOME)
    await counter.place.do(counter.courier, hand_over.send, sale_id=sale.id)
    await ward.turn_offline()
    with pytest.raises(HeldOffline):
        await counter.place.do(
            counter.courier, hand_over.deliver, sale_id=sale.id, shown=ward.market.shown()
        )
    page = await counter.place.ask(counter.courier, courier_desk.deliveries, sale_id=sale.id)
    assert page.hand.parcel.held


async def test_con_04_a_store_that_accepts_in_the_same_moment_never_gives_it_out_unseen(ward):
    store = await ward.market.seller()
    sale = await ward.market.choose(store, await ward.practice.approved())
    await asyncio.gather(
        store.place.do(store.assistant, fill.accept, sale_id=sale.id),
        ward.turn_offline(),
        return_exceptions=True,
    )
    await deliver(ward.place.app)
    found = await ward.prescription_of(sale)
    assert found.halt is Halt.OFFLINE
    assert (found.state is State.REVOKED) is not found.is_held
