"""Play the tour against a running demo, or start one for it and stop it after.

A demo that has had its tour is left as it is: the same people would stumble over what they did
then. Another one is started for it, and is gone after it.
"""

import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec

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
ANEW = """这个演示已经走过导览，这一遍在一个新的、走完即弃的演示里走。
This demo has had its tour: this one is played in a new demo, which is thrown away after it."""


class NoDemo(Unavailable):
    """The demo that was started for the tour did not come up."""


def play(config: Config, *, as_json: bool) -> bool:
    """Play every scene and tell its steps; return whether all came out right."""
    tell = script.as_json if as_json else script.as_line
    told = Script(lambda step: click.echo(tell(step)))
    with _unplayed(config) as own, _demo(own) as found:
        asyncio.run(_play(found, told))
    if not as_json:
        click.echo(_summary(told))
    if not told.failed:
        _mark(config).touch()
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
def _unplayed(config: Config) -> Iterator[Config]:
    """Lend the settings of a demo that has not had its tour."""
    if not has_been_played(config):
        yield config
        return
    click.echo(ANEW, err=True)
    with tempfile.TemporaryDirectory(prefix="lianyi-tour-") as home:
        yield msgspec.structs.replace(config, home=Path(home), database_url="", port=0)


@contextmanager
def _demo(config: Config) -> Iterator[Addresses]:
    running = addresses.read(config)
    if running and answers_at(running.site):
        yield running
        return
    own = {
        "LIANYI_HOME": str(config.home),
        "LIANYI_DATABASE_URL": config.database_url,
        "PORT": str(config.port),
        "LIANYI_TOUR": "false",
    }
    with Path(os.devnull).open("wb") as nowhere:
        command = [sys.executable, "-m", "lianyi.cli", "demo"]
        child = process.spawn(command, dies_by=signal.SIGTERM, log=nowhere, env=own)
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
