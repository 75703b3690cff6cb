"""`$validate`: all that is wrong is told with its place, and nothing is stored."""

import pytest

from tests.fhir.conftest import BASE
from tests.records import make

PROFILES = "http://hl7.org/fhir/StructureDefinition/"


def issues(answer, severity=None):
    assert answer.status_code == 200, answer.text
    told = answer.json()["issue"]
    assert answer.json()["resourceType"] == "OperationOutcome"
    return {
        (one["severity"], one["code"], *one.get("expression", ()))
        for one in told
        if severity in {None, one["severity"]}
    }


def parameters(resource=None, **others):
    given = [{"name": "resource", "resource": resource}] if resource else []
    for name, value in others.items():
        kind = "valueCode" if name == "mode" else "valueUri"
        given.append({"name": name, kind: value})
    return {"resourceType": "Parameters", "parameter": given}


async def test_a_sound_resource_is_told_so_and_not_stored(doctors, ward):
    body = make.observation(ward.person_id, text={"status": "generated", "div": NARRATIVE})
    answer = await doctors.post("Observation/$validate", body)
    assert issues(answer) == {("information", "informational")}
    assert (await doctors.get(f"Observation/{body['id']}")).status_code == 404


NARRATIVE = '<div xmlns="http://www.w3.org/1999/xhtml">血压 138</div>'


async def test_errors_and_warnings_are_told_with_their_places(doctors, ward):
    body = make.observation(ward.person_id, dataAbsentReason={"text": "?"})
    answer = await doctors.post("Observation/$validate", body)
    assert issues(answer) == {
        ("error", "invariant", "Observation"),
        ("warning", "invariant", "Observation"),
    }
    told = [one["details"]["text"] for one in answer.json()["issue"]]
    assert any(text.startswith("obs-6: dataAbsentReason SHALL only be present") for text in told)
    wrong = {**body, "status": "done", "colour": "red"}
    found = issues(await doctors.post("Observation/$validate", wrong))
    assert ("error", "code-invalid", "Observation.status") in found
    assert ("error", "structure", "Observation") in found


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_what_is_wrong_is_said_in_the_readers_language(doctors, ward, language):
    body = make.observation(ward.person_id, component=[{"valueString": "x"}])
    headers = {"accept-language": language}
    answer = await doctors.post("Observation/$validate", body, headers=headers)
    said = answer.json()["issue"][0]["diagnostics"]
    assert ("缺少必填内容" in said) is (language == "zh")
    assert "Observation.component[0].code" in said


async def test_a_profile_is_asked_for_in_parameters_in_the_address_or_by_the_body(doctors, ward):
    body = make.observation(ward.person_id)
    missing = ("error", "required", "Observation.category")
    bodyweight = f"{PROFILES}bodyweight"
    given = parameters(body, profile=bodyweight)
    assert missing in issues(await doctors.post("Observation/$validate", given))
    address = f"Observation/$validate?profile={bodyweight}"
    assert missing in issues(await doctors.post(address, body))
    claiming = {**body, "meta": {"profile": [bodyweight]}}
    assert missing in issues(await doctors.post("Observation/$validate", claiming))
    assert missing not in issues(await doctors.post("Observation/$validate", body))


async def test_a_profile_nobody_knows_is_an_error_where_it_is_asked_for(doctors, ward):
    body = make.observation(ward.person_id)
    asked = await doctors.post("Observation/$validate?profile=http://x/mine", body)
    assert ("error", "not-supported", "$this") in issues(asked)
    claiming = {**body, "meta": {"profile": ["http://x/mine"]}}
    claimed = await doctors.post("Observation/$validate", claiming)
    assert ("warning", "not-supported", "$this") in issues(claimed)
    assert not issues(claimed, "error")


async def test_the_type_and_the_id_must_be_those_of_the_address(doctors, ward):
    body = make.observation(ward.person_id)
    other = await doctors.post("Patient/$validate", body)
    assert ("error", "structure", "resourceType") in issues(other)
    given = parameters(body, mode="update")
    found = issues(await doctors.post("Observation/1/$validate", given))
    assert ("error", "value", "Observation.id") in found
    assert not issues(await doctors.post(f"Observation/{body['id']}/$validate", given), "error")


async def test_what_is_stored_is_looked_at_only_through_its_door(doctors, program, ward, elsewhere):
    body = make.observation(ward.person_id)
    await ward.publish(body)
    address = f"Observation/{body['id']}/$validate"
    assert not issues(await doctors.post(address, parameters(mode="profile")), "error")
    weight = parameters(profile=f"{PROFILES}bodyweight")
    assert ("error", "required", "Observation.category") in issues(
        await doctors.post(address, weight)
    )
    strangers = await program(elsewhere.doctor)
    assert (await strangers.post(address, parameters(mode="profile"))).status_code == 404


async def test_a_member_that_stands_twice_and_what_is_no_json_are_refused(doctors):
    for text in ('{"resourceType":"Basic","id":"1","id":"2"}', "{", "[]", '"x"', "null", "\xff"):
        headers = {"content-type": "application/fhir+json"}
        answer = await doctors.http.post(
            f"{BASE}/Basic/$validate", content=text.encode("latin-1"), headers=headers
        )
        assert answer.status_code == 400
        assert answer.json()["resourceType"] == "OperationOutcome"


async def test_what_is_not_done_is_said(doctors, ward):
    body = make.observation(ward.person_id)
    for address, given, status in (
        ("Observation/$validate", parameters(body, mode="delete"), 400),
        ("Observation/$validate", parameters(mode="create"), 400),
        ("Nothing/$validate", body, 404),
        ("Observation/$validate?" + "&".join(["profile=http://x"] * 11), body, 400),
    ):
        answer = await doctors.post(address, given)
        assert answer.status_code == status, answer.text
        assert answer.json()["resourceType"] == "OperationOutcome"


async def test_nobody_validates_without_being_signed_in(program):
    nobody = await program(None)
    assert (await nobody.post("Basic/$validate", {})).status_code == 401
