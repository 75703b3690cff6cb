"""What resources are found by, written beside them: a table for each kind of value.

Rows of old versions stay; a search joins the version that is.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lianyi.kernel.work import Tx
from lianyi.records.model import Amount, Link, Moment, Resource, Token, Word

if TYPE_CHECKING:
    from asyncpg import Record

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


UNFILED = """SELECT type, fhir_id, owner, holder_id, status, in_error, at, encounter, body
             FROM records.unfiled ORDER BY type, fhir_id LIMIT $1 FOR UPDATE"""
REFILE = f"""
WITH now AS (
    UPDATE records.resource SET filed = DEFAULT
    WHERE (type, fhir_id) IN (SELECT * FROM unnest($1::text[], $2::text[])) RETURNING *),
{filling("now", first=3)}
SELECT count(*) FROM now"""


async def list_unfiled(tx: Tx, limit: int) -> list["Record"]:
    """Return resources that were filed under older rules, kept still while they are filed anew."""
    return await tx.db.fetch(UNFILED, limit)


async def refile(tx: Tx, resources: Sequence[Resource]) -> None:
    """Put what resources are found by in the place of what they were found by."""
    keys = [r.type for r in resources], [r.fhir_id for r in resources]
    for table, _ in COLUMNS.values():
        await tx.db.execute(
            f"DELETE FROM records.{table}"
            " WHERE (type, fhir_id) IN (SELECT * FROM unnest($1::text[], $2::text[]))",
            *keys,
        )
    await tx.db.execute(REFILE, *keys, *columns(resources))
