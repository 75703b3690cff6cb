"""Walk the seals of every append-only log and say whether they hold (验证存证)."""

import asyncio

import click

from lianyi import main
from lianyi.journeys.wiring import WIRING
from lianyi.kernel import seal
from lianyi.kernel.config import Config
from lianyi.kernel.seal import Log, Verdict
from lianyi.kernel.work import App, within
from lianyi.worker.deliver import WORKER


def verify(config: Config) -> bool:
    """Tell the verdict on each log; return whether all of them hold."""
    return asyncio.run(_walk(config))


async def _walk(config: Config) -> bool:
    async with main.pool(config) as connections:
        app = main.app(config, connections)
        found = [await _verdict(app, log) for log in WIRING.logs]
    for verdict in found:
        click.echo(_line(verdict))
    return all(verdict.broken_at is None for verdict in found)


async def _verdict(app: App, log: Log) -> Verdict:
    return await within(app, WORKER, lambda tx: seal.verify(tx, log))


def _line(verdict: Verdict) -> str:
    if verdict.broken_at is None:
        return f"✓ {verdict.table}: {verdict.rows} rows, {verdict.seals} seals 完好"
    return f"✗ {verdict.table}: seal {verdict.broken_at} does not hold 存证不符"
