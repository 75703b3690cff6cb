"""FHIR reads and searches, beside a server that does nothing but hand out the stored bytes.

Both are asked in turn in the same run, by as many clients; the product checks the right, reads the
version, and writes the access down before it answers.
"""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import cycle
from uuid import UUID

import uvloop

from bench import crowd, exporting, million, running, writing
from bench.figures import percentiles, say
from bench.http import Client
from bench.running import Running
from lianyi.access.model import DOCTOR
from lianyi.kernel.actor import Actor
from lianyi.kernel.work import App, Tx, within
from lianyi.records import service as records

CLIENTS, SECONDS, ROUNDS = 8, 3.0, 2
OBSERVATIONS = 60
LEAST_READ, LEAST_SEARCH = 0.6, 0.5  # of what the floor answers
PERSON = """SELECT person_id FROM accounts.account
            WHERE login IS NULL AND person_id IS NOT NULL LIMIT 1"""
POST = "SELECT id, person_id, institution_id FROM people.post WHERE role = 'doctor' LIMIT 1"


def run() -> None:
    with running.home() as home, running.demo(home) as site, floor(site) as bare:
        uvloop.run(measure(site, bare))
        uvloop.run(million.measure(site))
        uvloop.run(exporting.measure(site))


async def measure(site: Running, bare: str) -> None:
    async with crowd.app_of(site) as app:
        person_id = await app.pool.fetchval(PERSON)
        token = await crowd.session_of(app, person_id)
        ids = await _observed(app, person_id)
    reads = [f"Observation/{id}" for id in ids]
    searches = [f"Observation?patient={person_id}&_count=20"]
    for name, paths, least in (
        ("fhir.read", reads, LEAST_READ),
        ("fhir.search20", searches, LEAST_SEARCH),
    ):
        ours, theirs, slowest = await _compared(site.address, bare, token, paths)
        say(name, ours, "answers/s", limit=least * theirs, of=f"{least} of the floor")
        say(f"{name}.p99", slowest, "ms", limit=50.0, of="law")
    async with crowd.app_of(site) as app:
        await writing.measure(app, person_id)


async def _compared(
    site: str, bare: str, token: str, paths: Sequence[str]
) -> tuple[float, float, float]:
    """Return the answers a second of the product and of the floor, and the product's p99."""
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(ROUNDS):
        ours += await _asked(site, token, [f"/fhir/R4/{path}" for path in paths])
        theirs += await _asked(bare, "", [f"/{path}" for path in paths])
    took = ROUNDS * SECONDS
    return len(ours) / took, len(theirs) / took, percentiles(ours)[1]


async def _asked(address: str, token: str, paths: Sequence[str]) -> list[float]:
    until = time.monotonic() + SECONDS

    async def one(client: Client, wishes: Iterator[str]) -> list[float]:
        took = []
        while time.monotonic() < until:
            begun = time.perf_counter()
            answer = await client.get(next(wishes))
            if answer.status != 200:  # noqa: PLR2004 - OK
                raise RuntimeError(f"{answer.status}: not read")
            took.append(time.perf_counter() - begun)
        await client.close()
        return took

    clients = [Client(address, token) for _ in range(CLIENTS)]
    took = await asyncio.gather(*(one(client, cycle(paths)) for client in clients))
    return [each for some in took for each in some]


async def _observed(app: App, person_id: UUID) -> list[str]:
    """Let a doctor's hospital hold blood pressures of somebody."""
    post = await app.pool.fetchrow(POST)
    hat = Actor(post["person_id"], post["id"], post["institution_id"], DOCTOR)

    async def publish(tx: Tx) -> list[str]:
        bodies = [_observation(tx, person_id, n) for n in range(OBSERVATIONS)]
        await records.publish_all(tx, owner=person_id, bodies=bodies)
        return [str(body["id"]) for body in bodies]

    return await within(app, hat, publish)


def _observation(tx: Tx, person_id: UUID, n: int) -> dict[str, object]:
    code = {"system": "http://loinc.org", "code": "8480-6", "display": "Systolic blood pressure"}
    return {
        "resourceType": "Observation",
        "id": str(tx.new_id(person_id)),
        "status": "final",
        "code": {"coding": [code], "text": "收缩压"},
        "subject": {"reference": f"Patient/{person_id}"},
        "effectiveDateTime": (tx.now - timedelta(hours=n)).isoformat(timespec="seconds"),
        "valueQuantity": {"value": 110 + n, "unit": "mmHg"},
    }


@contextmanager
def floor(site: Running) -> Iterator[str]:
    """Start the floor on a site's database and return its address."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        command = [
            sys.executable,
            "-m",
            "bench.floor",
            str(door.fileno()),
            site.config.database_url,
        ]
        child = subprocess.Popen(command, pass_fds=[door.fileno()])
        try:
            yield f"http://127.0.0.1:{door.getsockname()[1]}"
        finally:
            child.terminate()
            child.wait(10)
