"""Hand events to those that follow them: in batches, in order per owner, each effect once."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from lianyi.journeys import fhir_notices
from lianyi.journeys.wiring import WIRING, AtOnce, Follower, Wiring
from lianyi.kernel import live, outbox
from lianyi.kernel.actor import NOWHERE, system
from lianyi.kernel.outbox import BATCH, Waiting
from lianyi.kernel.work import App, Tx, reading, within

LOG = logging.getLogger(__name__)
WORKER = system("worker", NOWHERE)


async def deliver(app: App, wiring: Wiring = WIRING) -> int:
    """Hand on what waits in all lanes, and return how many events that were.

    Lanes share a transaction: most hold one or two.
    """
    lanes = await reading(app, WORKER, lambda tx: outbox.lanes(tx.db))
    count, last = 0, BATCH if lanes else 0
    while last == BATCH:  # what is less was all there was
        events = await _step(app, lanes, wiring)
        await _announce(app, events, wiring)
        last = len(events)
        count += last
    return count


async def listen(app: App) -> int:
    """Collect what the record has to tell to apps, and wake those that wait at a socket."""
    woken = await within(app, WORKER, fhir_notices.listen)
    if woken:
        async with app.pool.acquire() as db:
            await live.relay(db, woken)
    return len(woken)


async def _step(app: App, lanes: Sequence[int], wiring: Wiring) -> list[Any]:
    try:
        return await within(app, WORKER, lambda tx: _batch(tx, lanes, wiring, BATCH))
    except Exception:
        LOG.exception("a batch of lanes %s failed; its events are tried one by one", lanes)
        return [event for lane in lanes for event in await _one_by_one(app, lane, wiring)]


async def _one_by_one(app: App, lane: int, wiring: Wiring) -> list[Any]:
    waiting = await within(app, WORKER, lambda tx: outbox.take(tx.db, [lane], tx.now, BATCH))
    return [event for _ in waiting for event in await _one(app, lane, wiring)]


async def _one(app: App, lane: int, wiring: Wiring) -> list[Any]:
    tried: list[Waiting] = []
    try:
        return await within(app, WORKER, lambda tx: _batch(tx, [lane], wiring, 1, tried))
    except Exception as trouble:
        if not tried:
            raise
        poison, kind = tried[-1], type(trouble).__name__
        LOG.warning("event %s parks its owner's line: %s", poison.seq, kind)
        await within(app, WORKER, lambda tx: outbox.park(tx.db, poison, tx.now, kind))
        return []


async def _batch(
    tx: Tx, lanes: Sequence[int], wiring: Wiring, limit: int, tried: list[Waiting] | None = None
) -> list[Any]:
    waiting = await outbox.take(tx.db, lanes, tx.now, limit)
    if not waiting:
        return []
    if tried is not None:
        tried.extend(waiting)
    events = [one.event(wiring.kinds) for one in waiting]
    await _follow(tx, waiting, events, wiring)
    await outbox.delivered(tx.db, waiting, tx.now)
    return events


async def _follow(
    tx: Tx, waiting: Sequence[Waiting], events: Sequence[Any], wiring: Wiring
) -> None:
    """Let each follower have what it had not yet: event by event, or all at once in the end."""
    wanted = [
        ((one.seq, _name(follow)), follow, event)
        for one, event in zip(waiting, events, strict=True)
        for follow in wiring.followers.get(type(event), ())
    ]
    fresh = await outbox.first_times(tx.db, [key for key, *_ in wanted])
    gathered: dict[tuple[AtOnce, UUID], list[Any]] = {}
    for key, follow, event in wanted:
        if key not in fresh:
            continue
        if isinstance(follow, AtOnce):
            gathered.setdefault((follow, event.institution_id), []).append(event)
        else:
            await follow(replace(tx, actor=system(_name(follow), event.institution_id)), event)
    for (follow, institution_id), some in gathered.items():
        await follow.verb(replace(tx, actor=system(_name(follow), institution_id)), some)


async def _announce(app: App, events: Sequence[Any], wiring: Wiring) -> None:
    """Tell open pages, after the commit and outside any transaction."""
    topics = [topic for event in events for topic in wiring.topics(event)]
    if topics:
        async with app.pool.acquire() as db:
            await live.relay(db, topics)


def _name(follow: Follower | AtOnce) -> str:
    verb = follow.verb if isinstance(follow, AtOnce) else follow
    return f"{verb.__module__.rpartition('.')[2]}.{verb.__qualname__.rpartition('.')[2]}"
