"""What happens is told in order and at least once, as R4 or the Backport has it."""

import asyncio
import itertools
from datetime import timedelta

import pytest

from lianyi.links.webhooks import WebHooks
from lianyi.records.fhir.versions import instant
from lianyi.records.rules.subscriptions import LONGEST_OFF, MOST_MISSED, TRIES
from tests.booking.make import Clinic
from tests.drain import deliver
from tests.fhir.subscriptions.receiver import (
    Worker,
    as_service,
    firm_at,
    hook,
    pressure,
    receiving,
    subscribed,
    values,
    wait_and_work,
)
from tests.records import make


async def test_what_happens_is_put_to_the_apps_server(service, ward, receiver, worker):
    made = await subscribed(service, hook(receiver, pressure(ward)))
    assert made["status"] == "active"
    first = make.observation(ward.person_id, 138)
    await ward.publish(make.observation(ward.person_id, 99, code="8462-4"), first)
    await worker.work()
    (said,) = receiver.said
    assert said.line == ("PUT", f"/hook/Observation/{first['id']}")
    assert said.json["valueQuantity"]["value"] == 138
    assert said.json["meta"]["versionId"] == "1"
    assert said.headers["content-type"] == "application/fhir+json"


async def test_an_app_that_asks_for_no_payload_is_told_only_that_something_happened(
    service, ward, receiver, worker
):
    await subscribed(service, hook(receiver, pressure(ward), payload=None))
    await ward.publish(make.observation(ward.person_id))
    await worker.work()
    (said,) = receiver.said
    assert (said.line, said.body) == (("POST", "/hook"), b"")
    assert str(ward.person_id) not in str(said)


@pytest.mark.parametrize("content", ["empty", "id-only", "full-resource"])
async def test_a_bundle_of_the_backport_holds_as_much_as_was_asked_for(
    service, ward, receiver, worker, content
):
    made = await subscribed(service, hook(receiver, pressure(ward), content=content))
    seen = make.observation(ward.person_id)
    await ward.publish(seen)
    await ward.publish({**seen, "status": "amended"})
    await worker.work()
    for number, said in enumerate(receiver.said, start=1):
        bundle = said.json
        assert (said.method, bundle["resourceType"], bundle["type"]) == (
            "POST",
            "Bundle",
            "history",
        )
        status, *entries = bundle["entry"]
        told = {one["name"]: one for one in status["resource"]["parameter"]}
        assert told["subscription"]["valueReference"]["reference"].endswith(made["id"])
        assert told["status"]["valueCode"] == "active"
        assert told["events-since-subscription-start"]["valueString"] == str(number)
        whole = [entry["resource"]["status"] for entry in entries if "resource" in entry]
        ids = [entry["fullUrl"].rpartition("/")[2] for entry in entries]
        assert ids == ([] if content == "empty" else [seen["id"]])
        assert whole == ([["final", "amended"][number - 1]] if content == "full-resource" else [])
        if content == "empty":
            assert seen["id"] not in said.body.decode()
            assert str(ward.person_id) not in said.body.decode()
    assert len(receiver.said) == 2


async def test_what_is_deleted_or_entered_in_error_is_told_to_whom_it_was_told(
    service, ward, receiver, worker, firm
):
    """EMR-04: an app must not go on with what was never true, also if it no longer answers."""
    kept = await subscribed(service, hook(receiver, f"{pressure(ward)}&status=final"))
    written = (await service.post("Observation", make.observation(ward.person_id))).json()
    wrong = make.observation(ward.person_id, 500)
    await ward.publish(wrong)
    await worker.work()
    await ward.publish({**wrong, "status": "entered-in-error"})
    assert (await service.delete(f"Observation/{written['id']}")).status_code == 204
    receiver.said.clear()
    await worker.work()
    error, gone = receiver.said
    assert error.json["status"] == "entered-in-error"
    assert gone.line == ("DELETE", f"/hook/Observation/{written['id']}")
    assert kept["criteria"].endswith("status=final")


async def test_what_no_longer_answers_is_not_told(service, ward, receiver, worker):
    await subscribed(service, hook(receiver, f"{pressure(ward)}&status=preliminary"))
    seen = make.observation(ward.person_id)
    await ward.publish({**seen, "status": "preliminary"})
    await ward.publish(seen)
    await worker.work()
    assert [said.json["status"] for said in receiver.said] == ["preliminary"]


async def test_what_was_there_before_is_not_told(service, ward, receiver, worker):
    await ward.publish(make.observation(ward.person_id))
    await subscribed(service, hook(receiver, pressure(ward)))
    await worker.work()
    assert receiver.said == []


