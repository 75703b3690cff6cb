"""Insured medicines: who claims, when, with which packs, and how all of it is undone (CAP-101)."""

from decimal import Decimal

import msgspec
import pytest

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.billing.model import BillState
from lianyi.insurance import service as covers
from lianyi.insurance.model import ClaimState, Counter, Level
from lianyi.insurance.rules import why_not
from lianyi.journeys import fill, hand_over, offers_desk, pay
from lianyi.links.insurer import E_CREDENTIAL, Sender
from lianyi.people import queries as people
from lianyi.people.model import CLERK, DOCTOR, PHARMACIST, Kind
from lianyi.pharmacy.model import Defect, SaleState, SellerKind
from tests.insurance.make import CODE, Desk
from tests.journeys.test_fill import Market
from tests.links import provider as providers
from tests.links.agency import DRUG, line, selling
from tests.links.agency import STORE as OTHER_STORE
from tests.pharmacy.make import AMLODIPINE, HOME
from tests.place import Place
from tests.prescribing.make import HYPERTENSION, Practice

C, B, S = ClaimState, BillState, SaleState
STORE = "P37010299901"
ASKED = """SELECT request FROM kernel.errand WHERE thing_id = $1 AND kind = $2
           ORDER BY id DESC LIMIT 1"""


class Insured(Market):
    """A market whose patient is insured, with the agency behind it."""

    @classmethod
    async def open(cls, app, provider):
        desk = await Desk.open(app, provider)
        market = cls(await Practice.open(desk.place))
        market.desk = desk
        market.practice.patient = await desk.insured(aided=False)
        await desk.place.relate(market.patient.person_id, DOCTOR, PHARMACIST)
        market.number = await market.identity()
        return market

    async def identity(self):
        async def look(tx):
            chart = await access.open_chart(
                tx, person_id=self.patient.person_id, purpose=Purpose.PAY
            )
            return (await people.identity(tx, chart)).number

        return await self.practice.place.ask(self.patient, look)

    async def designated(self, kind=SellerKind.STORE, *, price="200"):
        """Return a seller that has an agreement with the agency, a hospital's own among them."""
        place = None
        if kind is not SellerKind.HOSPITAL:
            chain = await Place.found(self.app, Kind.PHARMACY_CHAIN)
            of = Kind.STORE if kind is SellerKind.STORE else Kind.ONLINE_PHARMACY
            place = await Place.found(self.app, of, parent=chain, insurance_code=STORE)
            known = {"code": STORE, "name": "药店", "online": False}
            await self.desk.town.provider.post("/institutions", [known])
        counter = await self.seller(kind, price=price, place=place)
        entry = (AMLODIPINE, Level.WHOLLY, "0", True)
        await counter.place.do(
            counter.place.office,
            covers.set_item,
            code=AMLODIPINE,
            national=f"N{AMLODIPINE}",
            level=Level.WHOLLY,
            first_share=Decimal(0),
            is_drug=True,
        )
        await self.desk.list(entry)
        return counter

    async def cash(self, sale, counter):
        """Pay the person's part at the seller's till, and let the agency settle."""
        await self.desk.work()
        await counter.place.relate(sale.person_id, CLERK)
        clerk, bill = await counter.place.clerk(), await self.bill(sale)
        await counter.place.do(clerk, pay.take_cash, person_id=sale.person_id, bill_id=bill.id)
        await self.desk.work()

    async def claimed(self, sale):
        bill = await self.bill(sale)
        return await self.desk.view(bill)

    async def used(self):
        """Return what the year has used up."""
        sql = """SELECT deductible_fen, pool_fen, open_fen FROM insurance.counter
                 WHERE person_id = $1"""
        rows = await self.practice.place.rows(sql, self.patient.person_id)
        return Counter(*rows[0]) if rows else Counter()

    async def theirs(self, code):
        rows = await self.desk.town.provider.get("/settlements")
        return [row for row in reversed(rows) if row["institution"] == code]

    async def said(self, thing_id, kind):
        """Return what an errand told the agency."""
        ((sealed,),) = await self.practice.place.rows(ASKED, thing_id, kind)
        return msgspec.json.decode(self.app.keys.open(sealed))


@pytest.fixture
async def market(app, tmp_path):
    async with providers.running(tmp_path, "insurer") as provider:
        yield await Insured.open(app, provider)


