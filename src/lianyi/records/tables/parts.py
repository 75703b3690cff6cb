"""The files of an export: which there are to be, and what is copied into them.

The doors are in the WHERE of each copy, and so is the instant it is of: what was changed since
comes as it was then.
"""

import json
from collections.abc import Callable, Collection, Coroutine, Sequence
from functools import partial
from math import ceil
from typing import Any
from uuid import UUID

from lianyi.access.model import Desk
from lianyi.kernel import profile
from lianyi.kernel.work import Tx
from lianyi.records.fhir import summaries
from lianyi.records.fhir.terms import Search, Taking
from lianyi.records.model import PUBLIC
from lianyi.records.model.parts import GONE, Part, Progress
from lianyi.records.tables.terms import Values, clause

Sink = Callable[[bytes], Coroutine[Any, Any, None]]
LINES = 100_000  # in a file, about: what is written anew if a worker dies
# No JSON holds these, so that nothing is ever quoted: a line of the file is a body.
DELIMITER, QUOTE = "\x02", "\x01"
COLUMNS = "export_id, n, type, low, high, expected, tries, count, size, length"
INSERT = """INSERT INTO records.part (export_id, n, type, low, high, expected)
            SELECT $1, n - 1, type, low, high, expected FROM unnest($2::text[], $3::uuid[],
              $4::uuid[], $5::bigint[]) WITH ORDINALITY AS p (type, low, high, expected, n)"""
CLAIM = f"""UPDATE records.part SET tries = tries + 1 WHERE (export_id, n) IN (
              SELECT export_id, n FROM records.part WHERE export_id = $1 AND done_at IS NULL
              ORDER BY n LIMIT $2 FOR UPDATE)
            RETURNING {COLUMNS}"""
DONE = """UPDATE records.part SET count = $3, size = $4, length = $5, sealed_key = $6, done_at = $7
          WHERE export_id = $1 AND n = $2"""
LIST = f"SELECT {COLUMNS} FROM records.part WHERE export_id = $1 ORDER BY n"
PROGRESS = """SELECT export_id, count(*) AS files, count(done_at) AS written,
                coalesce(sum(count), 0)::bigint AS resources
              FROM records.part WHERE export_id = ANY ($1::uuid[]) GROUP BY export_id"""
KEY = "SELECT sealed_key FROM records.part WHERE export_id = $1 AND n = $2 AND done_at IS NOT NULL"
# The version and the time are the record's to say; all else of a body stays to the letter.
META = """'"versionId":"' || {row}.version || '","lastUpdated":"'
  || to_char({at} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '"'"""
# Bytes are cut, because to cut letters off a text all of them are counted.
STAMPED = """CASE WHEN strpos({row}.body, '"meta"') = 0 AND starts_with({row}.body, '{{')
  THEN '{{"meta":{{' || {meta} || '}},'
    || convert_from(substr(convert_to({row}.body, 'UTF8'), 2), 'UTF8')
  ELSE (SELECT '{{' || coalesce(string_agg(to_json(key) || ':' || value, ',')
      FILTER (WHERE key <> 'meta') || ',', '') || '"meta":{{' || coalesce(
        (SELECT string_agg(to_json(m.key) || ':' || m.value, ',')
         FROM json_each(({row}.body::json) -> 'meta') m
         WHERE m.key NOT IN ('versionId', 'lastUpdated')) || ',', '') || {meta} || '}}}}'
    FROM json_each({row}.body::json)) END"""
# Some elements, marked, so that nobody stores them as if they were all (FHIR R4, 3.1.1.5).
CUT = """(SELECT '{{' || coalesce(string_agg(to_json(key) || ':' || value, ',')
      FILTER (WHERE key <> 'meta' AND ltrim(key, '_') = ANY ({names}::text[])) || ',', '')
    || '"meta":{{' || coalesce((SELECT string_agg(to_json(m.key) || ':' || m.value, ',')
      FROM json_each(({row}.body::json) -> 'meta') m
      WHERE m.key NOT IN ('versionId', 'lastUpdated', 'tag')) || ',', '')
    || '"tag":[' || coalesce((SELECT string_agg(t.value::text, ',')
      FROM json_array_elements(({row}.body::json) #> '{{meta,tag}}') t) || ',', '')
    || '{subsetted}],' || {meta} || '}}}}'
  FROM json_each({row}.body::json))"""
