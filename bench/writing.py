"""FHIR writes: one by one by a service, and many in a transaction by an institution's own system.

The product's faces are asked in this process, past the network: every write is checked, indexed,
versioned, proven and told to the person before it is answered.
"""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from bench.figures import percentiles, say
from lianyi.access import service as access
from lianyi.access.model import APP, DOCTOR, Purpose
from lianyi.access.model.apps import Terms
from lianyi.access.service import apps
from lianyi.fhir.routes import ROUTES
from lianyi.kernel import loop
from lianyi.kernel.actor import Actor
from lianyi.kernel.live import Hub
from lianyi.kernel.work import App, Tx, within
from lianyi.people.model import ADMIN
from lianyi.web.site import site

CLIENTS, SECONDS = 8, 5.0
ENTRIES, TIMES = 2000, 4
LEAST_CREATE, LEAST_ENTERED = 900.0, 2500.0  # a second
ADMINS = "SELECT id, person_id, institution_id FROM people.post WHERE role = $1 LIMIT 1"
SOURCE = "lianyi/source"
SCOPES = ("system/*.cruds", SOURCE)
Body = dict[str, Any]


class Wears:
    """Stands where tokens are read: who asks is known already."""

    def __init__(self, app: ASGIApp, hat: Actor) -> None:
        self.app, self.hat = app, hat

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["user"] = self.hat
        await self.app(scope, receive, send)


async def measure(app: App, person_id: UUID) -> None:
    loop.settle()  # as a web process does
    source = await source_of(app, person_id)
    service = replace(source, scopes=tuple(one for one in source.scopes if one != SOURCE))
    number = count()
    took = await _created(faces_of(app, service), lambda: observation(app, person_id, next(number)))
    say("fhir.create", len(took) / SECONDS, "resources/s", limit=LEAST_CREATE, of="law")
    say("fhir.create.p99", percentiles(took)[1], "ms", limit=50.0, of="law")
    entered = await _entered(
        faces_of(app, source), lambda: observation(app, person_id, next(number))
    )
    say("fhir.transaction", entered, "resources/s", limit=LEAST_ENTERED, of="law")


def faces_of(app: App, hat: Actor) -> Starlette:
    return site(app, Hub(), ROUTES, sessions=[Middleware(Wears, hat=hat)])


async def _created(faces: Starlette, draw: Callable[[], Body]) -> list[float]:
    until = time.monotonic() + SECONDS

    async def one() -> list[float]:
        took = []
        while time.monotonic() < until:
            begun = time.perf_counter()
            await post(faces, "/fhir/R4/Observation", draw(), wanted=201)
            took.append(time.perf_counter() - begun)
        return took

    return [
        each for some in await asyncio.gather(*(one() for _ in range(CLIENTS))) for each in some
    ]


async def _entered(faces: Starlette, draw: Callable[[], Body]) -> float:
    """Return how many entries a second transactions of many bring in."""
    asked = {"method": "POST", "url": "Observation"}
    bundles = [
        [{"resource": draw(), "request": asked} for _ in range(ENTRIES)] for _ in range(TIMES)
    ]
    begun = time.perf_counter()
    for entries in bundles:
        body = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        await post(faces, "/fhir/R4", body, wanted=200)
    return ENTRIES * TIMES / (time.perf_counter() - begun)


async def post(faces: Starlette, path: str, body: Body, *, wanted: int) -> None:
    raw = json.dumps(body).encode()
    headers = [(b"content-type", b"application/fhir+json"), (b"host", b"bench")]
    told: list[Any] = []
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": headers,
        "scheme": "http",
        "server": ("bench", 80),
        "client": ("bench", 1),
        "http_version": "1.1",
    }

    async def receive() -> Body:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: Any) -> None:
        told.append(message)

    await faces(scope, receive, send)
    if told[0]["status"] != wanted:
        raise RuntimeError(f"{told[0]['status']}: {told[1]['body'][:500]!r}")


async def source_of(app: App, person_id: UUID, app_id: UUID | None = None) -> Actor:
    """Return a hospital's own system, whose hospital treats the person."""
    row = await app.pool.fetchrow(ADMINS, ADMIN)
    place = row["institution_id"]
    admin = Actor(row["person_id"], row["id"], place, ADMIN)
    app_id = app_id or app.ids.new(app.clock())
    until = app.clock() + timedelta(days=30)

    async def approve(tx: Tx) -> UUID:
        id = await apps.ask_approval(tx, app_id=app_id, institution_id=place)
        terms = Terms(Purpose.TREAT, SCOPES, "PIA-bench", until)
        await apps.approve(tx, approval_id=id, terms=terms)
        await access.open_relation(
            tx,
            person_id=person_id,
            institution_id=place,
            roles=frozenset({DOCTOR}),
            cause_id=app_id,
            until=until,
        )
        return id

    approval = await within(app, admin, approve)
    scopes = (*SCOPES, "lianyi/purpose.treat")
    return Actor(app_id, approval, place, APP, app_id=app_id, scopes=scopes)


def observation(app: App, person_id: UUID, n: int) -> Body:
    code = {"system": "http://loinc.org", "code": "8480-6", "display": "Systolic blood pressure"}
    at = app.clock() - timedelta(minutes=n)
    return {
        "resourceType": "Observation",
        "status": "final",
        "identifier": [{"system": "urn:bench", "value": str(n)}],
        "code": {"coding": [code], "text": "收缩压"},
        "subject": {"reference": f"Patient/{person_id}"},
        "effectiveDateTime": at.isoformat(timespec="seconds"),
        "valueQuantity": {"value": 110 + n % 50, "unit": "mmHg"},
    }