async def test_a_hospital_is_settled_before_it_picks_and_tells_the_packs_after(market):
    """FR-20, INS-05: nobody sells these packs again, as the agency too knows."""
    hospital = await market.designated(SellerKind.HOSPITAL)
    sale = await market.choose(hospital, await market.practice.approved())
    await market.desk.work()
    assert (await market.claimed(sale)).claim.state is C.PRE_SETTLED
    assert (await market.state(sale))[0] is S.UNPAID
    await market.cash(sale, hospital)
    assert (await market.claimed(sale)).claim.state is C.SETTLED
    assert (await market.state(sale))[0] is S.TO_PICK
    await market.pick(hospital, sale)
    await hospital.place.do(
        hospital.pharmacist, hand_over.hand_over, sale_id=sale.id, shown=market.shown()
    )
    await market.desk.work()
    claim = (await market.claimed(sale)).claim
    told = await market.said(claim.id, "insurance.trace")
    assert [pack["drug_trac_codg"] for act in told["acts"] for pack in act["drugtracinfo"]] == [
        hospital.packs[0]
    ]
    outcome = "SELECT outcome FROM kernel.errand WHERE thing_id = $1 AND kind = 'insurance.trace'"
    assert await hospital.place.rows(outcome, claim.id) == [("yes",)]


async def test_ins_21_packs_that_came_back_to_a_hospital_are_told_of_once_it_is_taken_back(market):
    """FR-20, DS-18: the agency's books are as they were before anything left."""
    hospital = await market.designated(SellerKind.HOSPITAL)
    sale = await market.choose(hospital, await market.practice.approved())
    await market.cash(sale, hospital)
    await market.pick(hospital, sale)
    give = {"sale_id": sale.id, "shown": market.shown()}
    await hospital.place.do(hospital.pharmacist, hand_over.hand_over, **give)
    await market.desk.work()
    town, pack = market.desk.town, hospital.packs[:1]
    await town.prescribe()
    elsewhere, shop = selling(line(1, DRUG, "20", packs=pack)), Sender(OTHER_STORE, "370100", "-")
    assert await town.refuses(elsewhere, sender=shop) == "PACK_SOLD"
    back = {"sale_id": sale.id, "reason": Defect.QUALITY}
    await hospital.place.do(hospital.pharmacist, hand_over.take_back, **back)
    await market.desk.work()
    claim = (await market.claimed(sale)).claim
    assert claim.state is C.REVERSED
    told = await market.said(claim.id, "insurance.untrace")
    assert [one["drug_trac_codg"] for act in told["acts"] for one in act["drugtracinfo"]] == pack
    await town.settled(elsewhere, sender=shop)


async def test_packs_that_never_left_a_hospital_are_told_of_neither_way(market):
    hospital = await market.designated(SellerKind.HOSPITAL)
    sale = await market.choose(hospital, await market.practice.approved())
    await market.cash(sale, hospital)
    await market.pick(hospital, sale)
    await hospital.place.do(market.patient, fill.withdraw, sale_id=sale.id)
    await market.desk.work()
    claim = (await market.claimed(sale)).claim
    assert claim.state is C.REVERSED
    told = "SELECT count(*) FROM kernel.errand WHERE thing_id = $1 AND kind LIKE '%trace'"
    assert await hospital.place.rows(told, claim.id) == [(0,)]


async def test_ins_17_a_store_claims_under_its_own_code_with_prescription_packs_and_credential(
    market,
):
    """INS-17, FR-20: who was insured, what was prescribed and which packs were sold goes along."""
    online = await market.designated(SellerKind.ONLINE)
    prescription = await market.practice.approved()
    sale = await market.accepted(online, prescription, delivery=HOME)
    assert await market.bill(sale) is None
    await market.pick(online, sale)
    await market.cash(sale, online)
    (booked,) = await market.theirs(STORE)
    assert await market.theirs(CODE) == []
    assert booked["total"] == 20_000 + 500
    claim = (await market.claimed(sale)).claim
    act = (await market.said(claim.id, "insurance.settle"))["act"]
    cover = await market.desk.cover(market.patient)
    assert (act["mdtrt_cert_type"], act["mdtrt_cert_no"]) == (E_CREDENTIAL, cover.credential)
    drug, courier = act["drugdetail"]
    assert [pack["drug_trac_codg"] for pack in drug["drugtracinfo"]] == online.packs[:1]
    assert {drug["rxno"], courier["rxno"]} == {prescription.id.hex}
    told = await market.said(claim.id, "insurance.prescribe")
    assert (told["sender"]["institution"], told["act"]["rxno"]) == (CODE, prescription.id.hex)
    assert told["act"]["dise_codg"] == HYPERTENSION.code


async def test_ins_17_a_prescription_the_agency_does_not_take_is_not_claimed(market):
    """Its number is another's there: the store's customer is told why, and pays alone."""
    store, prescription = await market.designated(), await market.practice.approved()
    await market.desk.town.prescribe(number=prescription.id.hex)
    sale = await market.accepted(store, prescription)
    await market.pick(store, sale)
    await market.desk.work()
    claim = (await market.claimed(sale)).claim
    assert (claim.state, why_not(claim.code)) == (C.REFUSED, "prescription")
    await market.cash(sale, store)
    assert (await market.state(sale))[0] is S.READY
    assert await market.theirs(STORE) == []


