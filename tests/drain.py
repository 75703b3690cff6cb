"""Draining the worker's lanes in a test."""

import asyncio

from lianyi.journeys.wiring import WIRING
from lianyi.worker import deliver as worker

UNSETTLED = """SELECT count(*) FROM kernel.outbox o WHERE delivered_at IS NULL
               AND tx >= pg_snapshot_xmin(pg_current_snapshot())"""


async def deliver(app, wiring=WIRING):
    """Deliver until nothing is left that other tests on this server hold back, and count.

    What is handed on may bring more, which what began there meanwhile may hold back again.
    """
    total = 0
    while True:
        held = await app.pool.fetchval(UNSETTLED)
        handed = await worker.deliver(app, wiring)
        total += handed
        if not handed and not held:
            return total
        await asyncio.sleep(0 if handed else 0.01)


async def begin_anew(app):
    """Put aside what other tests of this process have left undone: whoever is real would do it."""
    async with app.pool.acquire() as db:
        await db.execute("UPDATE kernel.outbox SET delivered_at = now() WHERE delivered_at IS NULL")
        await db.execute("UPDATE kernel.errand SET next_at = 'infinity'")
