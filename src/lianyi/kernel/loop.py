"""How long the event loop of a process is held: everybody's answer waits for whoever holds it."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from prometheus_client import Histogram

EVERY = 0.25  # seconds between two looks
STEPS = (0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0)  # nothing may hold it over 0.02 s
GARBAGE = 20_000  # objects between two searches: a request makes and drops some hundreds
TURN = 0.0005  # seconds a thread may go on while the loop waits
held = Histogram("lianyi_loop_held_seconds", "Time the event loop was late", buckets=STEPS)


def settle() -> None:
    """Keep from holding the loop what a start has made, and what threads do beside it.

    The first is left out of every later search for garbage. A thread that computes gives the loop
    its turn after half a millisecond: with Python's 5, every answer of the database waits so long.
    """
    sys.setswitchinterval(TURN)
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE)


@asynccontextmanager
async def watched(every: float = EVERY) -> AsyncIterator[None]:
    """Measure the running loop for as long as the block lasts."""
    task = asyncio.create_task(_watch(every))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _watch(every: float) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + every
        await asyncio.sleep(every)
        held.observe(max(0.0, loop.time() - due))