async def test_a_later_one_waits_for_an_earlier_one_that_is_being_retried(
    service, ward, receiver, worker, clock
):
    """Losses, refusals and lost answers: in order, and each at least once."""
    receiver.answers = [200, 500, "drop", 302, 200, 429]
    await subscribed(service, hook(receiver, pressure(ward)))
    for value in range(1, 5):
        await ward.publish(make.observation(ward.person_id, value))
    await wait_and_work(worker, clock, 6, seconds=20)
    assert values(receiver) == [1, 2, 2, 2, 2, 3, 3, 4]
    keys = [said.headers["idempotency-key"] for said in receiver.said]
    assert len(set(keys)) == 4
    assert keys[1] == keys[2] == keys[3] == keys[4]


async def test_one_app_that_nobody_can_reach_holds_up_no_other(
    service, ward, receiver, worker, program
):
    async with receiving() as other:
        firm = await firm_at(ward.place, other.url)
        second = await program(await as_service(ward, firm))
        receiver.answers = [500] * 9
        await subscribed(service, hook(receiver, pressure(ward)))
        await subscribed(second, hook(other, pressure(ward)))
        for value in (1, 2, 3):
            await ward.publish(make.observation(ward.person_id, value))
        await worker.work()
        assert (values(receiver), values(other)) == ([1], [1, 2, 3])


async def test_pauses_grow_and_what_stays_in_vain_is_an_error_and_then_off(
    service, ward, receiver, worker, clock
):
    receiver.answers = [503] * 100
    made = await subscribed(service, hook(receiver, pressure(ward)))
    await ward.publish(make.observation(ward.person_id, 1))
    states, tried_at = [], []
    for _ in range(800):
        before = len(receiver.said)
        await worker.work()
        if len(receiver.said) > before:
            tried_at.append(clock.now)
            states.append((await service.get(f"Subscription/{made['id']}")).json()["status"])
            if states[-1] == "off":
                break
        clock.forward(seconds=2 if len(tried_at) < 6 else 60)
    pauses = [(late - early).total_seconds() for early, late in itertools.pairwise(tried_at)]
    assert pauses[:4] == [2, 4, 8, 16]
    assert 3600 <= max(pauses) < 3700
    assert states == ["active"] * 3 + ["error"] * 14 + ["off"]
    dead = (await service.get(f"Subscription/{made['id']}")).json()
    assert "requested" in dead["error"]


async def test_a_dead_one_is_started_again_by_its_app_and_its_line_goes_on(
    service, ward, receiver, worker, clock
):
    made = await subscribed(service, hook(receiver, pressure(ward)))
    path = f"Subscription/{made['id']}"
    receiver.answers = ["drop"]
    for value in (1, 2, 3):
        await ward.publish(make.observation(ward.person_id, value))
    await worker.work()
    stopped = await service.put(path, {**made, "status": "off"})
    assert stopped.json()["status"] == "off", stopped.text
    await ward.publish(make.observation(ward.person_id, 4))
    await wait_and_work(worker, clock, 3, minutes=5)
    assert values(receiver) == [1]
    again = (await service.put(path, {**made, "status": "requested"})).json()
    assert (again["status"], "error" in again) == ("active", False)
    await ward.publish(make.observation(ward.person_id, 5))
    await worker.work()
    assert values(receiver) == [1, 1, 2, 3, 4, 5]
    assert await troubles(service, path) == []


async def test_what_was_missed_in_hours_that_nobody_answered_is_told_once(
    service, ward, receiver, worker, clock
):
    """In its order, also what came while it was being caught up with."""
    made = await subscribed(service, hook(receiver, pressure(ward)))
    path = f"Subscription/{made['id']}"
    receiver.answers = [503] * TRIES
    await ward.publish(make.observation(ward.person_id, 1))
    await wait_and_work(worker, clock, TRIES, hours=1)
    assert (await service.get(path)).json()["status"] == "off"
    seen = make.observation(ward.person_id, 2)
    await ward.publish(seen)
    await ward.publish({**seen, "status": "amended"})
    await ward.publish(make.observation(ward.person_id, 99))
    receiver.said.clear()
    for value in (3, 4):
        await service.put(path, {**made, "status": "requested"})
        await ward.publish(make.observation(ward.person_id, value))
        if value == 3:  # and off again, before the worker has come by
            await service.put(path, {**made, "status": "off"})
    await worker.work()
    assert values(receiver) == [1, 2, 2, 99, 3, 4]


async def test_nothing_is_lost_between_off_and_on_while_the_record_is_written(
    service, ward, receiver, worker
):
    """Writers, listener and app at once: whoever comes first, each change is told, in its order."""
    made = await subscribed(service, hook(receiver, pressure(ward)))
    path, wrote = f"Subscription/{made['id']}", asyncio.Event()

    async def write():
        for value in range(20):
            await ward.publish(make.observation(ward.person_id, value))
        wrote.set()

    async def switch():
        while not wrote.is_set():
            for status in ("off", "requested"):
                answer = await service.put(path, {**made, "status": status})
                assert answer.status_code == 200, answer.text

    async def work():
        while not wrote.is_set():
            await worker.work()

    await asyncio.gather(write(), switch(), work())
    await worker.work()
    assert list(dict.fromkeys(values(receiver))) == list(range(20))