SUBSETTED = json.dumps(summaries.SUBSETTED)
ONE_LINE = """CASE WHEN strpos(line, E'\\n') > 0 OR strpos(line, E'\\r') > 0
  THEN translate(line, E'\\n\\r', '  ') ELSE line END"""
DELETED = """'{"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"DELETE",'
  || '"url":"' || r.type || '/' || r.fhir_id || '"}}]}'"""


async def plan(tx: Tx, desk: Desk, export_id: UUID, taking: Taking) -> None:
    """Lay out the files: of each type as many as its resources need, cut along their owners."""
    rows: list[tuple[str, UUID, UUID | None, int]] = []
    for type, count in await _counted(tx, desk, taking):
        files = ceil(count / LINES)
        edges = await _edges(tx, desk, files)
        lows, highs = (PUBLIC, *edges), (*edges, None)
        rows += [
            (type, low, high, ceil(count / files)) for low, high in zip(lows, highs, strict=True)
        ]
    if taking.since:
        rows.append((GONE, PUBLIC, None, 0))
    await tx.db.execute(INSERT, export_id, *([row[n] for row in rows] for n in range(4)))


async def claim(tx: Tx, export_id: UUID, most: int) -> list[Part]:
    """Take the next files that are not written yet, and count that they are tried."""
    return [Part(**row) for row in await tx.db.fetch(CLAIM, export_id, most)]


async def copy(tx: Tx, desk: Desk, part: Part, taking: Taking, sink: Sink) -> int:
    """Copy what belongs into a file, line by line, and return how many lines there are."""
    values = Values(desk, profile.at(tx.now).zone)
    make = _gone if part.type == GONE else _taken
    sql = make(desk, part, taking, values)
    await tx.db.execute("SET LOCAL enable_seqscan = on")  # it may be most of a table
    done = await tx.db.copy_from_query(
        sql, *values.args, output=sink, format="csv", delimiter=DELIMITER, quote=QUOTE
    )
    return int(done.rpartition(" ")[2])


async def done(tx: Tx, part: Part, *, count: int, size: int, length: int, key: bytes) -> None:
    sealed = tx.keys.seal(key)
    await tx.db.execute(DONE, part.export_id, part.n, count, size, length, sealed, tx.now)


async def list_of(tx: Tx, export_id: UUID) -> list[Part]:
    return [Part(**row) for row in await tx.db.fetch(LIST, export_id)]


async def progress(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Progress]:
    rows = await tx.db.fetch(PROGRESS, list(ids))
    return {
        row["export_id"]: Progress(row["files"], row["written"], row["resources"]) for row in rows
    }


async def find_key(tx: Tx, export_id: UUID, n: int) -> bytes | None:
    sealed: bytes | None = await tx.db.fetchval(KEY, export_id, n)
    return None if sealed is None else tx.keys.open(sealed)


async def _counted(tx: Tx, desk: Desk, taking: Taking) -> list[tuple[str, int]]:
    """Return about how much there is of each type; what is not shown is counted too.

    So only the index by owners is read, and none of the rows.
    """
    types, public, own = (f"${len(desk.args) + n}" for n in (1, 2, 3))
    others = f"{public}::uuid, {own}::uuid"
    whose = desk.sees("r.owner", at=1, also=others.split(", "), by_part=True)
    left_out = "" if taking.with_others else f" AND r.owner NOT IN ({others})"
    sql = f"""SELECT r.type, count(*) FROM records.resource r
              WHERE r.type = ANY ({types}::text[]) AND {whose}{left_out} GROUP BY 1 ORDER BY 1"""
    values = (*desk.args, list(taking.types), PUBLIC, desk.institution_id)
    await tx.db.execute("SET LOCAL plan_cache_mode = force_custom_plan")
    return [(row["type"], row["count"]) for row in await tx.db.fetch(sql, *values)]


