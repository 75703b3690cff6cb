"""What this server does, told from what it really does."""

from collections.abc import Mapping
from functools import cache

from starlette.requests import Request
from starlette.responses import Response

from lianyi.fhir import answers
from lianyi.fhir.answers import Body
from lianyi.fhir.places import ROOT, base_of
from lianyi.kernel.text import words
from lianyi.records.fhir import compartments
from lianyi.records.fhir.index import Parameter, parameters
from lianyi.records.rules import writable
from lianyi.records.rules.writable import Writer

READING = ("read", "vread", "history-instance", "history-type", "search-type")
WRITING = ("create", "update", "delete")
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
SERVICES = "http://terminology.hl7.org/CodeSystem/restful-security-service"
OAUTH = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
DEFINED = "http://hl7.org/fhir"
VALIDATE = {"name": "validate", "definition": f"{DEFINED}/OperationDefinition/Resource-validate"}
LANGUAGE = "zh"
SINCE = "2026-11-29"  # when what is told here last changed


async def metadata(request: Request) -> Response:
    """Answer the CapabilityStatement, to anybody."""
    base, statement = base_of(request), _statement()
    server = {"description": "Lianyi (联医)", "url": base}
    rest = [{**one, "security": _security(base)} for one in statement["rest"]]
    return answers.written(request, {**statement, "implementation": server, "rest": rest})


def _security(base: str) -> Body:
    """Say where tokens come from (SMART App Launch 2.2, "Conformance")."""
    issuer = base.removesuffix(ROOT)
    places = [
        {"url": name, "valueUri": f"{issuer}/smart/{name}"}
        for name in ("authorize", "token", "register", "introspect", "revoke")
    ]
    return {
        "cors": True,
        "service": [{"coding": [{"system": SERVICES, "code": "SMART-on-FHIR"}]}],
        "extension": [{"url": OAUTH, "extension": places}],
    }


@cache
def _statement() -> Body:
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": SINCE,
        "kind": "instance",
        "software": {"name": "Lianyi"},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "resource": [_type(*one) for one in parameters().items()],
                "interaction": [{"code": code} for code in OF_ALL],
                "compartment": [f"{DEFINED}/CompartmentDefinition/{c}" for c in compartments.NAMES],
            }
        ],
    }


def _type(type: str, searched: Mapping[str, Parameter]) -> Body:
    links = sorted(f"{type}:{name}" for name, p in searched.items() if p.type == "reference")
    includes = {"searchInclude": ["*", *links]} if links else {}
    group = writable.group_of(type)
    writing = WRITING if group.writers else ()
    return {
        "type": type,
        "documentation": _written_by(type, group),
        "interaction": [{"code": code} for code in (*READING, *writing)],
        "readHistory": True,
        **(WRITABLE if group.writers else READABLE),
        "conditionalRead": "full-support",
        **includes,
        "searchParam": [
            {"name": name, "type": parameter.type} for name, parameter in sorted(searched.items())
        ],
        "operation": [VALIDATE],
    }


def _written_by(type: str, group: writable.Group) -> str:
    """Say who writes it, and where it is done where no app does."""
    kinds = [words(f"records.writer.{one}", LANGUAGE) for one in Writer if one in group.writers]
    instead = words(f"records.write.{group.name}", LANGUAGE, {"type": type})
    return "、".join(kinds) if Writer.STAFF in group.writers else "；".join([*kinds, instead])
