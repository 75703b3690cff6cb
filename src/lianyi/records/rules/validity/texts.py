"""What a body's text hides from whoever only sees what was read of it: a member given twice."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

import orjson

from lianyi.kernel import members

DEEPEST = 250  # as deep as anybody nests; no deeper is what opens no more often


def written(read: Mapping[str, Any]) -> bytes | None:
    """Return a body as JSON, or None: it is nested deeper than anybody writes it."""
    try:
        return orjson.dumps(read, default=str)
    except TypeError:
        return None


def own(text: str, read: Mapping[str, Any]) -> bytes | None:
    """Return the same of a body whose text was written here, which is that JSON already."""
    is_flat = text.count("{") + text.count("[") <= DEEPEST
    return text.encode() if is_flat else written(read)


def repeated(text: str, whole: bytes) -> str:
    """Return the name of a member that one object of a text has twice, or nothing.

    Readers keep one of them, and not all the same one. None was lost where the text is what was
    read (`whole`), to the letter.
    """
    raw = text.encode()
    if raw == whole or members.are_all(raw, whole):
        return ""
    twice: list[str] = []

    def look(pairs: list[tuple[str, Any]]) -> None:
        counted = Counter(name for name, _ in pairs)
        twice.extend(name for name, times in counted.items() if times > 1)

    json.loads(text, object_pairs_hook=look)
    return twice[0] if twice else ""
