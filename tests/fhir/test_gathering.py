"""`$everything` and `$lastn`: one chart, page by page, through the doors of any search."""

from uuid import uuid4

import pytest

from lianyi.people.model import CLERK, DOCTOR
from lianyi.records.model import PUBLIC
from tests.fhir.conftest import BASE
from tests.fhir.test_writing import clinic, firm, issue
from tests.records import make

__all__ = ["clinic", "firm"]


def held(bundle, mode="match"):
    return [
        f"{one['resource']['resourceType']}/{one['resource']['id']}"
        for one in bundle.get("entry", ())
        if one["search"]["mode"] == mode
    ]


def name(body):
    return f"{body['resourceType']}/{body['id']}"


@pytest.fixture
def story(written):
    return written[0]


@pytest.fixture
async def written(ward):
    """A visit with what was found out in it, and something older."""
    visit = make.encounter(ward.person_id)
    during = {"encounter": {"reference": name(visit)}}
    found = make.observation(ward.person_id, **during)
    old = make.condition(ward.person_id, at="2019-03-01")
    maker = {"resourceType": "Organization", "id": str(uuid4()), "name": "某厂"}
    scale = make.body("Device", ward.person_id, "patient", owner={"reference": name(maker)})
    await ward.publish(maker, owner=PUBLIC)
    await ward.publish(visit, found, old, scale)
    return {"visit": visit, "found": found, "old": old, "scale": scale}, name(maker)


async def test_everything_of_a_patient_is_theirs_whatever_its_type(
    doctors, patients, ward, written
):
    story, maker = written
    path = f"Patient/{ward.person_id}/$everything"
    bundle = await doctors.bundle(path)
    told = held(bundle)
    assert held(bundle, "include") == [maker]
    assert set(map(name, story.values())) <= set(told)
    assert told == sorted(told)
    own = await patients.bundle("Patient/$everything")
    assert set(map(name, (story["visit"], story["old"]))) <= set(held(own))
    given = {"resourceType": "Parameters", "parameter": [{"name": "_count", "valueInteger": 1}]}
    posted = (await doctors.post(path, given)).json()
    assert held(posted) == told[:1]


async def test_everything_comes_page_by_page_and_only_to_who_asked(doctors, patients, ward, story):
    path = f"Patient/{ward.person_id}/$everything"
    whole, pages, link = held(await doctors.bundle(path)), [], f"{BASE}/{path}?_count=2"
    while link:
        page = (await doctors.http.get(link)).json()
        pages += held(page)
        assert len(held(page)) <= 2
        following = {one["relation"]: one["url"] for one in page["link"]}
        last, link = link, following.get("next")
    assert pages == whole
    own = held(await patients.bundle(path))
    assert held((await patients.http.get(last)).json()) == own[:2]  # begins anew


async def test_types_times_and_changes_narrow_it(doctors, ward, story, clock):
    path = f"Patient/{ward.person_id}/$everything"
    kinds = held(await doctors.bundle(f"{path}?_type=Condition,Observation"))
    assert kinds == sorted(map(name, (story["old"], story["found"])))
    during = held(await doctors.bundle(f"{path}?start=2030-01&end=2030"))
    assert name(story["visit"]) in during
    assert name(story["old"]) not in during
    assert name(story["scale"]) in during  # without a date
    assert name(story["old"]) in held(await doctors.bundle(f"{path}?end=2019-03-01"))
    assert name(story["old"]) not in held(await doctors.bundle(f"{path}?end=2019-02"))
    clock.forward(days=2)
    later = make.condition(ward.person_id)
    await ward.publish(later)
    since = ward.place.app.clock().isoformat()[:10]
    assert held(await doctors.bundle(f"{path}?_since={since}")) == [name(later)]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("_type=Spell", "value"), ("_count=x", "value"), ("_count=0", "value"),
        ("start=yesterday", "value"), ("_since=1&_since=2", "value"), ("code=1", "not-supported"),
    ],
)  # fmt: skip
async def test_what_makes_no_sense_is_refused_by_name(doctors, ward, query, code):
    answer = await doctors.get(f"Patient/{ward.person_id}/$everything?{query}")
    assert (answer.status_code, issue(answer)["code"]) == (400, code)
    assert query.partition("=")[0] in issue(answer)["diagnostics"]


