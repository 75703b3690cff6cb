import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from lianyi.access import service as access
from lianyi.access.errors import NoSuchPerson
from lianyi.access.model import Mandate
from lianyi.billing import queries, service
from lianyi.billing.errors import (
    BillOverdue,
    NoSuchBill,
    NoSuchRefund,
    NotCash,
    NotPayable,
    PaymentUnderway,
)
from lianyi.billing.model import Account, BillState, DifferenceKind, PaymentState, RefundState, Task
from lianyi.kernel.actor import Actor
from lianyi.kernel.lifecycle import WrongRole, WrongState
from tests.billing.make import VISIT
from tests.place import BY_PHONE, Place

IN_TIME = timedelta(minutes=15)


async def test_a_paid_bill_has_its_receipt_from_the_seller(till):
    """CAP-13."""
    bill, payment = await till.paid()
    found, payments, refunds, receipts = await till.seen(bill)
    assert (found.state, found.payment_id) == (BillState.PAID, payment.id)
    assert [p.state for p in payments] == [PaymentState.PAID]
    assert refunds == []
    assert [(r.fen, r.seller) for r in receipts] == [(6167, "青山市第一人民医院")]
    assert receipts[0].number.startswith("20300107")
    assert await till.balances() == {Account.PROVIDER: 6167, Account.REVENUE: -6167}


async def test_a_second_device_gets_the_code_of_the_first(till):
    bill = await till.bill()
    first = await till.pay(bill)
    await till.order(first)
    second = await till.pay(bill)
    assert second.id == first.id
    assert second.code_url


async def test_two_devices_that_pay_at_once_order_one_payment(till):
    bill = await till.bill()
    both = await asyncio.gather(*(till.pay(bill) for _ in range(8)))
    assert len({payment.id for payment in both}) == 1
    assert await till.planned(both[0].id) == [Task.ORDER]


async def test_the_provider_s_word_is_booked_once_however_often_it_comes(till):
    bill = await till.bill()
    payment = await till.pay(bill)
    await till.order(payment)
    await asyncio.gather(*(till.arrive(payment) for _ in range(8)))
    await till.arrive(payment)
    assert await till.state(bill) == (BillState.PAID, [PaymentState.PAID], [])
    assert (await till.balances())[Account.PROVIDER] == 6167


async def test_money_that_is_told_before_the_order_is_answered_is_booked(till):
    bill = await till.bill()
    payment = await till.pay(bill)
    await till.arrive(payment)
    await till.order(payment)
    await till.hear(service.failed, payment_id=payment.id, code="LATE")
    await till.hear(service.closed, payment_id=payment.id)
    assert await till.state(bill) == (BillState.PAID, [PaymentState.PAID], [])
    assert await till.planned(payment.id) == [Task.ORDER]


@pytest.mark.parametrize("ended", ["closed", "failed"])
async def test_after_an_order_has_ended_the_bill_is_paid_anew(till, ended):
    bill = await till.bill()
    payment = await till.pay(bill)
    if ended == "closed":
        await till.order(payment)
        await till.hear(service.closed, payment_id=payment.id)
    else:
        await till.hear(service.failed, payment_id=payment.id, code="SYSTEM_ERROR")
    again = await till.pay(bill)
    assert again.id != payment.id
    await till.arrive(again)
    assert (await till.state(bill))[0] is BillState.PAID


async def test_money_for_an_order_believed_closed_still_counts_once(till):
    """Nobody pays twice: what arrives for the second order goes back."""
    bill = await till.bill()
    first = await till.pay(bill)
    await till.order(first)
    await till.hear(service.closed, payment_id=first.id)
    second = await till.pay(bill)
    await till.order(second)
    await till.arrive(first)
    assert await till.planned(second.id) == [Task.ASK, Task.CLOSE, Task.ORDER]
    await till.arrive(second)
    state, payments, refunds = await till.state(bill)
    assert (state, payments) == (BillState.PAID, [PaymentState.PAID, PaymentState.PAID])
    assert refunds == [RefundState.PLANNED]
    assert await till.balances() == {
        Account.PROVIDER: 2 * 6167,
        Account.REFUNDS: -6167,
        Account.REVENUE: -6167,
    }


