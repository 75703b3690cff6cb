"""Who asked before is known, and yet each answer is decided anew. Decision 0017."""

import asyncio
import json
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from lianyi.access import service as access
from lianyi.access.model import ALL_CLASSES, DOCTOR, Mandate, Purpose, Scope, Share
from lianyi.accounts import service as sessions
from lianyi.accounts.model import IDLE_RESIDENT, TOUCH
from lianyi.journeys.fhir_along import MOST
from lianyi.kernel.crypto import sm3
from lianyi.web.session import COOKIE
from tests.records import make
from tests.smart.conftest import FHIR
from tests.web.resident import act_for

READS = """SELECT granted FROM access.log
           WHERE $1 = ANY (person_ids) AND what = 'fhir' AND role = $2 ORDER BY seq"""


SHARED = """SELECT xmin::text FROM access.log WHERE person_ids = ARRAY[$1::uuid] AND what = 'fhir'
            AND role = 'resident' AND granted"""


@pytest.fixture
async def condition(ward):
    body = make.condition(ward.person_id)
    await ward.publish(body)
    return body["id"]


@pytest.fixture
async def patients(sitting, ward, condition):
    """The browser of somebody who has read a resource and searched already."""
    browser = await sitting(ward.patient)
    for _ in range(2):
        assert await _told(browser, ward, condition) == [200, 1]
    return browser


async def _told(browser, ward, condition):
    """Return the status of a read, and how much a search finds."""
    read = await browser.http.get(f"{FHIR}/Condition/{condition}")
    found = await browser.http.get(f"{FHIR}/Condition", params={"patient": str(ward.person_id)})
    if found.status_code != 200:
        return [read.status_code, found.status_code]
    return [read.status_code, len(found.json().get("entry", ()))]


async def test_every_look_is_written_down_once(patients, ward, condition):
    """PRI-13, EMR-05"""
    before = await ward.place.rows(READS, ward.person_id, "resident")
    assert await _told(patients, ward, condition) == [200, 1]
    none = await patients.http.get(f"{FHIR}/Procedure", params={"patient": str(ward.person_id)})
    assert "entry" not in none.json()
    after = await ward.place.rows(READS, ward.person_id, "resident")
    assert after == [*before, (True,), (True,), (True,)]


async def test_a_page_with_too_much_beside_it_goes_on_for_who_has_read_before(patients, ward):
    """As the first time: what doesn't fit beside a page is beside the next."""
    visits = [make.encounter(ward.person_id) for _ in range(2)]
    about = [{"encounter": {"reference": f"Encounter/{one['id']}"}} for one in visits]
    many = [make.condition(ward.person_id, **about[n > 0]) for n in range(MOST + 1)]
    await ward.publish(*visits, *many)
    for sort in ("", "&_sort=date"):
        path = f"{FHIR}/Encounter?patient={ward.person_id}&_revinclude=Condition:encounter{sort}"
        first = (await patients.http.get(path)).json()
        on = next(one["url"] for one in first["link"] if one["relation"] == "next")
        second = (await patients.http.get(on)).json()
        modes = [[one["search"]["mode"] for one in page["entry"]] for page in (first, second)]
        assert [each.count("match") for each in modes] == [1, 1]
        assert sorted(each.count("include") for each in modes) == [1, MOST]


INSIDE = {"resourceType": "Patient", "id": "p", "meta": {"source": "urn:y"}}
TOLD = {  # what a body may say that is stamped with its version
    "nothing": {},
    "labels": {"meta": {"profile": ["http://a.cn/p"], "tag": [{"system": "urn:x", "code": "t"}]}},
    "a version": {"meta": {"versionId": "99", "lastUpdated": "1999-01-01T00:00:00Z"}},
    "words of it": {"note": [{"text": 'says "meta": {"meta":{}}, \\ and \u2028'}]},
    "one inside": {"contained": [INSIDE], "performer": [{"reference": "#p"}]},
    "numbers": {"valueQuantity": {"value": Decimal("1.50"), "unit": "mmHg"}},
}


async def test_a_page_that_the_database_writes_out_says_what_others_say(sitting, ward):
    bodies = [{**make.observation(ward.person_id), **told} for told in TOLD.values()]
    await ward.publish(*bodies)
    patients = await sitting(ward.patient)
    path = f"{FHIR}/Observation?patient={ward.person_id}&_count=4"
    texts = []
    for _ in range(2):  # the long way, and then a look
        pages = [await patients.http.get(path)]
        following = [one["url"] for one in pages[0].json()["link"] if one["relation"] == "next"]
        pages.extend([await patients.http.get(url) for url in following])
        texts.append([json.loads(page.text, parse_float=str)["entry"] for page in pages])
    assert [len(page) for page in texts[0]] == [4, 2]
    assert texts[0] == texts[1]
    (stamped,) = {one["resource"]["meta"]["versionId"] for page in texts[1] for one in page}
    assert stamped == "1"


