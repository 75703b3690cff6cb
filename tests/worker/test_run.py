"""The worker's day: what it does again and again until it is told to stop."""

import asyncio

from lianyi.kernel.once import BATCH, KEPT
from lianyi.worker import run

PATIENCE = 60  # seconds, for a machine with much else to do
TAKEN = """INSERT INTO kernel.once (post_id, key, fingerprint, at)
           SELECT gen_random_uuid(), 'long ago ' || n, '', $1 FROM generate_series(1, $2::int) n"""
LEFT = "SELECT count(*) FROM kernel.once WHERE key LIKE 'long ago %'"


async def test_what_nobody_needs_any_more_is_forgotten_batch_after_batch(app):
    """A batch an hour would never come to an end where many write."""
    await app.pool.execute(TAKEN, app.clock() - 2 * KEPT, 2 * BATCH + 1)
    stop = asyncio.Event()
    day = asyncio.create_task(run.run(app, None, stop))  # no neighbour is asked for anything
    async with asyncio.timeout(PATIENCE):
        while await app.pool.fetchval(LEFT):  # noqa: ASYNC110 - a database has no event
            await asyncio.sleep(0.02)
    stop.set()
    await day
