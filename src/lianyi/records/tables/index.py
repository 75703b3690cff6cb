"""What resources are found by, written beside them: a table for each kind of value.

Rows of old versions stay; a search joins the version that is. Few rows go along with the statement
that stores their resource; many follow it by COPY, for half of what they cost in a statement.
"""

import re
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
from msgspec.structs import astuple

from lianyi.kernel.work import Tx
from lianyi.records.model import Amount, Filed, Found, Key, Link, Moment, Resource, Token, Word

if TYPE_CHECKING:
    from asyncpg import Record

Lines: TypeAlias = Sequence[tuple[str, bytes]]  # of each table that has any

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
FEW = 300  # rows
DATED = frozenset({"token"})  # also found the newest first
COPIED = {  # the columns of a line, in its order
    table: (
        "type",
        *(RENAMED.get(name, name) if table == "link" else name for name in held),
        *("fhir_id", "version", "owner"),
        *(("at",) if table in DATED else ()),
    )
    for table, held in COLUMNS.values()
}
FOUND = ", ".join(f"{table}s json" for table, _ in COLUMNS.values())  # of a row that is given
SPECIAL = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})  # to COPY


@lru_cache(maxsize=10_000)  # what belongs together says the same times again and again
def _at(instant: datetime) -> str:
    return instant.isoformat()


LINE: Mapping[type, Callable[[str, Any], str]] = {  # as COPY reads it, up to whose it is
    Token: lambda t, one: f"{t}\t{one.name}\t{one.value}\t{one.part}\t\n",
    Word: lambda t, one: f"{t}\t{one.name}\t{one.value}\t{one.exact}\t{one.part}\t\n",
    Moment: lambda t, one: f"{t}\t{one.name}\t{_at(one.low)}\t{_at(one.high)}\t{one.part}\t\n",
    Amount: lambda t, one: (
        f"{t}\t{one.name}\t{one.low!s}\t{one.high!s}"
        f"\t{one.system}\t{one.code}\t{one.unit}\t{one.part}\t\n"
    ),
    Link: lambda t, one: f"{t}\t{one.name}\t{one.type}\t{one.id}\t{one.part}\t\n",
}
TABS = [len(held) + 1 for _, held in COLUMNS.values()]  # of a line
LINKS = list(COLUMNS).index(Link)
PERSON = re.compile(r"(?<=\tPatient\t)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=\t)")


def filling(rows: str, *, at: str = "r.at", are_many: bool = True) -> str:
    """Return the parts of a statement that file the `rows` called r, as `given` tells them.

    What is alike is put down together, of many: it goes to the same pages of an index.
    """
    parts = []
    for table, held in COLUMNS.values():
        names = ", ".join(RENAMED.get(name, name) if table == "link" else name for name in held)
        own, of_row = ("at, ", f"{at}, ") if table in DATED else ("", "")
        values = ", ".join(f"t.{name}" for name in held)
        typed = ", ".join(f"{name} {type}" for name, type in held.items())
        order = f"ORDER BY r.type, {values}" if are_many else ""
        parts.append(
            f"""{table}s AS (
    INSERT INTO records.{table} (owner, {own}type, fhir_id, version, {names})
    SELECT r.owner, {of_row}r.type, r.fhir_id, r.version, {values}
    FROM {rows}, json_to_recordset({table}s) AS t ({typed}) {order})"""
        )
    return ",\n".join(parts)


def filed(resource: Resource) -> Filed:
    """Write down what a resource is found by, as rows of each table that lack whose they are."""
    type = resource.type
    rows: dict[object, list[str]] = {kind: [] for kind in COLUMNS}
    for one in resource.found:
        kind = one.__class__
        rows[kind].append(LINE[kind](type, one))
    texts = tuple(["".join(lines) for lines in rows.values()])
    # JSON that has no backslash holds nothing special.
    plain = "\\" not in resource.body or _is_plain(texts, list(rows.values()))
    return texts if plain else _escaped(type, resource.found)


def with_persons(filed: Filed, persons: Mapping[str, str], owner: str) -> Filed:
    """Put the ids of registered persons where their numbers are; most name their owner alone."""
    links = filed[LINKS]
    if "\tPatient\t" not in links:
        return filed
    own = f"\tPatient\t{owner}\t"
    if links.count("\tPatient\t") == links.count(own):
        links = links.replace(own, f"\tPatient\t{persons[owner]}\t")
    else:
        links = PERSON.sub(lambda found: persons.get(found[0], found[0]), links)
    return (*filed[:LINKS], links, *filed[LINKS + 1 :])


def are_few(resources: Sequence[Resource]) -> bool:
    """Tell whether what is found goes along with the statement."""
    return not resources[0].filed and sum(len(one.found) for one in resources) <= FEW


