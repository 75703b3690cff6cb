from datetime import timedelta
from decimal import Decimal

import pytest

from lianyi.access import service as access
from lianyi.access.errors import NoSuchPerson
from lianyi.access.model import Purpose
from lianyi.billing import queries, service
from lianyi.billing.errors import (
    AlreadyBilled,
    BadLines,
    BadMerchant,
    BadPrice,
    BadShare,
    LineRefunded,
    MerchantTaken,
    NoBillFor,
    NoPrice,
    NoSuchBill,
    NoSuchPayee,
    NotPayable,
    PaymentUnderway,
    PriceSet,
    WholeOnly,
)
from lianyi.billing.model import Account, BillState, FeeClass, Item, Task
from lianyi.kernel.lifecycle import WrongRole, WrongState
from tests.billing.make import LAB, VISIT, Till
from tests.place import Place


async def test_a_bill_keeps_label_and_price_as_they_were_shown(till, clock):
    """CAP-113: a new price changes no bill."""
    bill = await till.bill()
    clock.forward(minutes=1)
    await till.place.do(
        await till.place.admin(),
        service.set_price,
        code=VISIT.code,
        label="专家门诊诊查费",
        fee_class=FeeClass.CONSULTATION,
        unit_price=Decimal(50),
    )
    found, *_ = await till.seen(bill)
    assert found.lines[0].label == "普通门诊诊查费"
    assert found.total_fen == 2500 + 3667
    (newer,) = await till.lines(VISIT)
    assert (newer.label, newer.fen) == ("专家门诊诊查费", 5000)
    earlier = await till.place.ask(
        till.place.office,
        queries.prices,
        institution_id=till.place.id,
        at=clock() - timedelta(seconds=30),
    )
    assert earlier[VISIT.code].unit_price == 25


async def test_a_price_that_has_ended_charges_nobody(till, clock):
    """CAP-113: nor does the version before it come back."""
    admin = await till.place.admin()
    until = clock() + timedelta(hours=2)
    clock.forward(hours=1)
    await till.place.do(
        admin,
        service.set_price,
        code=VISIT.code,
        label="普通门诊诊查费",
        fee_class=FeeClass.CONSULTATION,
        unit_price=Decimal(30),
        valid_to=until,
    )
    clock.forward(hours=1)
    with pytest.raises(NoPrice) as refusal:
        await till.lines(VISIT, LAB)
    assert refusal.value.codes == VISIT.code


async def test_only_the_own_administrator_sets_prices_and_never_for_the_past(till, clock):
    price = {"code": "X", "label": "X", "fee_class": FeeClass.OTHER, "unit_price": Decimal(1)}
    with pytest.raises(WrongRole):
        await till.place.do(await till.place.clerk(), service.set_price, **price)
    with pytest.raises(BadPrice):
        await till.place.do(
            await till.place.admin(),
            service.set_price,
            **price,
            valid_from=clock() - timedelta(seconds=1),
        )


async def test_one_item_has_one_price_at_an_instant(till):
    with pytest.raises(PriceSet):
        await till.place.do(
            await till.place.admin(),
            service.set_price,
            code=VISIT.code,
            label="普通门诊诊查费",
            fee_class=FeeClass.CONSULTATION,
            unit_price=Decimal(26),
        )


async def test_one_thing_is_charged_once(till):
    bill = await till.bill()
    with pytest.raises(AlreadyBilled):
        await till.bill(subject=bill.subject)
    await till.void(bill)
    await till.bill(subject=bill.subject)


async def test_a_bill_needs_lines(till):
    with pytest.raises(BadLines):
        await till.place.do(
            till.place.office,
            service.open_bill,
            person_id=till.patient.person_id,
            institution_id=till.place.id,
            subject=("order", till.new()),
            lines=[],
        )


