"""Looks behind a door that is presumed: the statement that finds asks for the door, and tells.

What is asked again and again is remembered as SQL, apart from its values.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from itertools import islice
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from lianyi.access.model import Chart
from lianyi.access.model.presumed import Presumed
from lianyi.kernel.db import Statement, joined, literal
from lianyi.kernel.looks import Kind, Look, Rows
from lianyi.kernel.moment import Moment
from lianyi.records.fhir.terms import Order, Search
from lianyi.records.model import Hit
from lianyi.records.model.leaves import Frame, Leaf, Told
from lianyi.records.tables.searches import COLUMNS, DEFAULT, hit, ordered, zone_of
from lianyi.records.tables.terms import Values

if TYPE_CHECKING:
    from asyncpg import Record

T = TypeVar("T")
KINDS = 300  # of searches, remembered
GATHERED = ("fhir_id", "version", "recorded_at", "owner", "body")  # of a page of one type
# What `versioned` makes of a body, in words of the database; most have no `meta` of their own.
STAMP = """'"versionId":"' || version || '","lastUpdated":"'
           || to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '"'"""
STAMPED = f"""CASE WHEN ascii(body) = ascii('{{') AND strpos(body, '"meta"') = 0
                THEN '{{"meta":{{' || {STAMP} || '}},' || right(body, -1)
                ELSE '{{"meta":' || (coalesce((body::json -> 'meta')::jsonb, '{{}}')
                       || ('{{' || {STAMP} || '}}')::jsonb)::text || (
                         SELECT coalesce(string_agg(',' || to_json(key) || ':' || value, ''), '')
                         FROM json_each(body::json) WHERE key <> 'meta') || '}}' END"""
ARRAYS = ", ".join(f"array_agg({name}) AS {name}" for name in GATHERED)
THROUGH = """WITH door AS MATERIALIZED (SELECT WHERE {is_open})
             SELECT found.* FROM door LEFT JOIN LATERAL ({found}) AS found ON true"""


def glance(
    at: Moment,
    door: Presumed,
    search: Search,
    *,
    order: Sequence[Order],
    after: Sequence[str],
    limit: int,
    frame: Frame | None,
) -> Look[Leaf]:
    """Return the look that finds what `page` does, if the door is open. None: it is shut.

    In a frame what it finds is written out: to take twenty bodies apart, and to put them together,
    costs this process more.
    """
    order, after = tuple(order) or DEFAULT, tuple(after)
    found = _of_some(door.chart, zone_of(at), search, frame, order=order, after=after, limit=limit)
    read = partial(_leaf, search.type, limit) if frame is None else partial(_told, limit)
    return _through(door, found, "TRUE", read)


@lru_cache(KINDS)
def _of_some(
    chart: Chart,
    zone: ZoneInfo,
    search: Search,
    frame: Frame | None,
    *,
    order: tuple[Order, ...],
    after: tuple[str, ...],
    limit: int,
) -> Statement:
    """Return what finds a page behind a door, which the same search asks for again and again."""
    values = Values(chart, zone)
    told = ARRAYS if frame is None else _written(frame, values, limit)
    sql = _page_of(search, values, order, after, limit=limit + 1, told=told)
    return sql, tuple(values.args)


def _written(frame: Frame, values: Values, limit: int) -> str:
    between, behind = literal(frame.between), literal(frame.after)
    each = f"{values.put(frame.before)}::text || fhir_id || {between} || {STAMPED} || {behind}"
    return f"count(*) AS many, array_to_string((array_agg({each}))[:{limit}], ',') AS told"


def _page_of(
    search: Search,
    values: Values,
    order: Sequence[Order],
    after: Sequence[str],
    *,
    limit: int,
    told: str,
) -> str:
    """Return SQL for what is told of a page as one row, with the place of the last but one alone.

    Who reads twenty rows takes longer over the rows than over what is in them. What a subquery has
    sorted, an aggregate over nothing else takes in that order.
    """
    keys, rest = ordered(search, values, order, after, limit, where="EXISTS (TABLE door)")
    named = ", ".join(f"{key} AS key_{n}" for n, key in enumerate(keys))
    last = ", ".join(f"(array_agg(key_{n}))[{limit - 1}]::text" for n, _ in enumerate(keys))
    return f"""SELECT {told}, ARRAY[{last}] AS place
               FROM (SELECT {COLUMNS}, {named} {rest}) AS found"""


def _leaf(type: str, limit: int, rows: Rows) -> Leaf | None:
    if not rows:
        return None
    (row,) = rows
    columns = [row[name] or () for name in GATHERED]
    hits = tuple(islice(map(partial(Hit, type), *columns), limit))
    return Leaf(hits, _following(row, len(columns[0]), limit))


def _told(limit: int, rows: Rows) -> Leaf | None:
    if not rows:
        return None
    (row,) = rows
    many: int = row["many"]
    told = Told(row["told"] or "", min(many, limit))
    return Leaf((), _following(row, many, limit), told)


def _following(row: "Record", many: int, limit: int) -> tuple[str, ...]:
    return () if many <= limit else tuple(row["place"])


def glance_at(at: Moment, door: Presumed, type: str, fhir_id: str) -> Look[list[Hit]]:
    """Return the look that finds one resource, if the door is open. None: it is shut.

    That nothing was found isn't told here: who looks for one looks on elsewhere.
    """
    sql, own = _of_one(door.chart, zone_of(at), type)
    return _through(door, (sql, (*own, fhir_id)), "looked.type IS NOT NULL", _hit_through)


def _hit_through(rows: Rows) -> list[Hit] | None:
    return [hit(row) for row in rows if row["type"]] if rows else None


@lru_cache(1000)
def _of_one(chart: Chart, zone: ZoneInfo, type: str) -> Statement:
    """Return what finds any one of a type, but for its id, which is the last of its values."""
    values = Values(chart, zone)
    where = f"r.type = {values.put(type)} AND {values.seen('r')}"
    id = f"r.fhir_id = ${len(values.args) + 1}"
    sql = f"SELECT {COLUMNS} FROM records.resource r WHERE EXISTS (TABLE door) AND {where} AND {id}"
    return sql, tuple(values.args)


def _through(
    door: Presumed, found: Statement, told_of: str, read: Callable[[Rows], T | None]
) -> Look[T]:
    texts, values = joined((*door.still, door.told, found))
    return Look(_kind_of(told_of, *texts), values, read)


@lru_cache(KINDS)
def _kind_of(told_of: str, *texts: str) -> Kind:
    *still, told, found = texts
    is_open = " AND ".join(still) or "TRUE"
    return Kind(THROUGH.format(is_open=is_open, found=found), told, told_of)
