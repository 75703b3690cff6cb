"""Play the tour against a running demo, or start one for it and stop it after."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from lianyi.cli import addresses
from lianyi.cli.addresses import Addresses
from lianyi.cli.serve import answers_at
from lianyi.cli.tour import (
    clock,
    counter,
    doors,
    evidence,
    fill,
    follow_up,
    in_person,
    late,
    line,
    living,
    pay,
    prescribe,
    review,
    script,
    shared,
    sign,
    sitting,
    stage,
    stopped,
    visit,
)
from lianyi.cli.tour.script import Script
from lianyi.kernel import process
from lianyi.kernel.config import Config
from lianyi.kernel.refusal import Unavailable

START = 120.0  # seconds a first start may take
STOP = 30.0
SCENES = (
    clock.scene,
    doors.scene,
    counter.scene,
    sign.scene,
    visit.scene,
    line.scene,
    in_person.scene,
    prescribe.scene,
    review.scene,
    fill.scene,
    pay.scene,
    shared.scene,
    follow_up.scene,  # lets an hour pass
    stopped.scene,
    sitting.scene,  # lets the day pass
    evidence.scene,  # lets the night pass
    late.scene,  # and the night
    living.scene,  # as it stays
)
STUMBLED = """这个演示已经走过导览，同样的人再走一遍，有些步骤会对不上。请换一个新的 LIANYI_HOME。
This demo has had the tour: its people stumble over what they did then. Use a new LIANYI_HOME."""


class NoDemo(Unavailable):
    """The demo that was started for the tour did not come up."""


def play(config: Config, *, as_json: bool) -> bool:
    """Play every scene and tell its steps; return whether all came out right."""
    tell = script.as_json if as_json else script.as_line
    told, before = Script(lambda step: click.echo(tell(step))), has_been_played(config)
    with _demo(config) as found:
        asyncio.run(_play(found, told))
    if not as_json:
        click.echo(_summary(told))
    if not told.failed:
        _mark(config).touch()
    elif before and not as_json:
        click.echo(STUMBLED)
    return not told.failed


def has_been_played(config: Config) -> bool:
    """Return whether a tour has come to a good end in this home's demo."""
    return _mark(config).exists()


async def _play(found: Addresses, told: Script) -> None:
    async with stage.opened(found, told) as here:
        try:
            for scene in SCENES:
                await scene(here)
        except Exception:
            if not told.failed:  # a step has told its own trouble already
                raise


def _mark(config: Config) -> Path:
    return config.home / "tour.played"


def _summary(told: Script) -> str:
    checks = sum(len(step.checks) for step in told.steps)
    slowest = max((step.ms for step in told.steps), default=0)
    waited = f"，等待超过 {script.SLOW} ms 的 {len(told.slow)} 步"
    return f"{len(told.steps)} 步，{checks} 项检查，最慢 {slowest} ms{waited}"


@contextmanager
def _demo(config: Config) -> Iterator[Addresses]:
    running = addresses.read(config)
    if running and answers_at(running.site):
        yield running
        return
    with Path(os.devnull).open("wb") as nowhere:
        command = [sys.executable, "-m", "lianyi.cli", "demo"]
        child = process.spawn(
            command, dies_by=signal.SIGTERM, log=nowhere, env={"LIANYI_TOUR": "false"}
        )
    try:
        yield _wait(config, lambda: child.poll() is None)
    finally:
        child.terminate()
        child.wait(STOP)


def _wait(config: Config, alive: Callable[[], bool]) -> Addresses:
    until = time.monotonic() + START
    while alive() and time.monotonic() < until:
        found = addresses.read(config)
        if found and answers_at(found.site):
            return found
        time.sleep(0.1)
    raise NoDemo
