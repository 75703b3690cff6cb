import asyncio
from datetime import timedelta

import asyncpg
import pytest

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.kernel.lifecycle import WrongRole, WrongState
from lianyi.pharmacy import events, queries, service
from lianyi.pharmacy.errors import (
    AddressMissing,
    AlreadyWithSeller,
    BadTraceCode,
    CanNotSell,
    ChecksMissing,
    EnoughScanned,
    LastLine,
    NoDelivery,
    NoSuchPack,
    NoSuchSale,
    NotAllScanned,
    NotBefore,
    NotHanded,
    NotInStock,
    NotOnPrescription,
    OwnFilling,
    OwnPrescription,
    PackSold,
    PaidAlready,
    PrescriptionExpired,
    TooLate,
    WrongWay,
)
from lianyi.pharmacy.model import (
    PROVEN_BY_SCAN,
    Check,
    Declined,
    Defect,
    Delivery,
    Missed,
    Proof,
    Receiver,
    Refused,
    SaleState,
    SellerKind,
)
from tests.pharmacy.make import AMLODIPINE, BY_EYE, HOME, SELF, SIMVASTATIN, Counter, codes, want

WARFARIN = "warfarin-tab-2-5mg"


async def test_a_store_is_asked_accepts_reviews_picks_bills_and_hands_over(counter):
    sale = await counter.handed()
    seen = await counter.see(sale)
    assert (seen.state, seen.by_proxy) == (SaleState.HANDED_OVER, False)
    assert seen.filled_by == counter.assistant.person_id
    assert seen.checked_by == seen.handed_by == counter.pharmacist.person_id


async def test_a_hospital_picks_what_is_paid_and_hands_it_over(hospital):
    packs = await hospital.receive(many=1)
    sale = await hospital.choose()
    with pytest.raises(WrongState):
        await hospital.scan(sale, *packs)
    await hospital.clear(sale)
    await hospital.scan(sale, *packs)
    checked = await hospital.check(sale)
    assert checked.state is SaleState.READY
    done = await hospital.do(hospital.pharmacist, service.hand_over, sale_id=sale.id, receiver=SELF)
    assert done.state is SaleState.HANDED_OVER


async def test_ds_06_a_prescription_is_with_one_seller_in_the_network(counter, app):
    slip = counter.slip()
    await counter.receive()
    await counter.choose(slip=slip)
    other = await Counter.open(app, patient=counter.patient)
    await other.receive()
    with pytest.raises(AlreadyWithSeller):
        await other.choose(slip=slip)


async def test_ds_06_two_stores_race_for_one_prescription_and_one_gets_it(app):
    first = await Counter.open(app)
    slip = first.slip()
    stores = [first, *[await Counter.open(app, patient=first.patient) for _ in range(3)]]
    for store in stores:
        await store.receive()
    done = await asyncio.gather(
        *(store.choose(slip=slip) for store in stores), return_exceptions=True
    )
    assert sum(isinstance(each, AlreadyWithSeller) for each in done) == 3


async def test_who_was_let_down_may_choose_another_seller(counter, app):
    slip = counter.slip()
    await counter.receive()
    sale = await counter.choose(slip=slip)
    await counter.do(
        counter.assistant, service.decline, sale_id=sale.id, reason=Declined.OUT_OF_STOCK
    )
    assert (await counter.see(sale)).reason == Declined.OUT_OF_STOCK
    other = await Counter.open(app, patient=counter.patient)
    await other.receive()
    again = await other.choose(slip=slip)
    assert again.state is SaleState.ASKED


async def test_con_14_nothing_is_chosen_before_signature_and_approval(counter):
    await counter.receive()
    soon = counter.app.clock() + timedelta(minutes=1)
    for wrong in ({"signed_at": soon}, {"approved_at": soon}):
        with pytest.raises(NotBefore):
            await counter.choose(slip=counter.slip(**wrong))


async def test_con_14_the_database_keeps_a_hand_over_from_coming_before_the_approval(counter):
    sale = await counter.handed()
    with pytest.raises(asyncpg.CheckViolationError):
        await counter.app.pool.execute(
            "UPDATE pharmacy.sale SET approved_at = handed_at + interval '1 min' WHERE id = $1",
            sale.id,
        )


async def test_rx_01_nothing_is_chosen_accepted_or_checked_after_the_validity(counter, clock):
    packs = await counter.receive(many=3)
    with pytest.raises(PrescriptionExpired):
        await counter.choose(slip=counter.slip(valid_until=clock()))
    asked = await counter.choose(slip=counter.slip(valid_until=clock() + timedelta(minutes=30)))
    picked = await counter.to_pick(slip=counter.slip(valid_until=clock() + timedelta(minutes=30)))
    await counter.scan(picked, packs[0])
    clock.forward(minutes=30)
    with pytest.raises(TooLate):
        await counter.do(counter.assistant, service.accept, sale_id=asked.id)
    with pytest.raises(TooLate):
        await counter.check(picked)