async def test_who_has_no_account_takes_no_money(till, app):
    elsewhere = await Place.found(app)
    lines = await till.lines(VISIT)
    with pytest.raises(NoSuchPayee):
        await elsewhere.do(
            elsewhere.office,
            service.open_bill,
            person_id=till.patient.person_id,
            institution_id=elsewhere.id,
            subject=("order", till.new()),
            lines=lines,
        )


@pytest.mark.parametrize("merchant", ["", "190000010x", "１９０００００１０９", "19000001090"])
async def test_an_account_that_can_not_be_one_is_refused(till, merchant):
    with pytest.raises(BadMerchant):
        await add_payee(till, till.place.office, merchant)


async def test_only_the_platform_says_where_money_goes_and_no_two_share_an_account(till, app):
    """CAP-115: who could change the account would have everybody's money."""
    with pytest.raises(WrongRole):
        await add_payee(till, await till.place.admin(), "1900000999")
    elsewhere = await Till.open(await Place.found(app))
    with pytest.raises(MerchantTaken):
        await add_payee(till, till.place.office, elsewhere.merchant)


async def add_payee(till, hat, merchant):
    await till.place.do(
        hat, service.add_payee, institution_id=till.place.id, label="一院", merchant=merchant
    )


async def test_what_costs_nothing_is_paid_at_once(till):
    (line,) = await till.lines(VISIT)
    free = type(line)(line.code, line.label, line.fee_class, Decimal(0), Decimal(1), 0)
    bill = await till.bill(lines=(free,))
    assert bill.state is BillState.PAID
    assert await till.state(bill) == (BillState.PAID, [], [])
    assert await till.refund(bill) is None
    assert await till.state(bill) == (BillState.REFUNDED, [], [])


async def test_the_person_pays_what_the_insurer_does_not(till):
    """INS-05."""
    bill = await till.bill(VISIT)
    shared = await till.place.do(till.place.office, service.share, bill_id=bill.id, fund_fen=1750)
    assert shared.own_fen == 750
    payment = await till.pay(bill)
    assert payment.fen == 750
    with pytest.raises(PaymentUnderway):
        await till.place.do(till.place.office, service.share, bill_id=bill.id, fund_fen=0)
    await till.arrive(payment)
    assert await till.balances() == {
        Account.FUND: 1750,
        Account.PROVIDER: 750,
        Account.REVENUE: -2500,
    }
    with pytest.raises(NotPayable):
        await till.place.do(till.place.office, service.share, bill_id=bill.id, fund_fen=0)


async def test_an_insurer_who_pays_all_leaves_nothing_to_pay(till):
    bill = await till.bill(VISIT)
    with pytest.raises(BadShare):
        await till.place.do(till.place.office, service.share, bill_id=bill.id, fund_fen=2501)
    paid = await till.place.do(till.place.office, service.share, bill_id=bill.id, fund_fen=2500)
    assert paid.state is BillState.PAID
    assert await till.refund(bill) is None
    assert await till.balances() == {}


async def test_what_an_insurer_has_shared_goes_back_as_a_whole(till):
    """INS-21."""
    bill = await till.bill()
    await till.place.do(till.place.office, service.share, bill_id=bill.id, fund_fen=1000)
    await till.arrive(await till.pay(bill))
    with pytest.raises(WholeOnly):
        await till.refund(bill, lines=[1])
    refund = await till.refund(bill)
    assert refund.fen == 6167 - 1000
    await till.give_back(refund)
    assert await till.balances() == {}


async def test_lines_are_refunded_once_each_and_the_rest_stays_paid(till):
    bill, _ = await till.paid()
    first = await till.refund(bill, lines=[2])
    assert first.fen == 3667
    with pytest.raises(LineRefunded):
        await till.refund(bill, lines=[2])
    with pytest.raises(LineRefunded):
        await till.refund(bill, lines=[7])
    assert (await till.state(bill))[0] is BillState.PARTLY_REFUNDED
    second = await till.refund(bill)
    assert second.fen == 2500
    assert (await till.state(bill))[0] is BillState.REFUNDED
    with pytest.raises(WrongState):
        await till.refund(bill)


