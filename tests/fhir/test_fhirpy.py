"""A client that others have written, over a real socket: fhirpy."""

import asyncio
import socket

import pytest
import uvicorn
from fhirpy import AsyncFHIRClient
from fhirpy.base.exceptions import MultipleResourcesFound, OperationOutcome, ResourceNotFound
from starlette.middleware import Middleware

from lianyi.fhir.routes import ROUTES
from lianyi.kernel.live import Hub
from lianyi.web.site import site
from tests.apps import Program
from tests.fhir.conftest import Wears
from tests.records import make


@pytest.fixture
async def client(app, ward):
    """fhirpy as the software of the doctor who treats the patient."""
    firm = Program(ward.place)
    await firm.approved("user/*.cruds")
    hat = firm.hat(ward.doctor, "user/*.cruds")
    faces = site(app, Hub(), ROUTES, sessions=[Middleware(Wears, hat=hat)])
    server = uvicorn.Server(uvicorn.Config(faces, log_config=None, lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as door:
        serving = asyncio.create_task(server.serve(sockets=[door]))
        yield AsyncFHIRClient(f"http://127.0.0.1:{door.getsockname()[1]}/fhir/R4")
        server.should_exit = True
        await serving


def drafted(client, body):
    """Return a resource of fhirpy that has no id yet."""
    kept = {name: held for name, held in body.items() if name not in {"resourceType", "id"}}
    return client.resource(body["resourceType"], **kept)


async def test_fhirpy_creates_reads_changes_finds_and_deletes(client, ward):
    made = drafted(client, make.condition(ward.person_id))
    await made.save()
    assert made["meta"]["versionId"] == "1"
    made["recordedDate"] = "2029-03-02"
    await made.save()  # it knows of no If-Match: the body says what was read
    assert made["meta"]["versionId"] == "2"
    read = await client.reference("Condition", made.id).to_resource()
    assert read["recordedDate"] == "2029-03-02"
    found = await client.resources("Condition").search(patient=str(ward.person_id)).fetch_all()
    assert [one.id for one in found] == [made.id]
    await made.delete()
    with pytest.raises(ResourceNotFound):
        await client.reference("Condition", made.id).to_resource()


async def test_fhirpy_changes_nothing_behind_anothers_back(client, ward):
    """INT-08"""
    made = drafted(client, make.condition(ward.person_id))
    await made.save()
    stale = await client.reference("Condition", made.id).to_resource()
    made["recordedDate"] = "2029-03-02"
    await made.save()
    stale["recordedDate"] = "2029-03-03"
    with pytest.raises(MultipleResourcesFound, match="conflict"):  # its name for a 412
        await stale.save()


async def test_fhirpy_creates_on_a_condition_and_sends_a_transaction(client, ward):
    named = {"identifier": [{"system": "urn:lis", "value": f"{ward.person_id}"}]}
    body = {**make.observation(ward.person_id), **named}
    asked = client.resources("Observation").search(identifier=f"urn:lis|{ward.person_id}")
    first, is_new = await asked.get_or_create(drafted(client, body))
    again, is_new_again = await asked.get_or_create(drafted(client, body))
    assert (first.id, is_new, is_new_again) == (again.id, True, False)
    entry = {"resource": body, "request": {"method": "POST", "url": "Observation"}}
    bundle = client.resource("Bundle", type="transaction", entry=[entry, entry])
    answer = await client.execute("", method="post", data=bundle.serialize())
    assert [one["response"]["status"] for one in answer["entry"]] == ["201 Created"] * 2
    with pytest.raises(OperationOutcome):
        await client.resource("Observation", status="done").save()
