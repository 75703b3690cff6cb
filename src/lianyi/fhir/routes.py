"""Every address of the FHIR server. What nobody may do yet says so."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.fhir import answers, definitions, exporting, importing, sockets, subscriptions
from lianyi.fhir.answers import Answered, Handler
from lianyi.fhir.bundles import bundle
from lianyi.fhir.capability import metadata
from lianyi.fhir.definitions import TYPE
from lianyi.fhir.histories import history
from lianyi.fhir.operations import OPERATIONS
from lianyi.fhir.patching import patch, patch_where
from lianyi.fhir.places import ROOT
from lianyi.fhir.reading import read, vread
from lianyi.fhir.searching import search, search_within
from lianyi.fhir.writing import create, delete, delete_where, update, update_where

ANY = ["GET", "POST", "PUT", "PATCH", "DELETE"]
ONE, ALL = f"{ROOT}/{{type:str}}/{{id:str}}", f"{ROOT}/{{type:str}}"

OWN = f"{subscriptions.PATH}/{{id:str}}"


async def refuse(request: Request) -> Response:
    return answers.not_supported(request)


def _route(
    path: str,
    handle: Handler,
    *,
    methods: Sequence[str] = ("GET",),
    name: str | None = None,
    to_anybody: bool = False,
    proves: bool = False,
) -> Route:
    answered = Answered(handle, to_anybody=to_anybody, proves=proves)
    return Route(path, answered, methods=methods, name=name)


ASKED = f"{ROOT}/{exporting.STATUS}/{{export:uuid}}"
WRITTEN = f"{ROOT}/{exporting.FILE}/{{export:uuid}}/{{n:int}}"
EXPORTING = (
    _route(f"{ROOT}/$export", exporting.of_system, methods=["GET", "POST"]),
    _route(f"{ROOT}/Patient/$export", exporting.of_patients, methods=["GET", "POST"]),
    _route(f"{ROOT}/Group/{{id:str}}/$export", exporting.of_group, methods=["GET", "POST"]),
    _route(ASKED, exporting.status),
    _route(ASKED, exporting.cancel, methods=["DELETE"]),
    _route(WRITTEN, exporting.fetch),
)
BROUGHT = f"{ROOT}/{importing.STATUS}/{{import:uuid}}"
HANDED = f"{ROOT}/{importing.FILE}/{{import:uuid}}/{{name:str}}"
IMPORTING = (
    _route(f"{ROOT}/$import", importing.begin, methods=["POST"]),
    _route(HANDED, importing.look, methods=["HEAD"]),
    _route(HANDED, importing.put, methods=["PUT"]),
    _route(BROUGHT, importing.status),
    _route(BROUGHT, importing.start, methods=["POST"]),
    _route(BROUGHT, importing.cancel, methods=["DELETE"]),
    _route(f"{ROOT}/{importing.ERRORS}/{{import:uuid}}", importing.errors),
)
ROUTES = (
    *(
        _route(f"{ROOT}/{path}", one.handle, methods=[*one.methods])
        for one in OPERATIONS
        for path in one.paths
    ),
    *EXPORTING,
    *IMPORTING,
    sockets.ROUTE,
    _route(subscriptions.PATH, subscriptions.search),
    _route(subscriptions.PATH, subscriptions.create, methods=["POST"]),
    _route(OWN, subscriptions.read),
    _route(OWN, subscriptions.update, methods=["PUT"]),
    _route(OWN, subscriptions.patch, methods=["PATCH"]),
    _route(OWN, subscriptions.delete, methods=["DELETE"]),
    _route(ROOT, bundle, methods=["POST"], name="fhir"),
    _route(f"{ROOT}/", bundle, methods=["POST"]),
    _route(f"{ROOT}/metadata", metadata, to_anybody=True),
    _route(f"{ROOT}/_history", history),
    _route(ALL, search, proves=True),
    _route(ALL, create, methods=["POST"]),
    _route(ALL, update_where, methods=["PUT"]),
    _route(ALL, patch_where, methods=["PATCH"]),
    _route(ALL, delete_where, methods=["DELETE"]),
    _route(f"{ALL}/_search", search, proves=True, methods=["POST"]),
    _route(f"{ALL}/_history", history),
    _route(f"{ROOT}/{TYPE}/{{id:str}}", definitions.read, to_anybody=True),
    _route(ONE, read, proves=True),
    _route(ONE, update, methods=["PUT"]),
    _route(ONE, patch, methods=["PATCH"]),
    _route(ONE, delete, methods=["DELETE"]),
    _route(f"{ONE}/_history", history),
    _route(f"{ONE}/_history/{{version:str}}", vread),
    _route(f"{ONE}/{{inner:str}}", search_within),
    _route(f"{ONE}/{{inner:str}}/_search", search_within, methods=["POST"]),
    _route(ROOT, refuse),
    _route(f"{ROOT}/{{rest:path}}", refuse, methods=ANY),
)
