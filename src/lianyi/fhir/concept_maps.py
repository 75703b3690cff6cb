"""`ConceptMap/$translate`: what a code is in another system, by the maps that R4 ships.

Source: FHIR R4, http://hl7.org/fhir/R4/conceptmap-operation-translate.html.
"""

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

from lianyi.fhir import answers, asking, code_systems
from lianyi.fhir.answers import Body
from lianyi.terminology.fhir import Group
from lianyi.terminology.queries import systems

NOT_ALIKE = frozenset({"unmatched", "disjoint"})
# What a map says of a code, read the other way round.
REVERSED = {"wider": "narrower", "narrower": "wider", "subsumes": "specializes"}
REVERSED |= {"specializes": "subsumes"}
ASKED = {"url", "code", "system", "coding", "codeableConcept", "targetsystem", "reverse"}


async def translate(request: Request) -> Response:
    """Answer every code that corresponds to one, and how nearly.

    :raises NoSuchMap: no map leads there.
    """
    given = await asking.read(request)
    given.check(ASKED)
    url, target, is_reverse = given.text("url"), given.text("targetsystem"), given.flag("reverse")
    codes, found = asking.coded(given), list[Body]()
    for one in codes:
        leading = systems.maps_from(one.system, url=url, target=target, is_reverse=is_reverse)
        for name, groups in leading.items():
            found += [
                _match(name, *to) for group in groups for to in _of(group, one.code, is_reverse)
            ]
    if not any(part["valueCode"] not in NOT_ALIKE for one in found for part in one["part"][:1]):
        told = code_systems.no(request, "terminology.not_mapped", {"code": codes[0].code})
    else:
        told = asking.parameters(("result", "Boolean", True))
    return answers.written(request, {**told, "parameter": [*told["parameter"], *found]})


def _of(group: Group, code: str, is_reverse: bool) -> Iterator[tuple[str, str, str]]:  # noqa: FBT001
    """Yield how nearly, in which system, and the code."""
    if not is_reverse:
        for to, nearly in group.codes.get(code, ()):
            yield nearly, group.target, to
        return
    for source, targets in group.codes.items():
        for to, nearly in targets:
            if to == code:
                yield REVERSED.get(nearly, nearly), group.source, source


def _match(url: str, nearly: str, system: str, code: str) -> Body:
    concept = [{"name": "concept", "valueCoding": {"system": system, "code": code}}] if code else []
    part = [{"name": "equivalence", "valueCode": nearly}, *concept]
    return {"name": "match", "part": [*part, {"name": "source", "valueUri": url}]}
