"""The worker's day: timers, events, errands and bulk data, until it is told to stop."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from functools import partial

from lianyi.journeys.wiring import WIRING
from lianyi.kernel import once, seal, timers
from lianyi.kernel.refusal import Unavailable
from lianyi.kernel.work import App, reading, within
from lianyi.links import Links
from lianyi.worker import bringing, bulk, deliver, errands
from lianyi.worker.deliver import WORKER
from lianyi.worker.errands import Runner

LOG = logging.getLogger(__name__)
IDLE = 0.1  # seconds between two looks when there was nothing to do
BUSY = 0.02  # seconds in which more may come that can be handed on together
MANY = 16  # events in one look: where so many come, it is cheaper to let more of them come
BULK = 1.0  # seconds between two looks for what leaves or comes in bulk
SEAL = 5.0  # seconds between two seals of a log
FORGET = 3600.0  # seconds between two looks for what nobody needs any more
AWAY = 1.0  # seconds to wait for a database that does not answer


async def run(app: App, links: Links, stop: asyncio.Event) -> None:
    runners = [
        Runner(app, links, kinds, stop)
        for kinds in (WIRING.awaited, WIRING.unhurried, WIRING.hooks)
    ]
    async with asyncio.TaskGroup() as day:
        day.create_task(_repeat(lambda: _fire(app), stop))
        day.create_task(_repeat(lambda: deliver.deliver(app), stop, many=MANY))
        for runner in runners:
            day.create_task(_repeat(partial(errands.run_due, runner), stop))
        day.create_task(_repeat(lambda: bulk.step(app), stop, BULK))
        day.create_task(_repeat(lambda: bringing.step(app, stop), stop, BULK))
        day.create_task(_repeat(lambda: deliver.listen(app), stop))
        day.create_task(_repeat(lambda: _seal(app), stop, SEAL))
        day.create_task(_repeat(lambda: _forget(app), stop, FORGET))


async def _fire(app: App) -> int:
    due = await reading(app, WORKER, timers.are_due)  # seldom, and to look costs little
    return await within(app, WORKER, timers.fire) if due else 0


async def _seal(app: App) -> int:
    """Seal what is new in every log; whatever is more than a batch waits for the next round."""
    for log in WIRING.logs:
        await within(app, WORKER, partial(seal.seal, log=log))
    return 0


async def _forget(app: App) -> int:
    """Forget a batch of everything that only mattered for a while."""
    keys = await within(app, WORKER, lambda tx: once.forget(tx.db, tx.now))
    return keys + sum([await within(app, WORKER, forget) for forget in WIRING.forgetting])


async def _repeat(
    work: Callable[[], Awaitable[int]],
    stop: asyncio.Event,
    idle: float = IDLE,
    *,
    many: float = math.inf,
) -> None:
    """Work until told to stop; a batch that has begun is ended first."""
    while not stop.is_set():
        pause = await _round(work, idle, many)
        if pause:
            await _rest(stop, pause)


async def _round(work: Callable[[], Awaitable[int]], idle: float, many: float) -> float:
    try:
        done = await work()
    except Unavailable as trouble:
        LOG.warning("the worker waits: %s", trouble.code)
    except Exception:
        LOG.exception("the worker met a bug and goes on")
    else:
        return BUSY if 0 < done < many else idle
    return AWAY


async def _rest(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
