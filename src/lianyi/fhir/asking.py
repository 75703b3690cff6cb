"""What an operation is asked with: parameters in the address, or `Parameters` in the body.

Source: FHIR R4, http://hl7.org/fhir/R4/operations.html.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias
from urllib.parse import urlencode

from starlette.requests import Request

from lianyi.fhir import bodies
from lianyi.fhir.answers import Body, Turned
from lianyi.fhir.pages import PAGE

Json: TypeAlias = Any
OF_FORM = frozenset({"_format", "_pretty"})
BOOLEANS = {"true": True, "false": False}


class Given:
    """The values of an operation's parameters, by their names, in their order."""

    def __init__(self, pairs: Sequence[tuple[str, Json]]) -> None:
        self.pairs = [pair for pair in pairs if pair[0] not in OF_FORM]

    def check(self, known: Collection[str]) -> None:
        """Refuse what would else be left out without a word."""
        for name, _ in self.pairs:
            if name not in known:
                raise Turned(400, "not-supported", "fhir.operation.unknown", {"name": name})

    def has(self, name: str) -> bool:
        return any(each == name for each, _ in self.pairs)

    def texts(self, name: str) -> list[str]:
        """Return the values of a parameter as texts."""
        found = [value for each, value in self.pairs if each == name]
        for value in found:
            if isinstance(value, dict | list | None):
                raise wrong(name)
        return [_written(value) for value in found]

    def text(self, name: str) -> str:
        """Return the only value as a text; empty where there is none."""
        found = self.texts(name)
        if len(found) > 1:
            raise wrong(name)
        return found[0] if found else ""

    def wanted(self, name: str) -> str:
        """Return the only value, which must be there."""
        if text := self.text(name):
            return text
        raise Turned(400, "required", "fhir.operation.missing", {"name": name})

    def number(self, name: str, usual: int, most: int, least: int = 0) -> int:
        """Return a whole number; one larger than `most` is `most`."""
        text = self.text(name)
        if not text:
            return usual
        if not (text.isascii() and text.isdecimal()) or int(text[:9]) < least:
            raise wrong(name)
        return min(int(text[:9]), most)

    def flag(self, name: str, *, usual: bool = False) -> bool:
        text = self.text(name)
        if text and text not in BOOLEANS:
            raise wrong(name)
        return BOOLEANS.get(text, usual)

    def body(self, name: str) -> Body | None:
        """Return a value that has parts: a Coding, a CodeableConcept, a resource."""
        found = [value for each, value in self.pairs if each == name]
        if any(not isinstance(value, dict) for value in found) or len(found) > 1:
            raise wrong(name)
        return found[0] if found else None

    def reference(self, name: str, type: str) -> str:
        """Return the id of the one resource that is meant, written as an id or as a reference."""
        found = self.references(name, type)
        if len(found) > 1:
            raise wrong(name)
        return found[0] if found else ""

    def references(self, name: str, type: str) -> list[str]:
        """Return the ids of the resources that are meant, written so."""
        found = [value for each, value in self.pairs if each == name]
        told = [one.get("reference") if isinstance(one, dict) else one for one in found]
        ids = [one.removeprefix(f"{type}/") for one in told if isinstance(one, str)]
        if len(ids) < len(told):
            raise wrong(name)
        return ids

    def asked(self) -> list[tuple[str, str]]:
        """Return it as an address asks it, which a link to the next page does."""
        return [(name, _written(value)) for name, value in self.pairs]

    def query(self) -> str:
        """Return it as a text that means the same page by page."""
        return urlencode([pair for pair in self.asked() if pair[0] != PAGE])


@dataclass(frozen=True, slots=True)
class Code:
    """A code with its system, and the words that whoever asks has for it."""

    system: str
    code: str
    display: str = ""


def coded(given: Given, system: str = "system") -> list[Code]:
    """Read the one code, or those of a concept, that an operation is about.

    :raises Turned: there is none, or one in more than one way.
    """
    concept, single = given.body("codeableConcept"), given.body("coding")
    ways = [concept is not None, single is not None, given.has("code")]
    if sum(ways) > 1:
        raise wrong("coding")
    if concept is None and single is None:
        return [Code(given.wanted(system), given.wanted("code"), given.text("display"))]
    found = [single] if concept is None else concept.get("coding", [])
    codes = [coding(one) for one in found] if isinstance(found, list) else []
    if not codes:
        raise wrong("codeableConcept" if concept else "coding")
    return codes


def coding(given: Json) -> Code:
    """Read a Coding, which names a system and a code."""
    of = given if isinstance(given, dict) else {}
    texts = [of.get(name, "") for name in ("system", "code", "display")]
    if not all(isinstance(one, str) for one in texts) or not all(texts[:2]):
        raise wrong("coding")
    return Code(*texts)


async def read(request: Request) -> Given:
    """Read what an operation is asked with.

    :raises Turned: the body is no Parameters resource.
    """
    body = await bodies.read(request) if request.method == "POST" else None
    return given(request.query_params.multi_items(), body)


def given(pairs: Iterable[tuple[str, Json]], body: Json) -> Given:
    """Join what stands in the address and what a body adds, if there is one.

    :raises Turned: the body is no Parameters resource.
    """
    if body is None:
        return Given(list(pairs))
    told = body.get("parameter", []) if isinstance(body, dict) else None
    if not isinstance(told, list) or body.get("resourceType") != "Parameters":
        raise Turned(400, "invalid", "fhir.other_type", {"type": "Parameters"})
    return Given([*pairs, *(_pair(one) for one in told)])


def parameters(*pairs: tuple[str, str, Json]) -> Body:
    """Return a Parameters resource of names, kinds of values (`Boolean`) and values."""
    return {
        "resourceType": "Parameters",
        "parameter": [{"name": name, f"value{kind}": value} for name, kind, value in pairs],
    }


def wrong(name: str) -> Turned:
    return Turned(400, "value", "fhir.operation.value", {"name": name})


def _written(value: Json) -> str:
    if isinstance(value, dict):
        return str(value.get("reference", ""))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _pair(given: Json) -> tuple[str, Json]:
    name = given.get("name") if isinstance(given, dict) else None
    if not isinstance(name, str):
        raise wrong("name")
    return name, _value(name, given)


def _value(name: str, given: Mapping[str, Json]) -> Json:
    held = [value for key, value in given.items() if key == "resource" or key.startswith("value")]
    if len(held) != 1 or not isinstance(held[0], str | bool | int | Decimal | dict):
        raise wrong(name)
    return held[0]
