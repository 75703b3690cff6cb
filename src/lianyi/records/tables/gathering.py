"""Everything of one person, whatever its type, and the newest observations of each code."""

from lianyi.access.model import Chart
from lianyi.kernel import profile
from lianyi.kernel.work import Tx
from lianyi.records.fhir import compartments
from lianyi.records.fhir.index import under
from lianyi.records.fhir.terms import Gathering, Search
from lianyi.records.model import Hit
from lianyi.records.tables.searches import COLUMNS, hit, kept
from lianyi.records.tables.terms import Values

# What it means that two observations are of the same code: they share one, or the same words.
OF_EACH = """WITH found AS (SELECT {columns}, r.at FROM records.resource r WHERE {where}),
  named AS (
    SELECT DISTINCT f.fhir_id, f.at, k.value FROM found f JOIN records.token k
      ON (k.type, k.fhir_id, k.version, k.name) = (f.type, f.fhir_id, f.version, 'code')),
  worded AS (
    SELECT DISTINCT f.fhir_id, f.at, coalesce(k.value, '') FROM found f LEFT JOIN records.word k
      ON (k.type, k.fhir_id, k.version, k.name) = (f.type, f.fhir_id, f.version, 'code:text')
    WHERE f.fhir_id NOT IN (SELECT fhir_id FROM named)),
  ranked AS (
    SELECT fhir_id, value, row_number() OVER (PARTITION BY value ORDER BY at DESC, fhir_id DESC)
    FROM (TABLE named UNION ALL TABLE worded) AS each),
  kept AS (
    SELECT fhir_id, min(value) AS code FROM ranked GROUP BY 1 HAVING max(row_number) <= {each})
SELECT f.* FROM found f JOIN kept USING (fhir_id)
  ORDER BY kept.code, f.at DESC, f.fhir_id DESC LIMIT {limit}"""


async def page(tx: Tx, chart: Chart, asked: Gathering, limit: int) -> list[Hit]:
    """Return the next resources, by type and id."""
    values = Values(chart, profile.at(tx.now).zone)
    whose = [values.seen("r"), f"r.owner = {values.put(chart.person_id)}"]
    sql = f"""SELECT {COLUMNS} FROM records.resource r
              WHERE {" AND ".join([*whose, *_asked(asked, values)])}
              ORDER BY r.type, r.fhir_id LIMIT {int(limit)}"""
    return [hit(row) for row in await tx.db.fetch(sql, *values.args)]


async def latest(tx: Tx, chart: Chart, search: Search, each: int, limit: int) -> list[Hit]:
    """Return observations by code, of each the newest first."""
    values = Values(chart, profile.at(tx.now).zone)
    where = [*kept(search, values), f"r.owner = {values.put(chart.person_id)}"]
    sql = OF_EACH.format(
        columns=COLUMNS, where=" AND ".join(where), each=int(each), limit=int(limit)
    )
    return [hit(row) for row in await tx.db.fetch(sql, *values.args)]


def _asked(asked: Gathering, values: Values) -> list[str]:
    where = [_of_encounter(asked.encounter, values)] if asked.encounter else []
    if asked.types:
        where.append(f"r.type = ANY ({values.put(list(asked.types))}::text[])")
    if asked.since:
        where.append(f"r.recorded_at >= {values.put(asked.since)}")
    if any(asked.period):
        where.append(_in_period(asked, values))
    type, fhir_id = asked.after
    if type:
        where.append(f"(r.type, r.fhir_id) > ({values.put(type)}, {values.put(fhir_id)})")
    return where


def _of_encounter(encounter: str, values: Values) -> str:
    """Keep an encounter and what belongs to its compartment."""
    ways = [(type, n) for type, of in compartments.ways("Encounter") for n in under(type, of).names]
    types, names = ([way[n] for way in ways] for n in range(2))
    id = values.put(encounter)
    return f"""((r.type = 'Encounter' AND r.fhir_id = {id}) OR EXISTS (
      SELECT FROM records.link k
      JOIN unnest({values.put(types)}::text[], {values.put(names)}::text[]) AS w (type, name)
        USING (type, name)
      WHERE k.fhir_id = r.fhir_id AND k.type = r.type AND k.version = r.version
        AND k.to_type = 'Encounter' AND k.to_id = {id}))"""


def _in_period(asked: Gathering, values: Values) -> str:
    """Keep what has a date in a period, or none; who the person is has dates of another kind."""
    dated = """SELECT true FROM records.moment k
      WHERE k.type = r.type AND k.fhir_id = r.fhir_id AND k.version = r.version"""
    start, end = asked.period
    within = [f"k.high > {values.put(start)}"] if start else []
    within += [f"k.low < {values.put(end)}"] if end else []
    # No EXISTS: in an OR that may read the dates of everybody first.
    return f"""(r.type = 'Patient' OR ({dated} LIMIT 1) IS NULL
      OR ({dated} AND {" AND ".join(within)} LIMIT 1))"""
