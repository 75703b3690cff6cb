"""What belongs to somebody or something: the compartments of FHIR R4 (tools/compartments.py)."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

from lianyi.records.fhir.terms import Ids, Target, Term, Within

BUILT = Path(__file__).parent.parent / "rules/build/compartments.json"
NAMES = ("patient", "encounter", "practitioner", "device", "relatedPerson")
ITSELF = "_id"


def of(compartment: str, id: str, type: str) -> Term | None:
    """Return what a resource of a type must answer to be in a compartment. None: none is ever."""
    names = _built().get(compartment, {}).get(type, ())
    if ITSELF in names:
        return Ids((id,))
    return Within(names, Target(compartment, id)) if names else None


def ways(compartment: str) -> tuple[tuple[str, str], ...]:
    """Return by which parameters of which types something is in a compartment."""
    found = _built().get(compartment, {}).items()
    return tuple((type, name) for type, names in found for name in names if name != ITSELF)


def types(compartment: str) -> frozenset[str]:
    return frozenset(_built().get(compartment, {}))


@cache
def _built() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    try:
        return msgspec.json.decode(BUILT.read_bytes(), type=dict[str, dict[str, tuple[str, ...]]])
    except FileNotFoundError:
        return {}
