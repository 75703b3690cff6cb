"""What a body would be refused for, and what it is advised against, without storing it."""

from collections.abc import Sequence

import orjson

from lianyi.records.errors import DefinitionsMissing
from lianyi.records.model import Finding
from lianyi.records.rules import validity


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
