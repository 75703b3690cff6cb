"""Insured money on a bad day: answers lost, late, doubled, refused; the agency killed, or gone."""

import asyncio
from datetime import date
from uuid import UUID

import pytest

from lianyi.billing.errors import NoSuchBill, WholeOnly
from lianyi.billing.model import Account, BillState, RefundState
from lianyi.insurance import queries, service
from lianyi.insurance.errors import ClaimUnderWay, CoverKnown, NotCovered, NoTraceCode, StillAsking
from lianyi.insurance.model import (
    ClaimState,
    CoverState,
    DifferenceKind,
    Filing,
    Kind,
    Level,
    Scheme,
)
from lianyi.journeys import claiming, pay, settle
from lianyi.links import insurer
from tests.billing.make import VISIT
from tests.insurance.make import BIG, CODE, Desk
from tests.links import provider as providers
from tests.links.agency import line, registering

C, B = ClaimState, BillState
SOLD = Filing(Kind.PHARMACY, prescription_id=UUID(int=7))
SETTLED = (C.SETTLED, B.PAID, [])


@pytest.fixture
async def desk(app, tmp_path):
    async with providers.running(tmp_path, "insurer") as provider:
        yield await Desk.open(app, provider)


async def test_a_resident_binds_their_insurance(desk):
    """INS-01."""
    hat = await desk.enrolled()
    assert await desk.cover(hat) is None
    await desk.place.do(hat, settle.bind)
    with pytest.raises(CoverKnown):
        await desk.place.do(hat, settle.bind)
    await desk.work()
    cover = await desk.cover(hat)
    assert (cover.state, cover.scheme) == (CoverState.BOUND, Scheme.EMPLOYEE)
    await desk.place.do(hat, settle.unbind)
    assert (await desk.cover(hat)).state is CoverState.UNBOUND
    with pytest.raises(NotCovered):
        await desk.place.do(hat, settle.unbind)


async def test_whoever_is_not_insured_is_told_so(desk):
    """INS-01."""
    hat = await desk.enrolled(state="2")
    stranger = await desk.place.patient(name="李四")
    for one in (hat, stranger):
        await desk.place.do(one, settle.bind)
    await desk.work()
    assert (await desk.cover(hat)).code == "not_insured"
    assert (await desk.cover(stranger)).state is CoverState.REFUSED


async def test_what_the_agency_knows_a_person_by_is_never_stored_in_the_clear(desk):
    patient = await desk.insured()
    credential = (await desk.cover(patient)).credential
    ((number, kept),) = await desk.place.rows(
        "SELECT number, credential FROM insurance.cover WHERE person_id = $1", patient.person_id
    )
    assert desk.place.id.hex[-10:].encode() not in number
    assert credential
    assert credential.encode() not in kept


async def test_ins_01_whoever_ended_what_they_allowed_is_not_claimed_for_until_bound_anew(
    desk, clock
):
    """INS-17: what the agency gave is shown to it; what was ended is refused."""
    patient = await desk.insured()
    first = (await desk.cover(patient)).credential
    await desk.end(patient)
    bill = await desk.foretold()
    claim = (await desk.view(bill)).claim
    assert (claim.state, claim.code) == (C.REFUSED, "CREDENTIAL_ENDED")
    clock.forward(seconds=1)
    await desk.place.do(patient, settle.unbind)
    await desk.bind(patient)
    assert (await desk.cover(patient)).credential != first
    assert (await desk.state(await desk.settled()))[0] is C.SETTLED


async def test_ins_01_a_credential_ended_before_the_settlement_gives_all_back(desk):
    patient = await desk.insured()
    bill = await desk.foretold()
    await desk.end(patient)
    await desk.cash(bill)
    await desk.work()
    assert await desk.state(bill) == (C.FAILED, B.REFUNDED, [RefundState.PLANNED])
    assert (await desk.view(bill)).claim.code == "CREDENTIAL_ENDED"


async def test_ins_01_a_cover_without_a_credential_is_not_claimed_for(desk):
    """One bound before the agency gave any: nothing is made up in its place."""
    patient = await desk.insured()
    await desk.place.app.pool.execute(
        "UPDATE insurance.cover SET credential = NULL WHERE person_id = $1", patient.person_id
    )
    claim = (await desk.view(await desk.foretold())).claim
    assert (claim.state, claim.code) == (C.REFUSED, "NO_CREDENTIAL")