async def test_a_store_that_does_not_answer_in_time_loses_the_prescription(counter, clock):
    await counter.receive()
    sale = await counter.choose()
    assert await counter.lapse(sale) is None
    clock.forward(minutes=60)
    assert (await counter.lapse(sale)).state is SaleState.LAPSED
    assert await counter.lapse(sale) is None


async def test_rx_01_what_is_not_collected_in_time_goes_back_on_the_shelf(hospital, clock):
    sale = await hospital.ready()
    assert await hospital.free() == 0
    clock.forward(hours=8)
    with pytest.raises(TooLate):
        await hospital.do(hospital.pharmacist, service.hand_over, sale_id=sale.id, receiver=SELF)
    await hospital.ring()
    rang = await hospital.place.rows(
        "SELECT 1 FROM kernel.outbox WHERE name = $1 AND body LIKE $2",
        events.SaleDue.name,
        f"%{sale.id}%",
    )
    assert rang
    assert (await hospital.lapse(sale)).state is SaleState.LAPSED
    assert await hospital.free() == 1


async def test_the_patient_changes_the_seller_until_the_medicines_leave(counter):
    packs = await counter.receive(many=1)
    sale = await counter.to_pick()
    await counter.scan(sale, *packs)
    assert (await counter.do(counter.patient, service.withdraw, sale_id=sale.id)).state == (
        SaleState.WITHDRAWN
    )
    assert await counter.free() == 1
    handed = await counter.handed(packs=packs)
    with pytest.raises(WrongState):
        await counter.do(counter.patient, service.withdraw, sale_id=handed.id)


async def test_money_that_comes_late_clears_nothing_and_says_so(hospital, clock):
    await hospital.receive()
    sale = await hospital.choose()
    clock.forward(minutes=120)
    await hospital.lapse(sale)
    assert await hospital.clear(sale) is None
    assert await hospital.state(sale) is SaleState.LAPSED


async def test_fr_20_a_pack_is_sold_once(counter):
    packs = await counter.receive(many=2)
    first = await counter.to_pick()
    await counter.scan(first, packs[0])
    second = await counter.to_pick()
    with pytest.raises(PackSold):
        await counter.scan(second, packs[0])
    await counter.scan(second, packs[1])


async def test_fr_20_a_sold_code_is_refused_at_another_tenants_counter_too(counter, app):
    packs = await counter.receive(many=1)
    await counter.handed(packs=packs)
    other = await Counter.open(app)
    await other.receive()
    sale = await other.to_pick()
    with pytest.raises(PackSold):
        await other.scan(sale, *packs)


async def test_fr_20_of_many_hands_on_one_pack_one_sells_it(counter):
    packs = await counter.receive(many=8)
    sales = [await counter.to_pick() for _ in range(8)]
    done = await asyncio.gather(
        *(counter.scan(sale, packs[0]) for sale in sales), return_exceptions=True
    )
    assert sum(isinstance(each, PackSold) for each in done) == 7
    live = await counter.place.rows(
        "SELECT count(*) FROM pharmacy.scan WHERE trace_code = $1 AND undone_at IS NULL", packs[0]
    )
    assert live == [(1,)]


async def test_what_is_scanned_must_be_a_code_here_and_prescribed_and_no_more(counter, app):
    packs = await counter.receive(many=2)
    (other_drug,) = await counter.receive(SIMVASTATIN, 1)
    other = await Counter.open(app)
    (elsewhere,) = await other.receive(many=1)
    sale = await counter.to_pick()
    for text, refusal in (
        ("卡片", BadTraceCode),
        (codes(1)[0], NoSuchPack),
        (elsewhere, NoSuchPack),
        (other_drug, NotOnPrescription),
    ):
        with pytest.raises(refusal):
            await counter.scan(sale, text)
    await counter.scan(sale, packs[0])
    with pytest.raises(EnoughScanned):
        await counter.scan(sale, packs[1])


async def test_fr_20_nothing_is_released_before_every_pack_is_scanned(counter):
    packs = await counter.receive(many=2)
    sale = await counter.to_pick(want(packs=2))
    await counter.scan(sale, packs[0])
    with pytest.raises(NotAllScanned):
        await counter.check(sale)


@pytest.mark.parametrize("missing", sorted(BY_EYE))
async def test_ph_05_each_comparison_nobody_confirmed_blocks_the_release(counter, missing):
    packs = await counter.receive(many=1)
    sale = await counter.to_pick()
    await counter.scan(sale, *packs)
    with pytest.raises(ChecksMissing) as refused:
        await counter.check(sale, checks=BY_EYE - {missing})
    assert refused.value.checks == missing


