"""The insurance agency: who pays what, and what is known when nobody answers."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianyi.kernel.errand import Outcome
from lianyi.links import insurer
from lianyi.links.signed import Customer
from lianyi.links.simulators.insurer import engine
from lianyi.links.simulators.insurer.engine import Item, Used
from lianyi.links.wire import Unanswered
from tests.links import provider as providers
from tests.links.agency import (
    CHEAP,
    CLINIC_DESK,
    DRUG,
    PEOPLE,
    SELF,
    SENDER,
    STORE_DESK,
    VISIT_ITEM,
    YEAR_MS,
    Town,
    cancelling,
    identifying,
    line,
    preview,
    registering,
    selling,
    undoing,
    without_number,
    yuan,
)

VECTOR = engine.Scheme(
    80_000, Decimal("0.85"), Decimal("0.85"), 100_000_000, 1_800_000, Decimal("0.60")
)


@pytest.fixture
async def provider(tmp_path):
    async with providers.running(tmp_path, "insurer") as provider:
        yield provider


@pytest.fixture
async def town(provider):
    return await Town.found(provider)


@pytest.fixture
async def due(town):
    return await town.visit("1001", "310", line(1, VISIT_ITEM, "500"), line(2, SELF, "12.34"))


def test_the_reference_vector_comes_out_to_the_cent():
    """INS-13, INS-12: basic, then critical, then aid, in one settlement."""
    bill = [
        engine.rate(Item("01"), 1_000_000, Decimal(1)),
        engine.rate(Item("02", Decimal("0.10")), 2_000_000, Decimal(1)),
        engine.rate(Item("03"), 500_000, Decimal(1)),
    ]
    share = engine.share(VECTOR, bill, Used(), retired=False, aided=True)
    assert share.in_range == 2_800_000
    assert (share.pool, share.critical, share.aid) == (2_312_000, 0, 341_600)
    assert share.person == 846_400


@given(
    sums=st.lists(
        st.tuples(st.sampled_from(["01", "02", "03"]), st.integers(0, 10**8)), max_size=9
    ),
    used=st.integers(0, 10**7),
    aided=st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_whatever_the_bill_the_parts_make_it_up(sums, used, aided):
    """INS-07, INS-08: to the cent, nobody below nothing, never over the ceiling."""
    parts = [engine.rate(Item(level, Decimal("0.13")), fen, Decimal(1)) for level, fen in sums]
    scheme = engine.SCHEMES[insurer.EMPLOYEE]
    share = engine.share(scheme, parts, Used(pool=used), retired=False, aided=aided)
    assert share.sum == share.pool + share.critical + share.aid + share.person
    assert min(share.pool, share.critical, share.aid, share.person) >= 0
    assert share.pool <= max(0, scheme.ceiling - used)


async def test_an_insured_person_is_found_by_name_and_number(town):
    """INS-01."""
    found = await town.does(identifying("王建国", PEOPLE[0]["number"]), insurer.Identified)
    assert (found.person.person, found.insurances[0].scheme) == ("1001", insurer.EMPLOYEE)
    assert found.insurances[0].balance == yuan("50")


async def test_somebody_elses_name_finds_nobody(town):
    """INS-01."""
    assert await town.refuses(identifying("李四", PEOPLE[0]["number"])) == "NO_SUCH_PERSON"


async def test_a_paused_insurance_pays_nothing(town):
    assert await town.refuses(registering("1004")) == "NOT_INSURED"


async def test_only_designated_institutions_are_heard(town):
    stranger = insurer.Sender("X1", "370100", "clerk")
    assert await town.refuses(registering(), sender=stranger) == "NOT_DESIGNATED"


async def test_without_the_supplementary_agreement_no_follow_up_online_is_paid(town):
    """INS-16."""
    assert await town.refuses(registering(online=True), sender=CLINIC_DESK) == "NOT_ONLINE"
    await town.does(registering(online=True), insurer.Registered)


async def test_a_line_is_rated_by_class_share_and_standard(town):
    """INS-06: B pays its share first; what is above the standard, and all of C, is one's own."""
    visit = (await town.does(registering(), insurer.Registered)).visit
    lines = [line(1, DRUG, "25", 2), line(2, SELF, "8"), line(3, "unheard", "1")]
    rated = await town.does(insurer.SendLines("1001", visit, "1", lines), insurer.Rated)
    drug, own, unheard = rated.lines
    assert (drug.over_standard, drug.first_pay, drug.in_range) == (
        yuan("10"),
        yuan("4"),
        yuan("36"),
    )
    assert (own.own, own.in_range) == (yuan("8"), yuan("0"))
    assert unheard.own == yuan("1")


async def test_asking_first_settles_nothing(town, due):
    told = await town.settled(preview(due))
    assert (told.deductible, told.pool, told.cash) == (yuan("200"), yuan("210"), yuan("252.34"))
    assert (told.account, told.id) == (yuan("50"), "")
    assert await town.provider.get("/settlements") == []
    assert await town.balance() == yuan("50")


