"""One database per process, cloned from a migrated template; tests commit and clean nothing."""

import os
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from lianyi import main
from lianyi.kernel.config import Config
from lianyi.kernel.crypto import Keys
from lianyi.kernel.ids import Ids
from lianyi.kernel.witness import Scribe
from lianyi.kernel.work import App
from tests import cluster as clusters
from tests.booking.make import Clinic
from tests.cluster import Cluster
from tests.place import Place

ROOT = Path(__file__).parent.parent
NOON = datetime(2030, 1, 7, 4, tzinfo=UTC)  # in Shanghai
KEYS = Keys(seals={1: bytes(16)}, index=bytes(32), identity=b"i" * 64)
STACK = pytest.StashKey[ExitStack]()
CLUSTER = pytest.StashKey[Cluster]()


class Clock:
    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now

    def forward(self, **by):
        self.now += timedelta(**by)


def pytest_addoption(parser):
    parser.addoption("--fuzz", type=int, default=800, help="how many random requests are sent")
    parser.addoption("--seed", type=int, default=2030, help="which random requests")


def pytest_configure(config):
    config.stash[STACK] = ExitStack()
    if not hasattr(config, "workerinput"):  # the controller, before any worker starts
        subprocess.run([sys.executable, ROOT / "tools/fhir.py"], check=True)  # noqa: S603 - our own


def pytest_unconfigure(config):
    config.stash[STACK].close()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """Tell a worker of xdist where the controller's cluster is."""
    own = _started(node.config)
    node.workerinput["cluster"] = (own.url, own.template)


def _started(config):
    """Return the cluster of this run, started by whoever asks first."""
    if CLUSTER not in config.stash:
        config.stash[CLUSTER] = config.stash[STACK].enter_context(clusters.started())
    return config.stash[CLUSTER]


@pytest.fixture(scope="session")
def cluster(request):
    given = getattr(request.config, "workerinput", {}).get("cluster")
    return Cluster(*given) if given else _started(request.config)


@pytest.fixture(scope="session")
def worker_id(request):
    """Return which of the processes this is, also where the suite runs in one alone."""
    return getattr(request.config, "workerinput", {"workerid": "master"})["workerid"]


@pytest.fixture(scope="session")
def shared(tmp_path_factory, worker_id):
    """Return a folder that all processes of this run have."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="session")
def dsn(cluster, worker_id):
    with cluster.clone(worker_id) as url:
        yield url


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(scope="module")
async def pool(dsn):
    """Lend the connections of a file's tests: a new one learns slowly what is in the database."""
    size = int(os.environ.get("POOL", "20"))
    async with main.pool(Config(home=Path("/"), database_url=dsn, pool_size=size)) as pool:
        yield pool


@pytest.fixture
async def app(pool, clock, request, tmp_path):
    ids = Ids(Random(request.node.nodeid))
    return App(pool, clock, ids, KEYS, Scribe(pool), tmp_path / "files")


@pytest.fixture
async def place(app):
    return await Place.found(app)


@pytest.fixture
async def clinic(place):
    return await Clinic.open(place)
