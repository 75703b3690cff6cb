"""Every address of the FHIR server. What nobody may do yet says so."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.fhir import answers
from lianyi.fhir.answers import answered
from lianyi.fhir.capability import metadata
from lianyi.fhir.places import ROOT
from lianyi.fhir.reading import history, read, vread
from lianyi.fhir.searching import search

WRITES = ["POST", "PUT", "PATCH", "DELETE"]


async def refuse(request: Request) -> Response:
    return answers.not_supported(request)


ROUTES = (
    Route(f"{ROOT}/metadata", answered(metadata, to_anybody=True)),
    Route(f"{ROOT}/{{type:str}}", answered(search)),
    Route(f"{ROOT}/{{type:str}}/_search", answered(search), methods=["POST"]),
    Route(f"{ROOT}/{{type:str}}/{{id:str}}", answered(read)),
    Route(f"{ROOT}/{{type:str}}/{{id:str}}/_history", answered(history)),
    Route(f"{ROOT}/{{type:str}}/{{id:str}}/_history/{{version:str}}", answered(vread)),
    Route(f"{ROOT}/{{rest:path}}", answered(refuse), methods=WRITES),
)