async def test_fr_21_a_pack_the_agency_knows_as_sold_is_not_settled_again(market):
    store = await market.designated()
    sale = await market.accepted(store, await market.practice.approved())
    await market.pick(store, sale)
    town = market.desk.town
    await town.prescribe()
    elsewhere = selling(line(1, DRUG, "20", packs=store.packs[:1]))
    await town.settled(elsewhere, sender=Sender(OTHER_STORE, "370100", "store"))
    first = await market.bill(sale)
    await market.cash(sale, store)
    assert (await market.desk.view(first)).claim.code == "PACK_SOLD"
    assert (await market.desk.till.state(first))[0] is B.REFUNDED


async def test_what_a_seller_is_foreseen_to_cost_is_what_the_agency_foretells(market):
    """INS-08: our preview beside the agency's word."""
    store = await market.designated(price="500")
    prescription = await market.practice.approved()
    seen = await market.practice.place.ask(
        market.patient,
        offers_desk.offers,
        prescription_id=prescription.id,
        seller_id=store.place.id,
    )
    sale = await market.accepted(store, prescription)
    await market.pick(store, sale)
    await market.desk.work()
    foretold = (await market.claimed(sale)).split
    assert seen.chosen.split == foretold
    assert (foretold.pool_fen, foretold.cash_fen) == (21_000, 29_000)


async def test_whoever_is_not_insured_is_shown_no_preview(market):
    store = await market.designated()
    market.practice.patient = await market.practice.place.patient(DOCTOR, PHARMACIST)
    prescription = await market.practice.approved()
    seen = await market.practice.place.ask(
        market.patient,
        offers_desk.offers,
        prescription_id=prescription.id,
        seller_id=store.place.id,
    )
    assert (seen.chosen.split, seen.chosen.may_claim) == (None, True)


async def test_ins_21_a_change_of_seller_reverses_the_first_settlement_whole(market):
    """INS-09, INS-21: counters as before, all cash owed back, the packs free, then the second."""
    hospital = await market.designated(SellerKind.HOSPITAL, price="500")
    store, prescription = await market.designated(price="400"), await market.practice.approved()
    before = await market.used()
    first = await market.choose(hospital, prescription)
    await market.cash(first, hospital)
    assert (await market.used()).pool_fen == before.pool_fen + 21_000
    await hospital.place.do(market.patient, fill.withdraw, sale_id=first.id)
    await market.desk.work()
    assert (await market.claimed(first)).claim.state is C.REVERSED
    assert await market.used() == before
    assert (await market.bill(first)).state is B.REFUNDED
    assert sum(row["total"] for row in await market.theirs(CODE)) == 0
    second = await market.accepted(store, prescription)
    await market.pick(store, second)
    await market.cash(second, store)
    assert (await market.claimed(second)).claim.state is C.SETTLED
    assert (await market.state(second))[0] is S.READY


async def test_what_is_not_collected_goes_back_at_the_agency_too(market, clock):
    """INS-21, RX-01"""
    hospital = await market.designated(SellerKind.HOSPITAL, price="500")
    sale = await market.choose(hospital, await market.practice.approved())
    await market.cash(sale, hospital)
    await market.pick(hospital, sale)
    clock.forward(hours=24)
    await market.desk.work()
    assert (await market.claimed(sale)).claim.state is C.REVERSED
    assert (await market.state(sale))[:2] == (S.LAPSED, B.REFUNDED)
    assert await market.used() == Counter()


async def test_a_settlement_refused_after_paying_is_paid_back_and_billed_anew(market):
    """Nobody pays twice: the second bill waits until the first money is on its way back."""
    store = await market.designated(price="500")
    sale = await market.accepted(store, await market.practice.approved())
    await market.pick(store, sale)
    await market.desk.work()
    first = await market.bill(sale)
    await market.desk.fails(refuse_settlement=1)
    await market.cash(sale, store)
    again = await market.bill(sale)
    assert again.id != first.id
    assert (again.state, again.own_fen) == (B.OPEN, 50_000)
    assert (await market.desk.till.state(first))[0] is B.REFUNDED
    assert (await market.state(sale))[0] is S.BILLED


async def test_a_seller_left_while_the_agency_settles_gives_back_once_it_has_answered(market):
    """INS-21: what is on its way is neither lost nor settled for good."""
    store = await market.designated(price="500")
    sale = await market.accepted(store, await market.practice.approved())
    await market.pick(store, sale)
    await market.desk.work()
    await market.desk.fails(settle_unheard=1)
    await market.cash(sale, store)
    assert (await market.claimed(sale)).claim.state is C.SETTLING
    await store.place.do(market.patient, fill.withdraw, sale_id=sale.id)
    assert (await market.state(sale))[0] is S.WITHDRAWN
    market.app.clock.forward(minutes=3)
    await market.desk.work()
    assert (await market.claimed(sale)).claim.state is C.REVERSED
    assert (await market.bill(sale)).state is B.REFUNDED
    assert await market.used() == Counter()