@pytest.mark.parametrize("over", ["void", "lapsed"])
async def test_late_money_goes_back_whole_and_at_once(till, clock, over):
    """CAP-115."""
    bill = await till.bill(due_at=clock() + IN_TIME)
    payment = await till.pay(bill)
    await till.order(payment)
    if over == "void":
        await till.void(bill)
    else:
        clock.forward(minutes=16)
        await till.hear(service.closed, payment_id=payment.id)
    await till.arrive(payment)
    found, _, (refund,), receipts = await till.seen(bill)
    assert found.state == over
    assert (refund.fen, refund.reason, receipts) == (6167, "late_payment", [])
    assert await till.planned(refund.id) == [Task.REFUND]
    await till.give_back(refund)
    assert await till.balances() == {}


async def test_money_that_arrived_in_time_pays_though_the_word_of_it_comes_late(till, clock):
    bill = await till.bill(due_at=clock() + IN_TIME)
    payment = await till.pay(bill)
    await till.order(payment)
    paid_at = clock() + timedelta(minutes=14)
    clock.forward(minutes=20)
    await till.arrive(payment, at=paid_at)
    assert (await till.state(bill))[0] is BillState.PAID


async def test_money_that_arrived_too_late_ends_its_bill(till, clock):
    bill = await till.bill(due_at=clock() + IN_TIME)
    payment = await till.pay(bill)
    await till.order(payment)
    clock.forward(minutes=16)
    await till.arrive(payment)
    assert await till.state(bill) == (BillState.LAPSED, [PaymentState.PAID], [RefundState.PLANNED])


async def test_nobody_starts_to_pay_when_it_is_too_late(till, clock):
    bill = await till.bill(due_at=clock() + IN_TIME)
    clock.forward(minutes=15)
    with pytest.raises(BillOverdue):
        await till.pay(bill)
    with pytest.raises(BillOverdue):
        await till.cash(bill)


async def test_a_code_that_has_ended_is_asked_about_before_the_next(till, clock):
    bill = await till.bill()
    payment = await till.pay(bill)
    await till.order(payment)
    clock.forward(hours=3)
    with pytest.raises(PaymentUnderway):
        await till.pay(bill)
    await till.hear(service.expire, payment_id=payment.id)
    await till.hear(service.closed, payment_id=payment.id)
    assert (await till.pay(bill)).id != payment.id


async def test_an_order_that_is_answered_after_its_bill_is_over_is_closed(till):
    bill = await till.bill()
    payment = await till.pay(bill)
    await till.void(bill)
    await till.order(payment)
    assert await till.planned(payment.id) == [Task.CLOSE, Task.ORDER]


@pytest.mark.parametrize("wrong", [{"fen": 1}, {"merchant": "1900000000"}])
async def test_money_that_does_not_fit_the_order_pays_nothing_and_is_shown(till, wrong):
    bill = await till.bill()
    payment = await till.pay(bill)
    await till.order(payment)
    for _ in range(2):
        await till.arrive(payment, **wrong)
    assert await till.state(bill) == (BillState.OPEN, [PaymentState.ORDERED], [])
    (found,) = await till.place.ask(await till.place.admin(), queries.differences)
    assert (found.kind, found.booked_id) == (DifferenceKind.AMOUNT, payment.id)


async def test_a_proxy_pays_for_whom_they_act(till):
    bill = await till.bill()
    proxy = await till.place.resident(name="李强")
    for_her = Actor(
        proxy.person_id,
        proxy.post_id,
        proxy.institution_id,
        proxy.role,
        for_person_id=till.patient.person_id,
    )
    with pytest.raises(NoSuchPerson):
        await till.pay(bill, for_her)
    mandate = Mandate(till.new(), proxy.person_id, till.patient.person_id, BY_PHONE)
    await till.place.do(till.place.office, access.empower, mandate=mandate)
    assert await till.pay(bill, for_her)


async def test_a_stranger_s_bill_can_not_be_paid_or_seen(till):
    bill, stranger = await till.bill(), await till.place.patient()
    with pytest.raises(NoSuchPerson):
        await till.pay(bill, stranger)
    with pytest.raises(NoSuchBill):
        await till.pay(replace(bill, person_id=stranger.person_id), stranger)


