"""`Observation/$lastn`: the newest observations of each code, of one patient.

Source: FHIR R4, http://hl7.org/fhir/R4/observation-operation-lastn.html.
"""

from starlette.requests import Request
from starlette.responses import Response

from lianyi.fhir import answers, asking, pages
from lianyi.fhir.places import base_of, relative
from lianyi.fhir.reading import ask
from lianyi.journeys import fhir_desk
from lianyi.records.fhir.searches import OF_ANSWER

EACH = "max"
MOST = 100  # of each code


async def lastn(request: Request) -> Response:
    """Answer as a search by the same parameters would, but of each code the newest alone.

    :raises NoPatient, TooMuch, NotSearchable, WrongRole, OutOfScope:
    """
    given, base = await asking.read(request), base_of(request)
    each = given.number(EACH, 1, MOST, least=1)
    names = dict.fromkeys(name for name, _ in given.pairs if name != EACH)
    given.check(names.keys() - OF_ANSWER | {EACH})
    pairs = [(n, relative(base, text)) for n in names for text in given.texts(n)]
    found = await ask(request, lambda tx: fhir_desk.latest(tx, pairs=pairs, each=each))
    here = f"{base}/Observation/$lastn?{given.query()}"
    told = pages.entries([pages.entry(base, hit, pages.MATCH) for hit in found])
    head = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
    return answers.written(request, {**head, "link": [{"relation": "self", "url": here}], **told})