async def test_ph_05_what_scanning_proves_nobody_ticks_by_hand(counter):
    await counter.receive(many=1)
    sale = await counter.to_pick()
    await counter.do(counter.pharmacist, service.tick, sale_id=sale.id, checks=frozenset(Check))
    ticked = await counter.place.rows(
        "SELECT comparison FROM pharmacy.tick WHERE sale_id = $1", sale.id
    )
    assert not {row[0] for row in ticked} & PROVEN_BY_SCAN


async def test_ph_08_who_filled_checks_only_where_nobody_else_could(counter):
    packs = await counter.receive(many=1)
    sale = await counter.to_pick()
    await counter.scan(sale, *packs, hat=counter.pharmacist)
    with pytest.raises(OwnFilling):
        await counter.check(sale)
    assert (await counter.check(sale, others=False)).state is SaleState.BILLED


async def test_ph_08_who_prescribed_neither_reviews_nor_checks(counter):
    await counter.receive(many=1)
    slip = counter.slip(prescriber_id=counter.pharmacist.person_id)
    sale = await counter.choose(slip=slip)
    await counter.do(counter.assistant, service.accept, sale_id=sale.id)
    with pytest.raises(OwnPrescription):
        await counter.do(counter.pharmacist, service.approve, sale_id=sale.id)


async def test_ph_02_an_assistant_fills_and_neither_reviews_checks_nor_hands_over(counter):
    packs = await counter.receive(many=1)
    sale = await counter.choose()
    await counter.do(counter.assistant, service.accept, sale_id=sale.id)
    with pytest.raises(WrongRole):
        await counter.do(counter.assistant, service.approve, sale_id=sale.id)
    await counter.do(counter.pharmacist, service.approve, sale_id=sale.id)
    await counter.scan(sale, *packs)
    with pytest.raises(WrongRole):
        await counter.check(sale, hat=counter.assistant)
    await counter.check(sale)
    await counter.clear(sale)
    with pytest.raises(WrongRole):
        await counter.do(counter.assistant, service.hand_over, sale_id=sale.id, receiver=SELF)


async def test_a_store_leaves_out_what_it_has_not_got_and_does_not_bill_it(counter):
    packs = await counter.receive(many=1)
    await counter.receive(SIMVASTATIN, 1)
    sale = await counter.to_pick(want(), want(SIMVASTATIN, number=2))
    await counter.scan(sale, *packs)
    left = await counter.do(counter.assistant, service.mark_short, sale_id=sale.id, number=2)
    assert (left.is_whole, left.total_fen) == (False, 1250)
    with pytest.raises(LastLine):
        await counter.do(counter.assistant, service.mark_short, sale_id=sale.id, number=1)
    assert (await counter.check(sale)).state is SaleState.BILLED


async def test_ins_21_what_a_hospital_was_paid_for_is_not_filled_in_part(hospital):
    await hospital.receive(many=1)
    await hospital.receive(SIMVASTATIN, 1)
    sale = await hospital.to_pick(want(), want(SIMVASTATIN, number=2))
    with pytest.raises(PaidAlready):
        await hospital.do(hospital.assistant, service.mark_short, sale_id=sale.id, number=2)


async def test_a_courier_takes_over_delivers_and_the_proof_stays_sealed(counter):
    sale = await counter.on_the_way()
    proxy = Receiver(Proof.DOCUMENT, "李强", "370102199003077715")
    done = await counter.do(counter.courier, service.deliver, sale_id=sale.id, receiver=proxy)
    assert (done.state, done.by_proxy) == (SaleState.HANDED_OVER, True)
    ((kept,),) = await counter.place.rows(
        "SELECT receiver FROM pharmacy.sale WHERE id = $1", sale.id
    )
    assert "李强".encode() not in kept
    assert b"3701" not in kept


async def test_nobody_home_brings_the_parcel_back_to_be_tried_again(counter):
    sale = await counter.on_the_way()
    await counter.do(counter.courier, service.miss, sale_id=sale.id, reason=Missed.NOBODY_HOME)
    assert await counter.state(sale) is SaleState.MISSED
    await counter.do(counter.courier, service.send, sale_id=sale.id)
    assert await counter.state(sale) is SaleState.ON_THE_WAY


async def test_a_parcel_nobody_takes_in_time_is_given_up_and_never_sold_again(counter, clock):
    sale = await counter.on_the_way()
    await counter.do(counter.courier, service.miss, sale_id=sale.id, reason=Missed.UNREACHABLE)
    assert await counter.lapse(sale) is None
    clock.forward(hours=48)
    assert (await counter.lapse(sale)).state is SaleState.REFUSED
    assert await counter.free() == 0