async def test_what_is_not_paid_is_voided_and_not_refunded(till):
    bill = await till.bill()
    with pytest.raises(WrongState):
        await till.refund(bill)
    await till.void(bill)
    assert await till.balances() == {}
    with pytest.raises(WrongState):
        await till.void(bill)
    with pytest.raises(NotPayable):
        await till.pay(bill)


async def test_calling_off_voids_or_refunds_whatever_it_finds(till):
    unpaid = await till.bill()
    assert await till.call_off(unpaid) is None
    assert (await till.state(unpaid))[0] is BillState.VOID
    assert await till.call_off(unpaid) is None
    paid, _ = await till.paid()
    assert (await till.call_off(paid)).fen == paid.own_fen
    assert await till.call_off(paid) is None


async def test_a_resident_calls_off_their_own_bill_and_no_other(till):
    bill = await till.bill()
    stranger = await till.place.patient()
    for verb in (till.void, till.call_off):
        with pytest.raises(NoBillFor):
            await verb(bill, stranger)
    paid, _ = await till.paid()
    with pytest.raises(NoBillFor):
        await till.refund(paid, stranger)
    assert await till.refund(paid, till.patient)


async def test_another_institution_learns_nothing_of_a_bill(till, app):
    elsewhere = await Till.open(await Place.found(app))
    bill = await till.bill()
    clerk = await elsewhere.place.clerk()
    with pytest.raises(NoSuchPerson):
        await till.cash(bill, clerk)
    await elsewhere.place.relate(till.patient.person_id)
    with pytest.raises(NoSuchBill):
        await till.cash(bill, clerk)
    with pytest.raises(NoBillFor):
        await till.void(bill, clerk)

    async def look(tx):
        chart = await access.open_chart(tx, person_id=till.patient.person_id, purpose=Purpose.PAY)
        return await queries.bills_of(tx, chart)

    assert await elsewhere.place.ask(clerk, look) == []
    assert [b.id for b in await till.place.ask(await till.place.clerk(), look)] == [bill.id]


async def test_a_bill_lapses_when_it_is_due_and_nothing_is_on_its_way(till, clock):
    """IDN-09."""
    bill = await till.bill(due_at=clock() + timedelta(minutes=15))
    await till.hear(service.lapse, bill_id=bill.id)
    assert (await till.state(bill))[0] is BillState.OPEN
    clock.forward(minutes=15)
    await till.hear(service.lapse, bill_id=bill.id)
    assert (await till.state(bill))[0] is BillState.LAPSED
    assert await till.balances() == {}


async def test_a_bill_does_not_lapse_before_the_provider_was_asked(till, clock):
    bill = await till.bill(due_at=clock() + timedelta(minutes=15))
    payment = await till.pay(bill)
    await till.order(payment)
    clock.forward(minutes=15)
    await till.hear(service.expire, payment_id=payment.id)
    await till.hear(service.lapse, bill_id=bill.id)
    assert (await till.state(bill))[0] is BillState.OPEN
    assert await till.planned(payment.id) == [Task.ASK, Task.CLOSE, Task.ORDER]
    await till.hear(service.closed, payment_id=payment.id)
    assert (await till.state(bill))[0] is BillState.LAPSED


async def test_states_are_known_by_what_was_billed(till):
    paid, _ = await till.paid()
    unpaid, unbilled = await till.bill(), till.new()
    states = await till.place.ask(
        till.place.office,
        queries.states_of,
        type="appointment",
        ids=[paid.subject.id, unpaid.subject.id, unbilled],
    )
    assert states == {paid.subject.id: BillState.PAID, unpaid.subject.id: BillState.OPEN}


async def test_an_item_is_charged_by_quantity(till):
    lines = await till.lines(VISIT, Item(LAB.code, Decimal(3)))
    assert [line.fen for line in lines] == [2500, 5500]
