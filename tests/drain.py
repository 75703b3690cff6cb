"""Draining the worker's lanes in a test."""

import asyncio

from lianyi.journeys.wiring import WIRING
from lianyi.worker import deliver as worker

UNSETTLED = """SELECT count(*) FROM kernel.outbox o WHERE delivered_at IS NULL
               AND tx >= pg_snapshot_xmin(pg_current_snapshot())"""


async def deliver(app, wiring=WIRING):
    """Deliver until nothing is held back by transactions of other tests on this server."""
    while True:
        await worker.deliver(app, wiring)
        if not await app.pool.fetchval(UNSETTLED):
            return await worker.deliver(app, wiring)
        await asyncio.sleep(0.01)
