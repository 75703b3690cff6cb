"""What a bill is claimed as, the first time and every other: one test for each thing charged."""

from dataclasses import dataclass
from decimal import Decimal

import asyncpg
import pytest

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.billing import service as billing
from lianyi.billing.errors import NotPayable
from lianyi.billing.model import BillState, FeeClass
from lianyi.consult.model import Kind as Online
from lianyi.consult.model import State
from lianyi.insurance import queries, service
from lianyi.insurance.errors import NotClaimable, NotCovered
from lianyi.insurance.model import ClaimState, Filing, Kind, Level
from lianyi.journeys import claiming, settle
from lianyi.people import queries as people
from lianyi.pharmacy.model import SellerKind
from tests.billing.make import VISIT
from tests.consult.make import HYPERTENSION, Clinic
from tests.insurance.make import CARE, Desk
from tests.journeys.test_fill_insured import STORE, Insured
from tests.links import provider as providers
from tests.web.resident import browsing, opened

C, B = ClaimState, BillState
SECOND_NAME = "H37010299998"
FOLLOW_UP = "online_follow_up"


@dataclass
class Asking:
    """An internet hospital whose patient is insured, and the agency with its books."""

    desk: object
    clinic: object

    @classmethod
    async def open(cls, desk):
        clinic = await Clinic.open(desk.place.app, insurance_code=SECOND_NAME)
        asking = cls(desk, clinic)
        await asking.price(clinic.hospital, VISIT.code, "15")
        await asking.agree()
        entry = {"national": f"N{FOLLOW_UP}", "level": Level.WHOLLY, "first_share": Decimal(0)}
        place = clinic.place
        await place.do(place.office, service.set_item, code=FOLLOW_UP, **entry)
        await desk.list((FOLLOW_UP, Level.WHOLLY, "0", False))
        known = await place.ask(clinic.patient, identity)
        await desk.enrol(known.number, known.name, spent_fen=20_000)
        await desk.bind(clinic.patient)
        return asking

    async def agree(self, *, online=True):
        """Sign the supplementary agreement with the agency, or end it."""
        known = {"code": SECOND_NAME, "name": "青山互联网医院", "online": online}
        await self.desk.town.provider.post("/institutions", [known])

    async def price(self, place, code, yuan):
        kind = FeeClass.CONSULTATION
        given = {"code": code, "label": code, "fee_class": kind, "unit_price": Decimal(yuan)}
        await place.do(place.office, billing.set_price, **given)

    async def ask(self, **given):
        visit = await self.clinic.ask(**given)
        await self.desk.work()
        return visit, await self.clinic.bill(visit)

    async def claim(self, bill):
        await self.desk.place.do(self.clinic.patient, claiming.claim, bill_id=bill.id)
        await self.desk.work()

    async def alone(self, bill):
        await self.desk.place.do(self.clinic.patient, settle.pay_self, bill_id=bill.id)

    async def claimed(self, bill):
        return (await self.desk.view(bill)).claim

    async def pay(self, bill):
        clerk = await self.clinic.place.clerk()
        await self.clinic.place.relate(bill.person_id)
        await take_cash(self.clinic.place, clerk, bill)
        await self.desk.work()


async def identity(tx):
    chart = await access.open_chart(tx, person_id=tx.actor.person_id, purpose=Purpose.PAY)
    return await people.identity(tx, chart)


async def take_cash(place, clerk, bill):
    async def verb(tx):
        chart = await access.open_chart(tx, person_id=bill.person_id, purpose=Purpose.PAY)
        return await billing.take_cash(tx, chart, bill_id=bill.id)

    await place.do(clerk, verb)


@pytest.fixture
async def desk(app, tmp_path):
    async with providers.running(tmp_path, "insurer") as provider:
        yield await Desk.open(app, provider)


@pytest.fixture
async def asking(desk):
    return await Asking.open(desk)


@pytest.fixture
async def market(app, tmp_path):
    async with providers.running(tmp_path, "insurer") as provider:
        yield await Insured.open(app, provider)


async def test_ins_16_a_follow_up_the_agency_refuses_is_never_claimed_as_another_visit(
    asking, clock
):
    await asking.agree(online=False)
    _, bill = await asking.ask()
    refused = await asking.claimed(bill)
    assert (refused.state, refused.online, refused.code) == (C.REFUSED, True, "NOT_ONLINE")
    clock.forward(seconds=1)
    await asking.claim(bill)
    again = await asking.claimed(bill)
    assert again.id != refused.id
    assert (again.state, again.online, again.code) == (C.REFUSED, True, "NOT_ONLINE")
    assert again.diagnosis == HYPERTENSION.code


async def test_ins_16_what_can_only_be_refused_again_is_not_offered(asking):
    await asking.agree(online=False)
    _, bill = await asking.ask()
    place = asking.clinic.place
    async with browsing(place.app, await opened(place, asking.clinic.patient)) as reader:
        page = await reader.get(f"/bills/{bill.id}")
    assert page.says("该机构未开通互联网医保支付", "请自费支付", "去支付 ¥15.00")
    assert not page.says("使用医保")


async def test_ins_16_a_follow_up_first_paid_alone_is_claimed_as_a_follow_up(asking):
    visit, bill = await asking.ask()
    await asking.alone(bill)
    await asking.claim(bill)
    claim = await asking.claimed(bill)
    assert (claim.state, claim.online, claim.diagnosis) == (C.PRE_SETTLED, True, HYPERTENSION.code)
    await asking.pay(bill)
    assert (await asking.claimed(bill)).state is C.SETTLED
    assert (await asking.clinic.see(visit)).state is State.WAITING


