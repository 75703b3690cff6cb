"""A new demo plays the tour once beside itself, so that every page has a history."""

import signal
import sys

from lianyi.kernel import process
from lianyi.kernel.config import Config


def play(config: Config) -> bool:
    """Start the tour in a process of its own, unless this home has had it; `tour.log` tells it."""
    log = config.home / "tour.log"
    if log.exists():
        return False
    with log.open("wb") as told:
        command = [sys.executable, "-m", "lianyi.cli", "tour"]
        process.spawn(command, dies_by=signal.SIGTERM, log=told)
    return True
