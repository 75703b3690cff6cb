"""A company's own server, which is told what its app asked for, and a worker that tells it."""

import asyncio
import json
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from lianyi.access.model import Purpose
from lianyi.accounts.model.apps import ClientKind, Registration
from lianyi.accounts.service import apps
from lianyi.journeys.wiring import WIRING
from lianyi.links.webhooks import WebHooks
from lianyi.worker import deliver
from lianyi.worker.errands import Runner, run_due
from tests import serving
from tests.apps import Program
from tests.identity import credit_code
from tests.journeys.outside import only
from tests.records import make

TREATING = "lianyi/purpose.treat"
OWN_SCOPES = "patient/*.cruds offline_access"
STAFF_SCOPES = "user/*.cruds offline_access"
SERVICE_SCOPES = "system/*.cruds"
CONTENT = (
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content"
)


@dataclass
class Said:
    """One request as it came in."""

    method: str
    path: str
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def line(self):
        return self.method, self.path


@dataclass
class Receiver:
    """Answers with what `answers` say, one after the other, and then with 200.

    A number is a status, `drop` hears everything and hangs up, `slow` never answers.
    """

    url: str = ""
    said: list = field(default_factory=list)
    answers: list = field(default_factory=list)

    def heard(self):
        """Do nothing more about what was heard, before it is answered."""

    async def __call__(self, scope, receive, send):
        body, more = b"", True
        while more:
            part = await receive()
            body, more = body + part.get("body", b""), part.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.said.append(Said(scope["method"], scope["path"], headers, body))
        self.heard()
        answer = self.answers.pop(0) if self.answers else 200
        if answer == "drop":
            headers = [(b"content-length", b"9")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            raise ConnectionResetError
        if answer == "slow":
            await asyncio.Event().wait()
        await send({"type": "http.response.start", "status": answer, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})


@asynccontextmanager
async def served(app, host="127.0.0.1", **settings):
    """Serve an ASGI app on a port of this machine and lend its address."""
    family, *_, address = socket.getaddrinfo(host, 0)[0]
    with socket.socket(family) as door:
        door.bind(address)
        door.listen()
        async with serving.served(app, door, lifespan="off", **settings):
            yield f"{host}:{door.getsockname()[1]}"


@asynccontextmanager
async def receiving():
    receiver = Receiver()
    async with served(receiver) as address:
        receiver.url = f"http://{address}/hook"
        yield receiver


class Worker:
    """What the worker does, until there is nothing to do at this moment."""

    def __init__(self, app, hooks=None):
        self.app = app
        self.runner = Runner(app, only(hooks=hooks or WebHooks(at_home=True)), WIRING.hooks)

    async def work(self):
        await deliver.listen(self.app)
        while await run_due(self.runner):
            pass


def registered(place, *addresses):
    """Register an app of a company that listens at addresses."""
    form = Registration(
        name="随访",
        company="青山数字健康有限公司",
        credit_code=credit_code(),
        contact="privacy@app.test",
        kind=ClientKind.PUBLIC,
        redirects=("https://app.test/cb",),
        scopes=("patient/*.cruds",),
        notifies=addresses,
    )
    return place.do(place.office, apps.register_client, form=form)


async def firm_at(place, *addresses):
    return Program(place, (await registered(place, *addresses)).id)


async def as_service(ward, firm, scopes=SERVICE_SCOPES):
    approval = await firm.approved(scopes)
    return firm.service(approval, f"{scopes} {TREATING}")


async def as_own(ward, firm, classes=frozenset(), scopes=OWN_SCOPES):
    await firm.approved(scopes, Purpose.OWN)
    await firm.permitted(ward.patient, scopes, classes)
    return firm.hat(ward.patient, scopes)


async def as_staff(ward, firm, scopes=STAFF_SCOPES):
    await firm.approved(scopes)
    return firm.hat(ward.doctor, scopes)


def hook(receiver, criteria, *, payload="application/fhir+json", content=None, **given):
    """Return what an app sends to be told at its server."""
    channel = {"type": "rest-hook", "endpoint": receiver.url}
    channel |= {"payload": payload} if payload else {}
    if content:
        channel["_payload"] = {"extension": [{"url": CONTENT, "valueCode": content}]}
    channel |= given.pop("channel", {})
    return {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "随访血压",
        "criteria": criteria,
        "channel": channel,
        **given,
    }


async def subscribed(app, body):
    answer = await app.post("Subscription", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def pressure(ward):
    return f"Observation?code={make.SYSTOLIC}&subject=Patient/{ward.person_id}"


def values(receiver):
    return [said.json["valueQuantity"]["value"] for said in receiver.said]


async def wait_and_work(worker, clock, times, **by):
    for _ in range(times):
        await worker.work()
        clock.forward(**by)


async def states(ward):
    return await ward.place.rows(
        "SELECT id::text, state, trouble FROM records.subscription s WHERE about = $1 ORDER BY id",
        ward.person_id,
    )
