"""Which elements of a type belong to its summary, and which are never cut from it."""

from collections.abc import Collection
from functools import cache
from pathlib import Path

import msgspec

BUILT = Path(__file__).parent.parent / "rules/build/summary.json"  # by tools/searching.py
# What no part of a resource is without: what it is, and what would change what it means.
ALWAYS = frozenset({"resourceType", "id", "meta", "implicitRules", "modifierExtension"})
SUBSETTED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}


class Elements(msgspec.Struct, frozen=True):
    """Names of members of one type, `value[x]` as each of its types."""

    summary: frozenset[str]
    kept: frozenset[str]
    choices: dict[str, frozenset[str]]


NOTHING = Elements(frozenset(), frozenset(), {})


def of(type: str) -> frozenset[str]:
    return _types().get(type, NOTHING).summary


def kept(type: str) -> frozenset[str]:
    """Return what is required, or changes what the rest means: `status`, `doNotPerform`, `active`.

    Source: FHIR R4, http://hl7.org/fhir/R4/search.html#elements and conformance-rules#isModifier.
    """
    return ALWAYS | _types().get(type, NOTHING).kept


def some(type: str, names: Collection[str]) -> frozenset[str]:
    """Return the members that are meant by names of elements, and those that are never cut.

    A choice is meant by its own name as well: `value` is whichever of them there is.
    """
    choices = _types().get(type, NOTHING).choices
    return kept(type).union(names, *(choices.get(name, ()) for name in names))


@cache
def _types() -> dict[str, Elements]:
    try:
        return msgspec.json.decode(BUILT.read_bytes(), type=dict[str, Elements])
    except FileNotFoundError:
        return {}
