"""What a body is found by: the values of every search parameter of its type (FHIR R4, 3.1.1.4).

The build compiles the parameters into paths (tools/searching.py); here a body is walked along those
that begin with a member it has. `part` tells the values of one element from those of its brothers,
so that a composite parameter can ask for both on the same one.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import msgspec

from lianyi.records.fhir import measures, spans
from lianyi.records.fhir.measures import LEAST, MOST
from lianyi.records.model import Amount, Found, Link, Moment, Token, Word

Json: TypeAlias = Any
Steps: TypeAlias = Sequence[str | dict[str, str]]
BUILT = Path(__file__).parent.parent / "rules/build/search.json"  # by tools/searching.py
LONGEST = 200  # characters of a text that are found; what follows is read, not searched
HAN = re.compile("[\u4e00-\u9fff]")
NAME_PARTS = ("family", "given", "text", "prefix", "suffix")
UNIT = ("system", "code", "unit")
ADDRESS_PARTS = ("text", "line", "city", "district", "state", "postalCode", "country")
IDENTIFIED = ":identifier"  # follows the name of a parameter whose target is only named
MEANT = ":text"  # follows the name of a parameter whose code stands beside words


class Trail(msgspec.Struct, frozen=True):
    """How a value is reached: members and what they must say, and of which type it then is."""

    steps: list[str | dict[str, str]]
    kind: str
    is_: str = msgspec.field(name="is", default="")


class Parameter(msgspec.Struct, frozen=True):
    """One search parameter of one type."""

    type: str
    paths: list[Trail] = []
    parts: list[str] = []  # of a composite: the names of the parameters it joins
    targets: list[str] = []


@dataclass(frozen=True, slots=True)
class Way:
    """One path of one parameter."""

    name: str
    type: str
    trail: Trail


@cache
def parameters() -> Mapping[str, Mapping[str, Parameter]]:
    """Return every search parameter by type and name; nothing where they are not built."""
    try:
        return msgspec.json.decode(BUILT.read_bytes(), type=dict[str, dict[str, Parameter]])
    except FileNotFoundError:
        return {}


def found_by(body: Mapping[str, Any], zone: ZoneInfo) -> tuple[Found, ...]:
    """Return the values a valid body is found by. Days without a clock are days of this zone."""
    type = body["resourceType"]
    ways = _ways(type)
    found: dict[Found, None] = {}
    for member, held in body.items():
        for way in ways.get(member, ()):
            for part, value in _reached(held, way.trail.steps[1:], 0):
                for one in _values(way, value, part, zone):
                    found[one] = None
    if "deceased" in parameters().get(type, {}):
        found[Token("deceased", f"|{str(_is_dead(body)).lower()}")] = None
    return tuple(found)


@cache
def _ways(type: str) -> Mapping[str, Sequence[Way]]:
    """Return the paths of a type by the member they begin with."""
    ways: defaultdict[str, list[Way]] = defaultdict(list)
    for name, parameter in parameters().get(type, {}).items():
        for trail in parameter.paths:
            if trail.steps:
                ways[str(trail.steps[0])].append(Way(name, parameter.type, trail))
    return ways


def _reached(value: Json, steps: Steps, part: int) -> Sequence[tuple[int, Any]]:
    """Return what the steps lead to. The first list on the way numbers the parts."""
    if isinstance(value, list):
        return [one for n, item in enumerate(value, 1) for one in _reached(item, steps, part or n)]
    if not steps:
        return () if value is None else ((part, value),)
    if not isinstance(value, dict):
        return ()
    step, rest = steps[0], steps[1:]
    if isinstance(step, dict):
        fits = all(value.get(key) == wanted for key, wanted in step.items())
        return _reached(value, rest, part) if fits else ()
    return _reached(value[step], rest, part) if step in value else ()


def _values(way: Way, value: Json, part: int, zone: ZoneInfo) -> Iterator[Found]:
    name, kind = way.name, way.trail.kind
    match way.type:
        case "token":
            yield from (Token(name, token, part) for token in _tokens(kind, value))
            for text in _meanings(kind, value):
                yield Word(name + MEANT, plain(text)[:LONGEST], text[:LONGEST], part)
        case "string":
            yield from (Word(name, *both, part) for both in _words(kind, value))
        case "date":
            if span := spans.of(kind, value, zone):
                yield Moment(name, *span, part)
        case "number" | "quantity":
            yield from _amounts(name, value, part)
        case _:
            yield from _links(way, value, part)


def _tokens(kind: str, value: Json) -> Iterator[str]:
    match kind:
        case "CodeableConcept":
            for coding in value.get("coding", ()):
                yield from _tokens("Coding", coding)
        case "Coding":
            if "code" in value:
                yield f"{value.get('system', '')}|{value['code']}"
        case "Identifier":
            if "value" in value:
                yield f"{value.get('system', '')}|{value['value']}"
        case "ContactPoint":
            if "value" in value:
                yield f"|{value['value']}"
        case "boolean":
            yield f"|{str(value).lower()}"
        case _:
            yield f"|{value}"


def _meanings(kind: str, value: Json) -> Iterator[str]:
    """Yield the words that stand beside a code."""
    match kind:
        case "CodeableConcept":
            if "text" in value:
                yield value["text"]
            for coding in value.get("coding", ()):
                yield from _meanings("Coding", coding)
        case "Coding":
            if "display" in value:
                yield value["display"]
        case "Identifier":
            yield from _meanings("CodeableConcept", value.get("type", {}))


def _words(kind: str, value: Json) -> Iterator[tuple[str, str]]:
    """Yield each text as it is compared and as it is written, a Chinese name by its sound too."""
    for text in _texts(kind, value):
        yield plain(text)[:LONGEST], text[:LONGEST]
        if kind == "HumanName" and HAN.search(text):
            yield from ((sound[:LONGEST], "") for sound in _sounds(text))


def _sounds(name: str) -> Iterator[str]:
    """Yield the pinyin of a name and its initials: zhangsan, zs."""
    from pypinyin import lazy_pinyin  # slow to import, and most bodies hold no name

    syllables = lazy_pinyin(name)
    yield plain("".join(syllables))
    yield plain("".join(syllable[:1] for syllable in syllables))


def _texts(kind: str, value: Json) -> Iterator[str]:
    if not isinstance(value, dict):
        yield str(value)
        return
    for name in NAME_PARTS if kind == "HumanName" else ADDRESS_PARTS:
        held = value.get(name, [])
        yield from map(str, held if isinstance(held, list) else [held])


def _amounts(name: str, value: Json, part: int) -> Iterator[Amount]:
    if not isinstance(value, dict):
        number = Decimal(str(value))
        yield Amount(name, number, number, part=part)
        return
    held = [value.get("low"), value.get("high")] if "value" not in value else [value, value]
    low, high = (_number(one) for one in held)
    unit = next((one for one in held if one), {})
    if "currency" in value:
        unit = {"code": value["currency"]}
    match value.get("comparator", ""):
        case "<" | "<=":
            low = LEAST
        case ">" | ">=":
            high = MOST
    if low is not None or high is not None:
        system, code, written = (str(unit.get(key, "")) for key in UNIT)
        low, high = LEAST if low is None else low, MOST if high is None else high
        amount = Amount(name, low, high, system, code, written, part)
        yield amount
        if all(one is None or one.get("code") == code for one in held):
            yield from measures.filed(amount)


def _number(quantity: Mapping[str, Any] | None) -> Decimal | None:
    value = (quantity or {}).get("value")
    return None if value is None else Decimal(str(value))  # as written, not as a float is


def _links(way: Way, value: Json, part: int) -> Iterator[Link | Token]:
    if isinstance(value, str):
        yield Link(way.name, "", value, part)
        return
    for token in _tokens("Identifier", value.get("identifier", {})):
        yield Token(way.name + IDENTIFIED, token, part)
    type, _, id = _relative(str(value.get("reference", ""))).partition("/")
    if id and way.trail.is_ in {"", type}:
        yield Link(way.name, type, id, part)


def _relative(reference: str) -> str:
    """Return `Type/id`, without a version; an address elsewhere stays whole, as an id."""
    if reference.startswith("#"):
        return ""
    if ":" in reference:
        return f"/{reference}"
    return reference.partition("/_history/")[0]


def _is_dead(body: Mapping[str, Any]) -> bool:
    return bool(body.get("deceasedDateTime") or body.get("deceasedBoolean", False))


@lru_cache(maxsize=10_000)  # most texts are the words beside a code
def plain(text: str) -> str:
    """Return a text as it is compared: without case, accents and doubled spaces."""
    folded = text.casefold()
    if not folded.isascii():
        apart = unicodedata.normalize("NFKD", folded)
        folded = "".join(c for c in apart if not unicodedata.combining(c))
    return " ".join(folded.split())
