"""A new demo plays the tour once beside itself, so that every page has a history.

Only a good end counts. What broke off, by Ctrl-C or by a step that failed, is played anew beside
the next start. It may stumble over what was played before: the terminal says how to begin anew.
"""

import signal
import sys
import traceback
from contextlib import redirect_stdout
from pathlib import Path

import click

from lianyi.cli.tour import run
from lianyi.kernel import process
from lianyi.kernel.config import Config

BEGUN = """首次启动：导览在旁边走一遍，约三分钟；其间演示时钟快进，页面渐渐有人有数，登录不受影响。
The tour is playing beside you for about three minutes: the clock jumps, and the pages fill."""
AGAIN = """上次导览没有走完，现在从头再走一遍，约三分钟。
The tour had not come to its end, so it is played again beside you, for about three minutes."""
PLAYED = """导览已走完，各页都有了内容。
The tour has been played: every page has a history."""
BROKEN = """导览没有走完，有些页面还是空的；原因见 {log}。
演示可以照常使用，下次启动会再走一遍。
要重新开始，请停止演示，删除 {home}（用自己的数据库时，换一个空库）。
The tour broke off, so some pages are empty; {log} says why.
The demo works all the same, and the next start plays it again. To begin anew, stop the demo and
remove {home} (with a database of your own: give it an empty one)."""


def begin(config: Config) -> str:
    """Start it in a process of its own, unless this home has had it; return what to tell of it."""
    if run.has_been_played(config):
        return ""
    said = AGAIN if _log(config).exists() else BEGUN
    process.spawn([sys.executable, "-m", "lianyi.cli", "first-tour"], dies_by=signal.SIGTERM)
    return said


def play(config: Config) -> None:
    """Play it into `tour.log`, and tell the terminal how it came out."""
    log = _log(config)
    with log.open("w", encoding="utf-8", buffering=1) as told, redirect_stdout(told):
        try:
            good = run.play(config, as_json=False)
        except Exception:  # noqa: BLE001 - whatever it was, the log keeps it and the terminal says so
            good = False
            traceback.print_exc(file=told)
    click.echo(PLAYED if good else BROKEN.format(log=log, home=config.home))


def _log(config: Config) -> Path:
    return config.home / "tour.log"
