"""How many FHIR resources a second `lianyi import` brings into the record.

The histories are those of the trial data beside the checkout; without them there is no figure. The
limit is PostgreSQL alone, in the same run on
the same server: the same bodies by COPY into a table of one text column.
"""

import asyncio
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path
from statistics import median

import uvloop
from stdnum.cn import uscc

from bench import running
from bench.figures import say
from lianyi import main
from lianyi.cli.imports import Import
from lianyi.kernel import loop, postgres
from lianyi.kernel.actor import system
from lianyi.kernel.config import Config
from lianyi.kernel.migrate import migrate
from lianyi.kernel.work import App, within
from lianyi.people import service as people
from lianyi.people.model import Institution, Kind
from lianyi.worker import ahead

HISTORIES = Path(__file__).parents[2] / "shared/data/fhir/synthea.tar.gz"
RUNS = 5  # each for an institution of its own; the first one warms up


async def measure(config: Config, file: Path) -> None:
    async with main.pool(config) as connections:
        app = main.app(config, connections)
        loop.settle()  # as the command does
        with ahead.checker() as pool:
            rates = [await rate(app, pool, file, n) for n in range(RUNS)][1:]
        limits = [await limit(app) for _ in range(RUNS)][1:]
    say("import", median(rates), "resources/s", limit=median(limits), of="COPY")


async def rate(app: App, pool: ProcessPoolExecutor, file: Path, number: int) -> float:
    keeper = hospital(app, number)
    hat = system("bench", keeper.id)
    await within(app, hat, lambda tx: people.register_institution(tx, institution=keeper))
    report = await Import(app, keeper, pool, lambda _: None).of([file])
    if report.refused or not report.balanced:
        sys.exit(f"not all of it entered: {report}")
    return report.read / report.seconds


async def limit(app: App) -> float:
    """Return the bodies a second that COPY alone brings in; as much as one run imports."""
    rows = await app.pool.fetch(
        "SELECT body FROM records.resource"
        " WHERE holder_id = (SELECT max(holder_id::text)::uuid FROM records.resource)"
    )
    bodies = [(row["body"],) for row in rows]
    async with app.pool.acquire() as db, db.transaction():
        await db.execute("CREATE TEMPORARY TABLE plain (body text) ON COMMIT DROP")
        started = time.perf_counter()
        await db.copy_records_to_table("plain", records=bodies)
        return len(bodies) / (time.perf_counter() - started)


def hospital(app: App, number: int) -> Institution:
    stem = f"12370000{number:09d}"
    return Institution(
        id=app.ids.new(app.clock()),
        name="青山市第一人民医院",
        short_name="青山一院",
        kind=Kind.TERTIARY_HOSPITAL,
        credit_code=stem + uscc.calc_check_digit(stem),
        address="青山市人民路1号",
        licence_number=f"PDY{number}",
        licence_until=date(2040, 12, 31),
    )


def run() -> None:
    if not HISTORIES.exists():
        print(f"import: no trial data at {HISTORIES}", file=sys.stderr)
        return
    with running.home() as home:
        server = postgres.prepare(home)
        try:
            server.start()
            asyncio.run(migrate(server.url))
            uvloop.run(measure(Config(home=home, database_url=server.url), HISTORIES))
        finally:
            server.stop()
