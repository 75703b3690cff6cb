"""Subscriptions as apps ask for them, what of it is refused, and whose they are."""

from datetime import timedelta
from ipaddress import ip_address

import asyncpg
import pytest
from fhirpy import AsyncFHIRClient
from starlette.middleware import Middleware

from lianyi.access.service import exports
from lianyi.fhir.routes import ROUTES
from lianyi.kernel import timers
from lianyi.kernel.live import Hub
from lianyi.kernel.work import within
from lianyi.links.hooks import is_outside
from lianyi.links.webhooks import WebHooks
from lianyi.people.model import ADMIN, CLERK
from lianyi.records.fhir.versions import instant
from lianyi.web.site import site
from lianyi.worker import bulk
from lianyi.worker.deliver import WORKER
from tests.drain import deliver
from tests.fhir.conftest import BASE, Wears
from tests.fhir.subscriptions.receiver import (
    Worker,
    as_own,
    as_service,
    firm_at,
    hook,
    pressure,
    served,
    subscribed,
    values,
    wait_and_work,
)
from tests.fhir.test_exporting import ASYNC, MANY, YES
from tests.records import make

# What is refused, and whose it is.


@pytest.mark.parametrize(
    ("change", "where"),
    [
        pytest.param({"criteria": "Observation?colour=red"}, "colour", id="unknown parameter"),
        pytest.param({"criteria": "Colour"}, "Colour", id="no such type"),
        pytest.param({"criteria": "Observation?_lastUpdated=gt2020"}, "criteria", id="of a time"),
        pytest.param({"criteria": "Slot?status=free"}, "Slot", id="what no record holds"),
        pytest.param(
            {"criteria": "Schedule?_has:Slot:schedule:status=free"}, "_has:Slot", id="over it"
        ),
        pytest.param({"criteria": "https://other.test/topic"}, "criteria", id="a topic"),
        pytest.param({"end": "2029-01-01T00:00:00Z"}, "end", id="over before it begins"),
        pytest.param({"channel": {"type": "email"}}, "channel.type", id="e-mail"),
        pytest.param({"channel": {"payload": "application/fhir+xml"}}, "payload", id="xml"),
        pytest.param({"channel": {"header": ["Host: a.test"]}}, "header", id="not an app's"),
        pytest.param({"channel": {"header": ["no header"]}}, "header", id="no header"),
        pytest.param({"channel": {"header": ["A: b\r\nHost: c"]}}, "header", id="two in one"),
        pytest.param(
            {"channel": {"extension": [{"url": "urn:x", "valueCode": "y"}]}},
            "channel",
            id="extension",
        ),
        pytest.param({"reason": None}, "reason", id="no reason"),
        pytest.param({"status": "error"}, "status", id="an error of one's own"),
    ],
)
async def test_what_cant_be_done_is_refused_with_its_place(service, ward, receiver, change, where):
    own = {name: value for name, value in change.items() if name != "channel"}
    body = {**hook(receiver, pressure(ward), channel=change.get("channel", {})), **own}
    body = {name: value for name, value in body.items() if value is not None}
    answer = await service.post("Subscription", body)
    assert answer.status_code == 400, answer.text
    said = [f"{one.get('expression')} {one['diagnostics']}" for one in answer.json()["issue"]]
    assert any(where in one for one in said), said
    assert (await service.bundle("Subscription"))["total"] == 0


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://other.test/hook",
        "http://127.0.0.1:1/hook",
        "http://169.254.169.254/latest",
        "https://127.0.0.1.app.test/hook",
    ],
)
async def test_nothing_is_sent_where_the_app_is_not_known_to_listen(
    service, ward, receiver, endpoint
):
    body = hook(receiver, pressure(ward), channel={"endpoint": endpoint})
    answer = await service.post("Subscription", body)
    assert answer.status_code == 403, answer.text


