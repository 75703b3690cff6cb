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


@cache
def _built() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    try:
        return msgspec.json.decode(BUILT.read_bytes(), type=dict[str, dict[str, tuple[str, ...]]])
    except FileNotFoundError:
        return {}
