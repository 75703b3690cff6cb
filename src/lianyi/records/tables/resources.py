"""Resources as they are, their versions, and what a chart shows of them.

What a chart may show is decided inside each WHERE, by the chart: `_admitted` is in every query
that returns a person's data.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from lianyi.access.model import Chart, Sensitive
from lianyi.kernel import profile
from lianyi.kernel.work import Tx
from lianyi.records.errors import NoSuchResource
from lianyi.records.fhir import nouns
from lianyi.records.model import (
    PUBLIC,
    Counted,
    Entry,
    Key,
    Mark,
    Note,
    Resource,
    Setting,
    Sheet,
    Version,
    Written,
)
from lianyi.records.tables.terms import Values, is_held

if TYPE_CHECKING:
    from asyncpg import Record


OWN = """SELECT r.type, r.fhir_id, r.version FROM records.resource r
         JOIN unnest($1::text[], $2::text[], $3::uuid[], $4::uuid[])
           AS g (type, fhir_id, owner, holder_id) USING (type, fhir_id)
         WHERE r.owner = g.owner AND r.holder_id = g.holder_id"""

RELEASE = """
WITH let AS (
    UPDATE records.resource SET released_at = $4
    WHERE type = $1 AND fhir_id = ANY ($2) AND holder_id = $3 AND released_at IS NULL
    RETURNING type, fhir_id, version)
INSERT INTO records.release (type, fhir_id, version, post_id, at)
SELECT type, fhir_id, version, $5, $4 FROM let"""

STATED = """SELECT type, fhir_id FROM records.resource
            WHERE encounter = $1 AND holder_id = $2 AND NOT in_error
              AND type IN ('AllergyIntolerance', 'Condition')"""

# Only the author's institution writes a visit's note, so only its staff read what is half written.
INSERT_DRAFT = """INSERT INTO records.draft (visit_id, person_id, institution_id, post_id, at, note)
                  VALUES ($1, $2, $3, $4, $5, $6)"""
SHEET = """SELECT d.note, d.at, s.recorded_at AS signed_at, s.version
           FROM (SELECT 1) AS one
           LEFT JOIN LATERAL (SELECT note, at FROM records.draft
             WHERE visit_id = $1 AND person_id = $2 AND institution_id = $3
             ORDER BY seq DESC LIMIT 1) d ON true
           LEFT JOIN records.resource s
             ON s.type = 'Composition' AND s.fhir_id = $1::text AND s.owner = $2
               AND s.holder_id = $3 AND NOT s.in_error"""

COLUMNS = """r.type, r.fhir_id, r.version, r.holder_id, r.at, r.recorded_at, r.status,
             r.released_at IS NOT NULL AS released, r.classes, r.body,
             r.app_id IS NOT NULL AS by_app"""


async def versions_of(tx: Tx, resources: Sequence[Resource]) -> dict[Key, int]:
    """Return the versions of those that belong to this owner and this institution."""
    rows = await tx.db.fetch(
        OWN,
        [r.type for r in resources],
        [r.fhir_id for r in resources],
        [r.owner for r in resources],
        [r.holder_id for r in resources],
    )
    return {(row["type"], row["fhir_id"]): row["version"] for row in rows}


async def lock(tx: Tx, type: str, fhir_id: str, holder_id: UUID) -> "Record":
    """Return what an institution wrote, kept still until the transaction ends."""
    row = await tx.db.fetchrow(
        "SELECT * FROM records.resource WHERE type = $1 AND fhir_id = $2 AND holder_id = $3"
        " AND body <> '' FOR UPDATE",
        type,
        fhir_id,
        holder_id,
    )
    if row is None:
        raise NoSuchResource(type=type, fhir_id=fhir_id)
    return row


async def list_stated(tx: Tx, encounter: str, holder_id: UUID) -> list[Key]:
    """Return the diagnoses and allergies an institution has stated in an encounter."""
    rows = await tx.db.fetch(STATED, encounter, holder_id)
    return [(row["type"], row["fhir_id"]) for row in rows]


async def insert_draft(tx: Tx, setting: Setting, note: str) -> None:
    await tx.db.execute(
        INSERT_DRAFT,
        setting.visit_id,
        setting.person_id,
        setting.institution_id,
        setting.post_id,
        tx.now,
        note,
    )


async def load_sheet(tx: Tx, chart: Chart, visit_id: UUID) -> Sheet:
    """Return the newest draft of the acting institution's visit, and its signature."""
    here = tx.actor.institution_id
    row = await tx.db.fetchrow(SHEET, visit_id, chart.person_id, here)
    if row is None:
        raise NoSuchResource(type="Composition", fhir_id=str(visit_id))
    note = msgspec.json.decode(row["note"], type=Note) if row["note"] else None
    return Sheet(note, row["at"], row["signed_at"], row["version"])


