"""Resources as they are stored: one statement for each, its version, and what it is found by."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from operator import attrgetter
from typing import TypeAlias

from lianyi.access.model.presumed import Presumed
from lianyi.kernel import ahead
from lianyi.kernel.looks import Kind, Look, Rows
from lianyi.kernel.moment import Moment
from lianyi.kernel.work import Tx
from lianyi.records.model import Key, Resource
from lianyi.records.tables import index

Writes: TypeAlias = Callable[[Resource, Mapping[str, object]], bytes]

# One statement: the resource as it is, its version, what it is found by. A body that is already
# there to the letter makes no version and takes back no release, and another owner's or
# institution's is never touched, nor by an app what no app has brought. Bodies come beside the
# rest: JSON within JSON is read twice.
PLACED = """
    INSERT INTO records.resource AS r (type, fhir_id, owner, holder_id, version, at, recorded_at,
      released_at, status, in_error, classes, encounter, body, app_id)
    SELECT type, fhir_id, owner, holder_id, 1, coalesce(at, {now}), {now},
      CASE WHEN released THEN {now} END, status, in_error, classes, encounter,
      body, app_id
    FROM {rows} ORDER BY type, fhir_id"""
PAST = """
    INSERT INTO records.version (type, fhir_id, version, post_id, at, released, classes, body,
      app_id, holder_id)
    SELECT type, fhir_id, version, {by}, {now}, {released}, classes, body, app_id, holder_id
    FROM {rows}"""
STORING = f"""
WITH given AS (
    SELECT g.*, unnest AS body FROM ROWS FROM (
      json_to_recordset($1::json) AS (type text, fhir_id text, {{own}}), unnest($4::text[])) AS g),
now AS ({PLACED.format(rows="given", now="$2::timestamptz")}
    ON CONFLICT (type, fhir_id) DO UPDATE
    SET version = r.version + 1, at = excluded.at, recorded_at = excluded.recorded_at,
      released_at = excluded.released_at, status = excluded.status, in_error = excluded.in_error,
      classes = excluded.classes, encounter = excluded.encounter, body = excluded.body,
      app_id = excluded.app_id, filed = DEFAULT
    WHERE r.owner = excluded.owner AND r.holder_id = excluded.holder_id
      AND (excluded.app_id IS NULL OR r.app_id IS NOT NULL)
      AND (r.body <> excluded.body OR r.classes <> excluded.classes
        OR (r.released_at IS NULL AND excluded.released_at IS NOT NULL))
    RETURNING *),
past AS ({PAST.format(rows="now", released="released_at IS NOT NULL", by="$3", now="$2")})
{{filed}}
SELECT type, fhir_id, version FROM now"""
# What has ids that were just drawn, through a door: it fails as a whole where a key is taken. So
# nothing waits for what became of a row, and the statement begins in two thirds of the time.
NEW = """SELECT g.*, unnest AS body, 1 AS version, $2::timestamptz AS moment, $3::uuid AS by_post
         FROM ROWS FROM (
           json_to_recordset($1::json) AS (type text, fhir_id text, {own}), unnest($4::text[])) AS g
         WHERE {is_open}"""
GIVEN = {
    "owner": "uuid",
    "holder_id": "uuid",
    "status": "text",
    "in_error": "bool",
    "at": "timestamptz",
    "encounter": "text",
    "classes": "text[]",
    "released": "bool",
    "app_id": "uuid",
}
given_of = attrgetter(*GIVEN)


OWN = ", ".join(f"{name} {type}" for name, type in GIVEN.items())
FILED = f"{OWN}, {index.FOUND}"
BOTH = "now r JOIN given g USING (type, fhir_id)"
STORE = STORING.format(own=FILED, filed=f", {index.filling(BOTH)}")
STORE_ALONE = STORING.format(own=OWN, filed="")
STORE_NEW = f""",
now AS ({PLACED.format(rows="looked", now="moment")}),
past AS ({PAST.format(rows="looked", released="released", by="by_post", now="moment")}),
{index.filling("looked r", at="coalesce(r.at, r.moment)", are_many=False)}"""


async def store(tx: Tx, resources: Sequence[Resource]) -> dict[Key, int]:
    """Write what is new or changed and return its versions; each key may occur once."""
    if index.are_few(resources):
        return await _written(tx, STORE, _values(tx, resources, index.row))
    return await _store_many(tx, resources)


async def _store_many(tx: Tx, resources: Sequence[Resource]) -> dict[Key, int]:
    """Write many. What they are found by is written down meanwhile, as of what is new: most is."""
    new = dict.fromkeys((one.key for one in resources), 1)
    async with ahead.beside(partial(index.lines, resources, new, tx.now)) as coming:
        versions = await _written(tx, STORE_ALONE, _values(tx, resources, index.head))
        lines = await coming
    if versions != new:
        lines = await asyncio.to_thread(index.lines, resources, versions, tx.now)
    await index.copy(tx, lines)
    return versions


async def _written(tx: Tx, sql: str, values: Sequence[object]) -> dict[Key, int]:
    rows = await tx.db.fetch(sql, *values)
    return {(row["type"], row["fhir_id"]): row["version"] for row in rows}


def new(at: Moment, door: Presumed, resources: Sequence[Resource]) -> Look[bool]:
    """Return the look that finds a door open and goes through it with what is new, and tells.

    No key may be taken. None: nothing was stored.
    """
    values = _values(at, resources, index.row)
    return Look(_kind(*door.within(values)), tuple(values), _are_there)


@lru_cache(maxsize=512)  # a long text, by which those that are alike are known
def _kind(is_open: str, told: str) -> Kind:
    return Kind(NEW.format(own=FILED, is_open=is_open), told, "TRUE", STORE_NEW, "version")


def _are_there(rows: Rows) -> bool | None:
    return True if rows else None


def _values(at: Moment, resources: Sequence[Resource], write: Writes) -> list[object]:
    given = (write(one, dict(zip(GIVEN, given_of(one), strict=True))) for one in resources)
    return [index.written(given), at.now, at.actor.post_id, [one.body for one in resources]]
