"""Numbers are told from an index, however many there are."""

from contextlib import suppress
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest

from lianyi.journeys import fhir_slots
from lianyi.records.errors import NotSearchable
from lianyi.records.fhir import searches

ID = "01b8fa87-9600-76d5-85ab-fd3fed04e80d"
AFTER = ("2030-01-09T00:00:00+00:00", ID, "3")


@pytest.mark.parametrize(
    "query",
    [
        f"_id={ID}-1",
        f"schedule=Schedule/{ID}&status:not=free",
        f"schedule.actor=Practitioner/{ID}&start=ge2030-01-09",
        f"schedule.actor={ID}&specialty:text=a&service-type=expert",
        "status=free",
        "start=2030-01-09&schedule.active=true",
    ],
)
async def test_no_search_of_numbers_walks_a_whole_table(place, query):
    search = searches.read("Slot", parse_qsl(query), ZoneInfo("Asia/Shanghai"))
    assert not search.troubles

    async def plans(tx):
        asked = []
        with tx.db.query_logger(asked.append):
            await fhir_slots.search(tx, search=search, after=AFTER, limit=21)
            await fhir_slots.how_many(tx, search=search)
        rows = [await tx.db.fetch(f"EXPLAIN {one.query}", *one.args) for one in asked]
        return [line[0] for plan in rows for line in plan]

    told = "\n".join(await place.ask(place.office, plans))
    assert "Index" in told
    assert "Seq Scan" not in told


@pytest.mark.parametrize("query", ["", "status=busy", "start=ge2030-01-01", "start:missing=true"])
async def test_what_no_index_narrows_is_not_looked_for(place, query):
    search = searches.read("Slot", parse_qsl(query), ZoneInfo("Asia/Shanghai"))
    asked = []

    async def look(tx):
        with tx.db.query_logger(asked.append), suppress(NotSearchable):
            await fhir_slots.search(tx, search=search, limit=21)

    await place.ask(place.office, look)
    assert asked == []
