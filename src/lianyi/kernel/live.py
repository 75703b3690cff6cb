"""Tell open pages that something changed: names and ids only, never what it changed to.

The worker's relay sends each name once per node over NOTIFY, on a connection of its own; every web
process listens on one connection and hands the names to its open streams. A page that hears one
reads again through the door it came by, so a lost or forged name shows nobody anything.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager

from lianyi.kernel.db import Db

CHANNEL = "lianyi_live"
PAYLOAD = 7900  # bytes; PostgreSQL takes 8000
WAITING = 100  # names a slow reader may be behind before they become "read everything again"
EVERYTHING = "*"


async def relay(db: Db, topics: Iterable[str]) -> None:
    """Send names to every web process. Never call this inside a business transaction."""
    payload = ""
    for topic in dict.fromkeys(topics):
        if len(payload) + len(topic) + 1 > PAYLOAD:
            await _notify(db, payload)
            payload = ""
        payload += f"{topic}\n"
    if payload:
        await _notify(db, payload)


async def _notify(db: Db, payload: str) -> None:
    await db.execute("SELECT pg_notify($1, $2)", CHANNEL, payload)


class Hub:
    """The open streams of one process, by the names they wait for."""

    def __init__(self) -> None:
        self._open: defaultdict[str, set[asyncio.Queue[str | None]]] = defaultdict(set)
        self._queues: set[asyncio.Queue[str | None]] = set()

    def __len__(self) -> int:
        return len(self._queues)

    def heard(self, payload: str) -> None:
        """Hand on what NOTIFY brought."""
        for topic in payload.splitlines():
            for queue in tuple(self._open.get(topic, ())):
                _offer(queue, topic)

    def again(self) -> None:
        """After a broken connection nobody knows what was missed: let every page read again."""
        for queue in tuple(self._queues):
            _offer(queue, EVERYTHING)

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        for queue in tuple(self._queues):
            _offer(queue, None)

    @contextmanager
    def subscribe(self, topics: Iterable[str]) -> Iterator[AsyncIterator[str]]:
        """Give the names heard from now on, until the block or the hub is closed."""
        queue: asyncio.Queue[str | None] = asyncio.Queue(WAITING)
        names = frozenset(topics)
        self._queues.add(queue)
        for topic in names:
            self._open[topic].add(queue)
        try:
            yield _drain(queue)
        finally:
            self._queues.discard(queue)
            for topic in names:
                self._leave(topic, queue)

    def _leave(self, topic: str, queue: asyncio.Queue[str | None]) -> None:
        self._open[topic].discard(queue)
        if not self._open[topic]:
            del self._open[topic]


def _offer(queue: asyncio.Queue[str | None], topic: str | None) -> None:
    if not queue.full():
        queue.put_nowait(topic)
        return
    while not queue.empty():
        queue.get_nowait()
    queue.put_nowait(topic if topic is None else EVERYTHING)


async def _drain(queue: asyncio.Queue[str | None]) -> AsyncIterator[str]:
    while (topic := await queue.get()) is not None:
        yield topic
