"""The log of who has read, with when glass was broken, as a person may look through it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lianyi.access import fhir
from lianyi.access.model import Cause, Chart, Kind, Purpose, Reading
from lianyi.access.model.auditing import Field, Sought
from lianyi.kernel import sought as rows
from lianyi.kernel.actor import Role
from lianyi.kernel.work import Tx

if TYPE_CHECKING:
    from asyncpg import Record

# As `tables.READINGS` has it: not the person's own visits but through apps, and of the platform's
# only that an institution's history was brought in.
LINES = """SELECT seq::text AS id, 'read' AS kind, seq, at, post_id, reader_id, institution_id,
             role, purpose, granted, cause, what, app_id
           FROM access.log
           WHERE person_ids @> ARRAY[$1::uuid] AND (role <> 'system' OR what = 'import')
             AND (reader_id <> $1 OR app_id IS NOT NULL)
           UNION ALL
           SELECT g.id || '-' || moment.kind, moment.kind, 0, moment.at, g.post_id, g.reader_id,
             g.institution_id, 'doctor', 'treat', true, 'break_glass', '', NULL::uuid
           FROM access.glass g,
             LATERAL (VALUES ('broken', g.at), ('over', g.until)) AS moment (kind, at)
           WHERE g.person_id = $1 AND moment.at <= $2"""
WHATS = " ".join(f"WHEN '{what}' THEN '{code}'" for what, code in sorted(fhir.ACTIONS.items()))
TYPES = " ".join(f"WHEN '{kind}' THEN '{code}'" for kind, (code, _) in fhir.TYPES_OF.items())
FIELDS: Mapping[str, str] = {
    Field.ID: "id",
    Field.AT: "at",
    Field.ACTION: f"CASE what {WHATS} ELSE CASE kind WHEN 'read' THEN 'R' ELSE 'E' END END",
    Field.OUTCOME: f"CASE WHEN granted THEN '{fhir.DONE}' ELSE '{fhir.REFUSED}' END",
    Field.TYPE: f"CASE kind {TYPES} END",
    Field.SUBTYPE: "nullif(what, '')",
    Field.AGENT: """CASE role WHEN 'resident' THEN 'Patient/' || reader_id WHEN 'app' THEN NULL
                      WHEN 'system' THEN 'Organization/' || institution_id
                      ELSE 'PractitionerRole/' || post_id END""",
    Field.APP: "app_id::text",
    Field.ENTITY: "'Patient/' || $1::text",
    Field.ENTITY_TYPE: f"'{fhir.PERSON}'",
    Field.SOURCE: """CASE WHEN institution_id <> '00000000-0000-0000-0000-000000000000'
                       THEN 'Organization/' || institution_id END""",
}


async def list_audited(tx: Tx, chart: Chart, sought: Sought, limit: int) -> list[Reading]:
    values: list[object] = [chart.person_id, tx.now]
    where = _where(sought, values)
    way, beyond = ("ASC", ">") if sought.upwards else ("DESC", "<")
    if sought.after:
        values += sought.after
        where += f" AND (at, id) {beyond} (${len(values) - 1}::timestamptz, ${len(values)}::text)"
    sql = f"""SELECT * FROM ({LINES}) AS line WHERE {where}
              ORDER BY at {way}, id {way} LIMIT {int(limit)}"""
    return [_line(row) for row in await tx.db.fetch(sql, *values)]


async def count_audited(tx: Tx, chart: Chart, sought: Sought) -> int:
    values: list[object] = [chart.person_id, tx.now]
    where = _where(sought, values)
    sql = f"SELECT count(*) FROM ({LINES}) AS line WHERE {where}"
    count: int = await tx.db.fetchval(sql, *values)
    return count


def _where(sought: Sought, values: list[object]) -> str:
    return " AND ".join(["TRUE", *rows.where(sought.clauses, FIELDS, values)])


def _line(row: "Record") -> Reading:
    return Reading(
        **{
            **row,
            "kind": Kind(row["kind"]),
            "role": Role(row["role"]),
            "purpose": Purpose(row["purpose"]),
            "cause": Cause(row["cause"]),
        }
    )
