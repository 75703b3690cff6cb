"""What stands under an id before it is written over, kept still until the transaction ends."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from lianyi.access.model import Sensitive
from lianyi.kernel.work import Tx
from lianyi.records.model.writing import Held

if TYPE_CHECKING:
    from asyncpg import Record

# In the order of their keys, so that two transactions wait for each other and not in a circle.
HOLD = """SELECT r.type, r.fhir_id, r.owner, r.holder_id, r.app_id, r.version, r.at,
            r.recorded_at, r.released_at IS NOT NULL AS released, r.classes, r.body,
            CASE WHEN r.body = '' THEN (
              SELECT v.body FROM records.version v WHERE (v.type, v.fhir_id) = (r.type, r.fhir_id)
                AND v.version < r.version AND v.body <> '' ORDER BY v.version DESC LIMIT 1)
            ELSE r.body END AS said
          FROM records.resource r JOIN unnest($1::text[], $2::text[]) AS g (type, fhir_id)
            USING (type, fhir_id)
          ORDER BY r.type, r.fhir_id FOR UPDATE OF r"""


async def hold(tx: Tx, keys: Collection[tuple[str, str]]) -> list[Held]:
    rows = await tx.db.fetch(HOLD, [type for type, _ in keys], [id for _, id in keys])
    return [_held(row) for row in rows]


def _held(row: "Record") -> Held:
    return Held(**{**row, "classes": frozenset(Sensitive(name) for name in row["classes"])})
