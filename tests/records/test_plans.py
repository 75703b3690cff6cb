"""Every question about a person is answered from an index, however many others there are."""

import re
from contextlib import suppress
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest

from lianyi.records import queries
from lianyi.records.errors import NoSuchResource
from lianyi.records.fhir import searches
from lianyi.records.fhir.terms import Changes, Gathering, Search
from lianyi.records.service import subscribing
from tests.conftest import NOON
from tests.records import make

ORDERS = ("BEGIN", "SET", "COMMIT")  # to the database, which have no plan
KEY = {"type": "Observation", "fhir_id": "x"}
NARROW = Gathering("x", ("Observation",), NOON, (NOON, NOON), ("Observation", "x"))


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
        (queries.gathered, {"asked": Gathering(), "limit": 9}),
        (queries.gathered, {"asked": NARROW, "limit": 9}),
        (queries.latest, {"search": Search("Observation"), "each": 2, "limit": 9}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_no_question_walks_a_whole_table(ward, query, given):
    plans = await ward.see(explain, query, given)
    assert plans
    assert "Seq Scan" not in "\n".join(plans)


SEARCHES = [
    ("Observation", "code=8480-6"),
    ("Observation", f"code={make.LOINC}|8480-6,{make.LOINC}|8462-4&date=ge2030-01-01"),
    ("Observation", "category=http://x|&value-quantity=gt5||mmHg"),
    ("Observation", "component-code-value-quantity=8480-6$gt140"),
    ("Condition", "code:not=I10&encounter.class=AMB"),
    ("Condition", "onset-date:missing=true"),
    ("Encounter", "_has:Condition:encounter:code=I10"),
    ("Device", "device-name:exact=a&url:below=http://x&organization=Organization/1"),
    ("Device", "device-name:contains=血压"),
    ("Patient", "name=zhang&birthdate=1980&_lastUpdated=gt2029"),
]


@pytest.mark.parametrize(("type", "query"), SEARCHES)
async def test_no_search_walks_a_whole_table(ward, type, query):
    search = searches.read(type, parse_qsl(query), ZoneInfo("Asia/Shanghai"))
    assert not search.troubles
    for reach in (await ward.chart(), await ward.desk()):
        plans = await ward.see(
            explain, queries.search, {"search": search, "limit": 20}, chart=reach
        )
        assert plans
        assert "Seq Scan" not in "\n".join(plans)


async def test_nobodys_record_is_read_from_all_that_leads_to_them(ward):
    """A page of the newest needs a few rows of a person, however many links there are."""
    asked = [("patient", str(ward.person_id))]
    search = searches.read("Observation", asked, ZoneInfo("Asia/Shanghai"))
    plans = await ward.see(explain, queries.search, {"search": search, "limit": 20})
    assert "on link" in "\n".join(plans)
    assert "Index Cond: ((to_type" not in "\n".join(plans)


async def test_no_row_is_asked_by_a_function_whether_the_one_view_of_a_relation_shows_it(ward):
    search = searches.read("Observation", [("patient", "x")], ZoneInfo("Asia/Shanghai"))
    plans = await ward.see(explain, queries.search, {"search": search, "limit": 20})
    assert "on resource" in "\n".join(plans)
    assert "Function Scan" not in "\n".join(plans)


@pytest.mark.parametrize("prefix", ["eq", "lt", "le", "gt", "ge", "sa", "eb", "ap"])
async def test_the_index_alone_tells_who_has_an_amount(ward, prefix):
    """Rows that are only counted would be fetched from all over a table of millions."""
    pairs = [("value-quantity", f"{prefix}199.7")]
    search = searches.read("Observation", pairs, ZoneInfo("Asia/Shanghai"))
    desk = await ward.desk()
    asked, ways = {"search": search}, ("seqscan", "bitmapscan")  # of which a small table has more
    plans = await ward.see(explain, queries.narrowed, asked, chart=desk, shut=ways)
    assert "Index Only Scan using amount_" in "\n".join(plans)


async def test_who_counts_too_is_told_once_what_is_rare(ward):
    search = searches.read("Observation", [("code", "8480-6")], ZoneInfo("Asia/Shanghai"))
    asked = []

    async def look(tx, desk):
        with tx.db.query_logger(asked.append):
            led = await queries.narrowed(tx, desk, search=search)
            found = await queries.search(tx, desk, search=led, limit=9)
            return found, await queries.how_many(tx, desk, search=led)

    found, total = await ward.see(look, chart=await ward.desk())
    assert (found, total.number) == ([], 0)
    assert len([one for one in asked if not one.query.startswith(ORDERS)]) == 3


@pytest.mark.parametrize(
    "asked",
    [
        Changes(),
        Changes("Condition"),
        Changes("Condition", "x"),
        Changes(since=NOON, current=(NOON, NOON)),
    ],
)
async def test_no_history_walks_a_whole_table(ward, asked):
    for reach in (await ward.chart(), await ward.desk()):
        given = {"asked": asked, "limit": 20}
        plans = await ward.see(explain, queries.changes, given, chart=reach)
        assert plans
        assert "Seq Scan" not in "\n".join(plans)


async def test_whether_there_is_news_is_found_without_walking_the_log(ward):
    """The worker asks several times a second, and mostly there is none."""

    async def look(tx, _):
        asked = []
        with tx.db.query_logger(asked.append):
            await subscribing.news(tx)
        await tx.db.execute("SET LOCAL enable_seqscan = off")
        (plan,) = [await tx.db.fetch(f"EXPLAIN {one.query}") for one in asked]
        return [line[0] for line in plan]

    plan = "\n".join(await ward.see(look))
    scans = re.split("Scan ", plan)[1:]
    logs = [scan for scan in scans if " on version" in scan or " on release" in scan]
    assert len(logs) == 4
    assert all("Index Cond: (tx " in scan for scan in logs)


async def explain(tx, chart, query, given, shut=("seqscan",)):
    """Return the plans of the statements a query sends, with what is `shut` the last resort."""
    asked = []
    with tx.db.query_logger(asked.append), suppress(NoSuchResource):
        await query(tx, chart, **given)
    async with tx.db.transaction():
        for way in shut:
            await tx.db.execute(f"SET LOCAL enable_{way} = off")
        rows = [
            await tx.db.fetch(f"EXPLAIN {one.query}", *one.args)
            for one in asked
            if not one.query.startswith(ORDERS)
        ]
    return [line[0] for plan in rows for line in plan]
