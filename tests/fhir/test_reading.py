from decimal import Decimal

import pytest

from lianyi.access.model import Sensitive
from lianyi.people.model import CLERK
from lianyi.records import service
from lianyi.records.model import PUBLIC
from tests.fhir.conftest import BASE
from tests.records import make


async def test_a_resource_is_read_with_its_version_its_time_and_every_digit(doctors, ward):
    body = make.observation(ward.person_id, Decimal("6.50"))
    await ward.publish(body)
    answer = await doctors.get(f"Observation/{body['id']}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/fhir+json; charset=utf-8"
    assert answer.headers["etag"] == 'W/"1"'
    policy = answer.headers["content-security-policy"]
    assert policy == "default-src 'none'; frame-ancestors 'none'"
    assert '"value":6.50' in answer.text
    read = answer.json()
    assert read["meta"]["versionId"] == "1"
    assert read["meta"]["lastUpdated"].startswith("2030-")
    assert read["code"] == body["code"]


async def test_who_has_the_version_already_is_sent_nothing(doctors, ward):
    body = make.condition(ward.person_id)
    await ward.publish(body)
    answer = await doctors.get(f"Condition/{body['id']}", headers={"if-none-match": 'W/"1"'})
    assert (answer.status_code, answer.content) == (304, b"")


async def test_every_version_is_there_by_its_number_and_in_the_history(doctors, ward, clock):
    """EMR-04"""
    body = make.condition(ward.person_id)
    await ward.publish(body)
    clock.forward(minutes=1)
    await ward.publish({**body, "recordedDate": "2029-03-02"})
    first = (await doctors.get(f"Condition/{body['id']}/_history/1")).json()
    assert (first["recordedDate"], first["meta"]["versionId"]) == ("2029-03-01", "1")
    bundle = (await doctors.get(f"Condition/{body['id']}/_history")).json()
    told = [(e["request"]["method"], e["response"]["etag"]) for e in bundle["entry"]]
    assert told == [("PUT", 'W/"2"'), ("POST", 'W/"1"')]
    assert (await doctors.get(f"Condition/{body['id']}/_history/3")).status_code == 404


async def test_another_hospitals_part_is_there_for_who_treats_only_with_consent(
    doctors, ward, elsewhere
):
    """EMR-09"""
    body = make.condition(ward.person_id)
    await elsewhere.publish(body)
    hidden = await doctors.get(f"Condition/{body['id']}")
    unknown = await doctors.get("Condition/no-such-thing")
    assert hidden.status_code == unknown.status_code == 404
    assert hidden.json()["issue"] == unknown.json()["issue"]


async def test_who_treats_somebody_else_learns_not_even_that_it_exists(doctors, ward):
    """EMR-09"""
    stranger = await ward.place.resident()
    body = make.condition(stranger.person_id)
    await ward.publish(body, owner=stranger.person_id)
    assert (await doctors.get(f"Condition/{body['id']}")).status_code == 404
    told = await ward.place.rows(
        "SELECT granted, what FROM access.log WHERE $1 = ANY (person_ids)", stranger.person_id
    )
    assert told == [(False, "fhir")]


async def test_who_reads_no_records_is_told_so(program, ward):
    """PRI-26"""
    clerk = await ward.place.hat(CLERK)
    answer = await (await program(clerk)).get("Condition")
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (403, "forbidden")


async def test_a_person_reads_what_is_released_and_nothing_before(patients, ward):
    """IDN-11"""
    body = make.observation(ward.person_id)
    await ward.publish(body, released=False)
    assert (await patients.get(f"Observation/{body['id']}")).status_code == 404
    await ward.place.do(ward.doctor, service.release, type="Observation", fhir_ids=[body["id"]])
    assert (await patients.get(f"Observation/{body['id']}")).status_code == 200


async def test_every_reading_is_told_to_the_person(doctors, ward):
    """PRI-13"""
    body = make.condition(ward.person_id)
    await ward.publish(body)
    await doctors.get(f"Condition/{body['id']}")
    told = await ward.place.rows(
        "SELECT reader_id, granted FROM access.log WHERE $1 = ANY (person_ids) AND what = 'fhir'",
        ward.person_id,
    )
    assert told == [(ward.doctor.person_id, True)]


async def test_what_belongs_to_nobody_is_there_for_everybody_signed_in(doctors, ward):
    body = {"resourceType": "Location", "id": make.body("Location", "x")["id"], "name": "门诊一楼"}
    await ward.publish(body, owner=PUBLIC, holder_id=PUBLIC)
    assert (await doctors.get(f"Location/{body['id']}")).json()["name"] == "门诊一楼"


async def test_without_a_session_there_is_nothing(program, ward):
    nobody = await program(None)
    answer = await nobody.get("Condition")
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (401, "login")


async def test_xml_is_refused_in_words(doctors):
    for wanted in ({"params": {"_format": "xml"}}, {"headers": {"accept": "application/fhir+xml"}}):
        answer = await doctors.get("Condition", **wanted)
        assert (answer.status_code, answer.json()["resourceType"]) == (406, "OperationOutcome")


async def test_there_are_no_other_types_than_the_standards(doctors):
    assert (await doctors.get("Spell")).status_code == 404
    assert (await doctors.get("Spell/1")).status_code == 404


async def test_a_pretty_answer_has_lines(doctors, ward):
    body = make.condition(ward.person_id)
    await ward.publish(body)
    answer = await doctors.get(f"Condition/{body['id']}", params={"_pretty": "true"})
    assert answer.text.count("\n") > 5


async def test_what_is_not_done_is_refused_in_words(doctors):
    for method, path in (
        ("PATCH", "Condition/1/x"),
        ("POST", "Condition/1"),
        ("DELETE", "metadata/1/2"),
    ):
        answer = await doctors.http.request(method, f"{BASE}/{path}", json={})
        assert (answer.status_code, answer.json()["issue"][0]["code"]) == (405, "not-supported")


async def test_the_capabilities_are_those_there_are(program):
    nobody = await program(None)
    told = (await nobody.get("metadata")).json()
    types = {one["type"]: one for one in told["rest"][0]["resource"]}
    assert told["fhirVersion"] == "4.0.1"
    assert len(types) >= 146
    searched = {one["name"]: one["type"] for one in types["Observation"]["searchParam"]}
    assert searched["combo-code-value-quantity"] == "composite"
    assert {one["code"] for one in types["Observation"]["interaction"]} == {
        "read", "vread", "history-instance", "history-type", "search-type",
        "create", "update", "patch", "delete",
    }  # fmt: skip
    assert types["Observation"]["conditionalDelete"] == "single"
    assert "create" not in {one["code"] for one in types["Appointment"]["interaction"]}
    assert "预约" in types["Appointment"]["documentation"]
    assert "security" not in told["rest"][0]  # this site has no doors for apps


async def test_what_a_class_protects_is_not_there_for_whose_mandate_leaves_it_out(program, ward):
    """PRI-01"""
    body = make.condition(ward.person_id, code="B24", text="人类免疫缺陷病毒病")
    await ward.publish(body, classes=frozenset({Sensitive.INFECTION}))
    doctors = await program(ward.doctor)
    assert (await doctors.get(f"Condition/{body['id']}")).status_code == 200
    pharmacists = await program(await ward.place.pharmacist())
    assert (await pharmacists.get(f"Condition/{body['id']}")).status_code == 404


async def test_who_has_read_it_since_is_sent_nothing(doctors, ward):
    body = make.condition(ward.person_id)
    await ward.publish(body)
    path = f"Condition/{body['id']}"
    for since, status in (
        ("Mon, 07 Jan 2030 04:00:00 GMT", 304),
        ("Mon, 07 Jan 2030 03:59:59 GMT", 200),
        ("yesterday", 200),
    ):
        answer = await doctors.get(path, headers={"if-modified-since": since})
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("query", "there", "gone"),
    [
        ("_elements=code", {"code", "status"}, {"valueQuantity", "method"}),
        ("_summary=true", {"code", "valueQuantity"}, {"method"}),
        ("_summary=text", {"status", "code"}, {"valueQuantity"}),
        ("_summary=data", {"method", "valueQuantity"}, {"text"}),
    ],
)
async def test_a_part_of_one_resource_says_that_it_is_one(doctors, ward, query, there, gone):
    """FHIR R4, 3.1.0.1.5 and 3.1.0.1.7: of a read, a version and a history, in bundles too."""
    told = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'}
    value = make.observation(ward.person_id, Decimal("6.50"), method={"text": "x"}, text=told)
    await ward.publish(value)
    path = f"Observation/{value['id']}"
    batch = [f"{path}?{query}", f"{path}/_history/1?{query}", f"{path}/_history?{query}"]
    entries = [{"request": {"method": "GET", "url": one}} for one in batch]
    asked = {"resourceType": "Bundle", "type": "batch", "entry": entries}
    within = (await doctors.post("", asked)).json()["entry"]
    for one, entry in zip(batch, within, strict=True):
        answer = await doctors.get(one)
        for read in (answer.json(), entry["resource"]):
            body = read["entry"][0]["resource"] if "entry" in read else read
            assert there <= set(body), one
            assert not gone & set(body), one
            assert body["meta"]["versionId"] == "1"
            assert [tag["code"] for tag in body["meta"]["tag"]] == ["SUBSETTED"]
    whole = (await doctors.get(f"{path}?_summary=false")).json()
    assert "tag" not in whole["meta"]
    assert {"method", "text"} <= set(whole)


@pytest.mark.parametrize("query", ["_summary=count", "_summary=much"])
async def test_a_part_that_nothing_has_is_refused(doctors, ward, query):
    value = make.observation(ward.person_id)
    await ward.publish(value)
    path = f"Observation/{value['id']}"
    for one in (path, f"{path}/_history/1", f"{path}/_history", "Observation/_history"):
        answer = await doctors.get(f"{one}?{query}")
        assert (answer.status_code, answer.json()["issue"][0]["code"]) == (400, "value"), one
