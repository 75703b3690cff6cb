"""A prescription at its sellers: one dispense, whole reversals, nothing leaves unproven."""

import asyncio
from decimal import Decimal
from uuid import UUID

import pytest

from lianyi.access import service as access
from lianyi.access.errors import NoSuchPerson
from lianyi.access.model import Purpose
from lianyi.billing import queries as money
from lianyi.billing import service as billing
from lianyi.billing.model import BillState, FeeClass, Received
from lianyi.insurance import queries as claims
from lianyi.insurance import service as insurance
from lianyi.insurance.model import Counter as Used
from lianyi.insurance.model import Found, Level, Scheme
from lianyi.insurance.model import Kind as Claimed
from lianyi.journeys import fill, hand_over, papers
from lianyi.kernel.lifecycle import WrongState
from lianyi.people import service as people
from lianyi.people.model import Kind
from lianyi.pharmacy import queries, service
from lianyi.pharmacy.errors import AlreadyWithSeller, BadProxy, NoSuchSale, NotTheReceiver, PackSold
from lianyi.pharmacy.model import Declined, Defect, Missed, Refused, SaleState, SellerKind
from lianyi.prescribing import queries as prescriptions
from lianyi.prescribing import service as prescribing
from lianyi.prescribing.errors import NoSuchPrescription
from lianyi.prescribing.model import State
from lianyi.records import queries as records
from tests.drain import deliver
from tests.identity import id_number
from tests.pharmacy.make import AMLODIPINE, BY_EYE, HOME, Counter
from tests.place import Place
from tests.prescribing.make import Practice

S, B = SaleState, BillState


class Market:
    """A hospital that prescribes, and sellers with prices, accounts and stock."""

    def __init__(self, practice):
        self.practice = practice
        self.number = id_number()

    @property
    def app(self):
        return self.practice.place.app

    @property
    def patient(self):
        return self.practice.patient

    async def seller(self, kind=SellerKind.STORE, *, price="12.50", many=5, place=None, **named):
        own = self.practice.place if kind is SellerKind.HOSPITAL else place
        counter = await Counter.open(self.app, kind=kind, patient=self.patient, place=own)
        counter.packs = await counter.receive(many=many) if many else []
        place = counter.place
        await place.do(
            place.office,
            billing.add_payee,
            institution_id=place.id,
            label="药房",
            merchant=f"19{place.id.int % 10**8:08d}",
        )
        for code, fee, yuan in (
            (AMLODIPINE, FeeClass.WESTERN_DRUG, price),
            (fill.DELIVERY, FeeClass.DELIVERY, "5"),
        ):
            await place.do(
                place.office,
                billing.set_price,
                code=code,
                label=named.get("label", code) if code == AMLODIPINE else "配送费",
                fee_class=fee,
                unit_price=Decimal(yuan),
            )
        return counter

    async def choose(self, counter, prescription, **given):
        return await counter.place.do(
            self.patient,
            fill.choose,
            prescription_id=prescription.id,
            seller_id=counter.place.id,
            **given,
        )

    async def pay(self, sale):
        """Pay the newest bill of a sale as the provider tells it, and let the news arrive."""
        bill = await self.bill(sale)

        async def plan(tx):
            chart = await access.open_chart(
                tx, person_id=self.patient.person_id, purpose=Purpose.PAY
            )
            return await billing.plan_payment(tx, chart, bill_id=bill.id)

        place = self.practice.place
        payment = await place.do(self.patient, plan)
        merchant = f"19{sale.institution_id.int % 10**8:08d}"
        told = Received(payment.id.hex, merchant, payment.fen, self.app.clock())
        await place.do(place.office, billing.received, payment_id=payment.id, received=told)
        await deliver(self.app)

    async def bill(self, sale):
        async def look(tx):
            chart = await access.open_chart(
                tx, person_id=self.patient.person_id, purpose=Purpose.PAY
            )
            found = await money.bills_of(tx, chart)
            return next((bill for bill in found if bill.subject.id == sale.id), None)

        return await self.practice.place.ask(self.patient, look)

    async def state(self, sale):
        """Return the states of sale, bill and prescription."""

        async def look(tx):
            chart = await access.open_chart(
                tx, person_id=self.patient.person_id, purpose=Purpose.OWN
            )
            seen = await queries.sale_of(tx, chart, sale_id=sale.id)
            found = await prescriptions.prescription(
                tx, chart, prescription_id=sale.slip.prescription_id
            )
            return seen.state, found.state

        sale_state, prescription_state = await self.practice.place.ask(self.patient, look)
        bill = await self.bill(sale)
        return sale_state, bill and bill.state, prescription_state

    async def sale(self, page):
        """Return the sale that a resident's page shows."""

        async def look(tx):
            chart = await access.open_chart(
                tx, person_id=self.patient.person_id, purpose=Purpose.OWN
            )
            return await queries.sale_of(tx, chart, sale_id=UUID(page.url.rsplit("/", 1)[-1]))

        return await self.practice.place.ask(self.patient, look)

    async def state_of(self, prescription):
        return await self.practice.state(prescription)

    async def another_hospital(self):
        return await Place.found(self.app)

    async def accepted(self, counter, prescription, **given):
        sale = await self.choose(counter, prescription, **given)
        await counter.place.do(counter.assistant, fill.accept, sale_id=sale.id)
        await counter.place.do(counter.pharmacist, hand_over.approve, sale_id=sale.id)
        return sale

    async def pick(self, counter, sale, packs=None):
        do = counter.place.do
        for code in (packs or counter.packs)[: sale.lines[0].packs]:
            await do(counter.assistant, hand_over.scan, sale_id=sale.id, text=code)
        await do(counter.pharmacist, hand_over.tick, sale_id=sale.id, checks=BY_EYE)
        return await do(counter.pharmacist, fill.check, sale_id=sale.id)

    async def ready(self, counter, **given):
        prescription = await self.practice.approved()
        if counter.kind is SellerKind.HOSPITAL:
            sale = await self.choose(counter, prescription, **given)
            await self.pay(sale)
            await self.pick(counter, sale)
        else:
            sale = await self.accepted(counter, prescription, **given)
            await self.pick(counter, sale)
            await self.pay(sale)
        return sale

    def shown(self, **given):
        return hand_over.Shown(**{"number": self.number, **given})


