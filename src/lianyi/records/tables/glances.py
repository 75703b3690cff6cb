"""Looks behind a door that is presumed: the statement that finds asks for the door, and tells.

What is asked again and again is remembered as SQL, apart from its values.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from itertools import islice
from typing import TypeVar
from zoneinfo import ZoneInfo

from lianyi.access.model import Chart
from lianyi.access.model.presumed import Presumed
from lianyi.kernel.db import Statement, joined, literal
from lianyi.kernel.looks import Kind, Look, Rows
from lianyi.kernel.moment import Moment
from lianyi.records.fhir.terms import Order, Search
from lianyi.records.model import Frame, Hit, Leaf, Told
from lianyi.records.tables.searches import COLUMNS, DEFAULT, hit, ordered, zone_of
from lianyi.records.tables.terms import Values

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
) -> Look[Leaf]:
    """Return the look that finds what `page` does, if the door is open. None: it is shut."""
    order, after = tuple(order) or DEFAULT, tuple(after)
    found = _of_some(door.chart, zone_of(at), search, order=order, after=after, limit=limit)
    return _through(door, found, "TRUE", partial(_leaf, search.type, limit))


@lru_cache(KINDS)
def _of_some(
    chart: Chart,
    zone: ZoneInfo,
    search: Search,
    *,
    order: tuple[Order, ...],
    after: tuple[str, ...],
    limit: int,
) -> Statement:
    """Return what finds a page behind a door, which the same search asks for again and again."""
    values = Values(chart, zone)
    sql = _page_of(search, values, order, after, limit=limit + 1, told=ARRAYS)
    return sql, tuple(values.args)


def glance_told(
    at: Moment,
    door: Presumed,
    frame: Frame,
    search: Search,
    *,
    order: Sequence[Order],
    after: Sequence[str],
    limit: int,
) -> Look[Told]:
    """Return the look that finds what `glance` does, and writes it out."""
    order, after = tuple(order) or DEFAULT, tuple(after)
    found = _told_of_some(
        door.chart, zone_of(at), search, frame, order=order, after=after, limit=limit
    )
    return _through(door, found, "TRUE", partial(_told, limit))


@lru_cache(KINDS)
def _told_of_some(
    chart: Chart,
    zone: ZoneInfo,
    search: Search,
    frame: Frame,
    *,
    order: tuple[Order, ...],
    after: tuple[str, ...],
    limit: int,
) -> Statement:
    """Return the same as one text. To take twenty bodies apart and together costs more here."""
    values = Values(chart, zone)
    before, between, behind = values.put(frame.before), literal(frame.between), literal(frame.after)
    each = f"{before}::text || fhir_id || {between} || {STAMPED} || {behind}"
    told = f"count(*) AS many, array_to_string((array_agg({each}))[:{limit}], ',') AS told"
    return _page_of(search, values, order, after, limit=limit + 1, told=told), tuple(values.args)


def _told(limit: int, rows: Rows) -> Told | None:
    if not rows:
        return None
    (row,) = rows
    is_last = row["many"] <= limit
    place = () if is_last else tuple(row["place"])
    return Told(row["told"] or "", min(row["many"], limit), place)


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
    is_last = len(columns[0]) <= limit
    return hits, () if is_last else tuple(row["place"])


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