async def test_the_uninsured_pay_all_and_that_is_final(desk):
    bill = await desk.foretold()
    assert await desk.view(bill) is None
    await desk.cash(bill)
    assert await desk.told("insurance.settled") == 0
    await desk.work()
    assert await desk.told("insurance.settled") == 1


async def test_the_person_pays_their_part_between_forecast_and_settlement(desk):
    """INS-05, INS-07, INS-08."""
    await desk.insured()
    bill = await desk.claim()
    assert (await desk.state(bill))[0] is C.OPENED
    await desk.work()
    view = await desk.view(bill)
    assert (view.claim.state, view.split.pool_fen, view.split.cash_fen) == (
        C.PRE_SETTLED,
        21_000,
        30_234,
    )
    assert await desk.theirs() == []
    await desk.cash(bill)
    await desk.work()
    assert await desk.state(bill) == SETTLED
    (booked,) = await desk.theirs()
    assert (booked["total"], booked["pool"], booked["cash"]) == (51_234, 21_000, 30_234)
    assert await desk.till.balances() == {
        Account.CASH: 30_234,
        Account.FUND: 21_000,
        Account.REVENUE: -51_234,
    }
    assert await desk.told("insurance.settled") == 1


async def test_the_personal_account_pays_before_the_pocket(desk):
    await desk.insured(balance_fen=10_000)
    bill = await desk.settled()
    split = (await desk.view(bill)).split
    assert (split.account_fen, split.cash_fen) == (10_000, 20_234)


async def test_a_bill_that_the_funds_pay_whole_needs_nobodys_money(desk):
    await desk.insured(balance_fen=10**6)
    bill = await desk.foretold()
    assert await desk.state(bill) == SETTLED


async def test_until_the_part_is_known_nobody_pays(desk):
    """Paying all and a part of it again would be paying twice."""
    await desk.insured()
    bill = await desk.claim()
    with pytest.raises(StillAsking):
        await desk.cash(bill)
    with pytest.raises(StillAsking):
        await desk.place.do(desk.till.patient, pay.start, bill_id=bill.id)


async def test_with_the_agency_down_a_person_may_wait_or_pay_alone(desk):
    patient = await desk.insured()
    await desk.fails(lose_request=9)
    bill = await desk.foretold()
    assert await desk.state(bill) == (C.OPENED, B.OPEN, [])
    await desk.place.do(patient, settle.pay_self, bill_id=bill.id)
    await desk.cash(bill)
    await desk.fails()
    desk.place.app.clock.forward(hours=1)
    await desk.work()
    assert await desk.state(bill) == (C.DROPPED, B.PAID, [])
    assert await desk.theirs() == []
    assert await desk.till.balances() == {Account.CASH: 51_234, Account.REVENUE: -51_234}


async def test_whoever_waits_is_served_when_the_agency_is_back(desk, clock):
    await desk.insured()
    await desk.fails(lose_request=1)
    bill = await desk.foretold()
    clock.forward(minutes=1)
    await desk.work()
    assert (await desk.state(bill))[0] is C.PRE_SETTLED


async def test_a_person_may_choose_to_pay_alone_and_change_their_mind(desk):
    patient = await desk.insured()
    bill = await desk.foretold(subject=await desk.ordered())
    await desk.place.do(patient, settle.pay_self, bill_id=bill.id)
    assert (await desk.till.seen(bill))[0].own_fen == 51_234
    await desk.place.do(patient, claiming.claim, bill_id=bill.id)
    await desk.work()
    await desk.cash(bill)
    await desk.work()
    assert await desk.state(bill) == SETTLED
    with pytest.raises(ClaimUnderWay):
        await desk.place.do(patient, settle.pay_self, bill_id=bill.id)


async def test_nobody_else_decides_who_pays(desk):
    await desk.insured()
    bill = await desk.foretold()
    stranger = await desk.place.patient(name="李四")
    for verb in (settle.pay_self, claiming.claim):
        with pytest.raises(NoSuchBill):
            await desk.place.do(stranger, verb, bill_id=bill.id)
    assert (await desk.state(bill))[0] is C.PRE_SETTLED