async def test_a_follow_up_whose_settlement_failed_can_be_claimed_anew(asking):
    """INS-16: what the page promises after a failed settlement is there on the new bill."""
    visit, first = await asking.ask()
    await asking.desk.fails(refuse_settlement=1)
    await asking.pay(first)
    bill, place = await asking.clinic.bill(visit), asking.clinic.place
    assert bill.id != first.id
    async with browsing(place.app, await opened(place, asking.clinic.patient)) as reader:
        assert (await reader.get(f"/bills/{first.id}")).says("自费支付或再次使用医保")
        page = await reader.get(f"/bills/{bill.id}")
        assert page.says("这张账单现在由您自费", "使用医保")
        await reader.submit(page, f"{bill.id}/claim")
    await asking.desk.work()
    claim = await asking.claimed(bill)
    assert (claim.state, claim.online) == (C.PRE_SETTLED, True)
    with pytest.raises(NotPayable):
        await asking.claim(first)


async def test_con_26_a_health_consultation_can_not_be_claimed(asking):
    _, bill = await asking.ask(kind=Online.COUNSEL)
    place = asking.clinic.place
    async with browsing(place.app, await opened(place, asking.clinic.patient)) as reader:
        page = await reader.get(f"/bills/{bill.id}")
        assert not page.says("使用医保")
        form = page.form(f"/bills/{bill.id}/pay")
        answer = await reader.http.post(f"/bills/{bill.id}/claim", data=form.fields)
    assert answer.status_code == 409
    assert "健康咨询" in answer.text
    assert await asking.desk.view(bill) is None


async def test_con_26_no_claim_of_an_online_visit_is_kept_that_is_not_of_a_follow_up(asking):
    _, bill = await asking.ask(kind=Online.COUNSEL)
    office = asking.clinic.place.office
    with pytest.raises(asyncpg.CheckViolationError):
        await asking.clinic.place.do(office, settle.begin, bill=bill, filing=CARE)
    follow_up = Filing(Kind.OUTPATIENT, online=True)
    with pytest.raises(NotClaimable):
        await asking.clinic.place.do(office, settle.begin, bill=bill, filing=follow_up)


@pytest.mark.parametrize(("ordinary", "claimed"), [("14.99", False), ("15", True)])
async def test_ins_16_a_follow_up_dearer_than_the_ordinary_visit_is_not_claimed(
    asking, clock, ordinary, claimed
):
    """Whatever an administrator sets: here, or at the hospital behind it."""
    clock.forward(seconds=1)
    await asking.price(asking.clinic.place, VISIT.code, ordinary)
    _, bill = await asking.ask()
    assert (await asking.desk.view(bill) is not None) is claimed
    if not claimed:
        with pytest.raises(NotClaimable):
            await asking.claim(bill)


async def test_an_order_is_claimed_as_care_once_its_person_is_insured(desk):
    patient = desk.till.patient = await desk.enrolled()
    bill = await desk.claim(subject=await desk.ordered())
    with pytest.raises(NotCovered):
        await desk.place.do(patient, claiming.claim, bill_id=bill.id)
    await desk.bind(patient)
    async with browsing(desk.place.app, await opened(desk.place, patient)) as reader:
        page = await reader.get(f"/bills/{bill.id}")
        await reader.submit(page, f"{bill.id}/claim")
    await desk.work()
    claim = (await desk.view(bill)).claim
    assert (claim.state, claim.kind, claim.online) == (C.PRE_SETTLED, Kind.OUTPATIENT, False)


async def test_the_fee_of_an_appointment_is_not_claimed(desk):
    patient = await desk.insured()
    bill = await desk.till.bill(VISIT)
    with pytest.raises(NotClaimable):
        await desk.place.do(patient, claiming.claim, bill_id=bill.id)
    async with browsing(desk.place.app, await opened(desk.place, patient)) as reader:
        assert not (await reader.get(f"/bills/{bill.id}")).says("使用医保")


async def test_fr_20_a_stores_sale_is_claimed_with_its_packs_whenever_it_is(market):
    store = await market.designated()
    sale = await market.accepted(store, await market.practice.approved())
    await market.pick(store, sale)
    await again(market, sale)
    claim, drug = (await market.claimed(sale)).claim, (await slip(market, sale)).lines[0]
    assert (claim.state, claim.kind) == (C.PRE_SETTLED, Kind.PHARMACY)
    assert claim.prescription_id == sale.slip.prescription_id
    assert drug.charge.packs == tuple(store.packs[:1])
    await market.desk.fails(refuse_settlement=1)
    await market.cash(sale, store)
    await again(market, sale)
    await market.cash(sale, store)
    assert (await market.claimed(sale)).claim.state is C.SETTLED
    assert len(await market.theirs(STORE)) == 1


async def test_ins_17_a_hospitals_sale_is_claimed_with_its_prescription_whenever_it_is(market):
    hospital = await market.designated(SellerKind.HOSPITAL)
    prescription = await market.practice.approved()
    sale = await market.choose(hospital, prescription)
    await again(market, sale)
    claim = (await market.claimed(sale)).claim
    assert (claim.state, claim.kind) == (C.PRE_SETTLED, Kind.OUTPATIENT)
    assert (claim.prescription_id, claim.diagnosis) == (prescription.id, HYPERTENSION.code)


async def again(market, sale):
    """Leave the agency out of the newest bill of a sale, and change one's mind."""
    await market.desk.work()
    bill, place = await market.bill(sale), market.practice.place
    await place.do(market.patient, settle.pay_self, bill_id=bill.id)
    await place.do(market.patient, claiming.claim, bill_id=bill.id)
    await market.desk.work()


async def slip(market, sale):
    claim = (await market.claimed(sale)).claim
    place = market.practice.place
    return await place.do(place.office, queries.slip, claim_id=claim.id)
