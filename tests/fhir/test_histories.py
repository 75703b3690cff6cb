"""What was written, of a resource, of a type and of all, as far as its reader sees it."""

import pytest

from tests.fhir.conftest import BASE
from tests.fhir.test_writing import clinic, created, firm, own, service
from tests.records import make

__all__ = ["clinic", "firm", "own", "service"]


@pytest.fixture
async def written(clinic, ward, clock):
    """A condition changed and taken back, then an observation, a minute apart."""
    illness = await created(clinic, make.condition(ward.person_id))
    path = f"Condition/{illness['id']}"
    clock.forward(minutes=1)
    await clinic.put(path, {**illness, "recordedDate": "2029-03-02"})
    clock.forward(minutes=1)
    await clinic.delete(path)
    clock.forward(minutes=1)
    return path, await created(clinic, make.observation(ward.person_id))


async def told(program, path):
    bundle = await program.bundle(path)
    return [
        (one["request"]["method"], one["request"]["url"].split("/")[0], one["response"]["etag"])
        for one in bundle.get("entry", ())
    ]


ALL = [
    ("POST", "Observation", 'W/"1"'),
    ("DELETE", "Condition", 'W/"3"'),
    ("PUT", "Condition", 'W/"2"'),
    ("POST", "Condition", 'W/"1"'),
]


async def test_the_history_of_all_and_of_a_type_tells_changes_and_deletions(clinic, written):
    """EMR-04"""
    assert await told(clinic, "_history") == ALL
    assert await told(clinic, "Condition/_history") == ALL[1:]
    assert await told(clinic, f"{written[0]}/_history") == ALL[1:]


async def test_the_person_reads_the_same_history(patients, written):
    assert [one for one in await told(patients, "_history") if one[1] != "Patient"] == ALL


async def test_a_history_goes_on_page_by_page_for_who_asked(clinic, service, written):
    seen, path = [], "_history?_count=1"
    for _ in ALL:
        bundle = await clinic.bundle(path)
        seen += await told(clinic, path)
        links = {link["relation"]: link["url"] for link in bundle["link"]}
        path = links.get("next", "").removeprefix(f"{BASE}/")
    assert (seen, path) == (ALL, "")
    first = await clinic.bundle("_history?_count=1")
    cursor = first["link"][1]["url"].partition("_page=")[2]
    stranger = await told(service, f"_history?_count=1&_page={cursor}")
    assert stranger == ALL[:1]  # no cursor of theirs: it begins anew


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("_since=2030-01-07T12:02:00%2B08:00", ALL[:2]),
        ("_since=2031", []),
        ("_at=2030-01-07T12:00:30%2B08:00", ALL[3:]),
        ("_at=2030-01-07T12:01:30%2B08:00", ALL[2:3]),
        ("_at=2030-01-07", ALL),
        ("_at=2029", []),
    ],
)
async def test_a_history_is_of_a_time(clinic, written, query, kept):
    assert await told(clinic, f"_history?{query}") == kept


@pytest.mark.parametrize("query", ["_since=yesterday", "_at=x", "_count=some"])
async def test_a_time_or_number_that_says_nothing_is_refused(clinic, query):
    answer = await clinic.get(f"_history?{query}")
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (400, "value")


async def test_no_history_tells_of_who_is_out_of_reach(clinic, ward, elsewhere, written):
    """INT-07, EMR-09"""
    stranger = await ward.place.resident()
    theirs, hidden = make.condition(ward.person_id), make.condition(stranger.person_id)
    await elsewhere.publish(theirs)
    await ward.publish(hidden, owner=stranger.person_id)
    assert await told(clinic, "_history") == ALL
    for body in (theirs, hidden):
        answer = await clinic.get(f"Condition/{body['id']}/_history")
        assert answer.status_code == 404


async def test_a_history_tells_only_what_scopes_permit(firm, program, ward, clinic, written):
    """INT-04"""
    scopes = "user/Condition.rs"
    narrow = await program(firm.hat(ward.doctor, scopes))
    assert await told(narrow, "Condition/_history") == ALL[1:]
    assert (await narrow.get("Observation/_history")).status_code == 403
    assert (await narrow.get("_history")).status_code == 403


async def test_who_is_told_of_in_a_history_is_told(clinic, ward, written):
    """PRI-13"""
    before = await ward.place.rows(
        "SELECT count(*) FROM access.log WHERE $1 = ANY (person_ids)", ward.person_id
    )
    await clinic.bundle("_history")
    after = await ward.place.rows(
        "SELECT count(*) FROM access.log WHERE $1 = ANY (person_ids)", ward.person_id
    )
    assert after[0][0] == before[0][0] + 1
