"""Clients that others have written, over a real socket: npm fhir-kit-client, PyPI fhirclient."""

import asyncio
import json
import os
import socket
import sys
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest
import uvicorn
from fhirclient.client import FHIRClient
from fhirclient.models.observation import Observation
from fhirclient.models.patient import Patient
from fhirclient.server import FHIRUnauthorizedException

from lianyi.access.model import Purpose
from lianyi.main import now
from tests.drain import deliver
from tests.records import make
from tests.smart.conftest import KEYS, whole

KIT = Path(__file__).with_name("kit.mjs")
GUIDE = Path(__file__).parents[2] / "docs/apps.md"
ALL = "system/*.cruds lianyi/source"


@pytest.fixture
async def address(app, http):
    """Serve the whole site on a port of this machine, whose clock is that of its clients."""
    faces = whole(replace(app, machine=now))
    server = uvicorn.Server(uvicorn.Config(faces, log_config=None, lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as door:
        serving = asyncio.create_task(server.serve(sockets=[door]))
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
        server.should_exit = True
        await serving


@pytest.fixture
async def machine(company):
    """A backend service, approved for treating, that writes what its hospital has found."""
    return await company(
        (Purpose.TREAT, ALL), token_endpoint_auth_method="private_key_jwt", jwks=KEYS
    )


async def test_fhir_kit_client_works_as_a_hospitals_backend(machine, address, ward):
    """INT-03, INT-08: it proves itself with its key, creates, changes, finds, turns and deletes."""
    given = (await machine.serve(ALL)).json()
    arguments = (KIT, f"{address}/fhir/R4", given["access_token"], str(ward.person_id))
    node = await asyncio.create_subprocess_exec(
        "node", *map(str, arguments), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    said, wrong = await node.communicate()
    assert node.returncode == 0, wrong.decode()
    assert json.loads(said) == {
        "token": f"{address}/smart/token",
        "etag": 'W/"1"',
        "version": "2",
        "stale": 412,
        "transaction": ["201 Created", "201 Created"],
        "pages": [["2029-12-01", "2029-12-02"], ["2029-12-03"]],
        "last": True,
        "gone": 410,
    }


async def test_the_service_of_the_guide_works_as_it_stands_there(company, address, ward, tmp_path):
    """INT-03: docs/apps.md."""
    _, _, rest = GUIDE.read_text("utf-8").partition("The whole of it is `service.py`")
    blocks = rest.partition("Run without a client")[0].partition(":\n\n")[2]
    (tmp_path / "service.py").write_text(dedent(blocks), "utf-8")
    keys = json.loads(await _run(tmp_path))
    firm = await company(
        (Purpose.TREAT, "system/Observation.rs"),
        token_endpoint_auth_method="private_key_jwt",
        jwks=keys,
    )
    await ward.publish(make.observation(ward.person_id))
    said = await _run(tmp_path, BASE=address, CLIENT=firm.id)
    assert len(said.splitlines()) == 1


async def _run(home, **told):
    """Run the guide's service and return what it printed."""
    service = await asyncio.create_subprocess_exec(
        sys.executable,
        "service.py",
        cwd=home,
        env={**os.environ, **told},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, wrong = await service.communicate()
    assert service.returncode == 0, wrong.decode()
    return said.decode()


async def test_fhirclient_connects_reads_and_searches(diary, patients, address, ward, app):
    """INT-01: where to ask for tokens it reads from the CapabilityStatement."""
    await deliver(app)  # the directory knows the person
    for n in range(3):
        await ward.publish(make.observation(ward.person_id, n))
    given = await diary.tokens(patients, "launch/patient patient/*.rs")
    told = await asyncio.to_thread(_read, address, diary.id, given)
    assert told == ("王秀英", 3, f"{address}/smart/token")
    with pytest.raises(FHIRUnauthorizedException):
        await asyncio.to_thread(_read, address, diary.id, {**given, "access_token": "none"})


def _read(address, client_id, given):
    """Read by fhirclient, which waits for its answers: in a thread."""
    base = f"{address}/fhir/R4"
    smart = FHIRClient(settings={"app_id": client_id, "api_base": base})
    smart.prepare()
    smart.server.auth.access_token = given["access_token"]
    patient = Patient.read(given["patient"], smart.server)
    search = Observation.where({"patient": given["patient"], "_count": "2"})
    found = list(search.perform_resources_iter(smart.server))
    return patient.name[0].text, len(found), smart.server.auth._token_uri  # noqa: SLF001