async def test_who_has_signed_out_reads_nothing_more(patients, ward, condition):
    """SEC-03"""
    await ward.place.do(ward.patient, sessions.sign_out_everywhere, person_id=ward.person_id)
    assert await _told(patients, ward, condition) == [401, 401]


WRONG = ["Condition?colour=red", "Condition?date=soon", "Nonsense?x=y", "Condition/not_an_id"]


@pytest.mark.parametrize("asked", WRONG)
async def test_who_is_out_hears_that_before_what_is_wrong(patients, diary, ward, asked):
    """INT-04: neither a session that is over nor a dead token is told what this server knows."""
    token = (await diary.tokens(patients, "patient/Condition.rs"))["access_token"]
    for get, given in ((patients.http.get, {}), (diary.get, {"token": token})):
        path = asked if given else f"{FHIR}/{asked}"
        assert [(await get(path, **given)).status_code for _ in range(2)][1] in {400, 404}
    await diary.http.post("/smart/revoke", data={"token": token, "client_id": diary.id})
    assert (await diary.get(asked, token)).status_code == 401
    await ward.place.do(ward.patient, sessions.sign_out_everywhere, person_id=ward.person_id)
    assert (await patients.http.get(f"{FHIR}/{asked}")).status_code == 401


async def test_a_session_left_alone_too_long_is_over(patients, ward, condition, clock):
    """SEC-03"""
    clock.forward(seconds=IDLE_RESIDENT.total_seconds() + 1)
    assert await _told(patients, ward, condition) == [401, 401]


async def test_reading_keeps_a_session_awake(patients, ward, condition, clock):
    for _ in range(3):
        clock.forward(seconds=(IDLE_RESIDENT - TOUCH).total_seconds())
        assert await _told(patients, ward, condition) == [200, 1]


async def test_a_hat_that_was_changed_is_another(patients, ward, condition):
    """PRI-13: who acts for a child sees the child's records, and no more one's own."""
    child_id = await ward.place.person()
    mandate = Mandate(child_id, ward.person_id, child_id, frozenset(Scope), ALL_CLASSES)
    await ward.place.do(ward.place.office, access.empower, mandate=mandate)
    await act_for(ward.place, patients.http.cookies[COOKIE], child_id)
    assert await _told(patients, ward, condition) == [404, 0]


async def test_who_reads_at_the_same_moment_reads_only_their_own(sitting, ward, condition, clock):
    """PRI-13, EMR-05: asked together, each by their own session and grounds, and told once."""
    other = await ward.place.resident()
    theirs = make.condition(other.person_id)
    await ward.publish(theirs, owner=other.person_id)
    one, two = await sitting(ward.patient), await sitting(other)
    clock.forward(seconds=1)  # a phone is sent one code at a time
    gone = await sitting(other)
    for browser, id in ((one, condition), (two, theirs["id"]), (gone, theirs["id"])):
        await browser.http.get(f"{FHIR}/Condition/{id}")
    digest = sm3(gone.http.cookies[COOKIE].encode())
    await ward.place.do(other, sessions.sign_out, digest=digest)

    async def read(browser, id):
        return (await browser.http.get(f"{FHIR}/Condition/{id}")).status_code

    asked = [(one, condition), (two, theirs["id"]), (two, condition), (one, theirs["id"])]
    asked = [*asked, (gone, theirs["id"])] * 4
    assert await asyncio.gather(*(read(*each) for each in asked)) == [200, 200, 404, 404, 401] * 4
    mine, others = [
        await ward.place.rows(SHARED, person_id) for person_id in (ward.person_id, other.person_id)
    ]
    assert len(mine) == 1 + 8  # who asks for what is another's has looked among their own
    assert len(others) == 2 + 8
    assert len({row[0] for row in (*mine, *others)}) < 3 + 16  # transactions


async def test_a_consent_opens_at_once_and_shuts_at_once(sitting, ward, elsewhere):
    """PRI-04, EMR-09"""
    await ward.publish(make.condition(ward.person_id))
    await elsewhere.publish(make.condition(ward.person_id))
    doctors = await sitting(ward.doctor)

    async def found():
        asked = {"patient": str(ward.person_id)}
        answer = await doctors.http.get(f"{FHIR}/Condition", params=asked)
        return len(answer.json()["entry"])

    assert [await found(), await found()] == [1, 1]
    share = Share(
        holder_id=elsewhere.place.id,
        receiver_id=ward.place.id,
        purpose=Purpose.TREAT,
        expires_at=ward.place.app.clock() + timedelta(days=1),
    )
    chart = await ward.chart(ward.patient, Purpose.CONSENT)
    given = await ward.place.do(
        ward.patient, lambda tx: access.give_consent(tx, chart, share=share)
    )
    assert [await found(), await found()] == [2, 2]
    await ward.place.do(
        ward.patient, lambda tx: access.withdraw_consent(tx, chart, consent_id=given)
    )
    assert await found() == 1


