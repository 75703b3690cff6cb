"""A command that ends by itself works beside a running Lianyi, or starts the database it needs."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import asyncpg
import msgspec

from lianyi.cli.home import AlreadyRunning, held
from lianyi.kernel import demo, postgres, renumber
from lianyi.kernel.config import Config
from lianyi.kernel.db import Db

UNSWEPT = """
SELECT coalesce(sum(greatest(pg_relation_size('records.' || name) / 8192 - page, 1)), 0)
FROM records.sweep"""


@contextmanager
def lent(config: Config) -> Iterator[Config]:
    """Lend settings whose `database_url` answers for as long as the block lasts."""
    with ExitStack() as stack:
        url = config.database_url or _embedded(config, stack)
        yield msgspec.structs.replace(config, database_url=url)


def _embedded(config: Config, stack: ExitStack) -> str:
    try:
        stack.enter_context(held(config.home))
    except AlreadyRunning:
        return postgres.url(config.home.resolve())
    server = postgres.prepare(config.home)
    stack.callback(server.stop)
    server.start()
    return server.url


async def unfiled(config: Config) -> int:
    """Return how many resources a search may miss until they are filed anew; asked at a start."""
    db: Db = await asyncpg.connect(config.database_url)
    try:
        return int(await db.fetchval("SELECT count(*) FROM records.unfiled"))
    finally:
        await db.close()


async def unswept(config: Config) -> int:
    """Return how many pages of what resources are found by are still to be looked through."""
    db: Db = await asyncpg.connect(config.database_url)
    try:
        return int(await db.fetchval(UNSWEPT))
    finally:
        await db.close()


async def lacking(config: Config) -> int:
    """Return how many numbers of transactions a restored database's server lacks."""
    db: Db = await asyncpg.connect(config.database_url)
    try:
        return await renumber.behind(db)
    finally:
        await db.close()


async def count_on(config: Config, numbers: int, progress: Callable[[int], None]) -> None:
    """Let the server count on from where the one stopped that its database is from."""
    db: Db = await asyncpg.connect(config.database_url)
    try:
        await renumber.catch_up(db, numbers, progress)
    finally:
        await db.close()


async def is_seeded(config: Config) -> bool:
    """Return whether the demo network is in this database: asked at every start, so cheaply."""
    db: Db = await asyncpg.connect(config.database_url)
    try:
        return await demo.is_seeded(db)
    finally:
        await db.close()
