"""Hear NOTIFY on one connection of a process, and find it again when it breaks."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

import asyncpg

from lianyi.kernel.db import Db
from lianyi.kernel.work import GONE

LOG = logging.getLogger(__name__)
PAUSE = 0.5  # seconds before the next attempt
PROOF = 30.0  # seconds after which a silent connection must show that it lives
PATIENCE = 5.0

Heard = Callable[[str], None]


async def listen(
    connect: Callable[[], Awaitable["asyncpg.Connection[asyncpg.Record]"]],
    channels: Mapping[str, Heard],
    again: Callable[[Db], Awaitable[None]],
) -> None:
    """Hand on payloads until cancelled; `again` makes good what a broken connection missed."""
    while True:
        try:
            await _hear(await connect(), channels, again)
        except GONE as trouble:
            LOG.warning("the listening connection broke: %s", type(trouble).__name__)
        await asyncio.sleep(PAUSE)


async def _hear(
    db: "asyncpg.Connection[asyncpg.Record]",
    channels: Mapping[str, Heard],
    again: Callable[[Db], Awaitable[None]],
) -> None:
    gone = asyncio.Event()
    db.add_termination_listener(lambda _: gone.set())
    try:
        for channel, heard in channels.items():
            await db.add_listener(channel, _hand_on(heard))
        await again(db)
        while not await _passes(gone, PROOF):
            await db.execute("SELECT 1", timeout=PATIENCE)
    finally:
        db.terminate()


def _hand_on(heard: Heard) -> Callable[..., None]:
    return lambda _db, _pid, _channel, payload: heard(payload)


async def _passes(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event. `wait_for` of 3.11 forgets a cancellation that comes together with it."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