async def test_a_refusal_before_paying_leaves_the_whole_bill_to_the_person(desk):
    await desk.insured()
    await desk.fails(refuse=1)
    bill = await desk.foretold()
    view = await desk.view(bill)
    assert (view.claim.state, view.claim.code) == (C.REFUSED, "FUND_CONTROL")
    await desk.cash(bill)
    await desk.work()
    assert await desk.state(bill) == (C.REFUSED, B.PAID, [])
    assert await desk.told("insurance.settled") == 1


async def test_a_refusal_after_paying_gives_all_of_it_back(desk):
    """INS-05, INS-21: nobody's money stays in the air."""
    await desk.insured()
    bill = await desk.foretold()
    await desk.fails(refuse_settlement=1)
    await desk.cash(bill)
    await desk.work()
    assert await desk.state(bill) == (C.FAILED, B.REFUNDED, [RefundState.PLANNED])
    _, _, refunds, _ = await desk.till.seen(bill)
    await desk.till.hand_back(refunds[0])
    assert await desk.till.balances() == {}
    assert await desk.told("insurance.settled") == 0
    assert await desk.told("insurance.settlement_failed") == 1


async def test_settled_and_unheard_is_found_and_not_settled_twice(desk, clock):
    """The agency times out after it has settled."""
    await desk.insured()
    bill = await desk.foretold()
    await desk.fails(settle_unheard=1)
    await desk.cash(bill)
    await desk.work()
    assert (await desk.state(bill))[0] is C.SETTLING
    clock.forward(minutes=1)
    await desk.work()
    assert await desk.state(bill) == SETTLED
    assert len(await desk.theirs()) == 1


async def test_a_late_answer_settles_what_was_in_doubt(desk, clock):
    await desk.insured()
    bill = await desk.foretold()
    await desk.fails(settle_unheard=1)
    await desk.cash(bill)
    await desk.work()
    await desk.fails(lose_request=20)
    clock.forward(minutes=3)
    await desk.work()
    assert (await desk.state(bill))[0] is C.UNKNOWN
    await desk.fails()
    clock.forward(minutes=5)
    await desk.work()
    assert await desk.state(bill) == SETTLED
    assert len(await desk.theirs()) == 1


async def test_what_stays_unknown_is_undone_and_given_back(desk, clock):
    """INS-21: reversal of an unknown outcome (2601), then the refund, then nothing more."""
    await desk.insured()
    bill = await desk.foretold()
    await desk.fails(settle_unheard=1)
    await desk.cash(bill)
    await desk.work()
    await desk.fails(lose_request=30)
    for _ in range(4):
        clock.forward(minutes=20)
        await desk.work()
    assert (await desk.state(bill))[0] is C.UNDOING
    await desk.fails()
    for _ in range(4):
        clock.forward(minutes=90)
        await desk.work()
    assert await desk.state(bill) == (C.FAILED, B.REFUNDED, [RefundState.PLANNED])
    settled, back = await desk.theirs()
    assert settled["total"] + back["total"] == 0


async def test_an_agency_killed_in_the_middle_loses_nothing(app, tmp_path, clock):
    async with providers.process(tmp_path, "insurer") as (provider, child):
        desk = await Desk.open(app, provider)
        await desk.insured()
        bill = await desk.foretold()
        await desk.fails(settle_unheard=1)
        await desk.cash(bill)
        await desk.work()
        child.kill()
        clock.forward(minutes=1)
        await desk.work()
        assert (await desk.state(bill))[0] is C.SETTLING
        child.start()
        await provider.get("/faults")
        clock.forward(minutes=3)
        await desk.work()
        assert await desk.state(bill) == SETTLED
        assert len(await desk.theirs()) == 1


async def test_everything_told_twice_settles_once(desk):
    await desk.insured()
    await desk.fails(duplicate=20)
    bill = await desk.settled()
    assert await desk.state(bill) == SETTLED
    assert len(await desk.theirs()) == 1


