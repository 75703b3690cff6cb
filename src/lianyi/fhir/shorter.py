"""Parts of resources for who doesn't want them whole: `_elements` and `_summary`.

What is cut is marked SUBSETTED, so that nobody stores it as if it were all (FHIR R4, 3.1.1.5).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from starlette.requests import Request

from lianyi.fhir import answers
from lianyi.fhir.answers import Body
from lianyi.records.errors import NotSearchable
from lianyi.records.fhir import summaries
from lianyi.records.fhir.terms import Trouble, Why
from lianyi.records.fhir.versions import versioned

SUMMARIES = frozenset({"", "true", "false", "text", "data", "count"})


class Form(msgspec.Struct, frozen=True):
    """How much of each resource is wanted; of a mere count none is."""

    summary: str = ""
    elements: frozenset[str] = frozenset()

    @property
    def cuts(self) -> bool:
        return bool(self.elements) or self.summary not in {"", "false"}

    @property
    def count(self) -> bool:
        return self.summary == "count"


WHOLE = Form()


def read(pairs: Sequence[tuple[str, str]]) -> Form:
    """Read what a search says of it.

    :raises NotSearchable:
    """
    given = dict(pairs)
    summary = given.get("_summary", "")
    if summary not in SUMMARIES:
        raise NotSearchable(troubles=(Trouble("_summary", Why.VALUE),))
    return Form(summary, frozenset(filter(None, given.get("_elements", "").split(","))))


def of_one(pairs: Sequence[tuple[str, str]]) -> Form:
    """Read what a read, a version or a history says of it, of which nothing is counted.

    :raises NotSearchable:
    """
    form = read(pairs)
    if form.count:
        raise NotSearchable(troubles=(Trouble("_summary", Why.VALUE),))
    return form


def asked(request: Request) -> Form:
    """Read the same of an address, which mostly says nothing. Raises as `of_one` does."""
    return of_one(request.query_params.multi_items()) if request.scope["query_string"] else WHOLE


def stamped(body: str, version: int, at: datetime, form: Form) -> msgspec.Raw:
    """Return a body with its version, as much of it as is wanted, as it is written out."""
    if not form.cuts:
        return answers.stamped(body, version, at)
    return answers.raw(cut(versioned(body, version, at), form))


def cut(body: Body, form: Form) -> Body:
    if form.elements:
        return _marked(_only(body, form.elements))
    match form.summary:
        case "true":
            return _marked(_only(body, summaries.of(str(body["resourceType"]))))
        case "text":
            return _marked(_only(body, frozenset({"text"})))
        case "data":
            return _marked({name: held for name, held in body.items() if name != "text"})
    return body


def _only(body: Mapping[str, object], names: frozenset[str]) -> Body:
    kept = summaries.some(str(body["resourceType"]), names)
    return {name: held for name, held in body.items() if name.removeprefix("_") in kept}


def _marked(body: Body) -> Body:
    meta = body.get("meta", {})
    return {**body, "meta": {**meta, "tag": [*meta.get("tag", ()), summaries.SUBSETTED]}}