async def test_an_address_without_tls_is_a_demos_only(service, dsn, ward, receiver):
    """INT-18: outside a demo nothing is sent in the clear, nor to this machine."""
    db = await asyncpg.connect(dsn)
    offset = await db.fetchval("DELETE FROM kernel.demo RETURNING offset_ms")
    answer = await service.post("Subscription", hook(receiver, pressure(ward)))
    await db.execute("INSERT INTO kernel.demo (offset_ms) VALUES ($1)", offset)
    await db.close()
    assert answer.status_code == 403, answer.text


async def test_who_is_no_app_or_lent_only_their_presence_subscribes_to_nothing(
    ward, receiver, program, firm
):
    """INT-04, INT-14: what comes later needs `offline_access`."""
    session = await program(ward.doctor)
    assert (await session.post("Subscription", hook(receiver, pressure(ward)))).status_code == 403
    assert (await session.get("Subscription")).status_code == 403
    await as_own(ward, firm)
    for hat in (
        firm.hat(ward.patient, "patient/*.cruds"),
        firm.hat(ward.patient, "patient/Subscription.cruds offline_access"),
        firm.hat(ward.patient, "patient/Observation.cruds offline_access"),
        firm.hat(await ward.place.hat(CLERK), "user/*.cruds offline_access"),
    ):
        app = await program(hat)
        answer = await app.post("Subscription", hook(receiver, pressure(ward)))
        assert answer.status_code == 403, answer.text


async def test_whom_a_hat_may_not_see_it_hears_nothing_of(own, service, ward, receiver):
    """INT-07: the answer is that for nobody."""
    stranger = await ward.place.resident()
    for app in (own, service):
        answers = [
            await app.post("Subscription", hook(receiver, f"Observation?subject=Patient/{id}"))
            for id in (stranger.person_id, stranger.post_id.hex)
        ]
        assert {answer.status_code for answer in answers} == {422}


async def test_an_app_sees_and_changes_its_own_alone(service, own, ward, receiver, program, firm):
    made = await subscribed(service, hook(receiver, pressure(ward)))
    path = f"Subscription/{made['id']}"
    other = await program(await as_service(ward, await firm_at(ward.place, receiver.url)))
    for app in (other, own):  # another app, and the same app in another hat
        assert (await app.bundle("Subscription"))["total"] == 0
        assert (await app.get(path)).status_code == 404
        assert (await app.put(path, {**made, "status": "off"})).status_code == 404
        assert (await app.delete(path)).status_code == 404
        assert (await app.get(f"{path}/$status")).status_code == 404
        assert (await app.get(f"{path}/$get-ws-binding-token")).status_code == 404
    assert (await service.bundle("Subscription?status=active"))["total"] == 1
    assert await service.found("Subscription?status=off,error") == []
    assert await service.found(f"Subscription?url={receiver.url}&type=rest-hook") == [made["id"]]
    assert (await service.get("Subscription?contact=x")).status_code == 400


async def test_an_apps_secret_is_sent_and_never_shown(service, app, ward, receiver, worker):
    """INT-16: nor does it stand in the database in the clear, nor go to another address."""
    secret = "Bearer s3cret-of-the-app"
    made = await subscribed(
        service, hook(receiver, pressure(ward), channel={"header": [f"Authorization: {secret}"]})
    )
    path = f"Subscription/{made['id']}"
    read = (await service.get(path)).text
    assert "s3cret" not in f"{made}{read}{(await service.get('Subscription')).text}"
    await service.put(path, {**made, "reason": "…"})
    await ward.publish(make.observation(ward.person_id))
    await worker.work()
    assert receiver.said[0].headers["authorization"] == secret
    await service.put(
        path, {**made, "channel": {**made["channel"], "endpoint": receiver.url + "2"}}
    )
    await ward.publish(make.observation(ward.person_id))
    await worker.work()
    assert receiver.said[1].path.startswith("/hook2/")
    assert "authorization" not in receiver.said[1].headers
    kept = await app.pool.fetch("SELECT s::text FROM records.subscription s")
    kept += await app.pool.fetch("SELECT encode(request, 'escape') FROM kernel.errand")
    assert "s3cret" not in str(kept)


