"""`CodeSystem/$lookup`, `$subsumes` and `$validate-code`, over what is known here.

Source: FHIR R4, http://hl7.org/fhir/R4/codesystem-operations.html.
"""

from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response

from lianyi.fhir import answers, asking
from lianyi.fhir.answers import Body, Turned
from lianyi.fhir.asking import Code
from lianyi.kernel.refusal import NotFound
from lianyi.terminology.fhir import Coded
from lianyi.terminology.queries import systems

CODED = {"code", "system", "version", "coding"}


async def lookup(request: Request) -> Response:
    """Answer what a code is called, and what lies right above it.

    :raises NoSuchSystem, NoSuchCode:
    """
    given = await asking.read(request)
    given.check(CODED)
    wanted, *_ = asking.coded(given)
    known = systems.system(wanted.system, given.text("version"))
    found = systems.concept(known, wanted.code)
    if found is None:
        about = {"system": known.url, "code": wanted.code}
        raise Turned(404, "not-found", "terminology.unknown_code", about)
    told = [("name", "String", known.name or known.url), ("version", "String", known.version)]
    told.append(("display", "String", found.display or found.code))
    body = asking.parameters(*(one for one in told if one[2]))
    body["parameter"] += [_parent(code) for code in found.parents]
    return answers.written(request, body)


async def subsumes(request: Request) -> Response:
    """Answer how two codes of a system lie to each other.

    :raises NoSuchSystem, NoSuchCode, NotOrdered:
    """
    given = await asking.read(request)
    given.check({"codeA", "codeB", "codingA", "codingB", "system", "version"})
    one, other = (_end(given, end) for end in "AB")
    if one.system != other.system:
        raise asking.wrong("codingB")
    known = systems.system(one.system, given.text("version"))
    outcome = systems.relation(known, one.code, other.code)
    return answers.written(request, asking.parameters(("outcome", "Code", str(outcome))))


async def validate_code(request: Request) -> Response:
    """Answer whether a system has a code; of a concept, one of its codes.

    :raises NoSuchSystem, NoSuchCode: nobody here can tell.
    """
    given = await asking.read(request)
    given.check({"url", "code", "version", "display", "coding", "codeableConcept"})
    codes = asking.coded(given, system="url")
    url = given.text("url")
    kept = [one for one in codes if url in {"", one.system}]
    if not kept:
        raise asking.wrong("url")
    return answers.written(request, _judged(request, kept, given.text("version")))


def _judged(request: Request, codes: Sequence[Code], version: str) -> Body:
    """Say that one of the codes is there. That none is can only be said if all are known of."""
    unknown: NotFound | None = None
    for one in codes:
        try:
            known = systems.system(one.system, version)
            if found := systems.concept(known, one.code):
                return right(request, one, found)
        except NotFound as trouble:
            unknown = trouble
    if unknown:
        raise unknown
    about = {"system": codes[0].system, "code": codes[0].code}
    return no(request, "terminology.unknown_code", about)


def right(request: Request, asked: Code, found: Coded) -> Body:
    """Say that a code is right, and what it is called here if whoever asks calls it otherwise."""
    told: list[tuple[str, str, object]] = [("result", "Boolean", True)]
    if asked.display and found.display and asked.display.lower() != found.display.lower():
        about = {"code": found.code, "display": found.display}
        told.append(
            ("message", "String", answers.said(request, "terminology.other_display", about))
        )
    if found.display:
        told.append(("display", "String", found.display))
    return asking.parameters(*told)


def no(request: Request, said: str, about: Mapping[str, object]) -> Body:
    message = answers.said(request, said, about)
    return asking.parameters(("result", "Boolean", False), ("message", "String", message))


def _end(given: asking.Given, end: str) -> Code:
    coding = given.body(f"coding{end}")
    if coding is not None:
        return asking.coding(coding)
    return Code(given.wanted("system"), given.wanted(f"code{end}"))


def _parent(code: str) -> Body:
    part = [{"name": "code", "valueCode": "parent"}, {"name": "value", "valueCode": code}]
    return {"name": "property", "part": part}
