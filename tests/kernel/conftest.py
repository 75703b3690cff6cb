import asyncio

import asyncpg
import pytest

from lianyi.kernel.work import within
from tests.kernel import lamp


@pytest.fixture(scope="session")
def lamps(dsn):
    asyncio.run(_make(dsn))


async def _make(dsn):
    db = await asyncpg.connect(dsn)
    await db.execute(lamp.SCHEMA)
    await db.execute(lamp.GRANT)
    await db.close()


@pytest.fixture
def keeper(app, lamps):
    return lamp.keeper(app)


@pytest.fixture
def do(app, keeper):
    return lambda verb, **options: within(app, keeper, verb, **options)


@pytest.fixture
def rows(app):
    async def rows(sql, *values):
        return [tuple(row) for row in await app.pool.fetch(sql, *values)]

    return rows
