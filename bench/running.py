"""A whole installation under measurement: the demo as `make run` starts it, in a new home."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lianyi.kernel import postgres
from lianyi.kernel.config import Config

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Running:
    """`took` is the time from the command to the first answer, in seconds."""

    home: Path
    address: str
    took: float
    root: int

    @property
    def config(self) -> Config:
        return Config(home=self.home, database_url=postgres.url(self.home), demo=True)

    def pid(self, name: str) -> int:
        """Return the process the supervisor last started under a name."""
        lines = (self.home / "lianyi.log").read_text().splitlines()
        said = [json.loads(line)["message"] for line in lines if line.startswith("{")]
        start = f"{name} started as "
        return [int(text.removeprefix(start)) for text in said if text.startswith(start)][-1]

    def cpu(self, name: str) -> float:
        """Return the seconds of CPU a process has used."""
        fields = Path(f"/proc/{self.pid(name)}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self, name: str) -> int:
        """Return the bytes that a process alone holds (its proportional set)."""
        return proportional(self.pid(name))

    def memory_of_all(self) -> int:
        return sum(proportional(pid) for pid in family(self.root))


def proportional(pid: int) -> int:
    """Return a process's share of memory in bytes; pages in several processes are split.

    One that has just ended, as idle sessions of the database do, holds nothing.
    """
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def family(root: int) -> list[int]:
    """Return a process and all that descend from it."""
    found = [root]
    for parent in found:  # grows while it is walked
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            found += map(int, task.read_text().split())
    return found


@contextmanager
def home() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="lianyi-bench-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def demo(path: Path) -> Iterator[Running]:
    """Start everything, and stop it with its database after."""
    settings = {"LIANYI_HOME": str(path), "PORT": "0", "LIANYI_TOUR": "false"}
    log = {"LIANYI_LOG_FILE": str(path / "lianyi.log"), "LIANYI_LOG_LEVEL": "info"}
    started = time.monotonic()
    child = subprocess.Popen(
        [sys.executable, "-m", "lianyi.cli", "demo"],
        env={**os.environ, **settings, **log},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        told = (line for line in child.stdout or () if "http://" in line)
        address = next(told).split()[-1]
        yield Running(path, address, time.monotonic() - started, child.pid)
    finally:
        child.terminate()
        child.wait(60)