async def test_cash_lands_in_the_drawer_of_who_took_it(till, clock):
    """CAP-14."""
    bill = await till.bill(VISIT)
    payment = await till.cash(bill)
    clerk = await till.place.clerk()
    assert payment.drawer_id == clerk.post_id
    assert (await till.state(bill))[0] is BillState.PAID
    assert await till.balances() == {Account.CASH: 2500, Account.REVENUE: -2500}
    with pytest.raises(NotPayable):
        await till.cash(bill)
    day = clock().date()
    (drawer,) = await till.place.ask(clerk, queries.drawers, day=day)
    assert (drawer.drawer_id, drawer.taken_fen) == (clerk.post_id, 2500)


async def test_only_a_cashier_takes_cash(till):
    bill = await till.bill()
    with pytest.raises(WrongRole):
        await till.cash(bill, till.patient)


async def test_cash_at_the_counter_closes_the_order_on_the_phone(till):
    """Nobody pays twice: what the phone has paid meanwhile goes back."""
    bill = await till.bill()
    payment = await till.pay(bill)
    await till.order(payment)
    await till.cash(bill)
    assert await till.planned(payment.id) == [Task.ASK, Task.CLOSE, Task.ORDER]
    await till.arrive(payment)
    _, _, (refund,), _ = await till.seen(bill)
    assert (refund.payment_id, refund.fen) == (payment.id, 6167)


async def test_cash_goes_back_in_cash_by_the_cashier(till):
    bill = await till.bill(VISIT)
    await till.cash(bill)
    refund = await till.refund(bill)
    assert await till.planned(refund.id) == []
    with pytest.raises(WrongRole):
        await till.hand_back(refund, till.place.office)
    await till.hand_back(refund)
    with pytest.raises(WrongState):
        await till.hand_back(refund)
    assert await till.balances() == {}
    *_, receipts = await till.seen(bill)
    assert [receipt.fen for receipt in receipts] == [2500, -2500]


async def test_what_was_paid_online_goes_back_the_same_way(till):
    bill, _ = await till.paid()
    refund = await till.refund(bill)
    with pytest.raises(NotCash):
        await till.hand_back(refund)


async def test_a_refund_is_done_when_the_money_has_arrived(till):
    bill, payment = await till.paid()
    refund = await till.refund(bill)
    await till.hear(service.sent, refund_id=refund.id)
    assert await till.planned(refund.id) == [Task.ASK_REFUND, Task.REFUND]
    assert (await till.state(bill))[2] == [RefundState.SENT]
    for _ in range(2):
        await till.give_back(refund)
    assert (await till.state(bill))[2] == [RefundState.DONE]
    assert await till.balances() == {}
    assert refund.payment_id == payment.id


async def test_two_who_refund_at_once_give_back_once(till):
    bill, _ = await till.paid()
    answers = await asyncio.gather(*(till.refund(bill) for _ in range(8)), return_exceptions=True)
    done = [answer for answer in answers if not isinstance(answer, WrongState)]
    assert [refund.fen for refund in done] == [6167]


async def test_a_refund_that_failed_is_tried_again_under_its_own_number(till):
    bill, _ = await till.paid()
    refund = await till.refund(bill)
    await till.hear(service.refund_failed, refund_id=refund.id, code="NOT_ENOUGH")
    assert (await till.state(bill))[2] == [RefundState.FAILED]
    elsewhere = await Place.found(till.place.app)
    with pytest.raises(NoSuchRefund):
        await till.place.do(await elsewhere.admin(), service.retry_refund, refund_id=refund.id)
    await till.place.do(await till.place.admin(), service.retry_refund, refund_id=refund.id)
    assert await till.planned(refund.id) == [Task.REFUND, Task.REFUND]
    await till.give_back(refund)
    assert (await till.state(bill))[2] == [RefundState.DONE]


async def test_what_the_provider_can_not_give_back_the_cashier_does(till):
    bill, _ = await till.paid()
    refund = await till.refund(bill)
    await till.hear(service.refund_failed, refund_id=refund.id, code="ABNORMAL")
    await till.hand_back(refund)
    assert await till.balances() == {Account.PROVIDER: 6167, Account.CASH: -6167}


async def test_a_refund_of_another_amount_is_shown_and_not_booked(till):
    bill, _ = await till.paid()
    refund = await till.refund(bill)
    await till.give_back(refund, fen=1)
    assert (await till.state(bill))[2] == [RefundState.PLANNED]
    (found,) = await till.place.ask(await till.place.admin(), queries.differences)
    assert (found.our_fen, found.their_fen) == (-6167, -1)