async def release(tx: Tx, type: str, fhir_ids: Sequence[str], holder_id: UUID) -> int:
    """Release to the person and return how many were not before."""
    done = await tx.db.execute(RELEASE, type, fhir_ids, holder_id, tx.now, tx.actor.post_id)
    return int(done.rpartition(" ")[2])


async def find(tx: Tx, chart: Chart, type: str, fhir_id: str) -> Entry | None:
    sql = f"""SELECT {COLUMNS} FROM records.resource r
              WHERE r.type = $1 AND r.fhir_id = $2 AND r.owner = $3 AND r.body <> ''
                AND {admitted(chart, at=4)}"""
    row = await tx.db.fetchrow(sql, type, fhir_id, chart.person_id, *chart.args)
    return None if row is None else entry(row)


async def find_owner(tx: Tx, type: str, fhir_id: str) -> UUID | None:
    owner: UUID | None = await tx.db.fetchval(
        "SELECT owner FROM records.resource WHERE type = $1 AND fhir_id = $2", type, fhir_id
    )
    return owner


async def list_versions(tx: Tx, chart: Chart, type: str, fhir_id: str) -> list[Version]:
    """Return the versions this chart may show: each was released or withheld in its own time.

    A scope of an app is asked of each version too.
    """
    values = Values(chart, profile.at(tx.now).zone)
    own = f"v.type = {values.put(type)} AND v.fhir_id = {values.put(fhir_id)}"
    owner, kept = values.put(chart.person_id), values.kept("v")
    held = is_held("r", values.put(PUBLIC))
    admits = chart.admits(
        holder="r.holder_id",
        at_time="r.at",
        classes="v.classes || r.classes",
        released="(v.released OR (v.version = r.version AND r.released_at IS NOT NULL))",
        at=len(values.args) + 1,
        by_part=True,
    )
    sql = f"""SELECT v.version, v.post_id, v.at, v.body FROM records.version v
              JOIN records.resource r ON r.type = v.type AND r.fhir_id = v.fhir_id
              WHERE {own} AND r.owner = {owner} AND {kept}
                AND CASE WHEN {held} THEN {admits} ELSE true END
              ORDER BY v.version DESC LIMIT 200"""
    rows = await tx.db.fetch(sql, *values.args, *chart.args)
    return [Version(**row) for row in rows]


async def list_timeline(
    tx: Tx,
    chart: Chart,
    *,
    types: Sequence[str],
    holder_id: UUID | None,
    before: Mark | None,
    limit: int,
) -> list[Entry]:
    sql = f"""SELECT {COLUMNS} FROM records.resource r
              WHERE r.owner = $1 AND r.type <> 'Observation' AND r.type = ANY ($2)
                AND ($3::uuid IS NULL OR r.holder_id = $3) AND NOT r.in_error
                AND (r.at, r.type, r.fhir_id) < (coalesce($4, 'infinity'::timestamptz), $5, $6)
                AND {admitted(chart, at=8)}
              ORDER BY r.at DESC, r.type DESC, r.fhir_id DESC LIMIT $7"""
    mark = (before.at, before.type, before.fhir_id) if before else (None, "", "")
    rows = await tx.db.fetch(sql, chart.person_id, types, holder_id, *mark, limit, *chart.args)
    return [entry(row) for row in rows]


async def list_all(tx: Tx, chart: Chart, after: Key, limit: int) -> list[Entry]:
    sql = f"""SELECT {COLUMNS} FROM records.resource r
              WHERE r.owner = $1 AND (r.type, r.fhir_id) > ($2, $3) AND r.body <> ''
                AND {admitted(chart, at=5)}
              ORDER BY r.type, r.fhir_id LIMIT $4"""
    rows = await tx.db.fetch(sql, chart.person_id, *after, limit, *chart.args)
    return [entry(row) for row in rows]


async def list_of_types(tx: Tx, chart: Chart, types: Sequence[str], limit: int) -> list[Entry]:
    """Return the newest of each of the types, newest first within a type."""
    sql = f"""SELECT {COLUMNS} FROM unnest($2::text[]) AS t (type)
              CROSS JOIN LATERAL (
                SELECT * FROM records.resource r
                WHERE r.owner = $1 AND r.type = t.type AND NOT r.in_error
                  AND {admitted(chart, at=4)}
                ORDER BY r.at DESC, r.fhir_id DESC LIMIT $3) r"""
    rows = await tx.db.fetch(sql, chart.person_id, types, limit, *chart.args)
    return [entry(row) for row in rows]


