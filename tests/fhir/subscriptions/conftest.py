"""A demo's database, a company's server, and its app in different hands."""

import asyncpg
import pytest

from lianyi.kernel.migrate import MARK
from tests.fhir.subscriptions.receiver import Worker, as_own, as_service, firm_at, receiving


@pytest.fixture(scope="session")
async def dsn(cluster, worker_id):
    """Lend a demo's database of its own: the worker takes whatever waits in one."""
    with cluster.clone(f"{worker_id}_subscriptions") as url:
        db = await asyncpg.connect(url)
        await db.execute(MARK)
        await db.close()
        yield url


@pytest.fixture
async def receiver():
    async with receiving() as server:
        yield server


@pytest.fixture
def worker(app):
    return Worker(app)


@pytest.fixture
async def firm(ward, receiver):
    return await firm_at(ward.place, receiver.url)


@pytest.fixture
async def service(ward, firm, program):
    return await program(await as_service(ward, firm))


@pytest.fixture
async def own(ward, firm, program):
    return await program(await as_own(ward, firm))