async def test_settling_pays_what_was_foretold(town, due):
    """INS-05, INS-07."""
    foretold = await town.settled(preview(due))
    settled = await town.settled(due)
    assert without_number(settled) == foretold
    parts = settled.pool + settled.critical + settled.aid + settled.account + settled.cash
    assert parts == settled.sum
    assert await town.balance() == yuan("0")


async def test_the_threshold_is_paid_once_a_year(town):
    """INS-09."""
    first = await town.settled(await town.visit("1002", "390", line(1, VISIT_ITEM, "60")))
    second = await town.settled(await town.visit("1002", "390", line(1, VISIT_ITEM, "60")))
    third = await town.settled(await town.visit("1002", "390", line(1, VISIT_ITEM, "60")))
    assert (first.pool, second.pool, third.pool) == (yuan("0"), yuan("12"), yuan("36"))
    await town.provider.post("/clock", {"ahead_ms": YEAR_MS})
    later = await town.settled(await town.visit("1002", "390", line(1, VISIT_ITEM, "60")))
    assert later.pool == yuan("0")


async def test_aid_pays_of_what_is_left(town):
    """INS-11, INS-12."""
    settled = await town.settled(await town.visit("1003", "390", line(1, VISIT_ITEM, "300")))
    assert (settled.pool, settled.aid, settled.cash) == (yuan("120"), yuan("126"), yuan("54"))


async def test_two_at_once_share_one_threshold(town):
    """INS-09: concurrent settlements serialise."""
    dues = [await town.visit("1002", "390", line(1, VISIT_ITEM, "100")) for _ in range(4)]
    settled = await asyncio.gather(*(town.settled(due) for due in dues))
    assert sum(one.deductible for one in settled) == yuan("100")
    assert sum(one.pool for one in settled) == yuan("180")


async def test_taking_back_restores_everything(town, due):
    """INS-21."""
    settled = await town.settled(due)
    await town.does(cancelling(settled, due), insurer.Settled)
    assert await town.balance() == yuan("50")
    again = await town.visit("1001", "310", line(1, VISIT_ITEM, "500"), line(2, SELF, "12.34"))
    assert (await town.settled(again)).deductible == yuan("200")
    assert await town.refuses(cancelling(settled, due)) == "CANCELLED_ALREADY"


async def test_another_institution_takes_nothing_back(town, due):
    settled = await town.settled(due)
    refused = await town.refuses(cancelling(settled, due), sender=STORE_DESK)
    assert refused == "NO_SUCH_SETTLEMENT"


async def test_the_same_message_settles_once(town, due):
    key = town.key()
    first = await town.settled(due, key=key)
    assert await town.settled(due, key=key) == first
    assert await town.refuses(due) == "SETTLED_ALREADY"


async def test_a_message_heard_twice_settles_once(town, due):
    await town.provider.fails(duplicate=1)
    await town.settled(due)
    assert len(await town.provider.get("/settlements")) == 1


async def test_one_key_can_not_carry_another_amount(town, due):
    key = town.key()
    await town.settled(due, key=key)
    other = await town.visit("1001", "310", line(1, VISIT_ITEM, "1"))
    assert await town.refuses(other, key=key) == "MESSAGE_CHANGED"


@pytest.mark.parametrize("fault", ["settle_unheard", "lose_answer"])
async def test_what_was_settled_unheard_is_found_by_our_key(town, due, fault):
    key = town.key()
    await town.provider.fails(**{fault: 1})
    with pytest.raises(Unanswered):
        await town.says(due, key=key)
    found = await town.agency.ask(key, SENDER, due)
    assert found.outcome is Outcome.YES
    assert insurer.output(found, insurer.Settled).settlement.own_number == key.hex


async def test_a_late_answer_is_found_and_not_settled_again(town, due):
    key = town.key()
    await town.provider.fails(delay_ms=900)
    with pytest.raises(Unanswered):
        await town.says(due, key=key)
    await asyncio.sleep(0)
    await town.provider.fails()
    await town.says(due, key=key)
    assert len(await town.provider.get("/settlements")) == 1


async def test_what_never_arrived_is_not_known(town, due):
    key = town.key()
    await town.provider.fails(lose_request=1)
    with pytest.raises(Unanswered):
        await town.says(due, key=key)
    assert await town.agency.ask(key, SENDER, due) is None


async def test_undone_without_knowing_counts_for_nothing(town, due):
    """INS-21: the reversal of an unknown outcome (2601)."""
    key = town.key()
    await town.provider.fails(settle_unheard=1)
    with pytest.raises(Unanswered):
        await town.says(due, key=key)
    await town.says(undoing(key, due))
    assert await town.balance() == yuan("50")
    assert await town.agency.ask(key, SENDER, due) is None
    assert await town.refuses(due, key=key) == "UNDONE"


