"""Walk the seals of all logs, the list of every visit, and every row's history, and say."""

import asyncio
import importlib
import pkgutil
from collections.abc import Iterator

import click

import lianyi
from lianyi import main
from lianyi.journeys import trail
from lianyi.journeys.wiring import WIRING
from lianyi.kernel import seal, walks
from lianyi.kernel.config import Config
from lianyi.kernel.lifecycle import Lifecycle
from lianyi.kernel.seal import Log, Verdict
from lianyi.kernel.walks import Walked
from lianyi.kernel.work import App, within
from lianyi.worker.deliver import WORKER


def verify(config: Config) -> bool:
    """Tell the verdict on each log and each lifecycle; return whether all of them hold."""
    return asyncio.run(_walk(config))


def lifecycles() -> Iterator[Lifecycle]:
    """Yield every table of moves there is."""
    for room in pkgutil.iter_modules(lianyi.__path__, "lianyi."):
        if room.ispkg and any(m.name == "states" for m in pkgutil.iter_modules(_path(room.name))):
            states = importlib.import_module(f"{room.name}.states")
            yield from (one for one in vars(states).values() if isinstance(one, Lifecycle))


async def _walk(config: Config) -> bool:
    async with main.pool(config) as connections:
        app = main.app(config, connections)
        sealed = [await _verdict(app, log) for log in WIRING.logs]
        walked = [await _walked(app, cycle) for cycle in lifecycles()]
        visits = await within(app, WORKER, trail.walk)
    for line in (*map(_line, sealed), *map(_steps, walked), _trails(visits)):
        click.echo(line)
    logs = all(one.broken_at is None for one in sealed)
    return logs and not any(one.strays for one in walked) and not visits.broken


async def _verdict(app: App, log: Log) -> Verdict:
    return await within(app, WORKER, lambda tx: seal.verify(tx, log))


async def _walked(app: App, cycle: Lifecycle) -> Walked:
    return await within(app, WORKER, lambda tx: walks.walked(tx.db, cycle))


def _path(room: str) -> list[str]:
    return list(importlib.import_module(room).__path__)


def _line(verdict: Verdict) -> str:
    if verdict.broken_at is None:
        return f"✓ {verdict.table}: {verdict.rows} rows, {verdict.seals} seals 完好"
    return f"✗ {verdict.table}: seal {verdict.broken_at} does not hold 存证不符"


def _steps(walked: Walked) -> str:
    if not walked.strays:
        return f"✓ {walked.table}: {walked.rows} rows walked their moves 状态合规"
    first = walked.strays[0]
    step = f"{first.verb} {first.before or '—'} → {first.after}"
    return f"✗ {walked.table}: {first.id} did not walk, {step} 状态不符"


def _trails(walked: trail.Walked) -> str:
    if not walked.broken:
        return f"✓ visits: {walked.trails} lists, {walked.lines} lines 就诊轨迹完好"
    return f"✗ visits: the list of {walked.broken[0]} does not hold 就诊轨迹不符"
