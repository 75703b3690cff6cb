import pytest

from lianyi.billing.errors import NoSuchBill
from lianyi.billing.model import Account
from lianyi.journeys import bills_desk, cashier_desk
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import reading
from tests.billing.make import VISIT, Till
from tests.place import Place

MOST = 12  # statements of a page


@pytest.fixture
async def till(place):
    return await Till.open(place)


async def counted(app, hat, view, **given):
    """Return a view and how many statements it took on a connection that knows the types."""
    statements = []

    async def look(tx):
        await view(tx, **given)
        with tx.db.query_logger(lambda record: statements.append(record.query)):
            return await view(tx, **given)

    return await reading(app, hat, look), len(statements)


async def test_a_person_sees_each_bill_with_all_that_became_of_it(app, till, clock):
    paid, payment = await till.paid()
    refund = await till.refund(paid, lines=[1])
    clock.forward(seconds=1)
    waiting = await till.bill(VISIT)
    code = await till.pay(waiting)
    seen, count = await counted(app, till.patient, bills_desk.bills)
    by_id = {view.bill.id: view for view in seen.views}
    assert seen.views[0].bill.id == waiting.id
    assert by_id[waiting.id].waiting.id == code.id
    assert by_id[waiting.id].may_be_paid
    assert not by_id[paid.id].may_be_paid
    assert [p.id for p in by_id[paid.id].payments] == [payment.id]
    assert [r.id for r in by_id[paid.id].refunds] == [refund.id]
    assert [r.fen for r in by_id[paid.id].receipts] == [6167]
    assert by_id[paid.id].seller == "青山市第一人民医院"
    for _ in range(20):
        await till.bill(VISIT)
    assert await counted(app, till.patient, bills_desk.bills) == (
        await till.place.ask(till.patient, bills_desk.bills),
        count,
    )
    assert count <= MOST


async def test_a_person_sees_no_bill_of_another(till):
    bill = await till.bill()
    seen = await till.place.ask(till.patient, bills_desk.bill, bill_id=bill.id)
    assert seen.view.bill.id == bill.id
    stranger = await till.place.patient()
    with pytest.raises(NoSuchBill):
        await till.place.ask(stranger, bills_desk.bill, bill_id=bill.id)
    assert (await till.place.ask(stranger, bills_desk.bills)).views == []


async def test_the_counter_sees_its_own_day(app, till):
    """CAP-14."""
    clerk = await till.place.clerk()
    bill = await till.bill(VISIT)
    await till.cash(bill)
    refund = await till.refund(bill)
    unpaid = await till.bill()
    day, count = await counted(app, clerk, cashier_desk.till)
    assert [b.id for b in day.unpaid] == [unpaid.id]
    assert [p.bill_id for p in day.taken] == [bill.id]
    assert day.to_hand_back == {refund.id}
    assert (day.drawer.taken_fen, day.drawer.handed_back_fen) == (2500, 0)
    assert day.names == {till.patient.person_id: "王秀英"}
    for _ in range(20):
        await till.bill(VISIT)
    assert (await counted(app, clerk, cashier_desk.till))[1] == count <= MOST
    await till.hand_back(refund)
    day, _ = await counted(app, clerk, cashier_desk.till)
    assert (day.to_hand_back, day.drawer.handed_back_fen) == (frozenset(), 2500)


async def test_another_counter_sees_nothing_of_it(app, till):
    await till.paid()
    await till.bill()
    elsewhere = await Till.open(await Place.found(app))
    await elsewhere.place.relate(till.patient.person_id)
    day = await till.place.ask(await elsewhere.place.clerk(), cashier_desk.till)
    assert (day.unpaid, day.taken, day.underway, day.owed, day.names) == ([], [], [], [], {})


async def test_only_the_counter_opens_a_till_and_only_the_administrator_the_books(till):
    await till.paid()
    with pytest.raises(WrongRole):
        await till.place.ask(await till.place.doctor(), cashier_desk.till)
    with pytest.raises(WrongRole):
        await till.place.ask(await till.place.clerk(), cashier_desk.ledger)
    books = await till.place.ask(await till.place.admin(), cashier_desk.ledger)
    assert books.balances[Account.PROVIDER] == 6167
    assert (books.books, books.differences) == ([], [])
