"""`ValueSet/$expand` and `$validate-code`, over the sets whose codes can be told here.

Source: FHIR R4, http://hl7.org/fhir/R4/valueset-operations.html.
"""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from lianyi.fhir import answers, asking, code_systems
from lianyi.fhir.answers import Body, Turned
from lianyi.records.fhir.versions import instant
from lianyi.terminology import fhir
from lianyi.terminology.fhir import Coded
from lianyi.terminology.queries import systems

MOST = 1000  # codes of an answer


async def expand(request: Request) -> Response:
    """Answer the codes of a set: all, those a text finds, or a page of them.

    :raises NoSuchValueSet:
    """
    given = await asking.read(request)
    given.check({"url", "filter", "count", "offset", "excludeNested"})
    url, text = given.wanted("url"), given.text("filter")
    found = await asyncio.to_thread(_found, url, text)
    offset = given.number("offset", 0, len(found))
    count = given.number("count", len(found) - offset, MOST)
    if not given.has("count") and len(found) - offset > MOST:
        raise Turned(400, "too-costly", "terminology.too_many", {"most": MOST})
    listed = [_contains(*pair) for pair in found[offset : offset + count]]
    expansion = {
        "timestamp": instant(request.app.state.lianyi.clock()),
        "total": len(found),
        "offset": offset,
        **({"contains": listed} if listed else {}),
    }
    return answers.written(request, {**_head(url), "expansion": expansion})


async def validate_code(request: Request) -> Response:
    """Answer whether a set has a code; of a concept, one of its codes.

    :raises NoSuchValueSet:
    """
    given = await asking.read(request)
    given.check({"url", "code", "system", "display", "coding", "codeableConcept"})
    url, codes = given.wanted("url"), asking.coded(given)
    listed = {(system, one.code): one for system, one in systems.members(url)}
    for one in codes:
        if found := listed.get((one.system, one.code)):
            return answers.written(request, code_systems.right(request, one, found))
    about = {"value_set": url, "system": codes[0].system, "code": codes[0].code}
    return answers.written(request, code_systems.no(request, "terminology.not_in_set", about))


def _found(url: str, text: str) -> list[tuple[str, Coded]]:
    """Return the codes of a set that a text finds. Takes long where there are thousands."""
    found = systems.members(url)
    return systems.matching(found, text) if text else found


def _head(url: str) -> Body:
    named = fhir.head(url.partition("|")[0])
    told = {"name": named.name, "version": named.version}
    kept = {name: text for name, text in told.items() if text}
    return {"resourceType": "ValueSet", "url": url, **kept, "status": "active"}


def _contains(system: str, one: Coded) -> Body:
    display = {"display": one.display} if one.display else {}
    return {"system": system, "code": one.code, **display}
