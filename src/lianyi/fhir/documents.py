"""`Composition/$document`: a composition with all it refers to, as a document.

Source: FHIR R4, http://hl7.org/fhir/R4/composition-operation-document.html.
"""

from starlette.requests import Request
from starlette.responses import Response

from lianyi.fhir import answers, asking
from lianyi.fhir.answers import Body, Turned
from lianyi.fhir.places import base_of
from lianyi.fhir.reading import ID, ask
from lianyi.journeys import fhir_gathering
from lianyi.records.errors import NoSuchResource
from lianyi.records.fhir.versions import instant
from lianyi.records.model import Hit

URI = "urn:ietf:rfc:3986"


async def document(request: Request) -> Response:
    """Answer a composition and what it refers to, the composition first.

    :raises NoSuchResource, Deleted, WrongRole, OutOfScope:
    :raises NoMatch: something it refers to can't be had, and without it this is no document.
    """
    given = await asking.read(request)
    given.check({"persist"})
    if given.flag("persist"):
        raise Turned(400, "not-supported", "fhir.operation.value", {"name": "persist"})
    fhir_id = request.path_params["id"]
    if not ID.fullmatch(fhir_id):
        raise NoSuchResource(type="Composition", fhir_id=fhir_id)
    found = await ask(request, lambda tx: fhir_gathering.of_composition(tx, fhir_id=fhir_id))
    return answers.written(request, _bundle(request, found))


def _bundle(request: Request, found: list[Hit]) -> Body:
    """Name the document by the version of its composition: the same one is the same document."""
    base, first = base_of(request), found[0]
    version = f"{base}/Composition/{first.fhir_id}/_history/{first.version}"
    return {
        "resourceType": "Bundle",
        "type": "document",
        "identifier": {"system": URI, "value": version},
        "timestamp": instant(request.app.state.lianyi.clock()),
        "entry": [
            {
                "fullUrl": f"{base}/{hit.type}/{hit.fhir_id}",
                "resource": answers.stamped(hit.body, hit.version, hit.recorded_at),
            }
            for hit in found
        ],
    }
