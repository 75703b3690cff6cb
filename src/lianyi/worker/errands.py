"""Run errands: claim and prepare in one transaction, speak in none, record in another."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from lianyi.journeys.wiring import WIRING
from lianyi.kernel import errand
from lianyi.kernel.actor import system
from lianyi.kernel.errand import Answer, Claimed, Errand, Outcome
from lianyi.kernel.work import App, Tx, within
from lianyi.links import Links
from lianyi.worker.deliver import WORKER

LOG = logging.getLogger(__name__)
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Runner:
    app: App
    links: Links
    kinds: Sequence[Errand[Links, Any]] = WIRING.errands

    def kind(self, claimed: Claimed) -> Errand[Links, Any]:
        return next(kind for kind in self.kinds if kind.kind == claimed.kind)


async def run_due(runner: Runner) -> int:
    """Run every errand whose time has come, several at once, and return how many there were."""
    first = await within(runner.app, WORKER, errand.claim)
    if first is None:  # as nearly always: one look is enough
        return 0
    others = (_line(runner, None) for _ in range(AT_ONCE - 1))
    return sum(await asyncio.gather(_line(runner, first), *others))


async def _line(runner: Runner, claimed: Claimed | None) -> int:
    count = 0
    while claimed := claimed or await within(runner.app, WORKER, errand.claim):
        await _run(runner, claimed)
        count, claimed = count + 1, None
    return count


async def _run(runner: Runner, claimed: Claimed) -> None:
    kind = runner.kind(claimed)
    hat = system(claimed.kind, claimed.institution_id)
    try:
        request = await within(runner.app, hat, lambda tx: _request(tx, kind, claimed))
        answer = await _speak(kind, runner.links, claimed, request)
        await within(runner.app, hat, lambda tx: _record(tx, kind, claimed, answer))
    except Exception:
        LOG.exception("errand %s of kind %s will be tried again", claimed.id, claimed.kind)


async def _request(tx: Tx, kind: Errand[Links, Any], claimed: Claimed) -> object:
    if claimed.request is None:
        prepared = await kind.prepare(tx, claimed.thing_id)
        sealed = await errand.keep_request(tx, claimed.id, prepared)
    else:
        sealed = claimed.request
    return msgspec.json.decode(tx.keys.open(sealed), type=kind.request)


async def _speak(
    kind: Errand[Links, Any], links: Links, claimed: Claimed, request: object
) -> Answer:
    try:
        known = await kind.ask(links, claimed.id, request) if claimed.before else None
        return known or await kind.send(links, claimed.id, request)
    except OSError:  # includes TimeoutError: the other side may or may not have acted
        return Answer(Outcome.UNKNOWN)


async def _record(tx: Tx, kind: Errand[Links, Any], claimed: Claimed, answer: Answer) -> None:
    await errand.settle(tx, claimed.id, answer)
    if answer.outcome is not Outcome.UNKNOWN:
        await kind.record(tx, claimed.thing_id, answer)