def lines(resources: Iterable[Resource], versions: Mapping[Key, int], now: datetime) -> Lines:
    """Return the rows of those that were written, as the version that was, as COPY takes them.

    Needs no transaction: it is done aside. What is alike stands together: it goes to the same pages
    of an index.
    """
    texts: dict[str, list[str]] = {table: [] for table, _ in COLUMNS.values()}
    for one in resources:
        if not (version := versions.get(one.key)):
            continue
        end = f"{one.fhir_id}\t{version}\t{one.owner}"
        dated = f"{end}\t{one.at or now}\n"
        for table, begun in zip(texts, one.filed or filed(one), strict=True):
            if begun:
                whole = begun.replace("\n", dated if table in DATED else f"{end}\n")
                texts[table].append(whole)
    return [(table, _sorted(rows)) for table, rows in texts.items() if rows]


def _sorted(rows: Sequence[str]) -> bytes:
    return "\n".join(sorted("".join(rows)[:-1].split("\n"))).encode()


async def copy(tx: Tx, lines: Lines) -> None:
    """File what was written."""
    for table, rows in lines:
        await tx.db.copy_to_table(
            table, schema_name="records", columns=COPIED[table], source=_once(rows)
        )


async def _once(rows: bytes) -> AsyncIterator[bytes]:
    yield rows


def _is_plain(texts: Filed, rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether no value has a letter that means something to COPY."""
    whole = "".join(texts)
    if "\\" in whole or "\r" in whole or whole.count("\n") != sum(map(len, rows)):
        return False
    return whole.count("\t") == sum(
        len(lines) * tabs for lines, tabs in zip(rows, TABS, strict=True)
    )


def _escaped(type: str, found: Iterable[Found]) -> Filed:
    rows: dict[object, list[str]] = {kind: [] for kind in COLUMNS}
    for one in found:
        values = [str(value).translate(SPECIAL) for value in astuple(one)]
        rows[one.__class__].append("\t".join([type, *values, "\n"]))
    return tuple("".join(lines) for lines in rows.values())


def row(resource: Resource, own: Mapping[str, Any]) -> bytes:
    """Return a resource as a row of `given`: its key, its own columns, what it is found by."""
    start = head(resource, own)
    tail = msgspec.json.encode(_by_table(resource.found))
    return start[:-1] + b"," + tail[1:] if tail != NOTHING else start


def head(resource: Resource, own: Mapping[str, Any]) -> bytes:
    """Return the row without what it is found by."""
    return msgspec.json.encode({"type": resource.type, "fhir_id": resource.fhir_id, **own})


def _by_table(found: Iterable[Found]) -> Mapping[str, Sequence[Found]]:
    rows: defaultdict[str, list[Found]] = defaultdict(list)
    for one in found:
        rows[COLUMNS[one.__class__][0] + "s"].append(one)
    return rows


def written(rows: Iterable[bytes]) -> str:
    """Return `given` as the one value of a statement: arrays of it all would take far longer."""
    return f"[{b','.join(rows).decode()}]"


UNFILED = """SELECT type, fhir_id, owner, holder_id, status, in_error, at, encounter, body
             FROM records.unfiled ORDER BY type, fhir_id LIMIT $1 FOR UPDATE"""
# A class is only added: what was told with a resource is not in its body.
REFILE = f"""
WITH given AS (SELECT * FROM json_to_recordset($1::json)
    AS g (type text, fhir_id text, classes text[], {FOUND})),
now AS (
    UPDATE records.resource r SET filed = DEFAULT, classes = ARRAY(
      SELECT unnest(r.classes) UNION SELECT unnest(g.classes) ORDER BY 1)
    FROM given g WHERE (r.type, r.fhir_id) = (g.type, g.fhir_id) RETURNING r.*),
{filling("now r JOIN given g USING (type, fhir_id)")}
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
    await tx.db.execute(REFILE, written(row(one, {"classes": one.classes}) for one in resources))


UNSWEPT = """SELECT name, page, pg_relation_size('records.' || name) / 8192 AS pages
             FROM records.sweep ORDER BY name LIMIT 1 FOR UPDATE"""
# Of a few pages of a table, whatever has moved between them meanwhile: nothing new is filed so.
LET_GO = """DELETE FROM records.{name} k
  USING unnest($3::text[], $4::text[]) AS shared (type, name)
  WHERE k.ctid >= format('(%s,0)', $1::bigint)::tid AND k.ctid < format('(%s,0)', $2::bigint)::tid
    AND k.type = shared.type AND split_part(k.name, ':', 1) = shared.name"""


async def sweep(tx: Tx, shared: Mapping[str, Collection[str]], pages: int) -> int:
    """Let go what is filed under the `shared` names of each type in the next pages of a table.

    Return how many these were, none if all are looked through.
    """
    at = await tx.db.fetchrow(UNSWEPT)
    if at is None:
        return 0
    name, start, end = at["name"], at["page"], at["page"] + pages
    named = [(type, one) for type, names in shared.items() for one in names]
    types, names = ([one[n] for one in named] for n in range(2))
    await tx.db.execute(LET_GO.format(name=name), start, end, types, names)
    if end < at["pages"]:
        await tx.db.execute("UPDATE records.sweep SET page = $2 WHERE name = $1", name, end)
    else:
        await tx.db.execute("DELETE FROM records.sweep WHERE name = $1", name)
    return pages
