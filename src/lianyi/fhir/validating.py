"""`$validate`: everything that is wrong with a resource, sent or stored; nothing is written.

Source: FHIR R4, http://hl7.org/fhir/R4/resource-operation-validate.html.
"""

import asyncio
from dataclasses import dataclass, field

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lianyi.fhir import answers, bodies, outcomes
from lianyi.fhir.answers import Body, Turned
from lianyi.fhir.reading import ask, named, typed
from lianyi.journeys import fhir_desk
from lianyi.kernel.text import words
from lianyi.records import service as records
from lianyi.records.model import Finding

MODES = frozenset({"", "create", "update", "profile"})
MOST_PROFILES = 10


class _Given(msgspec.Struct, rename="camel"):
    """One parameter. The resource stays a text: what is written twice in it must be seen."""

    name: str = ""
    resource: msgspec.Raw = msgspec.Raw()
    value_code: str = ""
    value_string: str = ""
    value_uri: str = ""
    value_canonical: str = ""
    value_url: str = ""

    @property
    def value(self) -> str:
        given = (self.value_code, self.value_string, self.value_uri, self.value_canonical)
        return next(filter(None, (*given, self.value_url)), "")


class _Parameters(msgspec.Struct, rename="camel"):
    resource_type: str = ""
    parameter: list[_Given] = []


@dataclass(slots=True)
class _Asked:
    """A resource, if one was sent, and how it should be looked at."""

    text: str = ""
    mode: str = ""
    profiles: list[str] = field(default_factory=list)


async def validate(request: Request) -> Response:
    """Answer all that is wrong with a resource as an OperationOutcome.

    :raises NoSuchResource: what is stored can't be seen by who asks.
    :raises DefinitionsMissing:
    """
    type = typed(request)
    asked = await _asked(request)
    if not asked.text:
        asked.text = await _stored(request)
    found = await _found(asked)
    if not any(one.rule == "structure" and one.where == "$this" for one in found):
        found = (*_of_address(request, type, asked), *found)
    return answers.written(request, _outcome(found, request.state.language))


async def _asked(request: Request) -> _Asked:
    """Read what was sent: a resource, or Parameters with one; `mode`, `profile` in the address too.

    :raises Turned: it is of another kind, too large, no JSON, or asks what isn't done here.
    """
    query = request.query_params
    asked = _Asked(mode=query.get("mode", ""), profiles=query.getlist("profile"))
    if raw := await bodies.taken(request):
        bodies.check_kind(request)
        bodies.parsed(raw)  # what is no JSON has its own answer
        _add(asked, raw)
    if asked.mode not in MODES:
        raise Turned(400, "not-supported", "fhir.validate.mode", {"mode": asked.mode})
    if len(asked.profiles) > MOST_PROFILES:
        raise Turned(400, "too-costly", "fhir.validate.profiles", {"most": MOST_PROFILES})
    return asked


def _add(asked: _Asked, raw: bytes) -> None:
    try:
        sent = msgspec.json.decode(raw, type=_Parameters)
    except msgspec.ValidationError:  # a resource with members of those names, or no Parameters
        sent = _Parameters()
    inner = [one.resource for one in sent.parameter if one.name == "resource" and one.resource]
    others = {one.name for one in sent.parameter} & {"mode", "profile"}
    if sent.resource_type != "Parameters" or not (inner or others):
        asked.text = raw.decode()
        return
    asked.text = bytes(inner[0]).decode() if inner else ""
    for one in sent.parameter:
        if one.name == "mode":
            asked.mode = one.value
        elif one.name == "profile" and one.value:
            asked.profiles.append(one.value)


async def _stored(request: Request) -> str:
    """Read what is stored under the id of the address, through the same doors as any read."""
    if "id" not in request.path_params:
        raise Turned(400, "required", "fhir.validate.nothing")
    type, fhir_id = named(request)
    hit = await ask(request, lambda tx: fhir_desk.read(tx, type=type, fhir_id=fhir_id))
    return hit.body


async def _found(asked: _Asked) -> tuple[Finding, ...]:
    if len(asked.text) > bodies.ASIDE:
        return await asyncio.to_thread(records.examine, asked.text, profiles=asked.profiles)
    return records.examine(asked.text, profiles=asked.profiles)


def _of_address(request: Request, type: str, asked: _Asked) -> list[Finding]:
    """Compare a resource with the address it was sent to."""
    body = msgspec.json.decode(asked.text, type=dict[str, object])
    if body.get("resourceType") != type:
        return [Finding("structure", "resourceType", type)]
    wanted = request.path_params.get("id")
    if asked.mode == "update" and wanted is not None and body.get("id") != wanted:
        return [Finding("id", f"{type}.id")]
    return []


def _outcome(found: tuple[Finding, ...], language: str) -> Body:
    issues = [outcomes.of_finding(one, language) for one in found]
    well = outcomes.issue("informational", words("fhir.validate.well", language), "information")
    return outcomes.outcome(issues or [well])
