"""Run errands: claim and prepare in one transaction, speak in none, record in another."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from lianyi.journeys.wiring import WIRING
from lianyi.kernel import errand
from lianyi.kernel.actor import system
from lianyi.kernel.errand import Answer, Claimed, Errand, Outcome
from lianyi.kernel.work import App, Tx, reading, within
from lianyi.links import Links
from lianyi.worker.deliver import WORKER

LOG = logging.getLogger(__name__)
AT_ONCE = 8
LOOK = 0.1  # seconds between two looks of a line that has nothing to do while others work


@dataclass(frozen=True, slots=True)
class Runner:
    """Where errands are run, and what ends the looking for more of them."""

    app: App
    links: Links
    kinds: Sequence[Errand[Links, Any]] = WIRING.errands
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def is_due(self) -> bool:
        return await reading(self.app, WORKER, lambda tx: errand.is_due(tx, self.names))

    async def claim(self) -> Claimed | None:
        return await within(self.app, WORKER, lambda tx: errand.claim(tx, self.names))

    @property
    def names(self) -> list[str]:
        return [kind.kind for kind in self.kinds]

    def kind(self, claimed: Claimed) -> Errand[Links, Any]:
        return next(kind for kind in self.kinds if kind.kind == claimed.kind)


async def run_due(runner: Runner) -> int:
    """Run every errand whose time has come, several at once, and return how many there were.

    What becomes due meanwhile doesn't wait for a neighbour that is slow to answer.
    """
    if runner.stop.is_set() or not await runner.is_due():  # as nearly always
        return 0
    busy = set(range(AT_ONCE))
    return sum(await asyncio.gather(*(_line(runner, busy, own) for own in range(AT_ONCE))))


async def _line(runner: Runner, busy: set[int], own: int) -> int:
    """Run one errand after the other until no line has anything to do any more."""
    count = 0
    try:
        while not runner.stop.is_set():
            if claimed := await runner.claim():
                busy.add(own)
                await _run(runner, claimed)
                count += 1
                continue
            busy.discard(own)
            if not busy:
                break
            await asyncio.sleep(LOOK)
    finally:
        busy.discard(own)
    return count


async def _run(runner: Runner, claimed: Claimed) -> None:
    try:
        await _carry_out(runner, claimed)
    except Exception:
        LOG.exception("errand %s of kind %s will be tried again", claimed.id, claimed.kind)


async def _carry_out(runner: Runner, claimed: Claimed) -> None:
    kind = runner.kind(claimed)
    hat = system(claimed.kind, claimed.institution_id)
    request = await within(runner.app, hat, lambda tx: _request(tx, kind, claimed))
    answer = await _speak(kind, runner.links, claimed, request)
    await within(runner.app, hat, lambda tx: _record(tx, kind, claimed, answer))


async def _request(tx: Tx, kind: Errand[Links, Any], claimed: Claimed) -> object:
    if claimed.request is None:
        prepared = await kind.prepare(tx, claimed.thing_id)
        sealed = await errand.keep_request(tx, claimed.id, prepared)
    else:
        sealed = claimed.request
    return msgspec.json.decode(tx.keys.open(sealed), type=kind.request)


async def _speak(
    kind: Errand[Links, Any], links: Links, claimed: Claimed, request: object
) -> Answer | None:
    """Return what the other side said; None when nobody knows whether it has acted."""
    try:
        known = await kind.ask(links, claimed.id, request) if claimed.before else None
        return known or await kind.send(links, claimed.id, request)
    except OSError:  # includes TimeoutError
        return None


async def _record(
    tx: Tx, kind: Errand[Links, Any], claimed: Claimed, answer: Answer | None
) -> None:
    if answer is None:
        await errand.unheard(tx, claimed.id)
        return
    await errand.settle(tx, claimed.id, answer)
    if answer.outcome is not Outcome.UNKNOWN:
        await kind.record(tx, claimed.thing_id, answer)
