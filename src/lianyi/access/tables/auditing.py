"""The log of who has read, with when glass was broken, as a person may look through it.

An institution may through its own part: what was opened by its staff and for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lianyi.access import fhir
from lianyi.access.model import Cause, Chart, Desk, Kind, Purpose, Reading
from lianyi.access.model.auditing import Field, Near, Sought
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
# The lines of an institution: what residents opened themselves is none of its business.
OF_INSTITUTION = """SELECT seq::text AS id, 'read' AS kind, seq, at, post_id, reader_id,
                      institution_id, role, purpose, granted, cause, what, app_id, person_ids
                    FROM access.log
                    WHERE institution_id = $1 AND role <> 'resident'
                      AND (role <> 'system' OR what = 'import') AND {lines} AND {near}
                    UNION ALL
                    SELECT * FROM (
                      SELECT g.id || '-' || moment.kind AS id, moment.kind, 0::bigint AS seq,
                        moment.at, g.post_id, g.reader_id, g.institution_id, 'doctor', 'treat',
                        true, 'break_glass', '', NULL::uuid, ARRAY[g.person_id] AS person_ids
                      FROM access.glass g,
                        LATERAL (VALUES ('broken', g.at), ('over', g.until)) AS moment (kind, at)
                      WHERE g.institution_id = $1 AND moment.at <= $2 AND {glasses}) AS glass
                    WHERE {near}"""
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
    Field.POST: "post_id::text",
    Field.READER: "'Practitioner/' || reader_id",
}
# Whose data it is is asked of an index (`Near`); left is whether there is somebody.
FIELDS_HERE = {**FIELDS, Field.ENTITY: "nullif(person_ids, '{}')::text"}


@dataclass(frozen=True, slots=True)
class _Lines:
    """What is looked through, with the values of its statement and what reads its fields."""

    sql: str
    values: list[object]
    fields: Mapping[str, str]


async def list_audited(tx: Tx, chart: Chart, sought: Sought, limit: int) -> list[Reading]:
    return await _list(tx, _of(tx, chart), sought, limit)


async def list_audited_here(
    tx: Tx, desk: Desk, sought: Sought, near: Near, limit: int
) -> list[Reading]:
    return await _list(tx, _of_institution(tx, desk, near), sought, limit)


async def count_audited(tx: Tx, chart: Chart, sought: Sought) -> int:
    return await _count(tx, _of(tx, chart), sought)


async def count_audited_here(tx: Tx, desk: Desk, sought: Sought, near: Near) -> int:
    return await _count(tx, _of_institution(tx, desk, near), sought)


async def _list(tx: Tx, lines: _Lines, sought: Sought, limit: int) -> list[Reading]:
    where, values = _where(sought, lines), lines.values
    way, beyond = ("ASC", ">") if sought.upwards else ("DESC", "<")
    if sought.after:
        values += sought.after
        where += f" AND (at, id) {beyond} (${len(values) - 1}::timestamptz, ${len(values)}::text)"
    sql = f"""SELECT * FROM ({lines.sql}) AS line WHERE {where}
              ORDER BY at {way}, id {way} LIMIT {int(limit)}"""
    return [_line(row) for row in await tx.db.fetch(sql, *values)]


async def _count(tx: Tx, lines: _Lines, sought: Sought) -> int:
    sql = f"SELECT count(*) FROM ({lines.sql}) AS line WHERE {_where(sought, lines)}"
    count: int = await tx.db.fetchval(sql, *lines.values)
    return count


def _of(tx: Tx, chart: Chart) -> _Lines:
    return _Lines(LINES, [chart.person_id, tx.now], FIELDS)


def _of_institution(tx: Tx, desk: Desk, near: Near) -> _Lines:
    """Return an institution's lines. What isn't asked isn't said, so that an index is used."""
    values: list[object] = [desk.institution_id, tx.now]
    sql = OF_INSTITUTION.format(
        near=_asked(
            values,
            ("person_ids && ${n}::uuid[]", near.persons),
            ("at >= ${n}::timestamptz", near.low),
            ("at < ${n}::timestamptz", near.high),
        ),
        lines=_asked(values, ("seq = ANY (${n}::bigint[])", near.lines)),
        glasses=_asked(values, ("g.id = ANY (${n}::uuid[])", near.glasses)),
    )
    return _Lines(sql, values, FIELDS_HERE)


def _asked(values: list[object], *asked: tuple[str, object]) -> str:
    where = ["TRUE"]
    for sql, value in asked:
        if value is not None:
            values.append(value)
            where.append(sql.format(n=len(values)))
    return " AND ".join(where)


def _where(sought: Sought, lines: _Lines) -> str:
    return " AND ".join(["TRUE", *rows.where(sought.clauses, lines.fields, lines.values)])


def _line(row: "Record") -> Reading:
    return Reading(
        **{
            **row,
            "kind": Kind(row["kind"]),
            "role": Role(row["role"]),
            "purpose": Purpose(row["purpose"]),
            "cause": Cause(row["cause"]),
            "person_ids": tuple(row.get("person_ids", ())),
        }
    )
