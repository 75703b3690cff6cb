"""Operations as entries of bundles: which where, and all or nothing (FHIR R4, 3.1.0.11.2)."""

import pytest

from lianyi.access.model import Purpose
from tests.apps import Program
from tests.booking.make import START
from tests.fhir.test_booking import BOOKS, LATER, asking, extended, wish
from tests.fhir.test_bundles import ask, bundle, post, statuses
from tests.fhir.test_writing import issue
from tests.records import make

SCOPES = f"{BOOKS} patient/Observation.cruds patient/Patient.rs"
TAG = {"system": "urn:own", "code": "seen"}


@pytest.fixture
async def patient(clinic):
    return await clinic.place.resident()


@pytest.fixture
async def mine(clinic, program, patient):
    firm = Program(clinic.place)
    await firm.approved("patient/*.cruds", Purpose.OWN)
    await firm.permitted(patient, "patient/*.cruds")
    return await program(firm.hat(patient, "patient/*.cruds"))


def call(url, body=None, method="POST"):
    entry = {"request": {"method": method, "url": url}}
    return {**entry, "resource": body} if body else entry


def marks(*tags):
    meta = {"name": "meta", "valueMeta": {"tag": list(tags)}}
    return {"resourceType": "Parameters", "parameter": [meta]}


async def test_a_transaction_books_and_writes_whole(mine, clinic, patient):
    session_id = await clinic.publish()
    old = (await mine.post("Observation", make.observation(patient.person_id))).json()
    answer = await mine.post(
        "",
        bundle(
            ask("GET", f"Observation?patient={patient.person_id}&_summary=count"),
            call("Appointment/$hold", wish(session_id)),
            post(make.observation(patient.person_id, 120)),
            call(f"Observation/{old['id']}/$meta-add", marks(TAG)),
        ),
    )
    assert statuses(answer) == [200, 200, 201, 200]
    count, held, _, marked = answer.json()["entry"]
    assert count["resource"]["total"] == 2
    assert (held["resource"]["status"], extended(held["resource"])["queue-number"]) == (
        "pending",
        1,
    )
    assert marked["resource"]["parameter"][0]["valueMeta"]["tag"] == [TAG]
    assert await clinic.remaining(session_id) == [1, 2]


async def test_a_number_that_is_gone_leaves_nothing_of_a_transaction(mine, clinic, patient):
    session_id = await clinic.publish(numbers_per_slot=1)
    await clinic.booked(session_id)
    answer = await mine.post(
        "",
        bundle(
            post(make.observation(patient.person_id)),
            call("Appointment/$hold", wish(session_id, LATER)),
            call("Appointment/$hold", wish(session_id, START)),
        ),
    )
    assert (answer.status_code, issue(answer)["code"]) == (409, "business-rule")
    assert issue(answer)["expression"] == ["Bundle.entry[2]"]
    assert await clinic.remaining(session_id) == [0, 1]
    assert await mine.found(f"Observation?patient={patient.person_id}") == []


async def test_a_write_that_is_refused_gives_the_number_back(mine, clinic, patient):
    session_id = await clinic.publish()
    wrong = {**make.observation(patient.person_id), "status": "done"}
    answer = await mine.post("", bundle(call("Appointment/$hold", wish(session_id)), post(wrong)))
    assert answer.status_code == 400
    assert await clinic.remaining(session_id) == [2, 2]


@pytest.mark.parametrize(
    ("url", "method"),
    [
        ("Patient/$everything", "GET"),
        ("Observation/$lastn", "GET"),
        ("Appointment/$own", "GET"),
        ("CodeSystem/$lookup", "POST"),
        ("Observation/$validate", "POST"),
    ],
)
async def test_what_only_looks_is_no_part_of_a_transaction(mine, url, method):
    answer = await mine.post("", bundle(call(url, asking() if method == "POST" else None, method)))
    assert (answer.status_code, issue(answer)["code"]) == (422, "not-supported")
    assert url.rpartition("/")[2] in issue(answer)["diagnostics"]
    assert issue(answer)["expression"] == ["Bundle.entry[0].request"]


async def test_in_a_batch_every_operation_answers_as_by_its_own_address(mine, clinic, patient):
    session_id = await clinic.publish()
    made = (await mine.post("Observation", make.observation(patient.person_id))).json()
    gender = "http://hl7.org/fhir/administrative-gender"
    looks = (
        f"Patient/{patient.person_id}/$everything?_type=Observation",
        f"Observation/$lastn?patient={patient.person_id}",
        f"CodeSystem/$lookup?system={gender}&code=female",
        f"Observation/{made['id']}/$meta",
        f"Appointment/$find?department={clinic.place.department_id}",
    )
    answer = await mine.post(
        "",
        bundle(
            *(call(url, method="GET") for url in looks),
            call("Appointment/$hold", wish(session_id)),
            call("Appointment/x/$confirm", asking()),
            call("Observation/$validate", {"resourceType": "Observation"}),
            kind="batch",
        ),
    )
    assert statuses(answer) == [200] * 6 + [404, 200]
    entries = answer.json()["entry"]
    for url, entry in zip(looks[:4], entries[:4], strict=True):
        assert entry["resource"] == (await mine.get(url)).json()
    assert entries[5]["resource"]["status"] == "pending"
    assert entries[6]["response"]["outcome"]["issue"][0]["code"] == "not-found"
    assert entries[7]["resource"]["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize("kind", ["batch", "transaction"])
@pytest.mark.parametrize("body", [0, [], "x"])
async def test_an_operation_is_called_with_a_resource_or_refused(mine, kind, body):
    entry = {**call("Appointment/$hold"), "resource": body}
    answer = await mine.post("", bundle(entry, kind=kind))
    told = answer.json()
    outcome = told if kind == "transaction" else told["entry"][0]["response"]["outcome"]
    assert outcome["issue"][0]["code"] == "invalid", answer.text


@pytest.mark.parametrize("kind", ["batch", "transaction"])
async def test_a_repeated_bundle_books_once(mine, clinic, kind):
    session_id = await clinic.publish()
    both = (call("Appointment/$hold", wish(session_id)),)
    sent = {"headers": {"idempotency-key": "k7"}}
    first = await mine.post("", bundle(*both, kind=kind), **sent)
    again = await mine.post("", bundle(*both, kind=kind), **sent)
    assert (statuses(first), first.json()) == ([200], again.json())
    assert await clinic.remaining(session_id) == [1, 2]


@pytest.mark.parametrize(
    ("url", "method", "status"),
    [
        ("Appointment/$fly", "POST", 405),
        ("Appointment/$hold", "GET", 405),
        ("Appointment/1/2/$hold", "POST", 405),
        ("Nothing/$validate", "POST", 404),
        ("$export", "GET", 405),
    ],
)
@pytest.mark.parametrize("kind", ["batch", "transaction"])
async def test_what_is_no_operation_is_refused_at_its_place(mine, url, method, status, kind):
    answer = await mine.post("", bundle(call(url, asking(), method), kind=kind))
    if kind == "batch":
        (entry,) = answer.json()["entry"]
        got, outcome = int(entry["response"]["status"][:3]), entry["response"]["outcome"]
    else:
        got, outcome = answer.status_code, answer.json()
    assert got == status, answer.text
    assert outcome["issue"][0]["expression"][0].startswith("Bundle.entry[0].request")
