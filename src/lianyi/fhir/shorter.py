"""Parts of resources for who doesn't want them whole: `_elements` and `_summary`.

What is cut is marked SUBSETTED, so that nobody stores it as if it were all (FHIR R4, 3.1.1.5).
"""

from collections.abc import Mapping, Sequence

import msgspec

from lianyi.fhir.answers import Body
from lianyi.records.errors import NotSearchable
from lianyi.records.fhir import summaries
from lianyi.records.fhir.terms import Trouble, Why

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


def read(pairs: Sequence[tuple[str, str]]) -> Form:
    """Read what a search says of it.

    :raises NotSearchable:
    """
    given = dict(pairs)
    summary = given.get("_summary", "")
    if summary not in SUMMARIES:
        raise NotSearchable(troubles=(Trouble("_summary", Why.VALUE),))
    return Form(summary, frozenset(filter(None, given.get("_elements", "").split(","))))


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
