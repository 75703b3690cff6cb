"""The worker takes whatever waits in a database, so it is tried on one of its own."""

import pytest


@pytest.fixture(scope="session")
def dsn(cluster, worker_id):
    with cluster.clone(f"{worker_id}_worker") as url:
        yield url
