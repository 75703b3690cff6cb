"""What a body would be refused for, and what it is advised against, without storing it."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from lianyi.records.errors import DefinitionsMissing
from lianyi.records.model import Finding
from lianyi.records.rules import validity
from lianyi.records.rules.validity import structure


def strange(bundle: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return which elements of a Bundle FHIR doesn't know; what its entries bring is left out.

    :raises DefinitionsMissing:
    """
    if not validity.is_built():
        raise DefinitionsMissing
    entries = [
        {name: held for name, held in entry.items() if name != "resource"}
        if isinstance(entry, dict)
        else entry
        for entry in bundle.get("entry", ())
    ]
    found = structure.findings({**bundle, "entry": entries})
    return tuple(one for one in found if one.rule == "unknown")


def examine(text: str, *, profiles: Sequence[str] = ()) -> tuple[Finding, ...]:
    """Check a body as a write does, by the profiles that are asked for and those it claims.

    Needs no transaction; a large one takes long: give it to a thread.

    :raises DefinitionsMissing:
    """
    if not validity.is_built():
        raise DefinitionsMissing
    try:
        read = orjson.loads(text)
    except orjson.JSONDecodeError:
        read = None
    if not isinstance(read, dict):
        return (Finding("structure", "$this"),)
    return validity.hidden(text, read) or validity.examined(read, profiles)
