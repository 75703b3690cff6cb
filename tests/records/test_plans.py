"""Every question about a person is answered from an index, however many others there are."""

from contextlib import suppress

import pytest

from lianyi.records import queries
from lianyi.records.errors import NoSuchResource
from tests.records import make

KEY = {"type": "Observation", "fhir_id": "x"}


@pytest.mark.parametrize(
    ("query", "given"),
    [
        (queries.timeline, {}),
        (queries.measurements, {"codes": [make.SYSTOLIC]}),
        (queries.observations_of, {}),
        (queries.problems, {}),
        (queries.allergies, {}),
        (queries.medicines, {}),
        (queries.documents, {}),
        (queries.visits, {}),
        (queries.of_encounter, {"encounter_id": "x"}),
        (queries.resource, KEY),
        (queries.versions, KEY),
        (queries.counts, {}),
        (queries.institutions, {}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_no_question_walks_a_whole_table(ward, query, given):
    plans = await ward.see(explain, query, given)
    assert plans
    assert "Seq Scan" not in "\n".join(plans)


async def explain(tx, chart, query, given):
    """Return the plans of the statements a query sends, with walking a table the last resort."""
    asked = []
    with tx.db.query_logger(asked.append), suppress(NoSuchResource):
        await query(tx, chart, **given)
    async with tx.db.transaction():
        await tx.db.execute("SET LOCAL enable_seqscan = off")
        rows = [await tx.db.fetch(f"EXPLAIN {one.query}", *one.args) for one in asked]
    return [line[0] for plan in rows for line in plan]
