"""How the elements of a body are read for a search: as tokens, words, times, amounts and links."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from lianyi.records.fhir import measures, spans
from lianyi.records.fhir.measures import LEAST, MOST
from lianyi.records.model import Amount, Found, Link, Moment, Token, Word

Json: TypeAlias = Any
LONGEST = 200  # characters of a text that are found; what follows is read, not searched
HAN = re.compile("[\u4e00-\u9fff]")
NAME_PARTS = ("family", "given", "text", "prefix", "suffix")
UNIT = ("system", "code", "unit")
ADDRESS_PARTS = ("text", "line", "city", "district", "state", "postalCode", "country")
IDENTIFIED = ":identifier"  # follows the name of a parameter whose target is only named
MEANT = ":text"  # follows the name of a parameter whose code stands beside words


class Leaf(NamedTuple):
    """A parameter that reads an element: its name, the element's kind, the type of its targets."""

    name: str
    kind: str
    target: str


Read: TypeAlias = Callable[[Json, Leaf, int, ZoneInfo], Iterable[Found]]


def reader(type: str, kind: str) -> Read:
    """Return how elements of a kind are read for a parameter of a type."""
    match type:
        case "token":
            return TOKENS.get(kind, _simple)
        case "string":
            return _words
        case "date":
            return _moment
        case "number" | "quantity":
            return _amounts
        case _:
            return _links


def _concept(value: Json, leaf: Leaf, part: int, zone: ZoneInfo) -> list[Found]:
    found: list[Found] = []
    for coding in value.get("coding", ()):
        found += _coding(coding, leaf, part, zone)
    if "text" in value:
        found.append(_meant(leaf.name, value["text"], part))
    return found


def _coding(value: Json, leaf: Leaf, part: int, _: ZoneInfo) -> list[Found]:
    found: list[Found] = []
    if "code" in value:
        found.append(Token(leaf.name, f"{value.get('system', '')}|{value['code']}", part))
    if "display" in value:
        found.append(_meant(leaf.name, value["display"], part))
    return found


def _identifier(value: Json, leaf: Leaf, part: int, zone: ZoneInfo) -> list[Found]:
    """Read an identifier, and what words say of its type."""
    kind = _concept(value["type"], leaf, part, zone) if "type" in value else ()
    return [*_identified(value, leaf.name, part), *(one for one in kind if isinstance(one, Word))]


def _identified(value: Json, name: str, part: int) -> list[Found]:
    return (
        [Token(name, f"{value.get('system', '')}|{value['value']}", part)]
        if "value" in value
        else []
    )


def _contact(value: Json, leaf: Leaf, part: int, _: ZoneInfo) -> list[Found]:
    return [Token(leaf.name, f"|{value['value']}", part)] if "value" in value else []


def _truth(value: Json, leaf: Leaf, part: int, _: ZoneInfo) -> list[Found]:
    return [Token(leaf.name, f"|{str(value).lower()}", part)]


def _simple(value: Json, leaf: Leaf, part: int, _: ZoneInfo) -> list[Found]:
    return [Token(leaf.name, f"|{value}", part)]


TOKENS: Mapping[str, Read] = {
    "CodeableConcept": _concept,
    "Coding": _coding,
    "Identifier": _identifier,
    "ContactPoint": _contact,
    "boolean": _truth,
}


def _meant(name: str, text: str, part: int) -> Word:
    """Return the words that stand beside a code."""
    return Word(name + MEANT, plain(text)[:LONGEST], text[:LONGEST], part)


def _words(value: Json, leaf: Leaf, part: int, _: ZoneInfo) -> Iterator[Word]:
    """Yield each text as it is compared and as it is written, a Chinese name by its sound too."""
    for text in _texts(value, leaf.kind):
        yield Word(leaf.name, plain(text)[:LONGEST], text[:LONGEST], part)
        if leaf.kind == "HumanName" and HAN.search(text):
            yield from (Word(leaf.name, sound[:LONGEST], "", part) for sound in _sounds(text))


def _sounds(name: str) -> Iterator[str]:
    """Yield the pinyin of a name and its initials: zhangsan, zs."""
    from pypinyin import lazy_pinyin  # slow to import, and most bodies hold no name

    syllables = lazy_pinyin(name)
    yield plain("".join(syllables))
    yield plain("".join(syllable[:1] for syllable in syllables))


def _texts(value: Json, kind: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield str(value)
        return
    for name in NAME_PARTS if kind == "HumanName" else ADDRESS_PARTS:
        held = value.get(name, [])
        yield from map(str, held if isinstance(held, list) else [held])


def _moment(value: Json, leaf: Leaf, part: int, zone: ZoneInfo) -> list[Found]:
    span = spans.of(leaf.kind, value, zone)
    return [Moment(leaf.name, *span, part)] if span else []


def _amounts(value: Json, leaf: Leaf, part: int, _: ZoneInfo) -> Iterator[Amount]:
    name = leaf.name
    if not isinstance(value, dict):
        number = Decimal(str(value))
        yield Amount(name, number, number, part=part)
        return
    held = [value.get("low"), value.get("high")] if "value" not in value else [value]
    low, high = _number(held[0]), _number(held[-1])
    unit = held[0] or held[-1] or {}
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


def _links(value: Json, leaf: Leaf, part: int, _: ZoneInfo) -> list[Found]:
    if isinstance(value, str):
        return [Link(leaf.name, "", value, part)]
    found: list[Found] = []
    if "identifier" in value:
        found += _identified(value["identifier"], leaf.name + IDENTIFIED, part)
    reference = value.get("reference", "")
    if not reference.startswith(leaf.target):  # a list may point to much, and one of it be wanted
        return found
    type, _slash, id = _relative(reference).partition("/")
    if id and leaf.target in {"", type}:
        found.append(Link(leaf.name, type, id, part))
    return found


def _relative(reference: str) -> str:
    """Return `Type/id`, without a version; an address elsewhere stays whole, as an id."""
    if reference.startswith("#"):
        return ""
    if ":" in reference:
        return f"/{reference}"
    return reference.partition("/_history/")[0]


@lru_cache(maxsize=10_000)  # most texts are the words beside a code
def plain(text: str) -> str:
    """Return a text as it is compared: without case, accents and doubled spaces."""
    folded = text.casefold()
    if not folded.isascii():
        apart = unicodedata.normalize("NFKD", folded)
        folded = "".join(c for c in apart if not unicodedata.combining(c))
    return " ".join(folded.split())