@pytest.fixture
async def market(place):
    practice = await Practice.open(place)
    market = Market(practice)
    practice.patient = await place.patient("doctor", "pharmacist", number=market.number)
    return market


async def test_a_store_asks_for_money_only_for_what_it_has_scanned(market):
    """FR-20: asked, accepted, reviewed again, picked; only then there is a bill."""
    store = await market.seller()
    sale = await market.accepted(store, await market.practice.approved())
    assert await market.state(sale) == (S.TO_PICK, None, State.ACCEPTED)
    await market.pick(store, sale)
    assert await market.state(sale) == (S.BILLED, B.OPEN, State.ACCEPTED)
    assert (await market.bill(sale)).institution_id == store.place.id
    await market.pay(sale)
    await store.place.do(
        store.pharmacist, hand_over.hand_over, sale_id=sale.id, shown=market.shown()
    )
    assert await market.state(sale) == (S.HANDED_OVER, B.PAID, State.DISPENSED)


async def test_what_was_dispensed_is_in_the_record_with_its_trace_codes(market):
    store = await market.seller()
    sale = await market.ready(store)
    await store.place.do(
        store.pharmacist, hand_over.hand_over, sale_id=sale.id, shown=market.shown()
    )

    async def look(tx):
        chart = await access.open_chart(tx, person_id=market.patient.person_id, purpose=Purpose.OWN)
        return await records.resource(tx, chart, type="MedicationDispense", fhir_id=f"{sale.id}-1")

    entry = await store.place.ask(market.patient, look)
    assert store.packs[0] in str(entry)


async def test_rx_13_the_paper_names_who_filled_checked_and_issued(market):
    """RX-13, PH-08: nobody before; then each, though they have left since."""
    store = await market.seller()
    prescription = await market.practice.approved()
    sale = await market.accepted(store, prescription)

    async def look(tx):
        chart = await access.open_chart(tx, person_id=market.patient.person_id, purpose=Purpose.OWN)
        return await papers.sold(tx, chart, prescription)

    before = await store.place.ask(market.patient, look)
    assert (before.filled, before.checked, before.issued) == (None, None, None)
    await market.pick(store, sale)
    await market.pay(sale)
    await store.place.do(store.second, hand_over.hand_over, sale_id=sale.id, shown=market.shown())
    await store.place.do(store.place.office, people.end_post, post_id=store.assistant.post_id)
    after = await store.place.ask(market.patient, look)
    assert [after.filled.name, after.checked.name, after.issued.name] == ["田亮", "叶志成", "苏慧"]
    assert after.fen == (await market.bill(sale)).total_fen


