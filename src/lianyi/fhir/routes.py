"""Every address of the FHIR server. What nobody may do yet says so."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.fhir import answers, definitions, exporting, importing, sockets, subscriptions
from lianyi.fhir.answers import answered
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

WRITES = ["POST", "PUT", "PATCH", "DELETE"]
ONE, ALL = f"{ROOT}/{{type:str}}/{{id:str}}", f"{ROOT}/{{type:str}}"

OWN = f"{subscriptions.PATH}/{{id:str}}"


async def refuse(request: Request) -> Response:
    return answers.not_supported(request)


ASKED = f"{ROOT}/{exporting.STATUS}/{{export:uuid}}"
WRITTEN = f"{ROOT}/{exporting.FILE}/{{export:uuid}}/{{n:int}}"
EXPORTING = (
    Route(f"{ROOT}/$export", answered(exporting.of_system), methods=["GET", "POST"]),
    Route(f"{ROOT}/Patient/$export", answered(exporting.of_patients), methods=["GET", "POST"]),
    Route(
        f"{ROOT}/Group/{{id:str}}/$export", answered(exporting.of_group), methods=["GET", "POST"]
    ),
    Route(ASKED, answered(exporting.status)),
    Route(ASKED, answered(exporting.cancel), methods=["DELETE"]),
    Route(WRITTEN, answered(exporting.fetch)),
)
BROUGHT = f"{ROOT}/{importing.STATUS}/{{import:uuid}}"
HANDED = f"{ROOT}/{importing.FILE}/{{import:uuid}}/{{name:str}}"
IMPORTING = (
    Route(f"{ROOT}/$import", answered(importing.begin), methods=["POST"]),
    Route(HANDED, answered(importing.look), methods=["HEAD"]),
    Route(HANDED, answered(importing.put), methods=["PUT"]),
    Route(BROUGHT, answered(importing.status)),
    Route(BROUGHT, answered(importing.start), methods=["POST"]),
    Route(BROUGHT, answered(importing.cancel), methods=["DELETE"]),
    Route(f"{ROOT}/{importing.ERRORS}/{{import:uuid}}", answered(importing.errors)),
)
ROUTES = (
    *(
        Route(f"{ROOT}/{path}", answered(one.handle), methods=[*one.methods])
        for one in OPERATIONS
        for path in one.paths
    ),
    *EXPORTING,
    *IMPORTING,
    sockets.ROUTE,
    Route(subscriptions.PATH, answered(subscriptions.search)),
    Route(subscriptions.PATH, answered(subscriptions.create), methods=["POST"]),
    Route(OWN, answered(subscriptions.read)),
    Route(OWN, answered(subscriptions.update), methods=["PUT"]),
    Route(OWN, answered(subscriptions.patch), methods=["PATCH"]),
    Route(OWN, answered(subscriptions.delete), methods=["DELETE"]),
    Route(ROOT, answered(bundle), methods=["POST"], name="fhir"),
    Route(f"{ROOT}/", answered(bundle), methods=["POST"]),
    Route(f"{ROOT}/metadata", answered(metadata, to_anybody=True)),
    Route(f"{ROOT}/_history", answered(history)),
    Route(ALL, answered(search, proves=True)),
    Route(ALL, answered(create), methods=["POST"]),
    Route(ALL, answered(update_where), methods=["PUT"]),
    Route(ALL, answered(patch_where), methods=["PATCH"]),
    Route(ALL, answered(delete_where), methods=["DELETE"]),
    Route(f"{ALL}/_search", answered(search, proves=True), methods=["POST"]),
    Route(f"{ALL}/_history", answered(history)),
    Route(f"{ROOT}/{TYPE}/{{id:str}}", answered(definitions.read, to_anybody=True)),
    Route(ONE, answered(read, proves=True)),
    Route(ONE, answered(update), methods=["PUT"]),
    Route(ONE, answered(patch), methods=["PATCH"]),
    Route(ONE, answered(delete), methods=["DELETE"]),
    Route(f"{ONE}/_history", answered(history)),
    Route(f"{ONE}/_history/{{version:str}}", answered(vread)),
    Route(f"{ONE}/{{inner:str}}", answered(search_within)),
    Route(f"{ONE}/{{inner:str}}/_search", answered(search_within), methods=["POST"]),
    Route(f"{ROOT}/{{rest:path}}", answered(refuse), methods=WRITES),
)
