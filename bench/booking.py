"""How many bookings a second one process makes, and what PostgreSQL alone would allow.

    python bench/booking.py [SECONDS]

A booking is a hold and a confirmation, each with its key, rules, history and events; the worker's
delivery runs beside it. Two JSON lines: bookings a second against the limit, which pgbench finds
with bench/booking.sql on the same server in the same run, and the process's CPU per booking.
"""

import asyncio
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import uvloop

from lianyi import main
from lianyi.access import service as access
from lianyi.access.model import Mandate, Scope
from lianyi.booking import service as booking
from lianyi.booking.errors import SlotFull
from lianyi.booking.model import Got, Half, Kind, Payment, Plan, Sitter
from lianyi.journeys import book
from lianyi.kernel import postgres, profile
from lianyi.kernel import time as days
from lianyi.kernel.actor import NOWHERE, Actor, system
from lianyi.kernel.config import Config
from lianyi.kernel.migrate import migrate
from lianyi.kernel.once import Once
from lianyi.kernel.work import App, Tx, within
from lianyi.people.model import RESIDENT
from lianyi.worker import deliver

HERE = Path(__file__).parent
DOCTORS, PEOPLE = 400, 16_000  # 40 numbers each
CLIENTS, POOL = 32, 16
WARM_UP = 1.5  # seconds
SLOT = timedelta(minutes=30)


@dataclass
class Town:
    """Whose sessions there are, and who has not booked yet."""

    starts_at: datetime
    sessions: list[UUID]
    people: Iterator[UUID]


async def build(app: App) -> Town:
    """Make sessions and residents: names and papers are not what is measured."""
    zone = profile.at(app.clock()).zone
    starts_at = days.end_of_day(app.clock(), zone, days=2) + timedelta(hours=8)
    office = system("bench", app.ids.new(app.clock()))
    sessions = await within(app, office, lambda tx: publish(tx, starts_at))
    people = await within(app, office, empower)
    await app.pool.execute("ANALYZE")
    return Town(starts_at, sessions, iter(people))


async def publish(tx: Tx, starts_at: datetime) -> list[UUID]:
    plan = Plan(
        department_id=tx.new_id(),
        post_id=tx.new_id(),
        day=days.day(starts_at, profile.at(tx.now).zone),
        half=Half.MORNING,
        kind=Kind.ORDINARY,
        starts_at=starts_at,
        ends_at=starts_at + 8 * SLOT,
        slot_minutes=30,
        numbers_per_slot=5,
        fee_code="registration",
        fee_label="普通门诊诊查费",
        fee_fen=2500,
        payment=Payment.AT_VISIT,
        releases_at=tx.now,
    )
    sitters = (Sitter(tx.new_id(), "张建国", "chief", "内科") for _ in range(DOCTORS))
    return [await booking.publish(tx, plan=plan, sitter=sitter) for sitter in sitters]


async def empower(tx: Tx) -> list[UUID]:
    people = [tx.new_id() for _ in range(PEOPLE)]
    for id in people:
        await access.empower(tx, mandate=Mandate(id, id, id, frozenset({Scope.BOOK})))
    return people


async def book_for(app: App, town: Town, seconds: float) -> int:
    """Let all clients book until the time is over, and return how many bookings they made."""
    until = time.monotonic() + seconds
    return sum(await asyncio.gather(*(client(app, town, until) for _ in range(CLIENTS))))


async def client(app: App, town: Town, until: float) -> int:
    made = 0
    for person_id in town.people:
        if time.monotonic() > until:
            break
        made += await one(app, town, Actor(person_id, person_id, NOWHERE, RESIDENT))
    return made


async def one(app: App, town: Town, hat: Actor) -> bool:
    session_id = random.choice(town.sessions)
    starts_at = town.starts_at + random.randrange(8) * SLOT
    try:
        got = await within(
            app,
            hat,
            lambda tx: book.hold(
                tx, session_id=session_id, starts_at=starts_at, person_id=hat.person_id
            ),
            once=Once(f"hold/{hat.person_id}", "hold", Got),
        )
    except SlotFull:
        return False
    await within(
        app,
        hat,
        lambda tx: book.confirm(tx, appointment_id=got.appointment_id),
        once=Once(f"confirm/{hat.person_id}", "confirm", Got),
    )
    return True


async def measure(config: Config, seconds: float) -> tuple[float, float]:
    """Return bookings a second, and microseconds of CPU each, while events are delivered."""
    async with main.pool(config) as connections:
        app = main.app(config, connections)
        town = await build(app)
        await book_for(app, town, WARM_UP)
        worker = await asyncio.create_subprocess_exec(
            sys.executable, __file__, "deliver", config.database_url, str(config.home)
        )
        started, used = time.monotonic(), time.process_time()
        made = await book_for(app, town, seconds)
        used, took = time.process_time() - used, time.monotonic() - started
        worker.terminate()
        await worker.wait()
        return made / took, used / made * 1e6


async def keep_delivering(config: Config) -> None:
    async with main.pool(config) as connections:
        app = main.app(config, connections)
        while True:
            if not await deliver.deliver(app):
                await asyncio.sleep(0.05)


def limit(url: str, seconds: float) -> float:
    """Return what pgbench reaches with nothing but two minimal statements."""
    binaries = postgres.wheel()
    subprocess.run([binaries / "psql", "-q", "-f", HERE / "booking_tables.sql", url], check=True)
    options = ["-n", "-M", "prepared", "-c", str(POOL), "-T", str(round(seconds))]
    command = [binaries / "pgbench", *options, "-f", HERE / "booking.sql", url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    (tps,) = (line.split()[2] for line in said.splitlines() if line.startswith("tps"))
    return float(tps)


def run(seconds: float) -> None:
    home = Path(tempfile.mkdtemp(prefix="lianyi-bench-"))
    server = postgres.prepare(home)
    try:
        server.start()
        asyncio.run(migrate(server.url))
        top = limit(server.url, seconds)
        config = Config(home=home, database_url=server.url, pool_size=POOL)
        rate, cpu = uvloop.run(measure(config, seconds))
    finally:
        server.stop()
        shutil.rmtree(home)
    say("booking in process", rate, "bookings/s", top)
    say("booking CPU in process", cpu, "us/booking", 1000)


def say(name: str, value: float, unit: str, top: float) -> None:
    line = {"name": name, "value": round(value), "unit": unit, "limit": round(top)}
    print(json.dumps({**line, "ratio": round(value / top, 3)}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["deliver"]:
        uvloop.run(keep_delivering(Config(home=Path(sys.argv[3]), database_url=sys.argv[2])))
    else:
        run(float(sys.argv[1]) if sys.argv[1:] else 8)
