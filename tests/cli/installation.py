"""One Lianyi as a person starts it: a process of its own, on a home of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx

SRC = Path(__file__).parents[2] / "src"
PATIENCE = 60  # seconds, for a machine with much else to do
OURS = ("LIANYI_", "DATABASE_URL", "PORT")


def until(met):
    """Return what a condition answers as soon as it is true."""
    deadline = time.monotonic() + PATIENCE
    while not (answer := met()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)
    return answer


def environment(home, **settings):
    plain = {key: value for key, value in os.environ.items() if not key.startswith(OURS)}
    own = {"PYTHONPATH": str(SRC), "PORT": "0", "LIANYI_HOME": str(home), "LIANYI_TOUR": "false"}
    return {**plain, **own, **settings}


def lianyi(*words, home, patience=PATIENCE, **settings):
    """Run a command that ends by itself."""
    command = [sys.executable, "-m", "lianyi.cli", *words]
    env = environment(home, **settings)
    return subprocess.run(  # noqa: S603 - our own command
        command, env=env, capture_output=True, text=True, timeout=patience, check=False
    )


class Installation:
    """`lianyi demo` (or `serve`) from its start to its end."""

    def __init__(self, home, command="demo", **settings):
        self.home = Path(home)
        self.log = self.home / "lianyi.log"
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "lianyi.cli", command],
            env=environment(home, LIANYI_LOG_FILE=str(self.log), **settings),
            stdout=subprocess.PIPE,
            text=True,
        )
        told = (line for line in self.process.stdout if "http://" in line)
        self.address = next(told, "none ").split()[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()
        until(lambda: not self.alive())

    def pids(self, name):
        """Return every process that was started under this name, oldest first."""
        *lines, _ = self.log.read_text().split("\n")  # the last is being written
        said = [json.loads(line)["message"] for line in lines if line.startswith("{")]
        start = f"{name} started as "
        return [int(text.removeprefix(start)) for text in said if text.startswith(start)]

    def alive(self):
        every = [pid for name in ("postgres", "web 0", "worker") for pid in self.pids(name)]
        return [pid for pid in every if Path(f"/proc/{pid}").exists()]

    def is_ready(self):
        try:
            return httpx.get(f"{self.address}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def kill(self, name):
        """Kill the process of this name and return when another one has taken its place.

        One that has just died by itself, of a database that was gone, is killed when it is back.
        """
        until(lambda: Path(f"/proc/{self.pids(name)[-1]}").exists())
        before = self.pids(name)
        with suppress(ProcessLookupError):  # it died meanwhile: another one comes all the same
            os.kill(before[-1], signal.SIGKILL)
        until(lambda: len(self.pids(name)) > len(before))
