"""One PostgreSQL for a run of the suite: a migrated template, and a clone of it for each process.

It is started by the product's own code. LIANYI_DATABASE_URL, if set, is used instead.
"""

import asyncio
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from lianyi.kernel import postgres
from lianyi.kernel.migrate import migrate

FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


@dataclass(frozen=True)
class Cluster:
    """`url` leads to the server itself, `template` names the migrated database."""

    url: str
    template: str

    def at(self, name):
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    @contextmanager
    def clone(self, name, template=None):
        """Lend a new database: a copy of the migrated one, or of another."""
        own = f"{self.template}_{name}"
        source = template or self.template
        self.run(f"CREATE DATABASE {own} TEMPLATE {source} STRATEGY file_copy")
        try:
            yield self.at(own)
        finally:
            self.run(f"DROP DATABASE {own} WITH (FORCE)")

    def run(self, statement):
        _aside(_run(self.url, statement))


def _aside(work):
    """Run in a thread of its own: that of a browser's test has a loop running already."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(asyncio.run, work).result()


async def _run(url, statement):
    db = await asyncpg.connect(url)
    await db.execute(statement)
    await db.close()


@contextmanager
def started():
    """Lend a server with a migrated template for as long as the suite runs."""
    with _server() as url:
        cluster = Cluster(url, f"lianyi_test_{os.getpid()}")
        cluster.run(f"CREATE DATABASE {cluster.template}")
        try:
            _aside(migrate(cluster.at(cluster.template)))
            yield cluster
        finally:
            cluster.run(f"DROP DATABASE {cluster.template} WITH (FORCE)")


@contextmanager
def _server():
    given = os.environ.get("LIANYI_DATABASE_URL") or os.environ.get("DATABASE_URL")
    if given:
        yield given
        return
    home = Path(tempfile.mkdtemp(prefix="lianyi-test-"))
    server = postgres.prepare(home, FAST)
    try:
        server.start()
        yield server.url
    finally:
        server.stop()
        shutil.rmtree(home)
