"""Finds resources by a FHIR search, page by page, with those that come along."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from lianyi.access.model import Chart, Desk
from lianyi.access.model.parts import ANY_TYPE
from lianyi.access.model.presumed import PresumedDesk
from lianyi.kernel import profile
from lianyi.kernel.moment import Moment
from lianyi.kernel.presumed import LastUsed
from lianyi.kernel.work import Tx
from lianyi.records.errors import Endless
from lianyi.records.fhir.terms import Include, Order, Search, Total
from lianyi.records.model import PUBLIC, Hit, Page
from lianyi.records.tables import beginnings, rare
from lianyi.records.tables.beginnings import SHORT, Walk
from lianyi.records.tables.filed import TABLES, named
from lianyi.records.tables.terms import OF_ITSELF, Values, clause

if TYPE_CHECKING:
    from asyncpg import Record

COLUMNS = "r.type, r.fhir_id, r.version, r.recorded_at, r.owner, r.body"
AT = "_at"  # when a fact is from: how an answer is ordered that nobody ordered
# What a resource without a value is ordered by, so that it comes last up or down.
EXTREMES = {
    "timestamptz": ("'infinity'::timestamptz", "'-infinity'::timestamptz"),
    "text": ("'\U0010ffff'", "''"),
    "numeric": ("'Infinity'::numeric", "'-Infinity'::numeric"),
}
KEYS = {
    "date": ("low", "timestamptz"),
    "string": ("value", "text"),
    "token": ("value", "text"),
    "number": ("low", "numeric"),
    "quantity": ("low", "numeric"),
    "reference": ("to_id", "text"),
    "uri": ("to_id", "text"),
}
OWN = {
    AT: ("r.at", "timestamptz"),
    "_lastUpdated": ("r.recorded_at", "timestamptz"),
    "_id": ("r.fhir_id", "text"),
}
DEFAULT = (Order(AT, "date", is_down=True),)
FEW = 20  # persons: a number of theirs tells something of each
PLAN = "SET LOCAL plan_cache_mode = force_custom_plan"

_vain: LastUsed[tuple[object, ...], int] = LastUsed(1000)  # how many walks were


async def page(
    tx: Tx,
    reach: Chart | Desk,
    search: Search,
    *,
    order: Sequence[Order],
    after: Sequence[str],
    limit: int,
) -> Page:
    """Return the next resources, each with its place in the order; `after` is the last one's.

    The search knows what is rare in it (`rare.narrowed`).

    :raises Endless: it is to be sorted, and nearly all there is may be found.
    """
    if order:
        _check_end(reach, search, "_sort")
    values = _values(tx, reach, search.type if search.is_led else "")
    make = _of_each if _is_of_each(reach, search, order) else paged
    sql = make(search, values, order or DEFAULT, after, limit)
    return [placed(row) for row in await _fetch(tx, sql, values)]


async def newest(
    tx: Tx, desk: Desk, search: Search, *, after: Sequence[str], limit: int
) -> Page | None:
    """Return what `page` does, if so many are near. None: they are not, or not known to be.

    A walk from the newest on, or from a place, needs no plan. It is given up before it takes long,
    and where one was in vain it is not begun again.
    """
    while walk := _walk(desk, search, after):
        values = _values(tx, desk, search.type)
        sql = paged(search, values, DEFAULT, after, limit, walk=walk)
        found = [placed(row) for row in await _fetch(tx, sql, values)]
        if len(found) == limit:
            return found
        _give_up(walk, desk, search, after)
    return None


def is_endless(reach: Chart | Desk, search: Search) -> bool:
    """Tell whether nothing leads to what is asked over more persons than are known by name.

    It is not to be met soon: to look for a page of it may mean to look through all there is.
    """
    is_of_many = isinstance(reach, Desk) and reach.persons is None
    asked = search.terms if is_of_many and not search.is_led else ()
    return bool(asked) and all(map(rare.leads_nowhere, asked))


def _check_end(reach: Chart | Desk, search: Search, asked: str) -> None:
    """Refuse at once what would be broken off after half a minute.

    :raises Endless:
    """
    if is_endless(reach, search) and all(map(rare.leaves_most, search.terms)):
        raise Endless(name=asked)


async def stretch(
    tx: Tx, reach: Chart | Desk, search: Search, *, after: Sequence[str], limit: int
) -> tuple[Page, tuple[str, ...]]:
    """Return what a stretch of the newest brings, or of those after a place, and where it ends.

    It ends nowhere if there is nothing behind it, or where it has brought a whole page.
    """
    values = _values(tx, reach, search.type)
    sql = paged(search, values, DEFAULT, after, limit, walk=Walk.STRETCH)
    found = [placed(row) for row in await _fetch(tx, sql, values)]
    if len(found) == limit:
        return found, ()
    values = _values(tx, reach, "")
    sql = f"SELECT at::text, fhir_id FROM {beginnings.stretch(search, values, after)} r"
    end = await tx.db.fetchrow(sql, *values.args)
    return found, tuple(end or ())


async def glance_over(
    tx: Tx,
    door: PresumedDesk,
    search: Search,
    *,
    order: Sequence[Order],
    after: Sequence[str],
    limit: int,
) -> Page | None:
    """Return what `page` or `newest` does over a desk, and have all but the last of it told.

    That one says that there are more, and nobody sees it. None: the door is shut, too few are near,
    or more than few have what few are presumed to have.
    """
    walk = None if search.is_led else _walk(door.desk, search, after)
    if not search.is_led and (order or not walk):
        return None
    values = _values(tx, door.desk, search.type)
    is_open, told = door.within(values.args)
    found = paged(
        search, values, order or DEFAULT, after, limit, walk=walk, where="EXISTS (TABLE door)"
    )
    are_enough = f"(SELECT count(*) FROM found) = {int(limit)}" if walk else "TRUE"
    few, are_few = _presumed(values)
    sql = f"""WITH {few}
              door AS MATERIALIZED (SELECT WHERE {is_open}{are_few}),
              found AS MATERIALIZED ({found}),
              shown AS (SELECT owner FROM found WHERE {are_enough} LIMIT {int(limit) - 1}),
              told AS ({told})
              SELECT found.* FROM door LEFT JOIN found ON true"""
    rows = await tx.db.fetch(sql, *values.args)
    page = [placed(row) for row in rows if row["type"]]
    if rows and walk and len(page) < limit:
        _give_up(walk, door.desk, search, after)
        return None
    return page if rows else None


def _presumed(values: Values) -> tuple[str, str]:
    """Return the parts that find out what few are presumed to have, and that ask whether few do."""
    few = values.presumed.items()
    parts = [f"{n} AS MATERIALIZED ({rare.having(*asked, values)})," for asked, n in few]
    are_few = [f" AND (SELECT {name}.ids FROM {name}) IS NOT NULL" for _, name in few]
    return "".join(parts), "".join(are_few)


def _walk(desk: Desk, search: Search, after: Sequence[str]) -> Walk | None:
    """Return the next walk to begin. None: all were in vain."""
    walks = SHORT[:1] if desk.everyone else SHORT
    return next(iter(walks[_vain.get(_key_of(desk, search, after)) or 0 :]), None)


def _give_up(walk: Walk, desk: Desk, search: Search, after: Sequence[str]) -> None:
    _vain.put(_key_of(desk, search, after), SHORT.index(walk) + 1)


def _key_of(desk: Desk, search: Search, after: Sequence[str]) -> tuple[object, ...]:
    return (desk.institution_id, desk.role, desk.reader_id, desk.app, search, *after)


def paged(
    search: Search,
    values: Values,
    order: Sequence[Order],
    after: Sequence[str],
    limit: int,
    *,
    walk: Walk | None = None,
    where: str = "TRUE",
) -> str:
    """Return SQL for a page; `walk`: of those alone that it comes by."""
    keys, rest = ordered(search, values, order, after, limit, walk=walk, where=where)
    place = ", ".join(f"({key})::text" for key in keys)
    return f"SELECT {COLUMNS}, ARRAY[{place}] AS place {rest}"


def ordered(
    search: Search,
    values: Values,
    order: Sequence[Order],
    after: Sequence[str],
    limit: int,
    *,
    walk: Walk | None = None,
    where: str,
) -> tuple[Sequence[str], str]:
    """Return what a page is ordered by, and all of its SQL but what it selects."""
    of, search = beginnings.of(search, values, walk, after)
    keys = [_key(search.type, one, values) for one in order]
    downs = [*(one.is_down for one in order), True]
    columns = [*keys, ("r.fhir_id", "text")]
    behind = [_behind(columns, downs, after, values)] if after else []
    sorted_by = ", ".join(
        f"{sql} {'DESC' if down else 'ASC'}" for (sql, _), down in zip(columns, downs, strict=True)
    )
    # A limit that the planner knows: for one it doesn't it would fetch and sort everything.
    rest = f"""FROM {of} r
               WHERE {" AND ".join([where, *kept(search, values), *behind])}
               ORDER BY {sorted_by} LIMIT {int(limit)}"""
    return [sql for sql, _ in columns], rest


def _is_of_each(reach: Chart | Desk, search: Search, order: Sequence[Order]) -> bool:
    """Tell whether to look through the records of each person of a desk.

    Where no index leads to what is asked, and it isn't near, it is not to be met soon: then all
    that there is of these persons is less than all that there is.
    """
    is_named = isinstance(reach, Desk) and reach.persons is not None
    asked = search.terms if is_named and not order else ()
    return bool(asked) and all(map(rare.leads_nowhere, asked))


def _of_each(
    search: Search, values: Values, order: Sequence[Order], after: Sequence[str], limit: int
) -> str:
    desk = values.reach
    assert isinstance(desk, Desk)  # noqa: S101 - by whose names it was chosen
    owners = values.put(list({*(desk.persons or ()), PUBLIC, desk.institution_id}))
    one = paged(search, values, order, after, limit, where="r.owner = each.id")
    return f"""SELECT found.* FROM unnest({owners}::uuid[]) AS each (id), LATERAL ({one}) AS found
               ORDER BY found.place[1]::timestamptz DESC, found.fhir_id DESC LIMIT {int(limit)}"""


def placed(row: "Record") -> tuple[Hit, tuple[str, ...]]:
    return hit(row), tuple(row["place"])


async def fallen(tx: Tx, reach: Chart | Desk, type: str, fhir_id: str) -> Hit | None:
    """Return what a search leaves out: what was entered in error, or the tombstone of it."""
    values = Values(reach, zone_of(tx))
    which = f"r.type = {values.put(type)} AND r.fhir_id = {values.put(fhir_id)}"
    sql = f"SELECT {COLUMNS} FROM records.resource r WHERE {which} AND {values.shown('r')}"
    row = await tx.db.fetchrow(sql, *values.args)
    return None if row is None else hit(row)


async def count(tx: Tx, reach: Chart | Desk, search: Search) -> Total:
    """Return how many a search finds, which knows what is rare in it as for `page`.

    :raises Endless: nearly all there is may be found.
    """
    _check_end(reach, search, "_total")
    values = _values(tx, reach, search.type if search.is_led else "")
    where = " AND ".join(kept(search, values))
    sql = f"""SELECT coalesce(sum(f.n), 0)::bigint AS number,
                (array_agg(f.owner))[:{FEW + 1}] AS owners
              FROM (SELECT r.owner, count(*) AS n FROM records.resource r WHERE {where}
                    GROUP BY 1) AS f"""
    (row,) = await _fetch(tx, sql, values)
    owners = row["owners"] or ()
    return Total(row["number"], tuple(owners) if len(owners) <= FEW else ())


async def linked(
    tx: Tx, reach: Chart | Desk, hits: Sequence[Hit], include: Include, limit: int
) -> list[Hit]:
    """Return what some resources link to, or what links to them, as far as the reader sees it."""
    values = _values(tx, reach, ANY_TYPE)
    there, key = (_to_these if include.is_reverse else _from_these)(hits, include, values)
    # First to where all of them lead, which most share.
    sql = f"""SELECT {COLUMNS} FROM (SELECT DISTINCT {there}) k
              JOIN records.resource r USING ({key})
              WHERE {values.seen("r")} LIMIT {values.put(limit)}"""
    return [hit(row) for row in await tx.db.fetch(sql, *values.args)]


def _from_these(hits: Sequence[Hit], include: Include, values: Values) -> tuple[str, str]:
    columns = [[getattr(hit, name) for hit in hits] for name in ("type", "fhir_id", "version")]
    types, ids, versions = map(values.put, columns)
    there = f"""l.to_type AS type, l.to_id AS fhir_id
      FROM unnest({types}::text[], {ids}::text[], {versions}::int[]) AS g (type, fhir_id, version)
      JOIN records.link l USING (type, fhir_id, version) WHERE {_by(include, values)}"""
    return there, "type, fhir_id"


def _to_these(hits: Sequence[Hit], include: Include, values: Values) -> tuple[str, str]:
    types, ids = (values.put([getattr(hit, name) for hit in hits]) for name in ("type", "fhir_id"))
    there = f"""l.type, l.fhir_id, l.version
      FROM unnest({types}::text[], {ids}::text[]) AS g (to_type, to_id)
      JOIN records.link l USING (to_type, to_id)
      WHERE {_by(include, values)} AND {values.whose("l.owner")}"""
    return there, "type, fhir_id, version"


def _by(include: Include, values: Values) -> str:
    """Return which links an include goes by."""
    asked = {"type": include.type, "to_type": include.target}
    said = [f"l.{name} = {values.put(one)}" for name, one in asked.items() if one]
    by = [named(include.type, include.name, "l", values)] if include.name else []
    return " AND ".join([*said, *by]) or "TRUE"


def _values(tx: Tx, reach: Chart | Desk, few_of: str) -> Values:
    """Have a desk without names asked about each row of few."""
    is_asked = isinstance(reach, Desk) and reach.persons is None
    return Values(reach, zone_of(tx), few_of=few_of if is_asked else "")


async def _fetch(tx: Tx, sql: str, values: Values) -> list["Record"]:
    """Ask for what is found. Over many persons a plan that depends on no value is a bad one.

    How many have a code, or a day, decides whether to begin with these or with the newest; unless
    few lead to it, with which every plan begins.
    """
    if isinstance(values.reach, Chart) or values.few_of:
        return await tx.db.fetch(sql, *values.args)
    if tx.db.is_in_transaction():
        await tx.db.execute(PLAN)
        return await tx.db.fetch(sql, *values.args)
    await tx.db.execute(f"BEGIN; {PLAN}")
    try:
        return await tx.db.fetch(sql, *values.args)
    finally:
        await tx.db.execute("COMMIT")  # of nothing; after a failure it rolls back


def zone_of(at: Moment) -> ZoneInfo:
    return profile.at(at.now).zone


def kept(search: Search, values: Values) -> list[str]:
    """Return what must hold of a resource called `r`, the doors first."""
    own = [f"r.type = {values.put(search.type)}", values.seen("r")]
    if search.is_personal and isinstance(values.reach, Chart):  # one owner, the newest first
        own.append(f"r.owner = {values.put(values.reach.person_id)}")
    values.beside = tuple(one for one in search.terms if isinstance(one, OF_ITSELF))
    return [*own, *(clause(term, search.type, "r", values) for term in search.terms)]


def _key(of: str, order: Order, values: Values) -> tuple[str, str]:
    if order.name in OWN:
        return OWN[order.name]
    column, type = KEYS[order.type]
    if order.is_down and order.type == "date":
        column = "high"
    most = "max" if order.is_down else "min"
    last = EXTREMES[type][order.is_down]
    held = (
        f"SELECT {most}(o.{column}) FROM records.{TABLES[order.type]} o WHERE o.type = r.type"
        f" AND o.fhir_id = r.fhir_id AND o.version = r.version"
        f" AND {named(of, order.name, 'o', values)}"
    )
    return f"coalesce(({held}), {last})", type


def _behind(
    columns: Sequence[tuple[str, str]], downs: Sequence[bool], after: Sequence[str], values: Values
) -> str:
    """Return what comes after a place in an order whose keys go up and down."""
    given = [
        f"{values.put(text)}::text::{type}" for text, (_, type) in zip(after, columns, strict=True)
    ]
    ways = []
    for n, ((sql, _), down) in enumerate(zip(columns, downs, strict=True)):
        same = [f"{columns[m][0]} = {given[m]}" for m in range(n)]
        ways.append(" AND ".join([*same, f"{sql} {'<' if down else '>'} {given[n]}"]))
    return f"({' OR '.join(ways)})"


def hit(row: "Record") -> Hit:
    return Hit(
        row["type"], row["fhir_id"], row["version"], row["recorded_at"], row["owner"], row["body"]
    )
