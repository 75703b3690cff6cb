"""What other software of an institution has brought and nobody has released yet (IDN-11)."""

from collections.abc import Collection
from uuid import UUID

from lianyi.access.model import Chart, Desk
from lianyi.kernel.work import Tx
from lianyi.records.model import Entry, Key
from lianyi.records.model.withholding import Since, Unreleased
from lianyi.records.rules.releasing import FINAL, RESULTS
from lianyi.records.tables.resources import COLUMNS, admitted, entry

# As the index says it: few rows are like this.
WITHHELD = """r.holder_id = $1 AND r.released_at IS NULL AND (r.app_id IS NOT NULL OR r.by_import)
              AND NOT r.in_error AND r.type = ANY ($2) AND r.status = ANY ($3) AND r.body <> ''"""

# A statement of its own: few of what an import brings are like this, and nothing else ever is.
MARK = """UPDATE records.resource r SET by_import = true
          FROM unnest($1::text[], $2::text[]) AS g (type, fhir_id)
          WHERE r.type = g.type AND r.fhir_id = g.fhir_id AND NOT r.by_import"""


async def mark(tx: Tx, keys: Collection[Key]) -> None:
    await tx.db.execute(MARK, [type for type, _ in keys], [id for _, id in keys])


async def list_here(tx: Tx, desk: Desk, after: Since | None, limit: int) -> list[Unreleased]:
    sql = f"""SELECT r.owner AS person_id, count(*) AS count, min(r.recorded_at) AS since
              FROM records.resource r WHERE {WITHHELD} AND {desk.sees("r.owner", at=7)}
              GROUP BY r.owner
              HAVING $5::timestamptz IS NULL OR (min(r.recorded_at), r.owner) > ($5, $6::uuid)
              ORDER BY since, r.owner LIMIT $4"""
    asked = (*_asked(tx.actor.institution_id), limit, *(after or (None, None)))
    return [Unreleased(**row) for row in await tx.db.fetch(sql, *asked, *desk.args)]


async def list_of(tx: Tx, chart: Chart, limit: int) -> list[Entry]:
    sql = f"""SELECT {COLUMNS} FROM records.resource r
              WHERE {WITHHELD} AND r.owner = $4 AND {admitted(chart, at=6)}
              ORDER BY r.at DESC, r.type, r.fhir_id LIMIT $5"""
    asked = _asked(tx.actor.institution_id)
    return [
        entry(row) for row in await tx.db.fetch(sql, *asked, chart.person_id, limit, *chart.args)
    ]


def _asked(holder_id: UUID) -> tuple[UUID, list[str], list[str]]:
    return holder_id, sorted(RESULTS), sorted(FINAL)
