import asyncio
from dataclasses import replace

import asyncpg
import pytest

from lianyi.kernel.lifecycle import NoSuchThing, WrongRole, WrongState, advance, sql
from lianyi.kernel.work import within
from tests.kernel.lamp import KEEPER, LAMP, VISITOR, LampLit, hang

HISTORY = "SELECT verb, before, after, why FROM kernel.history WHERE thing_id = $1 ORDER BY seq"
STATE = "SELECT state FROM lamp WHERE id = $1"


def move(id, verb, **options):
    return lambda tx: advance(tx, LAMP, id, verb, **options)


async def test_birth_and_moves_are_recorded_with_their_reason(do, rows):
    id = await do(hang)
    await do(move(id, "light", why="dusk"))
    assert await rows(HISTORY, id) == [("hang", None, "off", ""), ("light", "off", "on", "dusk")]


async def test_a_move_and_its_event_are_one(do, rows, keeper):
    id = await do(hang)
    event = LampLit(id, keeper.institution_id)
    await do(move(id, "light", event=event))
    with pytest.raises(WrongState):
        await do(move(id, "light", event=event))
    assert await rows("SELECT name FROM kernel.outbox WHERE owner = $1", id) == [("lamp.lit",)]


async def test_a_move_of_nothing_is_not_found(do, app):
    with pytest.raises(NoSuchThing):
        await do(move(app.ids.new(app.clock()), "light"))


async def test_a_role_makes_only_its_own_moves(app, do, keeper, rows):
    id = await do(hang)
    with pytest.raises(WrongRole):
        await within(app, replace(keeper, role=VISITOR), move(id, "light"))
    assert "broken" not in sql(LAMP, "put_out", KEEPER)
    assert await rows(STATE, id) == [("off",)]


async def test_of_twenty_at_once_one_moves(do, rows):
    id = await do(hang)
    tries = [do(move(id, "light")) for _ in range(20)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert answers.count(None) == 1
    assert sum(isinstance(a, WrongState) and a.state == "on" for a in answers) == 19
    assert len(await rows(HISTORY, id)) == 2


async def test_history_cannot_be_rewritten(do, rows):
    id = await do(hang)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await rows("UPDATE kernel.history SET why = 'x' WHERE thing_id = $1", id)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await rows("DELETE FROM kernel.history WHERE thing_id = $1", id)


async def test_a_move_with_two_froms_sees_what_a_rival_has_just_committed(app, do, rows):
    if app.pool.get_max_size() == 1:
        pytest.skip("needs a second connection")
    id = await do(hang)
    await do(move(id, "light"))
    async with app.pool.acquire() as rival:
        async with rival.transaction():
            await rival.execute("UPDATE lamp SET state = 'low' WHERE id = $1", id)
            stop = asyncio.create_task(do(move(id, "put_out")))
            await _until_somebody_waits(rival)
        await stop
    assert (await rows(HISTORY, id))[-1][:3] == ("put_out", "low", "off")


async def _until_somebody_waits(db):
    waiting = 0
    while not waiting:
        waiting = await db.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted")


def test_a_page_offers_only_what_the_role_may_do_now():
    assert LAMP.open_to(KEEPER, "on") == ["dim", "put_out"]
    assert LAMP.open_to(VISITOR, "off") == []