async def test_ins_17_the_agency_is_told_the_prescription_and_every_pack_of_a_sale(market):
    """INS-17, FR-20: whose prescription it was filled on, and by which boxes, line by line."""
    chain = await Place.found(market.app, Kind.PHARMACY_CHAIN)
    place = await Place.found(market.app, Kind.STORE, parent=chain, insurance_code="P37010200101")
    store = await market.seller(place=place)
    level = {"level": Level.WHOLLY, "is_drug": True}
    await place.do(place.office, insurance.set_item, code=AMLODIPINE, national=AMLODIPINE, **level)
    await place.do(
        place.office,
        insurance.take_over,
        person_id=market.patient.person_id,
        found=Found("1001", Scheme.EMPLOYEE, "11", "370100", aided=False, credential="EC1001"),
        used=Used(),
    )
    sale = await market.accepted(store, await market.practice.approved())
    await market.pick(store, sale)
    bill = await market.bill(sale)
    claim = await place.ask(place.office, claims.claim_of_bill, bill_id=bill.id)
    told = await place.do(place.office, claims.slip, claim_id=claim.id)
    assert (told.claim.kind, told.claim.prescription_id) == (
        Claimed.PHARMACY,
        sale.slip.prescription_id,
    )
    (line,) = told.lines
    assert line.charge.packs == tuple(store.packs[: sale.lines[0].packs])


async def test_ph_01_nothing_is_chosen_or_charged_before_the_review(market):
    store = await market.seller()
    signed = await market.practice.signed()
    with pytest.raises(NoSuchPrescription):
        await market.choose(store, signed)


async def test_ds_06_two_stores_on_one_prescription_dispense_once(market):
    first, second = await market.seller(), await market.seller()
    prescription = await market.practice.approved()
    done = await asyncio.gather(
        *(market.choose(store, prescription) for store in (first, second)), return_exceptions=True
    )
    assert sum(isinstance(each, AlreadyWithSeller) for each in done) == 1
    sale = next(each for each in done if not isinstance(each, Exception))
    loser = second if sale.institution_id == first.place.id else first
    with pytest.raises((NoSuchSale, NoSuchPerson)):
        await loser.place.do(loser.assistant, fill.accept, sale_id=sale.id)


async def test_a_hospital_is_paid_first_and_locks_at_once(market):
    hospital = await market.seller(SellerKind.HOSPITAL)
    sale = await market.choose(hospital, await market.practice.approved())
    assert await market.state(sale) == (S.UNPAID, B.OPEN, State.ACCEPTED)
    with pytest.raises(WrongState):
        await market.pick(hospital, sale)
    await market.pay(sale)
    assert (await market.state(sale))[0] is S.TO_PICK


async def test_ins_21_out_of_stock_gives_back_all_and_another_seller_may_be_chosen(market):
    hospital, store = await market.seller(SellerKind.HOSPITAL), await market.seller()
    prescription = await market.practice.approved()
    sale = await market.choose(hospital, prescription)
    await market.pay(sale)
    await hospital.place.do(
        hospital.assistant, fill.decline, sale_id=sale.id, reason=Declined.OUT_OF_STOCK
    )
    assert await market.state(sale) == (S.DECLINED, B.REFUNDED, State.APPROVED)
    again = await market.choose(store, prescription)
    assert (await market.state(again))[0] is S.ASKED


async def test_changing_the_seller_reverses_the_first_whole_and_frees_its_packs(market):
    store = await market.seller(many=1)
    sale = await market.ready(store)
    assert await store.free() == 0
    await store.place.do(market.patient, fill.withdraw, sale_id=sale.id)
    assert await market.state(sale) == (S.WITHDRAWN, B.REFUNDED, State.APPROVED)
    assert await store.free() == 1


async def test_what_is_not_collected_is_reversed_whole_by_the_clock(market, clock):
    """RX-01: with the end of its validity."""
    hospital = await market.seller(SellerKind.HOSPITAL)
    sale = await market.ready(hospital)
    clock.forward(hours=24)
    await hospital.ring()
    await deliver(market.app)
    state, bill, prescription = await market.state(sale)
    assert (state, bill, prescription) == (S.LAPSED, B.REFUNDED, State.LAPSED)
    assert await hospital.free() == 5


