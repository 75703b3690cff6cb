"""How many FHIR resources a second leave in bulk, beside a bare COPY of the same rows.

From the second yes until the files are ready, by the worker of the installation: every line passes
the doors, is stamped, compressed and sealed. Its peer copies the bodies and drops them.
"""

import asyncio
import time
from functools import partial
from uuid import UUID

from bench import crowd
from bench.figures import say
from bench.million import PERSON, RESOURCES
from bench.running import Running
from lianyi.access import queries as leaving
from lianyi.access.model import APP, Purpose
from lianyi.access.model.apps import Terms
from lianyi.access.model.exports import Export, ExportState, Level
from lianyi.access.service import apps, exports
from lianyi.journeys import bulk_export
from lianyi.journeys.bulk_export import Asked
from lianyi.kernel.actor import Actor, system
from lianyi.kernel.work import App, reading, within
from lianyi.people import service as people
from lianyi.people.model import ADMIN
from lianyi.records import queries as records

LEAST = 60_000.0  # resources a second
LOOK, LONGEST = 0.02, 300.0  # seconds between two looks whether it is ready, and of them all
SCOPES = ("system/*.rs",)
PLACE = f"""SELECT holder_id FROM records.resource
            WHERE type = 'Observation' AND owner = {PERSON.format(1)} LIMIT 1"""
CARE = """INSERT INTO access.relation (person_id, institution_id, role, cause_id, opened_at)
          SELECT DISTINCT owner, $1::uuid, 'doctor', owner, $2::timestamptz FROM records.resource
          WHERE holder_id = $1 AND type = 'Observation' ON CONFLICT DO NOTHING"""
PERSONS = "SELECT DISTINCT person_id FROM people.post WHERE role = 'doctor' LIMIT 2"
BARE = "SELECT body FROM records.resource WHERE holder_id = $1 AND type = 'Observation'"


async def measure(site: Running) -> None:
    async with crowd.app_of(site) as app:
        place = await app.pool.fetchval(PLACE)
        await app.pool.execute(CARE, place, app.clock())
        export = await _agreed(app, place)
        begun = time.perf_counter()
        await _ready(app, export)
        took = time.perf_counter() - begun
        office = system("bench", place)
        parts = await reading(app, office, partial(records.parts, export_id=export.id))
        count = sum(part.count or 0 for part in parts)
        if count < RESOURCES:
            raise RuntimeError(f"{count}: not all of it")
        bare = await _bare(app, place)
    say("fhir.export", count / took, "resources/s", limit=LEAST, of="law")
    say("fhir.export.copy", count / took, "resources/s", limit=bare, of="COPY")


async def _bare(app: App, place: UUID) -> float:
    """Return the bodies a second that PostgreSQL hands out to who drops them."""

    async def drop(_: bytes) -> None:
        """Do nothing."""

    async with app.pool.acquire() as db, db.transaction():
        await db.execute("SET LOCAL enable_seqscan = on")
        begun = time.perf_counter()
        done = await db.copy_from_query(BARE, place, output=drop)
        return int(done.rpartition(" ")[2]) / (time.perf_counter() - begun)


async def _ready(app: App, export: Export) -> None:
    ask = partial(leaving.exports_by_id, ids=[export.id])
    hat = system("bench", export.institution_id)
    for _ in range(int(LONGEST / LOOK)):
        if (await reading(app, hat, ask))[export.id].state is ExportState.READY:
            return
        await asyncio.sleep(LOOK)


async def _agreed(app: App, place: UUID) -> Export:
    """Let a service ask for all observations, and two administrators agree."""
    office = system("bench", place)
    rows = await app.pool.fetch(PERSONS)
    admins = [
        await within(app, office, partial(people.appoint, person_id=row["person_id"], role=ADMIN))
        for row in rows
    ]
    app_id, until = app.ids.new(app.clock()), app.clock().replace(year=app.clock().year + 1)
    ask = partial(apps.ask_approval, app_id=app_id, institution_id=place)
    approval = await within(app, admins[0], ask)
    terms = Terms(Purpose.TREAT, SCOPES, "PIA-bench", until)
    await within(app, admins[0], partial(apps.approve, approval_id=approval, terms=terms))
    scopes = (*SCOPES, "lianyi/purpose.treat")
    hat = Actor(app_id, approval, place, APP, app_id=app_id, scopes=scopes)
    asked = Asked("bench", Level.PATIENT, types=("Observation",))
    export = await within(app, hat, partial(bulk_export.ask, asked=asked))
    if export.state is not ExportState.ASKED:
        raise RuntimeError(f"{export.persons}: too few to ask two")
    vote = partial(exports.approve, export_id=export.id, why="bench", assessment="PIA-bench")
    for admin in admins:
        await within(app, admin, vote)
    return export
