"""`Patient/$match`: whom a description may mean, of those that whoever asks may find.

With a whole identity number it is another question: whose it is. That one needs a purpose.
Source: FHIR R4, http://hl7.org/fhir/R4/patient-operation-match.html.
"""

from starlette.requests import Request
from starlette.responses import Response

from lianyi.access import fhir as access
from lianyi.access.model import Purpose
from lianyi.fhir import answers, asking, pages
from lianyi.fhir.answers import Body, Turned
from lianyi.fhir.places import base_of
from lianyi.fhir.reading import ask
from lianyi.journeys import fhir_identity, fhir_matching
from lianyi.kernel.work import within
from lianyi.people import fhir as people
from lianyi.records import service as records
from lianyi.records.errors import NotFhir
from lianyi.records.fhir import matching
from lianyi.records.fhir.matching import Grade
from lianyi.records.model import Hit

GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"
SCORES = {Grade.CERTAIN: 1.0, Grade.PROBABLE: 0.8, Grade.POSSIBLE: 0.4}
MOST_NAMES = 5  # and numbers; more are no description of one person


async def match(request: Request) -> Response:
    """Answer the persons who may be meant, the surest first, each with how sure that is.

    :raises NotFhir, NoCriteria, TooManyPersons, WrongRole, OutOfScope:
    """
    given = await asking.read(request)
    given.check({"resource", "onlyCertainMatches", "count", "purpose"})
    body = _patient(given)
    if number := _number(body):
        return await _whose(request, body, number, given.wanted("purpose"))
    only_certain, count = given.flag("onlyCertainMatches"), given.number("count", 20, 20, least=1)
    found = await ask(request, lambda tx: fhir_matching.matches(tx, body=body))
    if only_certain:
        certain = [one for one in found if one[1] is Grade.CERTAIN]
        found = certain if len(certain) == 1 else []
    base, told = base_of(request), found[:count]
    entries = pages.entries([_entry(base, *one) for one in told])
    head = {"resourceType": "Bundle", "type": "searchset", "total": len(told)}
    return answers.written(request, {**head, **entries})


async def _whose(request: Request, body: Body, number: str, purpose: str) -> Response:
    """Answer whose number it is, if the name is theirs too; nobody else who may be meant.

    :raises WrongRole, OutOfScope, TooOften:
    """
    meant = frozenset(one for one in Purpose if access.purpose(one)["code"] == purpose)
    name = _name(body)
    found = await within(
        request.app.state.lianyi,
        request.scope["user"],
        lambda tx: fhir_identity.whose(tx, name=name, number=number, purposes=meant),
    )
    head = {"resourceType": "Bundle", "type": "searchset", "total": 0 if found is None else 1}
    if found is None:
        return answers.written(request, head)
    person = people.recognised(*found)
    extension = [{"url": GRADE, "valueCode": str(Grade.CERTAIN)}]
    search = {"extension": extension, "mode": "match", "score": SCORES[Grade.CERTAIN]}
    entry = {"fullUrl": f"{base_of(request)}/Patient/{person['id']}", "resource": person}
    return answers.written(request, {**head, "entry": [{**entry, "search": search}]})


def _number(body: Body) -> str:
    """Return the whole identity number a description has. Of two it isn't said which is meant."""
    listed = body.get("identifier", ())
    found = [one.get("value", "") for one in listed if one.get("system") == people.NUMBER]
    if len(found) > 1 or (found and not found[0]):
        raise asking.wrong("resource")
    return found[0] if found else ""


def _name(body: Body) -> str:
    """Return the one name that stands on the document.

    :raises Turned: there is none, or more than one.
    """
    names = [name for one in body.get("name", ()) if (name := matching.whole_name(one))]
    if len(names) != 1:
        raise Turned(400, "required", "fhir.match.name")
    return names[0]


def _patient(given: asking.Given) -> Body:
    body = given.body("resource")
    if body is None or body.get("resourceType") != "Patient":
        raise Turned(400, "invalid", "fhir.other_type", {"type": "Patient"})
    text = bytes(answers.raw(body)).decode()
    if wrong := [one for one in records.examine(text) if one.severity == "error"]:
        raise NotFhir(findings=tuple(wrong))
    if any(len(body.get(name, ())) > MOST_NAMES for name in ("name", "identifier")):
        raise asking.wrong("resource")
    return body


def _entry(base: str, hit: Hit, grade: Grade) -> str:
    extension = [{"url": GRADE, "valueCode": str(grade)}]
    search = {"extension": extension, "mode": "match", "score": SCORES[grade]}
    return pages.entry(base, hit, answers.text(search))
