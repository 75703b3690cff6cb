"""Runs a simulator: in this process's loop for speed, or as the process it really is."""

import os
import socket
import subprocess
import sys
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime

import httpx
import msgspec

from lianyi.kernel.config import Config
from lianyi.links import client, wire
from lianyi.links.simulators import NAMES
from tests.serving import served

IMPATIENT = httpx.Timeout(0.5)  # seconds


def now():
    return datetime.now(UTC)


class Provider:
    """Where a simulator listens, and the demo's hand on it."""

    def __init__(self, home, name, listener):
        self.home, self.name = home, name
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.papers = home / "credentials" / name
        self.client = client.opened(IMPATIENT)

    async def post(self, path, body=None):
        answer = await self.client.post(self.url + path, json=body, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    async def get(self, path):
        answer = await self.client.get(self.url + path, timeout=10)
        answer.raise_for_status()
        return answer.json()

    async def fails(self, **faults):
        await self.post("/faults", faults)


@contextmanager
def door():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@asynccontextmanager
async def running(home, name):
    with door() as listener:
        async with served(NAMES[name](Config(home=home)), listener):
            provider = Provider(home, name, listener)
            async with provider.client:
                yield provider


class Process:
    """A simulator as the supervisor starts it, on a door that outlives it."""

    def __init__(self, home, name, listener):
        self._home, self._name, self._listener = home, name, listener
        self._child = None

    def start(self):
        fd = self._listener.fileno()
        self._child = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "lianyi.cli", "simulate", self._name, "--fd", str(fd)],
            pass_fds=(fd,),
            env={**os.environ, "LIANYI_HOME": str(self._home), "PYTHONPATH": "src"},
        )

    def kill(self):
        self._child.kill()
        self._child.wait()


@asynccontextmanager
async def process(home, name):
    with door() as listener:
        child = Process(home, name, listener)
        child.start()
        provider = Provider(home, name, listener)
        try:
            async with provider.client:
                await provider.get("/faults")
                yield provider, child
        finally:
            child.kill()


def give(folder, papers):
    """Write papers as a provider does, for a customer of our making."""
    folder.mkdir()
    (folder / wire.PAPERS).write_bytes(msgspec.json.encode(papers))
    return folder


def replace(papers, **changes):
    return msgspec.structs.replace(papers, **changes)