async def test_two_workers_settle_a_bill_once(desk):
    await desk.insured()
    bill = await desk.foretold()
    await desk.cash(bill)
    await asyncio.gather(desk.work(), desk.work())
    assert await desk.state(bill) == SETTLED
    assert len(await desk.theirs()) == 1


async def test_a_settlement_that_comes_out_otherwise_is_undone_at_once(desk):
    """INS-09: between forecast and settlement another bill used the year's threshold up."""
    await desk.insured()
    first = await desk.foretold()
    second = await desk.foretold()
    for bill in (first, second):
        await desk.cash(bill)
        await desk.work()
    assert await desk.state(first) == SETTLED
    assert await desk.state(second) == (C.FAILED, B.REFUNDED, [RefundState.PLANNED])
    assert (await desk.view(second)).claim.code == "split_changed"
    assert sum(row["total"] for row in await desk.theirs()) == 51_234


async def test_a_year_is_counted_once_and_given_back_exactly(desk):
    """INS-09, INS-21."""
    await desk.insured()
    bill = await desk.settled()
    before = await counters(desk)
    assert before == [(20_000, 21_000, 29_000)]
    await desk.place.do(desk.place.office, settle.reverse, bill_id=bill.id, reason="cancelled")
    assert (await desk.state(bill))[0] is C.REVERSING
    await desk.work()
    assert await desk.state(bill) == (C.REVERSED, B.REFUNDED, [RefundState.PLANNED])
    assert await counters(desk) == [(0, 0, 0)]
    assert (await desk.view(await desk.settled())).split.deductible_fen == 20_000


async def counters(desk):
    return await desk.place.rows(
        "SELECT deductible_fen, pool_fen, open_fen FROM insurance.counter WHERE person_id = $1",
        desk.till.patient.person_id,
    )


async def test_a_reversal_asked_for_while_settling_follows_the_settlement(desk, clock):
    await desk.insured()
    bill = await desk.foretold()
    await desk.fails(settle_unheard=1)
    await desk.cash(bill)
    await desk.work()
    await desk.place.do(desk.place.office, settle.reverse, bill_id=bill.id, reason="cancelled")
    clock.forward(minutes=1)
    await desk.work()
    assert await desk.state(bill) == (C.REVERSED, B.REFUNDED, [RefundState.PLANNED])


async def test_an_agency_that_keeps_a_settlement_is_shown(desk):
    """Then the bill stays as it is: the refund follows the agency, never precedes it."""
    await desk.insured()
    bill = await desk.settled()
    await desk.fails(refuse=1)
    await desk.place.do(desk.place.office, settle.reverse, bill_id=bill.id, reason="cancelled")
    await desk.work()
    assert await desk.state(bill) == SETTLED
    assert await desk.told("insurance.reversal_refused") == 1


async def test_a_claimed_bill_is_never_given_back_in_part(desk):
    """INS-21."""
    await desk.insured()
    bill = await desk.settled()
    with pytest.raises(WholeOnly):
        await desk.till.refund(bill, lines=[1])
    assert await desk.state(bill) == SETTLED


async def test_the_counter_gives_a_claimed_bill_back_through_the_agency(desk):
    """INS-21: whole, and only when nothing stands there any more."""
    await desk.insured()
    bill = await desk.settled()
    clerk = await desk.place.clerk()
    give = {"person_id": bill.person_id, "bill_id": bill.id, "reason": "not_done"}
    with pytest.raises(WholeOnly):
        await desk.place.do(clerk, pay.give_back, **give, lines=[1])
    await desk.place.do(clerk, pay.give_back, **give)
    assert await desk.state(bill) == (C.REVERSING, B.PAID, [])
    await desk.work()
    assert await desk.state(bill) == (C.REVERSED, B.REFUNDED, [RefundState.PLANNED])


async def test_a_bill_taken_back_before_it_is_paid_drops_its_claim(desk):
    await desk.insured()
    bill = await desk.foretold()
    await desk.place.do(
        desk.place.office, settle.call_off, subject=bill.subject, reason="cancelled"
    )
    await desk.work()
    assert await desk.state(bill) == (C.DROPPED, B.VOID, [])
    assert await desk.till.balances() == {}


