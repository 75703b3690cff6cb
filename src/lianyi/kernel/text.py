"""The words for every code: what happened, and what to do."""

import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path

from lianyi.kernel import profile

LOCALE = Path(__file__).parent.parent / "locale"
LANGUAGES = ("zh", "en")


@cache
def catalogue(language: str) -> Mapping[str, str]:
    return tomllib.loads((LOCALE / f"words.{language}.toml").read_text(encoding="utf-8"))


def words(code: str, language: str, details: Mapping[str, object] | None = None) -> str:
    """Return the sentence of a code; `{name}` in it is filled from the details."""
    said = {name: _told(value) for name, value in (details or {}).items()}
    return catalogue(language)[code].format_map(said)


def _told(value: object) -> object:
    """Tell an instant as the clocks of the place show it."""
    if isinstance(value, datetime):
        return f"{value.astimezone(profile.at(value).zone):%Y-%m-%d %H:%M}"
    return value
