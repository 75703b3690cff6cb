"""What the people who keep the platform running see of events and errands."""

from datetime import timedelta

import pytest

from lianyi.kernel import errand, flow
from lianyi.kernel.actor import NOWHERE, system
from lianyi.kernel.errand import Answer, Outcome
from lianyi.kernel.work import within

WATCHER = system("watcher", NOWHERE)
WEEK = timedelta(days=7)


@pytest.fixture
async def here(app):
    """Lend a hat whose errands are settled in the end: no worker of another test knows them."""
    hat = system("caller", app.ids.new(app.clock()))
    yield hat
    await app.pool.execute(
        "UPDATE kernel.errand SET outcome = 'no' WHERE institution_id = $1", hat.institution_id
    )


async def see(app, clock, institution_id):
    return await within(
        app,
        WATCHER,
        lambda tx: flow.by_kind(tx, institution_id=institution_id, since=clock() - WEEK),
    )


async def plan(app, hat, kind):
    return await within(app, hat, lambda tx: errand.plan(tx, kind, thing_id=hat.post_id))


async def claim_all(app):
    while await within(app, WATCHER, errand.claim):
        pass


async def test_an_errand_is_in_trouble_after_its_first_pause_and_once_it_failed(app, clock, here):
    await plan(app, here, "test.sent")
    refused = await plan(app, here, "test.refused")
    assert await see(app, clock, here.institution_id) == []
    await claim_all(app)
    await within(app, here, lambda tx: errand.settle(tx, refused, Answer(Outcome.NO)))
    failed = [(one.kind, one.outcome) for one in await see(app, clock, here.institution_id)]
    assert failed == [("test.refused", "no")]

    clock.forward(seconds=31)
    unknown, _ = await see(app, clock, here.institution_id)
    assert (unknown.kind, unknown.outcome, unknown.tries) == ("test.sent", "unknown", 1)
    assert clock() - unknown.since == timedelta(seconds=31)


async def test_errands_of_another_institution_are_not_seen(app, clock, here):
    await plan(app, here, "test.sent")
    await claim_all(app)
    clock.forward(minutes=5)
    assert await see(app, clock, app.ids.new(clock())) == []
    assert "test.sent" in {one.kind for one in await see(app, clock, None)}


async def test_what_is_older_than_asked_is_not_counted(app, clock, here):
    await plan(app, here, "test.sent")
    await claim_all(app)
    clock.forward(days=8)
    assert await see(app, clock, here.institution_id) == []


async def test_a_transaction_that_writes_is_seen_growing_old(app):
    if app.pool.get_max_size() == 1:
        pytest.skip("needs a second connection")
    async with app.pool.acquire() as slow, slow.transaction():
        await slow.execute("SELECT pg_current_xact_id()")
        seen = await within(app, WATCHER, flow.flow)
    assert seen.oldest_write > timedelta()
    assert not seen.is_held_up