async def test_what_a_person_paid_alone_goes_back_with_what_it_was_for(desk):
    """INS-21: the agency, which has refused it or was left out, holds nothing of it."""
    patient = await desk.insured()
    await desk.fails(refuse=1)
    refused, alone = await desk.foretold(), await desk.foretold()
    await desk.place.do(patient, settle.pay_self, bill_id=alone.id)
    for bill, claimed in ((refused, C.REFUSED), (alone, C.DROPPED)):
        await desk.cash(bill)
        await desk.work()
        office, subject = desk.place.office, bill.subject
        await desk.place.do(office, settle.call_off, subject=subject, reason="cancelled")
        assert await desk.state(bill) == (claimed, B.REFUNDED, [RefundState.PLANNED])


async def test_a_difference_of_reckoning_is_left_for_a_person_to_look_at(desk):
    """The agency's answer is booked, ours was a preview."""
    await desk.insured()
    await desk.list((BIG, Level.PARTLY, "0.50", False))
    bill = await desk.settled()
    assert await desk.state(bill) == SETTLED
    admin = await desk.place.admin()
    (found,) = await desk.place.ask(admin, queries.differences)
    assert (found.kind, found.our_fen, found.their_fen) == (DifferenceKind.PREVIEW, 21_000, 3_500)
    await desk.place.do(
        admin, service.resolve_difference, difference_id=found.id, reason="目录比例有误"
    )
    assert await desk.place.ask(admin, queries.differences) == []


async def test_a_sale_without_its_packs_is_not_claimed(desk):
    """FR-20."""
    await desk.insured()
    entry = (VISIT.code, Level.WHOLLY, "0", True)
    await desk.list(entry)
    await desk.place.do(
        await desk.place.admin(),
        service.set_item,
        code=VISIT.code,
        national=f"N{VISIT.code}",
        level=Level.WHOLLY,
        is_drug=True,
    )
    with pytest.raises(NoTraceCode):
        await desk.claim(VISIT.code, filing=SOLD)


async def test_the_days_books_agree_and_name_what_does_not(desk, clock):
    """CAP-115: 3201 compares sums, 3202 lines."""
    await desk.insured()
    await desk.settled()
    taken = await desk.settled()
    await desk.place.do(desk.place.office, settle.reverse, bill_id=taken.id, reason="cancelled")
    await desk.work()
    day = date.fromisoformat((await desk.theirs())[0]["at"][:10])
    page = await compared(desk, day)
    assert (page.count, page.our_fen, page.their_fen) == (1, 21_000, 21_000)
    assert await desk.place.ask(await desk.place.admin(), queries.differences) == []


async def test_a_settlement_only_the_agency_has_is_found(desk):
    """3202: somebody settled in our name, or we have lost what we did."""
    patient = await desk.insured()
    await desk.settled()
    cover = await desk.cover(patient)
    sender = insurer.Sender(CODE, "370100", "elsewhere")
    shown = (insurer.E_CREDENTIAL, cover.credential)
    registered = registering(cover.number, cover.scheme, shown=shown)
    visit = (await desk.town.does(registered, insurer.Registered, sender=sender)).visit
    lines = [line(1, f"N{BIG}", "500")]
    sent = insurer.SendLines(cover.number, visit, "1", lines)
    await desk.town.does(sent, insurer.Rated, sender=sender)
    due = insurer.Settle(
        cover.number, cover.scheme, visit, "1", "01", cover.credential, lines[0].sum
    )
    foreign = await desk.town.settled(due, sender=sender)
    await compared(desk, date.fromisoformat(foreign.settled_at[:10]))
    (found,) = await desk.place.ask(await desk.place.admin(), queries.differences)
    assert (found.kind, found.number) == (DifferenceKind.MISSING_HERE, foreign.id)


async def compared(desk, day):
    """Have a day compared and return its page in the employees' scheme."""
    id = desk.place.id
    await desk.place.do(desk.place.office, service.open_books, institution_id=id, day=day)
    await desk.work()
    pages = await desk.place.ask(await desk.place.admin(), queries.compared_books)
    return next(page for page in pages if (page.scheme, page.day) == (Scheme.EMPLOYEE, day))
