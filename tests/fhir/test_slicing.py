"""Whom an app's searches show in a day is counted, however they are sliced (PRI-11, PRI-28)."""

import asyncio
from zoneinfo import ZoneInfo

import pytest

from lianyi.access.model import Purpose
from lianyi.records import service
from tests.apps import Program
from tests.fhir.conftest import BASE
from tests.fhir.test_exporting import ASYNC, admins, asking, crowd, taker, taking, work
from tests.records import make

__all__ = ["admins", "crowd", "taker", "taking"]
PARTS = {"I10": 300, "E11": 100, "J45": 100}  # persons by what they have; one more has J45


@pytest.fixture
async def sliced(ward, crowd):
    """Give each of 501 persons one diagnosis, and return who has which."""
    codes = [code for code, many in PARTS.items() for _ in range(many)]
    has = [*zip(crowd, codes, strict=True), (ward.person_id, "J45")]
    given = {"holder_id": ward.place.id, "zone": ZoneInfo("Asia/Shanghai")}
    found = [service.prepare(make.condition(id, code), owner=id, **given) for id, code in has]
    await ward.place.do(ward.doctor, service.store, resources=found)
    return {code: [id for id, its in has if its == code] for code in PARTS}


async def seen(http, code):
    """Return the statuses of the pages of a search, to its end or to a refusal."""
    statuses, path = [], f"Condition?code={code}&_count=200"
    while path:
        answer = await http.get(path)
        statuses.append(answer.status_code)
        links = {link["relation"]: link["url"] for link in answer.json().get("link", ())}
        path = links.get("next", "").removeprefix(f"{BASE}/")
    return statuses


async def test_slices_of_a_search_count_together(taker, ward, sliced, clock):
    assert await seen(taker.http, "I10") == [200, 200]
    at_once = await asyncio.gather(seen(taker.http, "E11"), seen(taker.http, "J45"))
    assert sorted(at_once) == [[200], [409]]  # one of them would be the 501st
    late = "E11" if at_once[0] == [409] else "J45"
    refused = await taker.http.get(f"Condition?code={late}")
    assert refused.status_code == 200, "less than all of it still fits"
    assert (await taker.http.get(f"Condition?code={late}&_count=200")).status_code == 409
    assert await seen(taker.http, "I10") == [200, 200], "who was shown today may be shown again"
    named = await taker.http.get(f"Condition?patient={ward.person_id}")
    assert (named.status_code, named.json()["entry"][0]["search"]["mode"]) == (200, "match")
    clock.forward(days=1)
    assert await seen(taker.http, late) == [200]


async def test_what_two_agreed_to_goes_beyond(taker, sliced, admins):
    for code in ("I10", "E11"):
        assert await seen(taker.http, code) in ([200], [200, 200])
    assert await seen(taker.http, "J45") == [409]
    where = await taker.ask("Patient/$export?_type=Condition")
    await taker.votes(where, *admins)
    assert await seen(taker.http, "J45") == [200]


async def test_searches_and_exports_count_together(taker, ward, sliced):
    """One is no way round the other."""
    assert await seen(taker.http, "I10") == [200, 200]
    path = "Patient/$export"
    small = await taker.http.post(path, asking(*sliced["E11"]), headers=ASYNC)
    large = await taker.http.post(path, asking(*sliced["E11"], *sliced["J45"]), headers=ASYNC)
    await work(ward.place.app)
    told = [
        await taker.http.get(one.headers["content-location"].removeprefix(f"{BASE}/"))
        for one in (small, large)
    ]
    assert [one.status_code for one in told] == [200, 202]
    assert told[1].headers["x-progress"] == "waiting for approval"
    assert await seen(taker.http, "J45") == [409]


async def test_each_doctor_has_a_day_of_their_own(ward, program, sliced):
    """What one has seen by an app keeps no other from treating."""
    firm = Program(ward.place)
    await firm.approved("user/*.rs", Purpose.TREAT)
    other = await ward.place.appoint("doctor", name="李四")
    first, second = [await program(firm.hat(who, "user/*.rs")) for who in (ward.doctor, other)]
    for code in ("I10", "E11"):
        assert 409 not in await seen(first, code)
    assert await seen(first, "J45") == [409]
    assert await seen(second, "J45") == [200]