async def test_a_repeated_request_makes_one_subscription(service, ward, receiver):
    body, key = hook(receiver, pressure(ward)), {"headers": {"idempotency-key": "k" * 20}}
    first = await service.post("Subscription", body, **key)
    second = await service.post("Subscription", body, **key)
    assert (first.status_code, first.json()["id"]) == (201, second.json()["id"])
    other = await service.post("Subscription", {**body, "reason": "2"}, **key)
    assert other.status_code == 409
    assert (await service.bundle("Subscription"))["total"] == 1


async def test_a_subscription_is_changed_by_version_patched_and_forgotten(
    service, ward, receiver, worker
):
    made = await subscribed(service, hook(receiver, pressure(ward)))
    path = f"Subscription/{made['id']}"
    bare = {name: value for name, value in made.items() if name != "meta"}
    stale = {"headers": {"if-match": 'W/"99"'}}
    assert (await service.put(path, bare, **stale)).status_code == 412
    kind = {"headers": {"content-type": "application/json-patch+json"}}
    patch = [{"op": "replace", "path": "/criteria", "value": f"Condition?subject={ward.person_id}"}]
    answer = await service.http.patch(f"{BASE}/{path}", json=patch, **kind)
    assert answer.status_code == 200, answer.text
    assert answer.json()["criteria"].startswith("Condition")
    assert int(answer.json()["meta"]["versionId"]) > int(made["meta"]["versionId"])
    assert (await service.delete(path)).status_code == 204
    assert (await service.get(path)).status_code == 410
    await ward.publish(make.condition(ward.person_id))
    await worker.work()
    assert receiver.said == []


async def test_the_end_is_kept_and_what_was_made_longer_goes_on(
    service, app, ward, receiver, worker, clock
):
    soon = (clock.now + timedelta(hours=1)).isoformat()
    made = await subscribed(service, hook(receiver, pressure(ward), end=soon))
    path = f"Subscription/{made['id']}"
    assert made["end"].startswith(soon[:13].replace("+00:00", ""))
    longer = {**made, "end": (clock.now + timedelta(hours=3)).isoformat()}
    assert (await service.put(path, longer)).status_code == 200
    clock.forward(hours=2)
    await within(app, WORKER, timers.fire)
    await deliver(app)
    assert (await service.get(path)).json()["status"] == "active"
    clock.forward(hours=2)
    await within(app, WORKER, timers.fire)
    await deliver(app)
    assert (await service.get(path)).json()["status"] == "off"
    await ward.publish(make.observation(ward.person_id))
    await worker.work()
    assert receiver.said == []


async def test_what_a_user_lent_is_told_for_ninety_days_at_most(own, ward, receiver, clock):
    """INT-14: as long as a refresh token, and no longer than the permission."""
    made = await subscribed(own, hook(receiver, pressure(ward), end="2099-01-01T00:00:00Z"))
    assert made["end"] == instant(clock.now + timedelta(days=30))  # as the person chose


async def test_it_ends_at_five_hundred_persons(service, ward, receiver, worker):
    """PRI-11, PRI-28: before it begins, and when there come to be so many."""
    everybody = hook(receiver, f"Observation?code={make.SYSTOLIC}")
    made = await subscribed(service, everybody)
    await ward.place.app.pool.execute(
        "INSERT INTO access.relation (person_id, institution_id, role, cause_id, opened_at)"
        " SELECT gen_random_uuid(), $1, 'doctor', gen_random_uuid(), $2"
        " FROM generate_series(1, 500)",
        ward.place.id,
        ward.place.app.clock(),
    )
    answer = await service.post("Subscription", everybody)
    assert answer.status_code == 409
    assert "500" in answer.text
    await ward.publish(make.observation(ward.person_id))
    await worker.work()
    assert receiver.said == []
    over = (await service.get(f"Subscription/{made['id']}")).json()
    assert over["status"] == "off"
    assert "PRI-28" in over["error"]
    assert (await service.post("Subscription", hook(receiver, pressure(ward)))).status_code == 201