async def test_ds_18_what_is_refused_at_the_door_never_goes_back_on_the_shelf(counter):
    packs = await counter.receive(many=1)
    sale = await counter.on_the_way(packs=packs)
    await counter.do(counter.courier, service.refuse, sale_id=sale.id, reason=Refused.NOT_WANTED)
    assert await counter.free() == 0
    await counter.receive(many=1)
    again = await counter.to_pick()
    with pytest.raises(PackSold):
        await counter.scan(again, *packs)


async def test_ds_18_what_comes_back_for_its_quality_never_goes_back_on_the_shelf(counter):
    packs = await counter.receive(many=1)
    sale = await counter.ready(packs=packs)
    with pytest.raises(NotHanded):
        await counter.do(
            counter.pharmacist, service.take_back, sale_id=sale.id, reason=Defect.QUALITY
        )
    await counter.do(counter.pharmacist, service.hand_over, sale_id=sale.id, receiver=SELF)
    await counter.do(counter.pharmacist, service.take_back, sale_id=sale.id, reason=Defect.QUALITY)
    assert await counter.state(sale) is SaleState.RETURNED
    assert await counter.free() == 0


async def test_what_is_to_be_collected_is_not_sent_and_the_other_way_round(counter):
    collected, sent = await counter.ready(), await counter.ready(delivery=HOME)
    with pytest.raises(WrongWay):
        await counter.do(counter.courier, service.send, sale_id=collected.id)
    with pytest.raises(WrongWay):
        await counter.do(counter.pharmacist, service.hand_over, sale_id=sent.id, receiver=SELF)


async def test_what_the_law_keeps_from_going_this_way_is_refused_by_name(counter):
    await counter.receive(WARFARIN, 1)
    with pytest.raises(CanNotSell) as refused:
        await counter.choose(want(WARFARIN), delivery=HOME)
    assert {finding.rule for finding in refused.value.findings} == {"DS-04"}
    assert (await counter.choose(want(WARFARIN))).state is SaleState.ASKED


async def test_delivery_needs_a_seller_that_delivers_an_address_and_a_phone(counter, app):
    online = await Counter.open(app, kind=SellerKind.ONLINE)
    await online.receive()
    with pytest.raises(NoDelivery):
        await online.choose()
    with pytest.raises(AddressMissing):
        await online.choose(delivery=Delivery("青", "12"))
    await counter.place.do(
        counter.place.office, service.add_seller, kind=SellerKind.STORE, delivers=False
    )
    await counter.receive()
    with pytest.raises(NoDelivery):
        await counter.choose(delivery=HOME)


async def test_what_is_not_there_is_not_promised(counter):
    await counter.receive(many=1)
    with pytest.raises(NotInStock):
        await counter.choose(want(packs=2))


async def test_another_sellers_and_another_persons_sale_is_not_found(counter, app):
    await counter.receive()
    sale = await counter.choose()
    other = await Counter.open(app, patient=counter.patient)
    await other.place.relate(counter.patient.person_id, "pharmacist", "dispenser")
    with pytest.raises(NoSuchSale):
        await other.do(other.assistant, service.accept, sale_id=sale.id)
    stranger = await counter.place.resident()
    with pytest.raises(NoSuchSale):
        await counter.do(stranger, service.withdraw, person_id=stranger.person_id, sale_id=sale.id)


async def test_the_address_is_sealed_and_read_by_who_has_the_sale(counter):
    sale = await counter.ready(delivery=HOME)
    ((kept,),) = await counter.place.rows(
        "SELECT deliver_to FROM pharmacy.sale WHERE id = $1", sale.id
    )
    assert HOME.phone.encode() not in kept

    async def look(tx):
        desk = await access.open_desk(tx, purpose=Purpose.DELIVER)
        found = await queries.sale(tx, desk, sale_id=sale.id)
        return await queries.delivery_of(tx, desk, sale=found)

    assert await counter.place.ask(counter.courier, look) == HOME


async def test_the_day_counts_what_left_and_what_came_back(counter):
    first, _ = await counter.handed(), await counter.handed()
    await counter.do(counter.pharmacist, service.take_back, sale_id=first.id, reason=Defect.RECALL)
    day = counter.app.clock().date()
    totals = await counter.place.ask(counter.pharmacist, queries.totals, day=day)
    assert (totals.sales, totals.packs, totals.fen, totals.returned) == (1, 1, 1250, 1)


async def test_a_line_keeps_the_price_that_was_shown(counter):
    await counter.receive(AMLODIPINE, 1)
    sale = await counter.choose(want(price="9.90"))
    seen = await counter.see(sale)
    assert (seen.lines[0].fen, seen.total_fen) == (990, 990)
