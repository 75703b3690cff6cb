"""What a body's text hides from whoever only sees what was read of it: a member given twice."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

import orjson

COLON = "\\u003"  # how one may be spelled out begins


def written(read: Mapping[str, Any]) -> bytes | None:
    """Return a body as JSON, or None: it is nested deeper than anybody writes it (250)."""
    try:
        return orjson.dumps(read, default=str)
    except TypeError:
        return None


def repeated(text: str, whole: bytes) -> str:
    """Return the name of a member that one object of a text has twice, or nothing.

    Readers of JSON keep one of them, and not all the same one (RFC 8259, 4). Every member has one
    colon and every text keeps its own: if there are as many as in what was read (`whole`), nothing
    was lost.
    """
    if COLON not in text and text.count(":") == whole.count(b":"):
        return ""
    twice: list[str] = []

    def look(pairs: list[tuple[str, Any]]) -> None:
        counted = Counter(name for name, _ in pairs)
        twice.extend(name for name, times in counted.items() if times > 1)

    json.loads(text, object_pairs_hook=look)
    return twice[0] if twice else ""
