"""Programs that read the record of a ward over HTTP."""

from contextlib import AsyncExitStack

import httpx
import pytest
from starlette.middleware import Middleware

from lianyi.fhir.routes import ROUTES
from lianyi.kernel.live import Hub
from lianyi.web.site import site
from tests.records.conftest import elsewhere, ward

__all__ = ["elsewhere", "ward"]
BASE = "https://lianyi.test/fhir/R4"


class Wears:
    """Stands where sessions do: who asks is known already."""

    def __init__(self, app, hat):
        self.app, self.hat = app, hat

    async def __call__(self, scope, receive, send):
        scope["user"] = self.hat
        await self.app(scope, receive, send)


class Program:
    """Some software, asking as somebody."""

    def __init__(self, http):
        self.http = http

    async def get(self, path, **more):
        return await self.http.get(f"{BASE}/{path}", **more)

    async def post(self, path, body, **more):
        return await self.http.post(f"{BASE}/{path}".rstrip("/"), json=body, **more)

    async def put(self, path, body, **more):
        return await self.http.put(f"{BASE}/{path}", json=body, **more)

    async def delete(self, path, **more):
        return await self.http.delete(f"{BASE}/{path}", **more)

    async def found(self, path, **more):
        """Return the ids of what a search finds, in its order."""
        answer = await self.get(path, **more)
        assert answer.status_code == 200, answer.text
        return [
            entry["resource"]["id"]
            for entry in answer.json().get("entry", ())
            if entry["search"]["mode"] == "match"
        ]

    async def bundle(self, path, **more):
        answer = await self.get(path, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
async def program(app):
    async with AsyncExitStack() as stack:

        async def of(hat, at=app):
            faces = site(at, Hub(), ROUTES, sessions=[Middleware(Wears, hat=hat)])
            transport = httpx.ASGITransport(faces)
            return Program(await stack.enter_async_context(httpx.AsyncClient(transport=transport)))

        yield of


@pytest.fixture
async def doctors(program, ward):
    """The software of the doctor who treats the ward's patient."""
    return await program(ward.doctor)


@pytest.fixture
async def patients(program, ward):
    """The patient's own software."""
    return await program(ward.patient)
