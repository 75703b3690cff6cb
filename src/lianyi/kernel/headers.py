"""Headers of a request as a server hands them over: pairs of bytes, names in small letters."""

from collections.abc import Mapping
from typing import Any


def header(scope: Mapping[str, Any], name: bytes) -> str:
    """Return the first of a name, or nothing; most requests have none of those looked for."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value, "latin-1")
    return ""
