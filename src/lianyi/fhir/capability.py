"""What this server does, told from what it really does."""

from collections.abc import Mapping
from contextlib import suppress
from functools import cache

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import NoMatchFound

from lianyi.fhir import answers, definitions, exporting, operations, patching, subscriptions
from lianyi.fhir.answers import Body
from lianyi.fhir.places import base_of, origin_of
from lianyi.journeys import fhir_live
from lianyi.journeys.fhir_terms import UPDATED
from lianyi.kernel.text import words
from lianyi.records.fhir import compartments
from lianyi.records.fhir.index import Parameter, parameters
from lianyi.records.model.subscriptions import TYPE
from lianyi.records.rules import writable
from lianyi.records.rules.writable import Writer

READING = ("read", "vread", "history-instance", "history-type", "search-type")
WRITING = ("create", "update", "patch", "delete")
OF_ALL = ("transaction", "batch", "history-system")
# Of what can be written: by version, under one's own id, and on conditions.
WRITABLE = {
    "versioning": "versioned-update",
    "updateCreate": True,
    "conditionalCreate": True,
    "conditionalUpdate": True,
    "conditionalDelete": "single",
}
READABLE = {"versioning": "versioned", "updateCreate": False}
DEFINED = "http://hl7.org/fhir"
# How the first edition of SMART tells it, which clients still read; the second has .well-known.
URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
SERVICES = "http://terminology.hl7.org/CodeSystem/restful-security-service"
SMART = {"cors": True, "service": [{"coding": [{"system": SERVICES, "code": "SMART-on-FHIR"}]}]}
DOORS = ("authorize", "token", "register", "introspect", "revoke")
SOCKET = "http://hl7.org/fhir/StructureDefinition/capabilitystatement-websocket"
LANGUAGE = "zh"
SINCE = "2026-11-29"  # when what is told here last changed


async def metadata(request: Request) -> Response:
    """Answer the CapabilityStatement, to anybody."""
    return answers.written(request, told(request))


def told(request: Request) -> Body:
    """Return what this server does, at the address by which it was reached."""
    server = {"description": "Lianyi (联医)", "url": base_of(request)}
    types = [_placed(base_of(request), one) for one in _rest()["resource"]]
    socket = {"url": SOCKET, "valueUri": subscriptions.socket_of(request)}
    rest = {"extension": [socket], **_rest(), "resource": types, **_security(request)}
    return {**_statement(), "implementation": server, "rest": [rest]}


@cache
def _statement() -> Body:
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": SINCE,
        "kind": "instance",
        "software": {"name": "Lianyi"},
        "fhirVersion": "4.0.1",
        "instantiates": [exporting.INSTANTIATES],
        "format": ["application/fhir+json", "json"],
        "patchFormat": [patching.KIND],
    }


@cache
def _rest() -> Body:
    return {
        "mode": "server",
        "resource": [_type(*one) for one in parameters().items()],
        "interaction": [{"code": code} for code in OF_ALL],
        "operation": [exporting.TOLD[""]],
        "compartment": [f"{DEFINED}/CompartmentDefinition/{c}" for c in compartments.NAMES],
    }


def _placed(base: str, type: Body) -> Body:
    """Say where the operations are defined that are ours: at this server's own address."""
    ours = f"{definitions.TYPE}/"
    if not any(one["definition"].startswith(ours) for one in type["operation"]):
        return type
    placed = [
        {**one, "definition": f"{base}/{named}"} if named.startswith(ours) else one
        for one in type["operation"]
        if (named := one["definition"])
    ]
    return {**type, "operation": placed}


def _security(request: Request) -> Body:
    """Say how apps come in, where the site has doors for them: it finds these by their names."""
    origin, doors = origin_of(request), []
    for name in DOORS:
        with suppress(NoMatchFound):
            path = request.app.url_path_for(f"smart.{name}")
            doors.append({"url": name, "valueUri": origin + path})
    return (
        {"security": {**SMART, "extension": [{"url": URIS, "extension": doors}]}} if doors else {}
    )


def _subscriptions(told: Body) -> Body:
    """Tell what is done otherwise with what an app has asked to be told of."""
    codes = ("read", "search-type", "create", "update", "patch", "delete")
    searched = told["searchParam"]
    left_out = (
        "searchInclude",
        "searchRevInclude",
        "conditionalRead",
        "conditionalCreate",
        "conditionalUpdate",
    )
    return {
        **{name: value for name, value in told.items() if name not in left_out},
        "interaction": [{"code": code} for code in codes],
        "versioning": "versioned",
        "readHistory": False,
        "updateCreate": False,
        "conditionalDelete": "not-supported",
        "searchParam": [one for one in searched if one["name"] in subscriptions.SEARCHED],
    }


def _live(told: Body) -> Body:
    """Tell what has no versions: its domain tells it as it is when somebody asks."""
    searched = told["searchParam"]
    return {
        **told,
        "versioning": "no-version",
        "readHistory": False,
        "conditionalRead": "not-supported",
        "searchParam": [one for one in searched if one["name"] != UPDATED],
    }


def _type(type: str, searched: Mapping[str, Parameter]) -> Body:
    links = sorted(f"{type}:{name}" for name, p in searched.items() if p.type == "reference")
    includes = {"searchInclude": ["*", f"{type}:*", *links]} if links else {}
    if back := _referring().get(type):
        includes["searchRevInclude"] = back
    group = writable.group_of(type)
    writing = WRITING if group.writers else ()
    reading = [code for code in READING if fhir_live.keeps(type, code)]
    told = {
        "type": type,
        "documentation": _written_by(type, group),
        "interaction": [{"code": code} for code in (*reading, *writing)],
        "readHistory": True,
        **(WRITABLE if group.writers else READABLE),
        "conditionalRead": "full-support",
        **includes,
        "searchParam": [
            {"name": name, "type": parameter.type} for name, parameter in sorted(searched.items())
        ],
        "operation": [*operations.of(type), *filter(None, [exporting.TOLD.get(type)])],
    }
    if type == TYPE:
        return _subscriptions(told)
    return told if fhir_live.keeps(type, "vread") else _live(told)


@cache
def _referring() -> Mapping[str, list[str]]:
    """Return by which parameters resources of others refer to each type."""
    back: dict[str, list[str]] = {}
    for type, searched in sorted(parameters().items()):
        for name, parameter in sorted(searched.items()):
            for target in parameter.targets if parameter.type == "reference" else ():
                back.setdefault(target, []).append(f"{type}:{name}")
    return back


def _written_by(type: str, group: writable.Group) -> str:
    """Say who writes it, and where it is done where no app does."""
    kinds = [words(f"records.writer.{one}", LANGUAGE) for one in Writer if one in group.writers]
    instead = words(f"records.write.{group.name}", LANGUAGE, {"type": type})
    return "、".join(kinds) if Writer.STAFF in group.writers else "；".join([*kinds, instead])