async def test_a_message_undone_before_it_arrives_never_takes_effect(town, due):
    key = town.key()
    assert (await town.says(undoing(key, due))).outcome is Outcome.YES
    assert await town.refuses(due, key=key) == "UNDONE"
    assert await town.provider.get("/settlements") == []


async def test_a_refusal_by_code_changes_nothing(town, due):
    await town.provider.fails(refuse_settlement=1)
    assert await town.refuses(due) == "FUND_CONTROL"
    assert await town.balance() == yuan("50")


async def test_a_total_that_differs_from_its_lines_is_refused(town, due):
    wrong = replace_sum(due, "1")
    assert await town.refuses(wrong) == "SUM_DIFFERS"


def replace_sum(due, text):
    return type(due)(
        **{
            name: yuan(text) if name == "sum" else getattr(due, name)
            for name in due.__struct_fields__
        }
    )


async def test_without_a_scanned_code_no_drug_is_settled(town):
    """FR-20."""
    await town.prescribe()
    assert await town.refuses(selling(line(1, DRUG, "20")), sender=STORE_DESK) == "NO_TRACE_CODE"


async def test_a_pack_is_sold_once(town):
    """FR-20, FR-21."""
    await town.prescribe()
    sale = selling(line(1, DRUG, "20", packs=["8100001"]))
    await town.settled(sale, sender=STORE_DESK)
    assert await town.refuses(sale, sender=STORE_DESK) == "PACK_SOLD"
    assert len(await town.provider.get("/settlements")) == 1


async def test_a_sale_taken_back_frees_its_packs(town):
    """INS-21."""
    await town.prescribe()
    sale = selling(line(1, DRUG, "20", packs=["8100001"]))
    settled = await town.settled(sale, sender=STORE_DESK)
    back = insurer.CancelSale(settled.id, "1001")
    await town.does(back, insurer.Settled, sender=STORE_DESK)
    await town.settled(sale, sender=STORE_DESK)


async def test_packs_handed_over_later_are_told_of(town, due):
    """FR-20: a hospital's pharmacy scans after it has settled."""
    await town.prescribe()
    settled = await town.settled(due)
    packs = [insurer.TraceCode("8100009")]
    sold = insurer.SoldPacks("1001", settled.id, DRUG, packs)
    assert (await town.says(sold)).outcome is Outcome.YES
    sale = selling(line(1, DRUG, "20", packs=["8100009"]))
    assert await town.refuses(sale, sender=STORE_DESK) == "PACK_SOLD"
    await town.does(cancelling(settled, due), insurer.Settled)
    assert await town.refuses(sale, sender=STORE_DESK) == "PACK_SOLD"
    assert await town.refuses(sold) == "CANCELLED_ALREADY"
    await town.says(insurer.ReturnedPacks("1001", settled.id, DRUG, packs))
    await town.settled(sale, sender=STORE_DESK)


async def test_a_days_books_agree_or_name_what_differs(town, due):
    settled = await town.settled(due)
    await town.does(cancelling(settled, due), insurer.Settled)
    kept = await town.settled(await town.visit("1001", "310", line(1, CHEAP, "700")))
    day = settled.settled_at[:10]
    totals = insurer.Totals("310", day, day, kept.sum, kept.pool, kept.account, 3)
    told = await town.does(totals, insurer.Totalled)
    assert told.statement.result == insurer.BALANCED
    wrong = insurer.Totals("310", day, day, kept.sum, kept.pool, kept.account, 1)
    assert (await town.does(wrong, insurer.Totalled)).statement.result != insurer.BALANCED
    detailed = await town.does(insurer.Details("310", day, day, []), insurer.Detailed)
    assert [one.sum for one in detailed.booked] == [settled.sum, -settled.sum, kept.sum]


async def test_a_forged_message_settles_nothing(provider, town, due, tmp_path):
    forger = await Town.found(provider, providers.give(tmp_path / "forger", Customer("a", "b")))
    with pytest.raises(Unanswered):
        await forger.says(due)
    assert await provider.get("/settlements") == []


async def test_an_answer_to_another_message_is_no_answer(town, due):
    """A recorded answer of the agency can't be passed off as the answer to ours."""
    first = await town.settled(due)
    wire = town.agency.wire

    class Stale:
        async def post(self, path, body, kind):
            status, reply = await wire.post(path, body, kind)
            return status, replace_reference(reply)

    with pytest.raises(Unanswered):
        await replace(town.agency, wire=Stale()).act(town.key(), SENDER, preview(due))
    assert first.id


def replace_reference(reply):
    return providers.replace(reply, inf_refmsgid="0" * 32)


async def test_settlements_outlive_a_kill(tmp_path):
    async with providers.process(tmp_path, "insurer") as (provider, child):
        town = await Town.found(provider)
        due = await town.visit("1001", "310", line(1, VISIT_ITEM, "500"))
        key = town.key()
        first = await town.settled(due, key=key)
        child.kill()
        child.start()
        await provider.get("/faults")
        assert await town.settled(due, key=key) == first
        assert await town.balance() == yuan("0")
