"""Statements with many values name them: `:person` instead of `$14`."""

import re
from functools import cache

from lianyi.kernel.db import Statement

NAME = re.compile(r"(?<!:):([a-z_]+)")


def call(sql: str, *first: object, **values: object) -> Statement:
    """Return the statement as the database wants it, and its values: `first` are $1, $2 ..."""
    text, names = numbered(sql, len(first))
    return text, (*first, *(values[name] for name in names))


@cache
def numbered(sql: str, first: int = 0) -> tuple[str, tuple[str, ...]]:
    """Return the statement with its names as numbers after the first ones, and the names."""
    names = tuple(dict.fromkeys(NAME.findall(sql)))
    places = {name: f"${n}" for n, name in enumerate(names, start=first + 1)}
    return NAME.sub(lambda match: places[match[1]], sql), names
