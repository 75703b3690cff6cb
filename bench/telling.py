"""How many changes a second are told to one app's server, in order, by the worker of a whole site.

Beside it: the same bodies put to the same server one after the other, by a client that does nothing
else: who tells in order can't be faster.
"""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import uvicorn
import uvloop

from bench import crowd, running, writing
from bench.fhir import PERSON
from bench.figures import say
from bench.running import Running
from lianyi.accounts.model.apps import ClientKind, Registration
from lianyi.accounts.service import apps
from lianyi.journeys import fhir_subscriptions
from lianyi.kernel.actor import NOWHERE, Actor, system
from lianyi.kernel.work import App, Tx, within

CHANGES, ENTRIES = 1000, 500
LEAST = 0.25  # of what a bare client does
PATIENCE = 120.0  # seconds
OFFICE = system("bench", NOWHERE)
CREDIT_CODE = "91370102MA3Q7A1B20"
JSON = "application/fhir+json"


@dataclass
class Server:
    """Counts what it is told; `full` is set by the last."""

    wanted: int = 0
    at: list[float] = field(default_factory=list)
    full: asyncio.Event = field(default_factory=asyncio.Event)

    def expect(self, wanted: int) -> None:
        self.wanted, self.at, self.full = wanted, [], asyncio.Event()

    async def __call__(self, _: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})
        self.at.append(time.perf_counter())
        if len(self.at) == self.wanted:
            self.full.set()

    async def rate(self) -> float:
        async with asyncio.timeout(PATIENCE):
            await self.full.wait()
        return (len(self.at) - 1) / (self.at[-1] - self.at[0])


def run() -> None:
    with running.home() as home, running.demo(home) as site:
        uvloop.run(measure(site))


async def measure(site: Running) -> None:
    async with crowd.app_of(site) as app, _served() as (server, url):
        person_id = await app.pool.fetchval(PERSON)
        hat = await _subscribed(app, person_id, url)
        bodies = [writing.observation(app, person_id, n) for n in range(CHANGES)]
        server.expect(CHANGES)
        for at in range(0, CHANGES, ENTRIES):
            await _write(app, hat, bodies[at : at + ENTRIES])
        told = await server.rate()
        server.expect(CHANGES)
        async with httpx.AsyncClient(headers={"content-type": JSON}) as client:
            for n, body in enumerate(bodies):
                await client.put(f"{url}/Observation/{n}", content=json.dumps(body))
        bare = await server.rate()
        say("fhir.subscription", told, "told/s", limit=LEAST * bare, of=f"{LEAST} of bare httpx")


@asynccontextmanager
async def _served() -> AsyncIterator[tuple[Server, str]]:
    told = Server()
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        config = uvicorn.Config(told, lifespan="off", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[door]))
        yield told, f"http://127.0.0.1:{door.getsockname()[1]}/hook"
        server.should_exit = True
        await task


async def _subscribed(app: App, person_id: UUID, url: str) -> Actor:
    """Let a hospital's own system be told of a person's observations, and return its hat."""
    form = Registration(
        name="bench",
        company="bench",
        credit_code=CREDIT_CODE,
        contact="bench",
        kind=ClientKind.PUBLIC,
        redirects=("https://bench.test/",),
        scopes=("system/*.cruds",),
        notifies=(url,),
    )
    client = await within(app, OFFICE, lambda tx: apps.register_client(tx, form=form))
    hat = await writing.source_of(app, person_id, client.id)
    body = {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "bench",
        "criteria": f"Observation?subject=Patient/{person_id}",
        "channel": {"type": "rest-hook", "endpoint": url, "payload": JSON},
    }

    async def subscribe(tx: Tx) -> None:
        await fhir_subscriptions.create(tx, body=body, base="http://bench/fhir/R4")

    await within(app, hat, subscribe)
    return hat


async def _write(app: App, hat: Actor, bodies: list[dict[str, Any]]) -> None:
    asked = {"method": "POST", "url": "Observation"}
    entries = [{"resource": body, "request": asked} for body in bodies]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    await writing.post(writing.faces_of(app, hat), "/fhir/R4", bundle, wanted=200)
