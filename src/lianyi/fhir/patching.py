"""Patch, also on conditions and in bundles, by JSON Patch alone (FHIR R4, 3.1.0.7; RFC 6902)."""

import base64
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from lianyi.fhir import bodies, writing
from lianyi.fhir.answers import Turned
from lianyi.fhir.places import base_of
from lianyi.fhir.reading import named, typed
from lianyi.journeys.fhir_acts import Act, Verb
from lianyi.records.fhir import patches
from lianyi.records.fhir.patches import Operation

KIND = "application/json-patch+json"
MOST = 1000  # operations


async def patch(request: Request) -> Response:
    type, fhir_id = named(request)
    operations = await read(request)
    version = match(writing.match_of(request), operations)
    act = Act(Verb.PATCH, type, fhir_id, patch=operations, match=version)
    return await writing.answer(request, act)


async def patch_where(request: Request) -> Response:
    type, operations = typed(request), await read(request)
    criteria = writing.read_criteria(request.url.query, base_of(request))
    version = match(writing.match_of(request), operations)
    act = Act(Verb.PATCH, type, patch=operations, criteria=criteria, match=version)
    return await writing.answer(request, act)


def match(named: int | None, operations: Sequence[Operation]) -> int | None:
    """Return the version a patch was made from: as the request names it, or as it tests for it."""
    return patches.tested_version(operations) if named is None else named


def in_binary(resource: object) -> tuple[Operation, ...]:
    """Read the patch that an entry of a bundle brings as a Binary (FHIR R4, 3.1.0.7.1).

    :raises Turned:
    """
    if not isinstance(resource, dict) or resource.get("resourceType") != "Binary":
        raise Turned(400, "invalid", "fhir.other_type", {"type": "Binary"})
    if resource.get("contentType") != KIND:
        raise Turned(415, "not-supported", "fhir.patch_kind")
    try:
        raw = base64.b64decode(str(resource.get("data", "")), validate=True)
    except ValueError as wrong:
        raise Turned(400, "structure", "fhir.no_patch_list") from wrong
    return _operations(raw)


async def read(request: Request) -> tuple[Operation, ...]:
    bodies.check_kind(request, {KIND}, "fhir.patch_kind")
    return _operations(await bodies.taken(request))


def _operations(raw: bytes) -> tuple[Operation, ...]:
    given = bodies.loaded(raw)
    if not isinstance(given, list):
        raise Turned(400, "structure", "fhir.no_patch_list")
    if len(given) > MOST:
        raise Turned(413, "too-long", "fhir.too_many_changes", {"most": MOST})
    read = [patches.operation(one) for one in given]
    if None in read:
        raise Turned(400, "structure", "fhir.no_patch", {"n": read.index(None) + 1})
    return tuple(filter(None, read))
