"""Resources by id, by version, and their history."""

import re
from collections.abc import Awaitable, Callable
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from lianyi.fhir import answers
from lianyi.fhir.answers import Body
from lianyi.fhir.places import base_of
from lianyi.journeys import fhir_desk
from lianyi.kernel.work import Tx, reading
from lianyi.records.errors import NoSuchResource
from lianyi.records.fhir.index import parameters
from lianyi.records.model import Version

T = TypeVar("T")
ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


async def read(request: Request) -> Response:
    type, fhir_id = _named(request)
    found = await ask(request, lambda tx: fhir_desk.read(tx, type=type, fhir_id=fhir_id))
    return answers.resource(request, found.body, found.version, found.recorded_at)


async def vread(request: Request) -> Response:
    type, fhir_id = _named(request)
    wanted = request.path_params["version"]
    for version in await _versions(request):
        if str(version.version) == wanted:
            return answers.resource(request, version.body, version.version, version.at)
    raise NoSuchResource(type=type, fhir_id=fhir_id)


async def history(request: Request) -> Response:
    versions = await _versions(request)
    bundle = {
        "resourceType": "Bundle",
        "type": "history",
        "total": len(versions),
        "entry": [_entry(request, version) for version in versions],
    }
    return answers.written(request, bundle)


async def ask(request: Request, verb: Callable[[Tx], Awaitable[T]]) -> T:
    """Run what only reads, as whoever asks."""
    return await reading(request.app.state.lianyi, request.scope["user"], verb)


async def _versions(request: Request) -> list[Version]:
    type, fhir_id = _named(request)
    return await ask(request, lambda tx: fhir_desk.versions(tx, type=type, fhir_id=fhir_id))


def _entry(request: Request, version: Version) -> Body:
    """Say which request brought a version: the first one made it, the others changed it."""
    type, fhir_id = _named(request)
    created = version.version == 1
    return {
        "fullUrl": f"{base_of(request)}/{type}/{fhir_id}",
        "resource": answers.stamped(version.body, version.version, version.at),
        "request": {"method": "POST" if created else "PUT", "url": f"{type}/{fhir_id}"},
        "response": {
            "status": "201" if created else "200",
            "etag": f'W/"{version.version}"',
            "lastModified": answers.instant(version.at),
        },
    }


def _named(request: Request) -> tuple[str, str]:
    """Return the type and the id an address names.

    :raises NoSuchResource: nothing can be called so.
    """
    type, fhir_id = request.path_params["type"], request.path_params["id"]
    if type not in parameters() or not ID.fullmatch(fhir_id):
        raise NoSuchResource(type=type, fhir_id=fhir_id)
    return type, fhir_id