async def _edges(tx: Tx, desk: Desk, files: int) -> Sequence[UUID]:
    """Return where owners are parted, so that each file has as many of them."""
    if files == 1:
        return ()
    at = [n / files for n in range(1, files)]
    persons = f"SELECT DISTINCT id FROM ({desk.ids(2)}) AS of (id)"
    sql = f"""SELECT percentile_disc($1::float8[]) WITHIN GROUP (ORDER BY id)
              FROM ({persons}) AS each"""
    found: Sequence[UUID] = await tx.db.fetchval(sql, at, *desk.args)
    return sorted(set(found))


def _taken(desk: Desk, part: Part, taking: Taking, values: Values) -> str:
    """Return what is shown of a type now, and of what was changed since, how it was then."""
    as_of = values.put(taking.as_of)
    now = [*_of_part(desk, part, taking, values), f"r.recorded_at <= {as_of}", values.seen("r")]
    then = [*_of_part(desk, part, taking, values), "NOT r.in_error", "v.body <> ''"]
    then.append(values.shown("r", version="v"))
    if taking.since:
        now.append(f"r.recorded_at > {values.put(taking.since)}")
        then.append(f"v.at > {values.put(taking.since)}")
    searches = [one for one in taking.searches if one.type == part.type]
    if searches:
        now.append(_answering(searches, "r", values))
        then.append(_answering(searches, "v", values))
    line = _line
    if taking.elements:
        line = partial(_cut, names=values.put(_names(part.type, taking.elements)))
    holders = values.put([desk.institution_id, PUBLIC])
    type = values.put(part.type)
    return f"""SELECT {ONE_LINE} FROM (
  SELECT {line("r", "r.recorded_at")} AS line FROM records.resource r WHERE {" AND ".join(now)}
  UNION ALL
  SELECT {line("v", "v.at")} FROM (
    SELECT DISTINCT w.fhir_id FROM records.version w
    WHERE w.holder_id = ANY ({holders}::uuid[]) AND w.at > {as_of} AND w.type = {type}) AS moved
  JOIN records.resource r ON r.type = {type} AND r.fhir_id = moved.fhir_id
  JOIN LATERAL (SELECT * FROM records.version o WHERE o.type = r.type AND o.fhir_id = r.fhir_id
    AND o.at <= {as_of} ORDER BY o.version DESC LIMIT 1) v ON true
  WHERE {" AND ".join(then)}) AS lines"""


def _gone(desk: Desk, part: Part, taking: Taking, values: Values) -> str:
    where = [f"r.type = ANY ({values.put(list(taking.types))}::text[])", values.shown("r")]
    where += _of_owners(desk, taking, values)
    where.append(f"r.in_error AND r.recorded_at > {values.put(taking.since)}")
    where.append(f"r.recorded_at <= {values.put(taking.as_of)}")
    return f"SELECT {DELETED} FROM records.resource r WHERE {' AND '.join(where)}"


def _of_part(desk: Desk, part: Part, taking: Taking, values: Values) -> list[str]:
    where = [f"r.type = {values.put(part.type)}", *_of_owners(desk, taking, values)]
    if part.low != PUBLIC:
        where.append(f"r.owner >= {values.put(part.low)}")
    if part.high:
        where.append(f"r.owner < {values.put(part.high)}")
    return where


def _of_owners(desk: Desk, taking: Taking, values: Values) -> list[str]:
    """Leave out what is nobody's, or the institution's own, where only persons' is taken."""
    if taking.with_others:
        return []
    return [f"r.owner <> ALL ({values.put([PUBLIC, desk.institution_id])}::uuid[])"]


def _answering(searches: Sequence[Search], row: str, values: Values) -> str:
    ways = (" AND ".join(clause(t, one.type, row, values) for t in one.terms) for one in searches)
    return f"({' OR '.join(ways)})"


def _names(type: str, elements: Sequence[str]) -> list[str]:
    """Return the members of a type that are wanted of it, and those it may never be without."""
    return sorted(summaries.some(type, {one.removeprefix(f"{type}.") for one in elements}))


def _cut(row: str, at: str, *, names: str) -> str:
    meta = META.format(row=row, at=at)
    return CUT.format(row=row, meta=meta, names=names, subsetted=SUBSETTED)


def _line(row: str, at: str) -> str:
    return STAMPED.format(row=row, meta=META.format(row=row, at=at))
