"""What resources are found by, written beside them: a table for each kind of value.

Rows of old versions stay; a search joins the version that is.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from lianyi.kernel.work import Tx
from lianyi.records.model import Amount, Found, Link, Moment, Resource, Token, Word

if TYPE_CHECKING:
    from asyncpg import Record

# What each table takes of a value, with the type of its column.
SPAN = {"low": "timestamptz", "high": "timestamptz"}
RANGE = {"low": "numeric", "high": "numeric"}
UNIT = {"system": "text", "code": "text", "unit": "text"}
NAME, PART = {"name": "text"}, {"part": "int2"}
COLUMNS: Mapping[type, tuple[str, Mapping[str, str]]] = {
    Token: ("token", {**NAME, "value": "text", **PART}),
    Word: ("word", {**NAME, "value": "text", "exact": "text", **PART}),
    Moment: ("moment", {**NAME, **SPAN, **PART}),
    Amount: ("amount", {**NAME, **RANGE, **UNIT, **PART}),
    Link: ("link", {**NAME, "type": "text", "id": "text", **PART}),
}
RENAMED = {"type": "to_type", "id": "to_id"}  # a link's, which is a resource's own otherwise
NOTHING = b"{}"
DATED = frozenset({"token"})  # also found the newest first
FOUND = ", ".join(f"{table}s json" for table, _ in COLUMNS.values())  # of a row that is given


def filling(rows: str) -> str:
    """Return the parts of a statement that file `rows`, each as it is told in `given`.

    What is alike is put down together: it goes to the same pages of an index.
    """
    parts = []
    for table, held in COLUMNS.values():
        names = ", ".join(RENAMED.get(name, name) if table == "link" else name for name in held)
        own, of_row = ("at, ", "r.at, ") if table in DATED else ("", "")
        values = ", ".join(f"t.{name}" for name in held)
        typed = ", ".join(f"{name} {type}" for name, type in held.items())
        parts.append(
            f"""{table}s AS (
    INSERT INTO records.{table} (owner, {own}type, fhir_id, version, {names})
    SELECT r.owner, {of_row}r.type, r.fhir_id, r.version, {values}
    FROM {rows} r JOIN given g USING (type, fhir_id),
      json_to_recordset(g.{table}s) AS t ({typed})
    ORDER BY r.type, {values})"""
        )
    return ",\n".join(parts)


def filed(found: Iterable[Found]) -> bytes:
    """Write down what a resource is found by, as a part of its row of `given`."""
    rows: defaultdict[str, list[Found]] = defaultdict(list)
    for one in found:
        rows[COLUMNS[one.__class__][0] + "s"].append(one)
    return msgspec.json.encode(rows)


def row(resource: Resource, own: Mapping[str, Any]) -> bytes:
    """Return a resource as a row of `given`: its key, its own columns, what it is found by."""
    head = msgspec.json.encode({"type": resource.type, "fhir_id": resource.fhir_id, **own})
    tail = resource.filed or filed(resource.found)
    return head[:-1] + b"," + tail[1:] if tail != NOTHING else head


def written(rows: Iterable[bytes]) -> str:
    """Return `given` as the one value of a statement: arrays of it all would take far longer."""
    return f"[{b','.join(rows).decode()}]"


UNFILED = """SELECT type, fhir_id, owner, holder_id, status, in_error, at, encounter, body
             FROM records.unfiled ORDER BY type, fhir_id LIMIT $1 FOR UPDATE"""
REFILE = f"""
WITH given AS (SELECT * FROM json_to_recordset($1::json) AS g (type text, fhir_id text, {FOUND})),
now AS (
    UPDATE records.resource SET filed = DEFAULT
    WHERE (type, fhir_id) IN (SELECT type, fhir_id FROM given) RETURNING *),
{filling("now")}
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
    await tx.db.execute(REFILE, written(row(one, {}) for one in resources))
