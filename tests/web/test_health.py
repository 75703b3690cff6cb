import httpx
import pytest
from starlette.applications import Starlette

from lianyi.web import health


@pytest.fixture
async def machine(app):
    faces = Starlette(routes=health.ROUTES)
    faces.state.lianyi = app
    transport = httpx.ASGITransport(faces)
    async with httpx.AsyncClient(transport=transport, base_url="http://lianyi") as client:
        yield client


async def test_it_is_ready_when_the_database_has_our_schema(machine):
    answer = await machine.get("/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (200, True)


async def test_it_lives_but_is_not_ready_without_its_database(machine, app):
    await app.pool.close()
    assert (await machine.get("/readyz")).status_code == 503
    assert (await machine.get("/healthz")).status_code == 200


async def test_it_tells_what_it_counted(machine):
    assert "python_info" in (await machine.get("/metrics")).text
