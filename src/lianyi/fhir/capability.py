"""What this server does, told from what it really does."""

from collections.abc import Mapping
from functools import cache

from starlette.requests import Request
from starlette.responses import Response

from lianyi.fhir import answers
from lianyi.fhir.answers import Body
from lianyi.fhir.places import base_of
from lianyi.records.fhir.index import Parameter, parameters

INTERACTIONS = ("read", "vread", "history-instance", "search-type")
SINCE = "2026-11-29"  # when what is told here last changed


async def metadata(request: Request) -> Response:
    """Answer the CapabilityStatement, to anybody."""
    server = {"description": "Lianyi (联医)", "url": base_of(request)}
    return answers.written(request, {**_statement(), "implementation": server})


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
        "rest": [{"mode": "server", "resource": [_type(*one) for one in parameters().items()]}],
    }


def _type(type: str, searched: Mapping[str, Parameter]) -> Body:
    links = sorted(f"{type}:{name}" for name, p in searched.items() if p.type == "reference")
    includes = {"searchInclude": ["*", *links]} if links else {}
    return {
        "type": type,
        "interaction": [{"code": code} for code in INTERACTIONS],
        "versioning": "versioned",
        "readHistory": True,
        "updateCreate": False,
        **includes,
        "searchParam": [
            {"name": name, "type": parameter.type} for name, parameter in sorted(searched.items())
        ],
    }
