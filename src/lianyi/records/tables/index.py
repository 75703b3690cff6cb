"""What resources are found by, written beside them: a table for each kind of value.

Rows of old versions stay; a search joins the version that is.
"""

from collections.abc import Sequence
from typing import Any

from lianyi.records.model import Amount, Link, Moment, Resource, Token, Word

# What each table takes of a value, with the type of its column.
SPAN = {"low": "timestamptz", "high": "timestamptz"}
RANGE = {"low": "numeric", "high": "numeric"}
UNIT = {"system": "text", "code": "text", "unit": "text"}
NAME, PART = {"name": "text"}, {"part": "int2"}
COLUMNS = {
    Token: ("token", {**NAME, "value": "text", **PART}),
    Word: ("word", {**NAME, "value": "text", "exact": "text", **PART}),
    Moment: ("moment", {**NAME, **SPAN, **PART}),
    Amount: ("amount", {**NAME, **RANGE, **UNIT, **PART}),
    Link: ("link", {**NAME, "type": "text", "id": "text", **PART}),
}
KEY = {"type": "text", "fhir_id": "text"}
RENAMED = {"type": "to_type", "id": "to_id"}  # a link's, which is a resource's own otherwise
OWNED = frozenset({"token"})  # also found by whose they are, the newest first


def filling(rows: str, *, first: int) -> str:
    """Return the parts of a statement that file `rows`; `columns` fill their values from $first."""
    parts = []
    for table, held in COLUMNS.values():
        names = [RENAMED.get(name, name) if table == "link" else name for name in held]
        types = [*KEY.values(), *held.values()]
        given = ", ".join(f"${first + n}::{type}[]" for n, type in enumerate(types))
        first += len(types)
        own, of_row = (("owner, at, "), ("r.owner, r.at, ")) if table in OWNED else ("", "")
        values = ", ".join(f"t.{name}" for name in names)
        parts.append(
            f"""{table}s AS (
    INSERT INTO records.{table} ({own}type, fhir_id, version, {", ".join(names)})
    SELECT {of_row}r.type, r.fhir_id, r.version, {values} FROM {rows} r
    JOIN unnest({given}) AS t (type, fhir_id, {", ".join(names)}) USING (type, fhir_id))"""
        )
    return ",\n".join(parts)


def columns(resources: Sequence[Resource]) -> list[list[Any]]:
    """Return the values that `filling` asks for."""
    filled = []
    for kind, (_, held) in COLUMNS.items():
        rows = [
            (r.type, r.fhir_id, *(getattr(one, name) for name in held))
            for r in resources
            for one in r.found
            if one.__class__ is kind
        ]
        filled += [[row[n] for row in rows] for n in range(len(KEY) + len(held))]
    return filled
