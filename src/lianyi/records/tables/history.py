"""What was written, version after version, the newest first, as far as a reader sees it."""

from lianyi.access.model import Chart, Desk
from lianyi.kernel import profile
from lianyi.kernel.work import Tx
from lianyi.records.fhir.terms import Changes
from lianyi.records.model.writing import Change
from lianyi.records.tables.terms import Values


async def page(tx: Tx, reach: Chart | Desk, asked: Changes, limit: int) -> list[Change]:
    values = Values(reach, profile.at(tx.now).zone)
    where = [*_which(reach, asked, values), values.shown("r", version="v")]
    where += _when(asked, values)
    sql = f"""SELECT v.seq, v.type, v.fhir_id, v.version, v.at, r.owner, v.body
              FROM records.version v
              JOIN records.resource r ON r.type = v.type AND r.fhir_id = v.fhir_id
              WHERE {" AND ".join(where)} ORDER BY v.at DESC, v.seq DESC LIMIT {int(limit)}"""
    return [Change(**row) for row in await tx.db.fetch(sql, *values.args)]


def _which(reach: Chart | Desk, asked: Changes, values: Values) -> list[str]:
    """Begin with what an index has: one resource, one person's, or what an institution wrote."""
    which = [f"v.type = {values.put(asked.type)}"] if asked.type else []
    if asked.fhir_id:
        return [*which, f"v.fhir_id = {values.put(asked.fhir_id)}"]
    if isinstance(reach, Chart):
        return [*which, f"r.owner = {values.put(reach.person_id)}"]
    return [*which, f"v.holder_id = {values.put(reach.institution_id)}"]


def _when(asked: Changes, values: Values) -> list[str]:
    """Keep what was written since a time, or what was current at some time of a span."""
    when = [f"v.version = {values.put(asked.version)}"] if asked.version is not None else []
    if asked.since:
        when.append(f"v.at >= {values.put(asked.since)}")
    if asked.current:
        low, high = asked.current
        when.append(
            f"""v.at < {values.put(high)} AND NOT EXISTS (SELECT FROM records.version n
                WHERE n.type = v.type AND n.fhir_id = v.fhir_id AND n.version = v.version + 1
                  AND n.at <= {values.put(low)})"""
        )
    if asked.after:
        at, seq = asked.after
        when.append(f"(v.at, v.seq) < ({values.put(at)}, {values.put(seq)})")
    return when
