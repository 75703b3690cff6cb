import pytest

from tests.signatures import make


@pytest.fixture(scope="session")
def dsn(cluster, worker_id):
    """The worker takes whatever waits in a database, so it is tried on one of its own."""
    with cluster.clone(f"{worker_id}_signatures") as url:
        yield url


@pytest.fixture
async def hall(place, tmp_path):
    async with make.hall(place, tmp_path) as hall:
        yield hall
