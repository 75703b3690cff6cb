"""`$meta`, `$meta-add` and `$meta-delete`: the profiles, tags and security labels of a resource.

Source: FHIR R4, http://hl7.org/fhir/R4/resource-operations.html.
"""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from lianyi.fhir import answers, asking, writing
from lianyi.fhir.answers import Body
from lianyi.fhir.reading import ask, named
from lianyi.journeys import fhir_desk
from lianyi.journeys.fhir_acts import Act, Done, Verb
from lianyi.records.fhir.marks import KINDS, Marks
from lianyi.records.fhir.versions import OF_SERVER, versioned

META = "meta"


async def meta(request: Request) -> Response:
    """Answer what marks a resource has. Raises as reading does."""
    type, fhir_id = named(request)
    hit = await ask(request, lambda tx: fhir_desk.read(tx, type=type, fhir_id=fhir_id))
    return answers.written(request, _told(versioned(hit.body, hit.version, hit.recorded_at)))


async def _change(request: Request, *, is_gone: bool) -> Response:
    """Change the marks of a resource and answer those it has now. Raises as an update does."""
    type, fhir_id = named(request)
    given, match = await asking.read(request), writing.match_of(request)
    one = act(type, fhir_id, given, match, is_gone=is_gone)
    done, *_ = await writing.perform(request, [one], writing.once_of(request, one, list))
    return answers.written(request, told(done), headers={"etag": f'W/"{done.version}"'})


add, delete = partial(_change, is_gone=False), partial(_change, is_gone=True)
CHANGES = {"meta-add": False, "meta-delete": True}  # by their names, whether marks go


def act(type: str, fhir_id: str, given: asking.Given, match: int | None, *, is_gone: bool) -> Act:
    """Return the write that a change of marks is.

    :raises Turned: what is given is no Meta.
    """
    return Act(Verb.MARK, type, fhir_id, patch=Marks(_marks(given), is_gone=is_gone), match=match)


def told(done: Done) -> Body:
    """Return the marks that a change has left."""
    return _told(versioned(done.body, done.version, done.at))


def _marks(given: asking.Given) -> Body:
    """Read the marks that are given; what the server says itself stands beside them for nothing.

    :raises Turned: there are none, or what they are isn't clear.
    """
    given.check({META})
    marks = given.body(META)
    if marks is None or not {*KINDS, *OF_SERVER} >= set(marks):
        raise asking.wrong(META)
    kept = {kind: marks.get(kind, []) for kind in KINDS}
    for kind, listed in kept.items():
        wanted = str if kind == "profile" else dict
        if not isinstance(listed, list) or not all(isinstance(one, wanted) for one in listed):
            raise asking.wrong(META)
    return kept


def _told(stored: Body) -> Body:
    return asking.parameters(("return", "Meta", stored.get("meta", {})))
