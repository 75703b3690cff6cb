"""References of a body: to which resources it points, and under which addresses (FHIR R4, 2.3).

Software calls its resources by its own addresses until the server has drawn ids for them; what
points to those is rewritten, wherever in the body it stands (FHIR R4, 3.1.0.11.2).
"""

import html
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

import orjson

from lianyi.records.fhir.keys import NESTED

Json: TypeAlias = Any
URN = re.compile(r"urn:(?:uuid|oid):[A-Za-z0-9.\-]+")
LINK = re.compile(r"""(\b(?:href|src)\s*=\s*)(?:"([^"<]*)"|'([^'<]*)')""")  # of a narrative
VERSION = "/_history/"
RESTFUL = re.compile(r"(.*?/)?([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(/_history/[^/]+)?")
ASKING = re.compile(r"([A-Z][A-Za-z]+)\?(.+)", re.DOTALL)
# In compact JSON: within a text every quote has a backslash before it.
REFERENCE = re.compile(r'"reference":"([^"\\]*(?:\\.[^"\\]*)*)"')
NARRATIVE = "div"
OWN_WORDS = frozenset({"value", "fullUrl"})  # an identifier may look like an address and stays


def rewritten(body: Json, known: Mapping[str, str], base: str) -> Json:
    """Return a body whose addresses in `known`, and those of this server, are `Type/id`."""
    if isinstance(body, dict):
        return {name: _member(name, held, known, base) for name, held in body.items()}
    if isinstance(body, list):
        return [rewritten(held, known, base) for held in body]
    return known.get(body, body) if isinstance(body, str) else body


def _member(name: str, held: Json, known: Mapping[str, str], base: str) -> Json:
    if not isinstance(held, str):
        return rewritten(held, known, base)
    if name == "reference":
        return _meant(held, known, base) or held.removeprefix(base)
    if name == NARRATIVE:
        return _linked(held, known, base)
    return held if name in OWN_WORDS else known.get(held, held)


def _meant(address: str, known: Mapping[str, str], base: str) -> str | None:
    """Return what an address means here. A version is what another server counted, and falls."""
    for one in (address, address.partition(VERSION)[0]) if VERSION in address else (address,):
        if found := known.get(one) or known.get(one.removeprefix(base)):
            return found
    return None


def _linked(narrative: str, known: Mapping[str, str], base: str) -> str:
    """Put right what a narrative links to, or shows, and wherever it names an urn."""

    def link(found: re.Match[str]) -> str:
        address = found[2] if found[3] is None else found[3]
        meant = _meant(html.unescape(address), known, base)
        return found[0] if meant is None else f'{found[1]}"{meant}"'

    whole = LINK.sub(link, narrative)
    return URN.sub(lambda found: known.get(found[0], found[0]), whole)


def is_of_bundle(reference: str) -> bool:
    """Tell whether a reference means something only beside what is called so."""
    return reference.startswith(("urn:uuid:", "urn:oid:"))


def named(body: Json) -> Iterator[str]:
    """Yield every reference of a body, those of contained resources too."""
    waiting = [body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if isinstance(reference := node.get("reference"), str):
                yield reference
            waiting.extend([held for held in node.values() if held.__class__ in NESTED])
        else:
            waiting.extend([held for held in node if held.__class__ in NESTED])


def asked(reference: str) -> tuple[str, str] | None:
    """Return type and criteria of a reference that asks (`Patient?identifier=…`)."""
    found = ASKING.fullmatch(reference) if "?" in reference else None
    return (found[1], found[2]) if found else None


@lru_cache(maxsize=10_000)  # what belongs together names the same again and again
def restful(address: str) -> tuple[str, str] | None:
    """Return type and id of an address of a resource."""
    found = RESTFUL.fullmatch(address)
    return (found[2], found[3]) if found else None


def patients(text: str) -> frozenset[str]:
    """Return the ids of all patients of this server that a body names, once it is checked.

    `text` is what this server has written of it, which is gone over far sooner than the body.
    """
    written = set(REFERENCE.findall(text))
    named = (orjson.loads(f'"{one}"') if "\\" in one else one for one in written)
    found = (restful(one) for one in named if ":" not in one)
    return frozenset(id for type, id in filter(None, found) if type == "Patient")
