"""Statements with many values name them: `:person` instead of `$14`, or a column of `asked`."""

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from lianyi.kernel.db import VALUE, Statement

NAME = re.compile(r"(?<!:):([a-z_]+)")
Kinds = tuple[tuple[str, str], ...]  # names of values, each with its type in SQL


class Part(NamedTuple):
    """A part of a WHERE over `asked`, and the columns of `asked` that it brings, with values."""

    sql: str
    kinds: Kinds
    values: tuple[object, ...]


ALWAYS = Part("TRUE", (), ())


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


@cache
def asked(kinds: Kinds, first: int = 0) -> str:
    """Return values as the one row of a table, whose `nth` is 1; `first` other values precede."""
    columns = (f"${n}::{kind} AS {name}" for n, (name, kind) in enumerate(kinds, start=first + 1))
    return f"SELECT {', '.join(columns)}, 1::bigint AS nth"


def part(statement: Statement, kinds: Kinds) -> Part:
    """Return a part of a WHERE with a column of `asked` in place of each of its values."""
    sql, values = statement
    return Part(_of_asked(sql, kinds), kinds, values)


@cache
def _of_asked(sql: str, kinds: Kinds) -> str:
    return of_columns(sql, {n: f"asked.{name}" for n, (name, _) in enumerate(kinds, start=1)})


@cache
def asked_by_many(kinds: Kinds, apart: str) -> str:
    """Return the values of many as the rows of a table; `nth` says whose each row is.

    Of several that are alike in the columns `apart` one is asked for.
    """
    arrays = ", ".join(f"${n}::{kind}[]" for n, (_, kind) in enumerate(kinds, start=1))
    names = ", ".join(name for name, _ in kinds)
    return f"""SELECT DISTINCT ON ({apart}) *
               FROM unnest({arrays}) WITH ORDINALITY AS many ({names}, nth)"""


def of_columns(sql: str, names: Mapping[int, str]) -> str:
    """Return a part of a statement that takes its values from columns instead."""
    return VALUE.sub(lambda found: names[int(found[1])], sql)