async def test_a_relation_that_has_ended_shows_nothing_and_is_told(sitting, ward):
    """PRI-26, EMR-05"""
    other = await ward.place.resident()
    cause = await ward.place.relate(other.person_id, DOCTOR)
    person = {"resourceType": "Patient", "id": str(other.person_id)}
    await ward.publish(make.condition(other.person_id), person, owner=other.person_id)
    asked = {"patient": str(other.person_id), "_include": "Condition:patient"}
    doctors = await sitting(ward.doctor)
    for _ in range(2):
        found = await doctors.http.get(f"{FHIR}/Condition", params=asked)
        assert [one["search"]["mode"] for one in found.json()["entry"]] == ["match", "include"]
    await ward.place.do(ward.place.office, access.end_relation, cause_id=cause)
    assert "entry" not in (await doctors.http.get(f"{FHIR}/Condition", params=asked)).json()
    told = await ward.place.rows(READS, other.person_id, DOCTOR)
    assert told == [(True,), (True,), (False,)]


@pytest.fixture
async def treated(ward):
    """Three persons whom a doctor treats, by what opened that, the one seen last first."""
    found = {}
    for day in (3, 2, 1):
        other = await ward.place.resident()
        found[other.person_id] = await ward.place.relate(other.person_id, DOCTOR)
        body = make.observation(other.person_id, code="over-desk", at=f"2090-01-0{day}")
        await ward.publish(body, owner=other.person_id)
    return found


OVER_DESK = [
    "code=over-desk",  # rare
    f"code={make.LOINC}|over-desk&date=ge2090-01-01",
    "_has:Observation:patient:code=over-desk",
]


@pytest.mark.parametrize("asked", OVER_DESK)
async def test_over_a_desk_exactly_who_is_shown_is_told(sitting, ward, treated, asked):
    """PRI-13, PRI-26: no more than the page has, once, and nobody whose relation has ended."""
    doctors = await sitting(ward.doctor)
    type = "Patient" if asked.startswith("_has") else "Observation"
    for person_id in treated if type == "Patient" else ():
        await ward.publish({"resourceType": type, "id": str(person_id)}, owner=person_id)

    async def shown():
        answer = await doctors.http.get(f"{FHIR}/{type}?{asked}&_count=2")
        assert answer.status_code == 200
        found = [one["resource"] for one in answer.json().get("entry", ())]
        named = [one.get("subject", {}).get("reference", f"Patient/{one['id']}") for one in found]
        return [UUID(one.removeprefix("Patient/")) for one in named]

    async def told():
        (row,) = await ward.place.rows(
            "SELECT count(*), array_agg(DISTINCT id ORDER BY id) FROM access.log,"
            " unnest(person_ids) AS id WHERE role = 'doctor' AND id = ANY ($1) AND granted",
            list(treated),
        )
        return row

    first = await shown()
    assert (await told())[1] == sorted(first)
    assert [await shown() for _ in range(2)] == [first] * 2
    assert await told() == (6, sorted(first))
    await ward.place.do(ward.place.office, access.end_relation, cause_id=treated[first[0]])
    rest = await shown()
    assert first[0] not in rest
    assert len(rest) == 2
    await ward.place.do(ward.doctor, sessions.sign_out_everywhere, person_id=ward.doctor.person_id)
    answer = await doctors.http.get(f"{FHIR}/{type}?{asked}&_count=2")
    assert answer.status_code == 401
    assert (await told())[0] == 8


async def test_an_apps_token_is_asked_for_each_time(diary, patients, ward, condition):
    """PRI-04, INT-04: revoked, it reads nothing more, also of what it has read before."""
    token = (await diary.tokens(patients, "patient/Condition.rs"))["access_token"]
    for _ in range(3):
        assert (await diary.get(f"Condition/{condition}", token)).status_code == 200
        assert (await diary.get("Observation?_count=1", token)).status_code == 403
    told = await ward.place.rows(
        "SELECT count(*) FROM access.log WHERE app_id = $1 AND granted", UUID(diary.id)
    )
    assert told == [(3,)]
    await diary.http.post("/smart/revoke", data={"token": token, "client_id": diary.id})
    assert (await diary.get(f"Condition/{condition}", token)).status_code == 401
