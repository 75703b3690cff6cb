"""Apps that listen at a websocket, over a real one, through the doors of tokens."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from lianyi.accounts.model.apps import Lease
from lianyi.accounts.service import apps
from lianyi.fhir.routes import ROUTES
from lianyi.kernel import live
from lianyi.kernel.listen import listen
from lianyi.kernel.live import Hub
from lianyi.smart.routes import READERS
from lianyi.web.site import site
from tests.fhir.subscriptions.receiver import (
    CONTENT,
    as_service,
    firm_at,
    pressure,
    served,
    subscribed,
)
from tests.records import make

PATIENCE = 40  # seconds


def socket(criteria, *, content=None):
    channel = {"type": "websocket"}
    if content:
        channel["_payload"] = {"extension": [{"url": CONTENT, "valueCode": content}]}
    return {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "屏幕上的提示",
        "criteria": criteria,
        "channel": channel,
    }


@pytest.fixture
async def faces(app, dsn):
    """Serve the FHIR server as a web process does, and let it hear what the worker relays."""
    hub = Hub()
    faces = site(app, hub, ROUTES, sessions=READERS)

    async def heard(_):
        hub.again()

    ear = asyncio.create_task(
        listen(lambda: asyncpg.connect(dsn), {live.CHANNEL: hub.heard}, heard)
    )
    async with served(faces, ws="websockets-sansio", ws_per_message_deflate=False) as address:
        faces.state.address = address
        yield faces
        hub.close()
    ear.cancel()
    await asyncio.gather(ear, return_exceptions=True)


@pytest.fixture
async def hat(ward):
    return await as_service(ward, await firm_at(ward.place))


@pytest.fixture
async def service(hat, program):
    return await program(hat)


@pytest.fixture
async def token(ward, hat):
    """Return an access token of the service, drawn as the authorization server draws it."""
    until = ward.place.app.clock() + timedelta(minutes=5)

    async def draw(tx):
        lease = Lease(tx.new_id(), hat.app_id, hat, "", until, hat.post_id)
        return (await apps.serve(tx, lease=lease)).access

    return await ward.place.do(hat, draw)


@asynccontextmanager
async def opened(faces, token=None):
    headers = {"authorization": f"Bearer {token}"} if token else {}
    url = f"ws://{faces.state.address}/fhir/R4/websocket"
    async with asyncio.timeout(PATIENCE), connect(url, additional_headers=headers) as line:
        yield line


async def bound(line, text, id):
    await line.send(text)
    assert await line.recv() == f"bound {id}"


async def test_a_socket_is_pinged_whenever_something_happens(faces, service, token, ward, worker):
    made = await subscribed(service, socket(pressure(ward)))
    async with opened(faces, token) as line:
        await bound(line, f"bind {made['id']}", made["id"])
        for value in (1, 2):
            await ward.publish(make.observation(ward.person_id, value))
            await worker.work()
            assert await line.recv() == f"ping {made['id']}"


async def test_who_loses_the_line_is_told_again_and_once_it_was_heard_no_more(
    faces, service, token, ward, worker
):
    """At least once: what a line took with it that broke may never have been heard."""
    made = await subscribed(service, socket(pressure(ward), content="full-resource"))
    await ward.publish(*(make.observation(ward.person_id, value) for value in (1, 2)))
    await worker.work()
    for _ in range(2):
        async with opened(faces, token) as line:
            await bound(line, f"bind {made['id']}", made["id"])
            assert [number(await line.recv()) for _ in range(2)] == ["1", "2"]
    faces.state.proven = timedelta(0)
    async with opened(faces, token) as line:
        await bound(line, f"bind {made['id']}", made["id"])
        assert [number(await line.recv()) for _ in range(2)] == ["1", "2"]
        await ward.publish(make.observation(ward.person_id, 3))
        await worker.work()
        third = await line.recv()
        assert number(third) == "3"
        (_, entry) = json.loads(third)["entry"]
        assert entry["resource"]["valueQuantity"]["value"] == 3
    async with opened(faces, token) as line:
        await bound(line, f"bind {made['id']}", made["id"])
        await ward.publish(make.observation(ward.person_id, 4))
        await worker.work()
        assert number(await line.recv()) in {"3", "4"}


def number(text):
    status = json.loads(text)["entry"][0]["resource"]["parameter"]
    return next(one["valueString"] for one in status if one["name"].startswith("events"))


async def test_a_program_without_headers_binds_by_a_token_that_counts_once(
    faces, service, ward, worker
):
    made = await subscribed(service, socket(pressure(ward)))
    told = (await service.get(f"Subscription/{made['id']}/$get-ws-binding-token")).json()
    given = {one["name"]: one for one in told["parameter"]}
    assert given["websocket-url"]["valueUrl"] == "wss://lianyi.test/fhir/R4/websocket"
    text = f"bind-with-token {given['token']['valueString']}"
    async with opened(faces) as line:
        await bound(line, text, made["id"])
        await ward.publish(make.observation(ward.person_id))
        await worker.work()
        assert await line.recv() == f"ping {made['id']}"
    assert await refused(faces, text)


async def refused(faces, text, token=None):
    async with opened(faces, token) as line:
        await line.send(text)
        try:
            said = await line.recv()
        except ConnectionClosed as closed:
            return closed.rcvd.code == 1008
    return said and False


async def test_nobody_else_binds_it(faces, service, token, ward, program, clock):
    """INT-07: who has no token, another one's, or an old one, hears nothing of what there is."""
    made = await subscribed(service, socket(pressure(ward)))
    other = await program(await as_service(ward, await firm_at(ward.place)))
    others = await subscribed(other, socket(pressure(ward)))
    assert await refused(faces, f"bind {made['id']}")
    assert await refused(faces, f"bind {others['id']}", token)
    assert await refused(faces, "bind", token)
    assert await refused(faces, "bind-with-token x", token)
    clock.forward(minutes=6)
    assert await refused(faces, f"bind {made['id']}", token)


async def test_a_line_is_closed_when_the_ground_has_gone(faces, service, token, ward, worker):
    """The doors are asked at each ping: what closes them is not told as a ping."""
    made = await subscribed(service, socket(pressure(ward)))
    async with opened(faces, token) as line:
        await bound(line, f"bind {made['id']}", made["id"])
        await ward.publish(make.observation(ward.person_id))
        await ward.place.app.pool.execute(
            "UPDATE access.relation SET ended_at = opened_at WHERE person_id = $1", ward.person_id
        )
        await worker.work()
        assert (await service.get(f"Subscription/{made['id']}")).json()["status"] == "off"
        with pytest.raises(ConnectionClosed):
            await line.recv()
