"""Tell open pages that something changed: names and ids only, never what it changed to.

The worker's relay sends each name once per node over NOTIFY, on a connection of its own; every web
process listens on one connection and hands the names to its open streams. A page that hears one
reads again through the door it came by, so a lost or forged name shows nobody anything.
"""

import asyncio
import time
from collections import OrderedDict, defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, TypeAlias

from lianyi.kernel.db import Db

CHANNEL = "lianyi_live"
PAYLOAD = 7900  # bytes; PostgreSQL takes 8000
MOST_WAITING = 100  # names a slow reader may be behind before they become "read everything again"
EVERYTHING = "*"
KEPT = 30.0  # seconds in which a page that was read opens its stream


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


class Told(NamedTuple):
    """A name, and when it was heard: all that was heard before it has been told as well."""

    topic: str
    at: float  # seconds since the epoch


Waiting: TypeAlias = "asyncio.Queue[Told | None]"


class Hub:
    """The open streams of one process, by the names they wait for.

    It remembers for a while what it heard, because a page is read before its stream is open.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._heard: OrderedDict[str, float] = OrderedDict()  # when each name came last
        self._complete = clock()  # nothing that came after this is forgotten
        self._open: defaultdict[str, set[Waiting]] = defaultdict(set)
        self._queues: set[Waiting] = set()

    def __len__(self) -> int:
        return len(self._queues)

    def heard(self, payload: str) -> None:
        """Hand on what NOTIFY brought."""
        now = self._clock()
        for topic in payload.splitlines():
            self._heard[topic] = now
            self._heard.move_to_end(topic)
            for queue in tuple(self._open.get(topic, ())):
                _offer(queue, Told(topic, now))
        self._forget(now - KEPT)

    def _forget(self, until: float) -> None:
        self._complete = max(self._complete, until)
        while self._heard and next(iter(self._heard.values())) < until:
            self._heard.popitem(last=False)

    def again(self) -> None:
        """After a broken connection nobody knows what was missed: let every page read again."""
        self._complete = self._clock()
        for queue in tuple(self._queues):
            _offer(queue, Told(EVERYTHING, self._complete))

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        for queue in tuple(self._queues):
            _offer(queue, None)

    @contextmanager
    def subscribe(
        self, topics: Iterable[str], since: float | None = None
    ) -> Iterator[AsyncIterator[Told]]:
        """Give the names heard from now on, until the block or the hub is closed.

        :param since: seconds since the epoch until when the reader knows everything: what came
            later is told first.
        """
        queue: Waiting = asyncio.Queue(MOST_WAITING)
        names = frozenset(topics)
        self._queues.add(queue)
        for topic in names:
            self._open[topic].add(queue)
        for told in self._missed(names, since):
            _offer(queue, told)
        try:
            yield _drain(queue)
        finally:
            self._queues.discard(queue)
            for topic in names:
                self._leave(topic, queue)

    def _missed(self, names: Iterable[str], since: float | None) -> list[Told]:
        if since is None:
            return []
        if since < self._complete:
            return [Told(EVERYTHING, self._clock())]
        came = (Told(topic, self._heard.get(topic, 0.0)) for topic in names)
        return sorted((told for told in came if told.at >= since), key=lambda told: told.at)

    def _leave(self, topic: str, queue: Waiting) -> None:
        self._open[topic].discard(queue)
        if not self._open[topic]:
            del self._open[topic]


def _offer(queue: Waiting, told: Told | None) -> None:
    if not queue.full():
        queue.put_nowait(told)
        return
    while not queue.empty():
        queue.get_nowait()
    queue.put_nowait(told and Told(EVERYTHING, told.at))


async def _drain(queue: Waiting) -> AsyncIterator[Told]:
    while (told := await queue.get()) is not None:
        yield told
