import asyncio
from datetime import date

import pytest

from lianyi.kernel.lifecycle import WrongRole, WrongState
from lianyi.people.model import ADMIN
from lianyi.pharmacy import queries, service
from lianyi.pharmacy.errors import (
    BadBatch,
    NoSuchBatch,
    NotInStock,
    OtherBatch,
    PackBlocked,
    PackKnown,
    ReasonMissing,
)
from lianyi.pharmacy.model import SaleState
from tests.pharmacy.make import AMLODIPINE, Counter, codes, want


async def test_what_came_in_is_free_until_it_is_promised(counter):
    await counter.receive(many=3)
    assert await counter.free() == 3
    await counter.to_pick(want(packs=2))
    assert await counter.free() == 1


async def test_a_batch_without_lot_maker_future_or_sound_codes_is_refused(counter):
    twice = codes(1) * 2
    for wrong in ({"lot": " "}, {"expires_on": date(2030, 1, 7)}, {"given": twice}):
        with pytest.raises(BadBatch):
            await counter.receive(**wrong)
    with pytest.raises(BadBatch):
        await counter.receive(given=["not a code"])


async def test_more_of_a_batch_joins_it_and_another_expiry_does_not(counter):
    await counter.receive(many=2)
    await counter.receive(many=1)
    (batch,) = await counter.place.ask(counter.assistant, queries.batches)
    assert batch.packs == 3
    with pytest.raises(OtherBatch):
        await counter.receive(many=1, expires_on=date(2032, 1, 1))


async def test_pr_10_a_trace_code_is_taken_in_once_in_the_network(counter, app):
    given = await counter.receive(many=1)
    other = await Counter.open(app)
    with pytest.raises(PackKnown):
        await other.receive(given=given)
    assert await other.free() == 0


async def test_pr_10_of_many_tenants_taking_in_one_code_at_once_one_does(app):
    counters = [await Counter.open(app) for _ in range(5)]
    (code,) = codes(1)
    done = await asyncio.gather(
        *(each.receive(given=[code]) for each in counters), return_exceptions=True
    )
    assert sum(isinstance(each, PackKnown) for each in done) == 4
    assert sum([await each.free() for each in counters]) == 1


async def test_pr_07_a_batch_in_quarantine_is_not_promised_scanned_or_counted(counter):
    batch = await counter.batch(many=1)
    (code,) = await counter.receive(many=1)
    sale = await counter.to_pick()
    await counter.place.do(
        counter.assistant, service.quarantine, batch_id=batch.id, reason="外包装受潮"
    )
    assert await counter.free() == 0
    with pytest.raises(PackBlocked):
        await counter.scan(sale, code)
    with pytest.raises(NotInStock):
        await counter.choose(slip=counter.slip())


async def test_only_a_pharmacist_lets_a_batch_out_and_everybody_says_why(counter):
    batch = await counter.batch()
    do = counter.place.do
    with pytest.raises(ReasonMissing):
        await do(counter.assistant, service.quarantine, batch_id=batch.id, reason=" ")
    await do(counter.assistant, service.quarantine, batch_id=batch.id, reason="批号存疑")
    with pytest.raises(WrongRole):
        await do(counter.assistant, service.release, batch_id=batch.id, reason="核实无误")
    await do(counter.pharmacist, service.release, batch_id=batch.id, reason="核实无误")
    assert await counter.free() == 5
    with pytest.raises(WrongState):
        await do(counter.pharmacist, service.destroy, batch_id=batch.id, reason="过期")


async def test_pr_07_what_expires_within_the_month_is_not_promised(counter):
    await counter.receive(many=2, lot="OLD", expires_on=date(2030, 2, 6))
    assert await counter.free() == 0
    near = await counter.place.ask(counter.assistant, queries.batches, near_expiry=True)
    assert [batch.lot for batch in near] == ["OLD"]


async def test_another_sellers_batch_is_not_found(counter, app):
    batch = await counter.batch()
    other = await Counter.open(app)
    with pytest.raises(NoSuchBatch):
        await other.place.do(
            other.pharmacist, service.quarantine, batch_id=batch.id, reason="质量存疑"
        )
    assert await other.place.ask(other.assistant, queries.batches) == []


async def test_couriers_and_patients_see_no_stock(counter):
    for hat in (counter.courier, counter.patient):
        with pytest.raises(WrongRole):
            await counter.place.ask(hat, queries.batches)
    with pytest.raises(WrongRole):
        await counter.receive(hat=counter.courier)


async def test_who_sells_is_the_administrators_affair(counter):
    with pytest.raises(WrongRole):
        await counter.place.do(
            counter.pharmacist, service.add_seller, kind=counter.kind, delivers=True
        )
    admin = await counter.place.hat(ADMIN)
    await counter.place.do(admin, service.add_seller, kind=counter.kind, delivers=False)
    found = await counter.place.ask(admin, queries.seller, institution_id=counter.place.id)
    assert found.delivers is False


async def test_the_last_pack_is_promised_once_however_many_ask(counter):
    await counter.receive(many=2)
    people = [await counter.place.resident() for _ in range(6)]
    sales = [await counter.choose(hat=hat) for hat in people]
    done = await asyncio.gather(
        *(
            counter.do(counter.assistant, service.accept, person_id=hat.person_id, sale_id=sale.id)
            for hat, sale in zip(people, sales, strict=True)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(each, NotInStock) for each in done) == 4
    assert await counter.free() == 0
    states = [row[0] for row in await counter.place.rows(
        "SELECT state FROM pharmacy.sale WHERE institution_id = $1", counter.place.id
    )]  # fmt: skip
    assert states.count(SaleState.ACCEPTED) == 2


async def test_an_unknown_drug_is_not_taken_in(counter):
    with pytest.raises(Exception, match="terminology"):
        await counter.receive("no-such-drug")
    assert await counter.free(AMLODIPINE) == 0
