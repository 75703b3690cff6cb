"""Bookings over HTTP: hold and confirm, two keys, session and rules, events delivered meanwhile.

Each booking is the two forms a browser posts, with its session's cookie and the form's token.
The web process, the worker, PostgreSQL and this load share the machine. The limit is what pgbench
reaches on the same server in the same run with two minimal statements (booking.sql).

Numbers are released to a crowd: 128 press at once. The same is told of 32, who each wait for their
answer and so leave a sixth of two cores idle.
"""

import asyncio
import random
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote
from uuid import UUID, uuid4

import uvloop

from bench import crowd, running
from bench.crowd import NUMBERS, SLOT, SLOTS, SignedIn
from bench.figures import percentiles, say
from bench.http import Answer, Client
from bench.running import Running
from lianyi.kernel import postgres
from lianyi.kernel.work import App

HERE = Path(__file__).parent
DOCTORS, PEOPLE = 900, 34_000  # 40 numbers each, enough for 1,500 bookings a second
CROWD, FEW, POOL = 128, 32, 16
WARM_UP, SECONDS = 2.0, 8.0
CPU_LIMIT = 1000.0  # microseconds of the web process a booking
LAG_LIMIT, LAG_RATE = 1000.0, 500  # milliseconds while so many bookings a second are made
LAG = """SELECT extract(epoch FROM delivered_at - at)::float AS s FROM kernel.outbox
         WHERE name LIKE 'booking.%' AND delivered_at IS NOT NULL AND at > $1"""


def run() -> None:
    with running.home() as home, running.demo(home) as site:
        top = limit(site.config.database_url)
        uvloop.run(measure(site, top))


async def measure(site: Running, top: float) -> None:
    async with crowd.app_of(site) as app:
        starts_at, sessions = await crowd.sittings(app, DOCTORS)
        people = iter(await crowd.residents(app, PEOPLE))
        load = Load(site.address, starts_at, sessions, people)
        await load.run(WARM_UP)
        for name, at_once in (("booking", CROWD), (f"booking of {FEW} at once", FEW)):
            rate, cpu = await _measured(site, load, at_once)
            say(name, rate, "bookings/s", limit=top, of="pgbench")
            say(f"{name}: CPU of web", cpu, "us/booking", limit=CPU_LIMIT, of="law")
        await _lag(app, load)


async def _measured(site: Running, load: "Load", at_once: int) -> tuple[float, float]:
    started, used = time.monotonic(), site.cpu("web 0")
    made = len(await load.run(SECONDS, at_once=at_once))
    took, used = time.monotonic() - started, site.cpu("web 0") - used
    return made / took, used / made * 1e6


async def _lag(app: App, load: "Load") -> None:
    """Say how long events wait while bookings come at a steady rate."""
    since = app.clock()
    made = await load.run(SECONDS, every=1 / LAG_RATE)
    await asyncio.sleep(2 * LAG_LIMIT / 1000)
    waited = [row["s"] for row in await app.pool.fetch(LAG, since)]
    say("booking at a steady rate", len(made) / SECONDS, "bookings/s", limit=LAG_RATE, of="law")
    say("outbox", len(waited) / SECONDS, "events/s", limit=2 * LAG_RATE, of="law")
    say("outbox lag p99", percentiles(waited)[1], "ms", limit=LAG_LIMIT, of="law")


class Load:
    """Residents who each find a number, keep it and confirm it."""

    def __init__(
        self, address: str, starts_at: datetime, sessions: list[UUID], people: Iterator[SignedIn]
    ) -> None:
        self._clients = [Client(address) for _ in range(CROWD)]
        self._people = people
        self._numbers = _numbers(starts_at, sessions)

    async def run(self, seconds: float, *, every: float = 0.0, at_once: int = CROWD) -> list[float]:
        """Book until the time is over and return how long each took; `every` paces all clients."""
        begun = time.monotonic()
        turns = _turns(begun, seconds, every)
        clients = self._clients[:at_once]
        took = await asyncio.gather(*(self._client(one, turns) for one in clients))
        return [each for some in took for each in some]

    async def _client(self, client: Client, turns: Iterator[float]) -> list[float]:
        took = []
        for at in turns:
            await asyncio.sleep(max(0.0, at - time.monotonic()))
            begun = time.perf_counter()
            await self._one(client)
            took.append(time.perf_counter() - begun)
        return took

    async def _one(self, client: Client) -> None:
        client.cookie = next(self._people).token
        session, starts_at = next(self._numbers)
        wish = f"session={session}&starts_at={starts_at}&once={uuid4().hex}"
        held = await client.submit(f"/book/sessions/{session}", wish)
        _path(await client.submit(f"{_path(held)}/confirm", f"once={uuid4().hex}"))


def _path(answer: Answer) -> str:
    if answer.status != HTTPStatus.SEE_OTHER:
        raise RuntimeError(f"{answer.status}: not booked")
    return answer.location


def _numbers(starts_at: datetime, sessions: list[UUID]) -> Iterator[tuple[UUID, str]]:
    """Yield as many wishes as there are numbers, in any order: nobody meets a full time.

    Times are as a form sends them.
    """
    times = [
        quote((starts_at + slot * SLOT).isoformat())
        for slot in range(SLOTS)
        for _ in range(NUMBERS)
    ]
    wishes = [(session, time) for session in sessions for time in times]
    random.shuffle(wishes)
    return iter(wishes)


def _turns(begun: float, seconds: float, every: float) -> Iterator[float]:
    """Yield when the next booking is due, until the time is over."""
    at = begun
    while max(at, time.monotonic()) < begun + seconds:
        yield at
        at += every


def limit(url: str) -> float:
    """Return what pgbench reaches with nothing but two minimal statements."""
    binaries = postgres.wheel()
    subprocess.run([binaries / "psql", "-q", "-f", HERE / "booking_tables.sql", url], check=True)
    options = ["-n", "-M", "prepared", "-c", str(POOL), "-T", str(round(SECONDS))]
    command = [binaries / "pgbench", *options, "-f", HERE / "booking.sql", url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    (tps,) = (line.split()[2] for line in said.splitlines() if line.startswith("tps"))
    return float(tps)