async def test_everything_tells_a_stranger_nothing(program, ward, elsewhere, firm, story):
    """INT-07, INT-04"""
    stranger = await program(await elsewhere.place.doctor())
    nobody = await program(ward.patient)
    visit = f"Encounter/{story['visit']['id']}/$everything"
    assert held(await stranger.bundle(f"Patient/{ward.person_id}/$everything")) == []
    assert (await stranger.get(visit)).status_code == 404
    assert (await nobody.get(f"Patient/{ward.place.id}/$everything")).status_code == 404
    assert (await nobody.get("Patient/none/$everything")).status_code == 404
    clerk = await program(await ward.place.hat(CLERK))
    assert (await clerk.get(f"Patient/{ward.person_id}/$everything")).status_code == 403
    await firm.approved("user/Observation.rs")
    narrow = await program(firm.hat(ward.doctor, "user/Observation.rs"))
    path = f"Patient/{ward.person_id}/$everything"
    assert (await narrow.get(path)).status_code == 403
    assert held(await narrow.bundle(f"{path}?_type=Observation")) == [name(story["found"])]


async def test_a_desk_names_the_patient(doctors):
    for path in ("Patient/$everything", "Observation/$lastn?code=8480-6"):
        answer = await doctors.get(path)
        assert (answer.status_code, issue(answer)["code"]) == (400, "required")


async def test_everything_of_an_encounter_is_what_was_done_in_it(doctors, ward, story):
    path = f"Encounter/{story['visit']['id']}/$everything"
    told = await doctors.bundle(path)
    assert held(told) == sorted(map(name, (story["visit"], story["found"])))
    assert name(story["old"]) not in held(told, "include")
    first = await doctors.bundle(f"{path}?_count=1")
    following = {one["relation"]: one["url"] for one in first["link"]}["next"]
    assert held(first) + held((await doctors.http.get(following)).json()) == held(told)
    assert (await doctors.get("Encounter/none/$everything")).status_code == 404


async def test_what_is_referred_to_comes_along(clinic, ward):
    device = (await clinic.post("Device", make.body("Device", ward.person_id, "patient"))).json()
    visit = make.encounter(ward.person_id)
    await ward.publish(visit)
    seen = make.observation(
        ward.person_id, encounter={"reference": name(visit)}, device={"reference": name(device)}
    )
    await ward.publish(seen)
    told = await clinic.bundle(f"Encounter/{visit['id']}/$everything")
    assert name(device) in held(told, "include")
    assert name(device) in held(await clinic.bundle(f"Patient/{ward.person_id}/$everything"))


async def test_the_last_of_each_code_come_the_newest_first(doctors, ward):
    days = ("2030-01-01", "2030-01-03", "2030-01-02")
    upper = [make.observation(ward.person_id, n, at=day) for n, day in enumerate(days)]
    pulse = [
        make.observation(ward.person_id, n, code="8867-4", at=day) for n, day in enumerate(days)
    ]
    both = make.observation(ward.person_id, 9, at="2029-12-01")
    both["code"]["coding"].append({"system": "urn:own", "code": "upper"})
    words = [make.observation(ward.person_id, at=day) for day in days]
    for body in words:
        body["code"] = {"text": "精神状态"}
    await ward.publish(*upper, *pulse, both, *words)
    path = f"Observation/$lastn?patient={ward.person_id}"
    newest = {upper[1]["id"], pulse[1]["id"], words[1]["id"]}
    assert {*await doctors.found(path)} - {both["id"]} == newest
    two = await doctors.found(f"{path}&max=2&code=8480-6")
    assert two[:2] == [upper[1]["id"], upper[2]["id"]]
    early = await doctors.found(f"{path}&max=2&code=8867-4&date=lt2030-01-03")
    assert early == [pulse[2]["id"], pulse[0]["id"]]
    for wrong in ("max=0", "max=x", "colour=red", "_sort=date"):
        assert (await doctors.get(f"{path}&{wrong}")).status_code == 400


async def test_what_is_withheld_is_no_last_one(doctors, patients, ward):
    """IDN-11"""
    seen, withheld = (make.observation(ward.person_id, at=f"2030-01-0{n}") for n in (1, 2))
    await ward.publish(seen)
    await ward.publish(withheld, released=False)
    path = f"Observation/$lastn?patient={ward.person_id}"
    assert await doctors.found(path) == [withheld["id"]]
    assert await patients.found(path) == [seen["id"]]
    assert name(withheld) not in held(await patients.bundle("Patient/$everything"))


async def test_the_last_of_somebody_elses_patient_are_none(program, ward, elsewhere):
    """INT-07"""
    await ward.publish(make.observation(ward.person_id))
    stranger = await program(await elsewhere.place.hat(DOCTOR))
    assert await stranger.found(f"Observation/$lastn?patient={ward.person_id}") == []
