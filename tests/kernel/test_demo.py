import asyncio
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from lianyi import main
from lianyi.kernel import demo
from lianyi.kernel.config import Config
from lianyi.kernel.demo import BackInTime, Clock, NotADemo
from lianyi.kernel.live import Hub
from lianyi.kernel.migrate import migrate

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def played(cluster, worker_id):
    """Lend a database that was born as a demo."""
    with cluster.clone(f"{worker_id}_demo", template="template0") as url:
        asyncio.run(migrate(url, demo=True))
        yield url


async def test_real_time_can_not_be_moved(app, clock):
    moving = Clock(clock)
    async with app.pool.acquire() as db:
        await moving.read(db)
        with pytest.raises(NotADemo):
            await demo.forward(db, moving, by=DAY)
    moving.heard("86400000")
    assert moving() == clock()


async def test_a_demo_moves_forward_and_stays_there(played, clock):
    db = await asyncpg.connect(played)
    moving, later = Clock(clock), Clock(clock)
    before = moving()
    await moving.read(db)
    assert await demo.forward(db, moving, by=DAY) >= before + DAY
    await later.read(db)
    assert later() == moving()
    await db.close()


@pytest.mark.parametrize("by", [timedelta(0), -DAY])
async def test_no_clock_moves_back(played, clock, by):
    db = await asyncpg.connect(played)
    with pytest.raises(BackInTime):
        await demo.forward(db, Clock(clock), by=by)
    await db.close()


async def test_a_move_reaches_the_other_processes(played, tmp_path):
    config = Config(home=Path(tmp_path), database_url=played, pool_size=2)
    async with main.running(config, Hub()) as mover, main.running(config, Hub()) as other:
        before = other.clock()
        async with asyncio.timeout(40), mover.pool.acquire() as db:
            await demo.forward(db, mover.clock, by=DAY)
            while other.clock() < before + DAY:  # noqa: ASYNC110 - a clock has no event
                await asyncio.sleep(0.01)