async def list_by_code(
    tx: Tx, chart: Chart, *, type: str, codes: Sequence[str], limit: int
) -> dict[str, list[Entry]]:
    """Return the newest of each code, by code, newest first."""
    sql = f"""SELECT t.value, {COLUMNS} FROM unnest($3::text[]) AS t (value)
              CROSS JOIN LATERAL (
                SELECT r.* FROM records.token k
                JOIN records.resource r USING (type, fhir_id, version)
                WHERE k.owner = $1 AND k.type = $2 AND k.name = 'code' AND k.value = t.value
                  AND NOT r.in_error AND {admitted(chart, at=5)}
                ORDER BY k.at DESC, k.fhir_id DESC LIMIT $4) r"""
    rows = await tx.db.fetch(sql, chart.person_id, type, codes, limit, *chart.args)
    found: dict[str, list[Entry]] = {code: [] for code in codes}
    for row in rows:
        found[row["value"]].append(entry(row))
    return found


async def list_of_encounter(tx: Tx, chart: Chart, encounter: str, limit: int) -> list[Entry]:
    sql = f"""SELECT {COLUMNS} FROM records.resource r
              WHERE r.encounter = $2 AND r.owner = $1 AND NOT r.in_error
                AND {admitted(chart, at=4)}
              ORDER BY r.at, r.type, r.fhir_id LIMIT $3"""
    rows = await tx.db.fetch(sql, chart.person_id, encounter, limit, *chart.args)
    return [entry(row) for row in rows]


async def list_written(tx: Tx, chart: Chart, encounter_id: str) -> list[Written]:
    sql = f"""SELECT v.seq, v.type, v.fhir_id, v.version, v.post_id, v.at
              FROM records.resource r JOIN records.version v USING (type, fhir_id)
              WHERE r.owner = $1 AND (r.encounter = $2 OR (r.type = 'Encounter' AND r.fhir_id = $3))
                AND {admitted(chart, at=4)} ORDER BY v.seq"""
    encounter = f"Encounter/{encounter_id}"
    rows = await tx.db.fetch(sql, chart.person_id, encounter, encounter_id, *chart.args)
    return [Written(**row) for row in rows]


async def count(tx: Tx, chart: Chart) -> list[Counted]:
    sql = f"""SELECT r.type, count(*) AS count, max(r.at) AS latest FROM records.resource r
              WHERE r.owner = $1 AND NOT r.in_error AND {admitted(chart, at=2)}
              GROUP BY r.type ORDER BY r.type"""
    return [Counted(**row) for row in await tx.db.fetch(sql, chart.person_id, *chart.args)]


async def holders(tx: Tx, chart: Chart) -> list[UUID]:
    """Return the institutions that wrote what this chart may show."""
    sql = f"""SELECT DISTINCT r.holder_id FROM records.resource r
              WHERE r.owner = $1 AND NOT r.in_error AND {admitted(chart, at=2)}
              ORDER BY r.holder_id"""
    return [row["holder_id"] for row in await tx.db.fetch(sql, chart.person_id, *chart.args)]


async def find_imported(tx: Tx, digest: bytes) -> int | None:
    """Return how many resources the bundle of this digest brought, if it has entered whole."""
    count: int | None = await tx.db.fetchval(
        "SELECT resources FROM records.imported WHERE institution_id = $1 AND digest = $2",
        tx.actor.institution_id,
        digest,
    )
    return count


async def mark_imported(tx: Tx, digest: bytes, resources: int) -> None:
    await tx.db.execute(
        "INSERT INTO records.imported (institution_id, digest, resources, at)"
        " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        tx.actor.institution_id,
        digest,
        resources,
        tx.now,
    )


def admitted(chart: Chart, *, at: int) -> str:
    return chart.admits(
        holder="r.holder_id",
        at_time="r.at",
        classes="r.classes",
        released="r.released_at IS NOT NULL",
        at=at,
    )


def entry(row: "Record") -> Entry:
    return Entry(
        type=row["type"],
        fhir_id=row["fhir_id"],
        version=row["version"],
        holder_id=row["holder_id"],
        at=row["at"],
        recorded_at=row["recorded_at"],
        status=row["status"],
        released=row["released"],
        classes=frozenset(Sensitive(name) for name in row["classes"]),
        title=nouns.title(row["body"]),
        body=row["body"],
        by_app=row["by_app"],
    )
