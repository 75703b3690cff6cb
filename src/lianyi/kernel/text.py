"""The words for every code: what happened, and what to do."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LOCALE = Path(__file__).parent.parent / "locale"
LANGUAGES = ("zh", "en")


@cache
def catalogue(language: str) -> Mapping[str, str]:
    return tomllib.loads((LOCALE / f"words.{language}.toml").read_text(encoding="utf-8"))


def words(code: str, language: str, details: Mapping[str, object] | None = None) -> str:
    """Return the sentence of a code; `{name}` in it is filled from the details."""
    return catalogue(language)[code].format_map(details or {})