async def test_what_two_agreed_that_an_app_takes_it_is_told_of(
    service, ward, receiver, worker, clock
):
    """PRI-11, PRI-28: as long as that lasts, and of no other type."""
    await ward.place.app.pool.execute(MANY, ward.place.id, ward.place.app.clock(), 500)
    asked = await service.get("Patient/$export?_type=Observation", headers=ASYNC)
    id = asked.headers["content-location"].rpartition("/")[2]
    for hat in (await ward.place.admin(), await ward.place.appoint(ADMIN, name="李四")):
        await ward.place.do(hat, exports.approve, export_id=id, **YES)
    made = await subscribed(service, hook(receiver, f"Observation?code={make.SYSTOLIC}"))
    other = await service.post("Subscription", hook(receiver, "Condition?code=I10"))
    assert other.status_code == 409
    await ward.publish(make.observation(ward.person_id, 1))
    await worker.work()
    assert values(receiver) == [1]
    while await bulk.step(ward.place.app):
        pass
    clock.forward(days=2)
    await ward.publish(make.observation(ward.person_id, 2))
    await worker.work()
    assert values(receiver) == [1]
    over = (await service.get(f"Subscription/{made['id']}")).json()
    assert (over["status"], "PRI-28" in over["error"]) == ("off", True)


async def test_a_bundle_takes_no_subscription(service, ward, receiver):
    entry = {"resource": hook(receiver, pressure(ward))}
    entry["request"] = {"method": "POST", "url": "Subscription"}
    body = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    assert (await service.post("", body)).status_code == 403


async def test_the_server_tells_what_it_does_with_subscriptions(service):
    told = (await service.bundle("metadata"))["rest"][0]
    (socket,) = told["extension"]
    assert socket["valueUri"] == "wss://lianyi.test/fhir/R4/websocket"
    (type,) = [one for one in told["resource"] if one["type"] == "Subscription"]
    assert {one["name"] for one in type["searchParam"]} == {
        "_id",
        "criteria",
        "status",
        "type",
        "url",
    }
    assert {"$".join(("", one["name"])) for one in type["operation"]} >= {
        "$status",
        "$get-ws-binding-token",
    }


@pytest.mark.parametrize(
    ("number", "outside"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.9", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_numbers_of_ones_own_networks_are_known(number, outside):
    assert is_outside(ip_address(number)) is outside


async def test_a_name_that_leads_home_is_sent_nothing(service, app, ward, receiver, clock):
    """A registered name may come to lead into our own network; only a demo tells itself."""
    worker = Worker(app, WebHooks())
    made = await subscribed(service, hook(receiver, pressure(ward)))
    await ward.publish(make.observation(ward.person_id))
    await wait_and_work(worker, clock, 5, seconds=30)
    assert receiver.said == []
    failing = (await service.get(f"Subscription/{made['id']}")).json()
    assert (failing["status"], failing["error"][:2]) == ("error", "通知")


async def test_fhirpy_subscribes_reads_finds_and_forgets(app, ward, receiver, worker, firm):
    """A client that others have written."""
    hat = await as_service(ward, firm)
    faces = site(app, Hub(), ROUTES, sessions=[Middleware(Wears, hat=hat)])
    async with served(faces) as address:
        client = AsyncFHIRClient(f"http://{address}/fhir/R4")
        body = hook(receiver, pressure(ward))
        made = client.resource(body.pop("resourceType"), **body)
        await made.save()
        assert (made["status"], made["meta"]["versionId"]) == ("active", "1")
        (found,) = await client.resources("Subscription").search(status="active").fetch_all()
        assert found.id == made.id
        await ward.publish(make.observation(ward.person_id, 5))
        await worker.work()
        assert values(receiver) == [5]
        made["status"] = "off"
        await made.save()
        await made.delete()
        assert await client.resources("Subscription").fetch_all() == []