async def test_a_store_that_never_answers_frees_the_prescription(market, clock):
    store = await market.seller()
    sale = await market.choose(store, await market.practice.approved())
    clock.forward(minutes=61)
    await store.ring()
    await deliver(market.app)
    assert await market.state(sale) == (S.LAPSED, None, State.APPROVED)


async def test_the_doctor_revokes_until_a_seller_has_accepted(market):
    store = await market.seller()
    prescription = await market.practice.approved()
    sale = await market.choose(store, prescription)
    practice = market.practice
    await practice.do(
        practice.doctor, prescribing.revoke, prescription_id=prescription.id, reason="患者改变主意"
    )
    await deliver(market.app)
    assert await market.state(sale) == (S.LAPSED, None, State.REVOKED)


async def test_a_courier_brings_it_and_the_fee_is_on_the_bill(market):
    hospital = await market.seller(SellerKind.HOSPITAL)
    sale = await market.ready(hospital, delivery=HOME)
    assert (await market.bill(sale)).total_fen == 1250 * sale.lines[0].packs + 500
    do = hospital.place.do
    await do(hospital.courier, hand_over.send, sale_id=sale.id)
    assert (await market.state(sale))[2] is State.DISPENSED
    await do(hospital.courier, hand_over.miss, sale_id=sale.id, reason=Missed.NOBODY_HOME)
    await do(hospital.courier, hand_over.send, sale_id=sale.id)
    proxy = {"proxy_name": "李强", "proxy_number": id_number()}
    await do(hospital.courier, hand_over.deliver, sale_id=sale.id, shown=market.shown(**proxy))
    assert await market.state(sale) == (S.HANDED_OVER, B.PAID, State.DISPENSED)


async def test_a_parcel_refused_at_the_door_is_paid_back_and_never_sold_again(market):
    store = await market.seller(many=1)
    sale = await market.ready(store, delivery=HOME)
    do = store.place.do
    await do(store.courier, hand_over.send, sale_id=sale.id)
    await do(store.courier, hand_over.refuse, sale_id=sale.id, reason=Refused.DAMAGED)
    assert await market.state(sale) == (S.REFUSED, B.REFUNDED, State.DISPENSED)
    assert await store.free() == 0


async def test_ds_18_what_comes_back_for_a_defect_is_paid_back(market):
    store = await market.seller()
    sale = await market.ready(store)
    do = store.place.do
    shown = market.shown()
    await do(store.pharmacist, hand_over.hand_over, sale_id=sale.id, shown=shown)
    await do(store.pharmacist, hand_over.take_back, sale_id=sale.id, reason=Defect.QUALITY)
    assert (await market.state(sale))[:2] == (S.RETURNED, B.REFUNDED)


async def test_ins_02_nothing_is_handed_to_a_stranger_and_a_proxy_shows_both_papers(market):
    store = await market.seller()
    sale = await market.ready(store)
    for shown, refusal in (
        ({"number": id_number()}, NotTheReceiver),
        ({"proxy_name": "李强"}, BadProxy),
        ({"proxy_name": "李强", "proxy_number": "123"}, BadProxy),
    ):
        with pytest.raises(refusal):
            await store.place.do(
                store.pharmacist, hand_over.hand_over, sale_id=sale.id, shown=market.shown(**shown)
            )
    assert (await market.state(sale))[0] is S.READY


async def test_fr_20_the_second_sale_of_a_trace_code_is_refused_at_another_store(market):
    store = await market.seller()
    await market.ready(store)
    other = await market.seller()
    sale = await market.accepted(other, await market.practice.approved())
    with pytest.raises(PackSold):
        await market.pick(other, sale, packs=store.packs)


async def test_a_store_learns_of_a_person_only_while_it_is_their_seller(market):
    store = await market.seller()
    stranger = await Place.found(
        market.app, Kind.STORE, parent=await Place.found(market.app, Kind.PHARMACY_CHAIN)
    )
    await stranger.do(stranger.office, service.add_seller, kind=SellerKind.STORE, delivers=False)
    sale = await market.choose(store, await market.practice.approved())
    with pytest.raises(NoSuchSale):
        await stranger.do(await stranger.hat("dispenser"), fill.accept, sale_id=sale.id)
    await store.place.do(market.patient, fill.withdraw, sale_id=sale.id)
    with pytest.raises(NoSuchSale):
        await store.place.do(store.assistant, fill.accept, sale_id=sale.id)
