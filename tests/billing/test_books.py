from datetime import timedelta

import asyncpg
import pytest

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.billing import queries, service
from lianyi.billing.errors import NoSuchDifference, ReasonMissing
from lianyi.billing.model import Booked, DifferenceKind
from lianyi.kernel import time
from lianyi.kernel.lifecycle import WrongRole, WrongState
from lianyi.kernel.profile import CHINA
from tests.billing.make import Till
from tests.place import Place


@pytest.fixture
def today(clock):
    return time.day(clock(), CHINA[0].zone)


async def opened(till, day):
    await till.hear(service.open_books, institution_id=till.place.id, day=day)
    return await till.place.app.pool.fetchval(
        "SELECT id FROM billing.books WHERE institution_id = $1 AND day = $2", till.place.id, day
    )


async def differences(till):
    return await till.place.ask(await till.place.admin(), queries.differences)


async def test_a_day_that_agrees_leaves_nothing_to_resolve(till, today):
    """CAP-115."""
    bill, payment = await till.paid()
    refund = await till.refund(bill, lines=[1])
    await till.give_back(refund)
    theirs = [
        Booked(payment.id, payment.id.hex[::-1], 6167),
        Booked(refund.id, refund.id.hex[::-1], -2500),
    ]
    books = await till.hear(service.close_books, books_id=await opened(till, today), theirs=theirs)
    assert (books.matched, books.our_fen, books.their_fen) == (2, 3667, 3667)
    assert await differences(till) == []


async def test_every_difference_is_an_item_that_staff_resolve_with_a_reason(till, today, app):
    """CAP-115."""
    _, payment = await till.paid()
    _, other = await till.paid()
    unknown = till.new()
    theirs = [Booked(other.id, "T2", 1), Booked(unknown, "T3", 900)]
    page = await opened(till, today)
    for _ in range(2):
        books = await till.hear(service.close_books, books_id=page, theirs=theirs)
    assert books.matched == 0
    found = await differences(till)
    assert {(d.kind, d.booked_id, d.our_fen, d.their_fen) for d in found} == {
        (DifferenceKind.AMOUNT, other.id, 6167, 1),
        (DifferenceKind.MISSING_THERE, payment.id, 6167, 0),
        (DifferenceKind.MISSING_HERE, unknown, 0, 900),
    }
    admin, one = await till.place.admin(), found[0]
    given = {"difference_id": one.id, "reason": "次日到账，已核对"}
    with pytest.raises(ReasonMissing):
        await till.place.do(admin, service.resolve_difference, difference_id=one.id, reason=" ")
    with pytest.raises(WrongRole):
        await till.place.do(await till.place.clerk(), service.resolve_difference, **given)
    stranger = await (await Place.found(app)).admin()
    with pytest.raises(NoSuchDifference):
        await till.place.do(stranger, service.resolve_difference, **given)
    await till.place.do(admin, service.resolve_difference, **given)
    with pytest.raises(WrongState):
        await till.place.do(admin, service.resolve_difference, **given)
    assert one.id not in {d.id for d in await differences(till)}


async def test_the_books_are_the_administrator_s_alone(till):
    clerk = await till.place.clerk()
    for query in (queries.differences, queries.compared_books, queries.balances):
        with pytest.raises(WrongRole):
            await till.place.ask(clerk, query)


async def test_another_institution_s_money_is_not_in_these_books(till, app, today):
    elsewhere = await Till.open(await Place.found(app))
    await elsewhere.paid()
    books = await till.hear(service.close_books, books_id=await opened(till, today), theirs=[])
    assert (books.our_fen, books.their_fen) == (0, 0)
    assert await till.balances() == {}


async def test_the_cashier_sees_the_day_and_what_is_still_in_the_air(till, clock, today):
    bill, payment = await till.paid()
    waiting = await till.bill()
    planned = await till.pay(waiting)
    refund = await till.refund(bill)
    clock.forward(minutes=10)

    async def look(tx):
        desk = await access.open_desk(tx, purpose=Purpose.PAY)
        taken = await queries.taken_on(tx, desk, day=today)
        in_air = await queries.unsettled(tx, desk, until=tx.now - timedelta(minutes=5))
        return taken, in_air, await queries.open_bills(tx, desk)

    taken, (payments, refunds), unpaid = await till.place.ask(await till.place.clerk(), look)
    assert [p.id for p in taken] == [payment.id]
    assert [p.id for p in payments] == [planned.id]
    assert [r.id for r in refunds] == [refund.id]
    assert [b.id for b in unpaid] == [waiting.id]


UNBALANCED = """INSERT INTO billing.entry (posting_id, cause, institution_id, account, debit_fen,
                  credit_fen, bill_id, day, at)
                VALUES (gen_random_uuid(), 'opened', $1, 'revenue', 1, 0, $2, '2030-01-07',
                  '2030-01-07')"""


async def test_the_database_refuses_a_posting_that_does_not_balance(till, app):
    bill = await till.bill()
    await till.void(bill)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="balance"):
        await app.pool.execute(UNBALANCED.replace("'opened'", "'shared'"), till.place.id, bill.id)


async def test_the_database_refuses_to_book_the_same_thing_twice(till, app):
    bill = await till.bill()
    with pytest.raises(asyncpg.UniqueViolationError):
        await app.pool.execute(UNBALANCED, till.place.id, bill.id)


@pytest.mark.parametrize("table", ["entry", "line", "receipt", "price", "refunded_line"])
async def test_what_was_booked_can_not_be_changed(app, table):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.pool.execute(f"DELETE FROM billing.{table}")