async def test_more_than_an_app_can_want_to_hear_is_not_told_but_since_when_is(
    own, ward, receiver, worker, app
):
    made = await subscribed(own, hook(receiver, "Observation"))
    path = f"Subscription/{made['id']}"
    seen = make.observation(ward.person_id, 1)
    await ward.publish(seen)
    await worker.work()
    await own.put(path, {**made, "status": "off"})
    again = """INSERT INTO records.version
                 (type, fhir_id, version, post_id, at, released, classes, body, holder_id)
               SELECT type, fhir_id, version + n, post_id, at, released, classes, body, holder_id
               FROM records.version, generate_series(1, $2::int) AS n
               WHERE type = 'Observation' AND fhir_id = $1"""
    await app.pool.execute(again, seen["id"], MOST_MISSED + 1)
    await own.put(path, {**made, "status": "requested"})
    await worker.work()
    await ward.publish(make.observation(ward.person_id, 2))
    await worker.work()
    assert values(receiver) == [1, 2]
    ((code, _),) = await troubles(own, path)
    assert code == "missed"


async def test_what_was_missed_for_too_long_or_by_other_criteria_is_not_told_but_since_when_is(
    service, ward, receiver, worker, clock
):
    made = await subscribed(service, hook(receiver, pressure(ward)))
    path = f"Subscription/{made['id']}"
    other = {**made, "criteria": f"{made['criteria']}&status=final"}
    for body, away in ((made, LONGEST_OFF + timedelta(seconds=1)), (other, timedelta(hours=1))):
        await service.put(path, {**made, "status": "off"})
        off_at = clock()
        await ward.publish(make.observation(ward.person_id, 4))
        await worker.work()
        clock.forward(seconds=away.total_seconds())
        again = (await service.put(path, {**body, "status": "requested"})).json()
        missed = f"{instant(off_at)}/{instant(clock())}"
        assert (again["status"], missed in again["error"]) == ("active", True)
        await worker.work()
        assert values(receiver) == []
        assert await troubles(service, path) == [("missed", missed)]  # still there to be read
    await ward.publish(make.observation(ward.person_id, 5))
    await worker.work()
    assert values(receiver) == [5]
    await service.put(path, {**other, "status": "requested"})
    assert await troubles(service, path) == []


async def troubles(app, path):
    """Return what `$status` says is wrong: codes, and what of it is not a word."""
    (entry,) = (await app.get(f"{path}/$status")).json()["entry"]
    said = [one for one in entry["resource"]["parameter"] if one["name"] == "error"]
    concepts = [one["valueCodeableConcept"] for one in said]
    return [(one["coding"][0]["code"], one.get("text")) for one in concepts]


async def test_one_in_error_is_tried_at_once_when_its_app_says_that_it_is_mended(
    service, ward, receiver, worker, clock
):
    made = await subscribed(service, hook(receiver, pressure(ward)))
    receiver.answers = [500] * 4
    await ward.publish(make.observation(ward.person_id, 1))
    await wait_and_work(worker, clock, 4, seconds=16)
    failing = (await service.get(f"Subscription/{made['id']}")).json()
    assert failing["status"] == "error"
    assert "500" in failing["error"]
    clock.forward(seconds=-14)
    await service.put(f"Subscription/{made['id']}", {**made, "status": "requested"})
    await worker.work()
    assert values(receiver) == [1] * 5
    assert (await service.get(f"Subscription/{made['id']}")).json()["status"] == "active"


async def test_a_receiver_that_never_answers_is_tried_again(service, app, ward, receiver, clock):
    worker = Worker(app, WebHooks(at_home=True, patience=0.2))
    receiver.answers = ["slow"]
    await subscribed(service, hook(receiver, pressure(ward)))
    await ward.publish(make.observation(ward.person_id, 1))
    await wait_and_work(worker, clock, 2, seconds=5)
    assert values(receiver) == [1, 1]


async def test_what_the_networks_own_acts_write_is_told_too(own, app, ward, receiver, worker):
    """Here a session that was planned, of which the record learns by an event."""
    await subscribed(own, hook(receiver, "Schedule?active=true"))
    clinic = await Clinic.open(ward.place)
    session_id = await clinic.publish()
    await deliver(app)
    await worker.work()
    told = [said.json for said in receiver.said]
    assert [(one["resourceType"], one["id"]) for one in told] == [("Schedule", str(session_id))]
