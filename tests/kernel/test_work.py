import asyncio
import contextlib

import asyncpg
import pytest

from lianyi.kernel import once as keys
from lianyi.kernel.once import KeyReused, Once
from lianyi.kernel.refusal import Conflict
from lianyi.kernel.witness import NotLogged
from lianyi.kernel.work import Busy, RolledBack, TooCostly, kept, reading
from tests.kernel.lamp import hang

SEEN = "SELECT count(*) FROM lamp WHERE colour = $1"
WITNESS = "INSERT INTO lamp (id, state, colour) VALUES ($1, 'seen', $2)"


class TooDark(Conflict):
    """A refusal for these tests."""


def see(colour, *, refuse=False):
    async def verb(tx):
        tx.witness(WITNESS, tx.new_id(), colour)
        if refuse:
            raise TooDark
        return colour

    return verb


async def test_what_is_witnessed_survives_the_refusal_it_led_to(do, rows):
    with pytest.raises(TooDark):
        await do(see("refused", refuse=True))
    assert await rows(SEEN, "refused") == [(1,)]


async def test_everything_else_goes_with_the_refusal(do, rows):
    async def verb(tx):
        await hang(tx, "undone")
        raise TooDark

    with pytest.raises(TooDark):
        await do(verb)
    assert await rows(SEEN, "undone") == [(0,)]


async def test_what_did_not_hurry_is_on_the_disk_once_it_is_kept(do, app):
    async def verb(tx):
        await tx.unhurried()
        await hang(tx, "kept")
        return await tx.db.fetchval("SELECT pg_current_wal_insert_lsn()")

    written = await do(verb)
    await kept(app)
    flushed = "SELECT pg_current_wal_flush_lsn() > $1"
    assert await app.pool.fetchval(flushed, written)


async def test_if_the_witness_cannot_be_written_nothing_is_told(do, app, keeper):
    async def blind(tx):
        tx.witness("INSERT INTO no_such_table VALUES (1)")

    async def blind_refusal(tx):
        await blind(tx)
        raise TooDark

    with pytest.raises(NotLogged):
        await do(blind_refusal)
    with pytest.raises(NotLogged):
        await reading(app, keeper, blind)


async def test_reads_of_one_moment_are_written_together(app, keeper, rows):
    looks = [reading(app, keeper, see("together")) for _ in range(10)]
    assert await asyncio.gather(*looks) == ["together"] * 10
    count = "SELECT count(DISTINCT xmin::text), count(*) FROM lamp WHERE colour = 'together'"
    ((batches, looked),) = await rows(count)
    assert looked == 10
    assert batches < 10


async def test_a_refused_read_is_on_paper_before_it_is_told(app, keeper, rows):
    with pytest.raises(TooDark):
        await reading(app, keeper, see("refused read", refuse=True))
    assert await rows(SEEN, "refused read") == [(1,)]


@pytest.mark.parametrize(("clashes", "calls"), [(2, 3), (3, 4)])
async def test_a_clash_runs_the_verb_again(do, clashes, calls):
    made = []

    async def clash(tx):
        made.append(tx)
        if len(made) <= clashes:
            raise asyncpg.SerializationError
        return "done"

    assert await do(clash) == "done"
    assert len(made) == calls


async def test_who_keeps_losing_is_told_to_try_later(do):
    async def clash(_):
        raise asyncpg.DeadlockDetectedError

    with pytest.raises(Busy):
        await do(clash)


async def test_what_goes_over_too_much_is_broken_off_and_said_so(do):
    async def long(tx):
        await tx.db.execute("SET LOCAL statement_timeout = 20")
        await tx.db.execute("SELECT pg_sleep(60)")

    with pytest.raises(TooCostly):
        await do(long)


def once(app, body="body"):
    return Once(app.ids.new(app.clock()).hex, body, type(app.ids.new(app.clock())))


async def test_the_same_key_and_body_get_the_first_answer(do, app):
    key = once(app)
    assert await do(hang, once=key) == await do(hang, once=key)


async def test_two_clicks_at_once_are_one_act(do, app):
    key = once(app)
    clicks = [do(hang, once=key) for _ in range(5)]
    assert len(set(await asyncio.gather(*clicks))) == 1


async def test_the_same_key_with_another_body_is_refused(do, app):
    key = once(app)
    await do(hang, once=key)
    with pytest.raises(KeyReused):
        await do(hang, once=Once(key.key, "other", key.answer))


async def test_a_refused_key_may_be_tried_again(do, app):
    key = once(app)
    with pytest.raises(TooDark):
        await do(see("again", refuse=True), once=key)
    assert await do(hang, once=key)


async def test_a_failure_that_a_verb_swallowed_is_never_acknowledged(do):
    async def careless(tx):
        with contextlib.suppress(asyncpg.PostgresError):
            await tx.db.execute("SELECT 1 / 0")
        return "done"

    with pytest.raises(RolledBack):
        await do(careless)


async def test_after_a_cancelled_verb_the_connection_is_as_good_as_new(do, rows):
    begun = asyncio.Event()

    async def slow(tx):
        await hang(tx, "cancelled")
        begun.set()
        await tx.db.execute("SELECT pg_sleep(10)")

    task = asyncio.create_task(do(slow))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await do(hang)
    assert await rows(SEEN, "cancelled") == [(0,)]


async def test_a_key_is_kept_for_seven_days(do, app, clock, rows):
    old, young = once(app), once(app)
    await do(hang, once=old)
    clock.forward(days=6)
    await do(hang, once=young)
    clock.forward(days=1, seconds=1)
    assert await do(lambda tx: keys.forget(tx.db, tx.now)) >= 1
    kept = await rows("SELECT key FROM kernel.once WHERE key = ANY ($1)", [old.key, young.key])
    assert kept == [(young.key,)]
