"""kill -9 of the worker between sending and recording: told twice, and never not at all."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import asyncpg
import pytest

from lianyi.kernel.migrate import MARK
from tests.cli.installation import SRC, environment
from tests.fhir.subscriptions.receiver import Receiver, hook, pressure, served, subscribed, values
from tests.records import make

PATIENCE = 60  # seconds
ALL_TOLD = "SELECT NOT EXISTS (SELECT FROM records.notice WHERE done_at IS NULL)"
WORKER = """
import asyncio, sys
from pathlib import Path
from lianyi import main
from lianyi.kernel.config import Config
config = Config(home=Path(sys.argv[1]), database_url=sys.argv[2], demo=True, pool_size=5)
asyncio.run(main.worker(config, asyncio.Event()))
"""


@pytest.fixture(scope="session")
async def dsn(cluster, worker_id):
    """Lend a demo's database that a real worker empties."""
    with cluster.clone(f"{worker_id}_killed") as url:
        db = await asyncpg.connect(url)
        await db.execute(MARK)
        await db.close()
        yield url


class Killer(Receiver):
    """Hears what it is told, and kills who says it before answering."""

    victim = None

    def heard(self):
        if self.victim:
            os.kill(self.victim.pid, signal.SIGKILL)
            self.victim = None
            self.answers.insert(0, "drop")


@pytest.fixture
async def receiver():
    killer = Killer()
    async with served(killer) as address:
        killer.url = f"http://{address}/hook"
        yield killer


@contextmanager
def worker_on(home, dsn):
    keys = home / "keys"
    keys.mkdir(exist_ok=True, parents=True)
    given = {"seal-1": bytes(16), "index": bytes(32), "identity": b"i" * 64}  # those of the tests
    for name, key in given.items():
        (keys / f"{name}.key").write_bytes(key)
    command = [sys.executable, "-c", WORKER, str(home), dsn]
    process = subprocess.Popen(command, env=environment(home), cwd=SRC)  # noqa: S603 - our own
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def until(met):
    """Return as soon as a condition answers yes."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if await met():
                return
            await asyncio.sleep(0.02)


async def test_a_worker_that_dies_after_sending_has_another_one_tell_it_again(
    service, app, ward, receiver, dsn, tmp_path
):
    await subscribed(service, hook(receiver, pressure(ward)))
    with worker_on(tmp_path, dsn) as first:
        receiver.victim = first
        for value in (1, 2):
            await ward.publish(make.observation(ward.person_id, value))
        await asyncio.to_thread(first.wait, PATIENCE)
    assert first.returncode == -signal.SIGKILL
    assert values(receiver) == [1]
    db = await asyncpg.connect(dsn)
    await db.execute("UPDATE kernel.demo SET offset_ms = offset_ms + 60000")
    with worker_on(tmp_path, dsn):
        await until(lambda: db.fetchval(ALL_TOLD))
    await db.close()
    assert values(receiver) == [1, 1, 2]
    again = [said.headers["idempotency-key"] for said in receiver.said]
    assert again[0] == again[1] != again[2]
