"""`Patient/$match`: whom a description may mean, among those the reader may find anyway."""

import pytest

from lianyi.people.model import CLERK, DOCTOR
from lianyi.records import service as records
from lianyi.records.fhir import matching
from tests.fhir.test_writing import firm, issue
from tests.place import Place

__all__ = ["firm"]
NUMBER = {"system": "urn:own:card", "value": "K-7,1"}
MASKED = {"system": matching.MASKED, "value": "110***********1234"}
WANG = {"resourceType": "Patient", "name": [{"text": "王秀英"}]}
BORN, OTHER = {"birthDate": "1958-03-12"}, {"birthDate": "1960-01-01"}


def asking(body, **more):
    kinds = {bool: "valueBoolean", int: "valueInteger"}
    others = [{"name": name, kinds[type(value)]: value} for name, value in more.items()]
    given = [{"name": "resource", "resource": body}, *others]
    return {"resourceType": "Parameters", "parameter": given}


async def matched(program, body, **more):
    answer = await program.post("Patient/$match", asking(body, **more))
    assert answer.status_code == 200, answer.text
    assert not [one for one in records.examine(answer.text) if one.severity == "error"]
    return [
        (one["resource"]["id"], one["search"]["extension"][0]["valueCode"])
        for one in answer.json().get("entry", ())
    ]


@pytest.fixture
async def known(ward):
    """The ward's patient and a namesake, both treated here."""
    namesake = await ward.place.patient(DOCTOR)
    first = {**WANG, **BORN, "id": str(ward.person_id), "identifier": [NUMBER, MASKED]}
    other = {**WANG, **OTHER, "id": str(namesake.person_id), "identifier": [MASKED]}
    await ward.publish(first)
    await ward.publish(other, owner=namesake.person_id)
    return first["id"], other["id"]


async def test_who_is_meant_is_told_by_how_sure_it_is(doctors, known):
    first, other = known
    assert await matched(doctors, {**WANG, "identifier": [NUMBER]}) == [
        (first, "certain"),
        (other, "possible"),
    ]
    assert await matched(doctors, {**WANG, **BORN}) == [(first, "probable")]
    assert {*await matched(doctors, WANG)} == {(first, "possible"), (other, "possible")}
    assert len(await matched(doctors, WANG, count=1)) == 1
    assert await matched(doctors, {**WANG, "name": [{"text": "王秀"}]}) == []
    parts = {**WANG, "name": [{"family": "王", "given": ["秀英"]}], **OTHER}
    assert await matched(doctors, parts) == [(other, "probable")]
    assert await matched(doctors, {**WANG, **BORN}, onlyCertainMatches=True) == []
    number = {"resourceType": "Patient", "identifier": [NUMBER]}
    assert await matched(doctors, number, onlyCertainMatches=True) == [(first, "certain")]
    assert await matched(doctors, {**number, **OTHER}) == []  # somebody took the wrong card


async def test_nobody_is_found_behind_a_closed_door(program, patients, ward, known, firm):
    """INT-07: not by an exact number either, and nothing says that there is somebody."""
    first, _ = known
    asked = {**WANG, **BORN, "identifier": [NUMBER]}
    stranger = await program(await (await Place.found(ward.place.app)).doctor())
    nobody = {"resourceType": "Patient", "identifier": [{**NUMBER, "value": "none"}]}
    hidden, none = [
        (await stranger.post("Patient/$match", asking(body))).json() for body in (asked, nobody)
    ]
    assert hidden == none
    assert await matched(patients, asked) == [(first, "certain")]
    clerk = await program(await ward.place.hat(CLERK))
    assert (await clerk.post("Patient/$match", asking(asked))).status_code == 403
    await firm.approved("user/Observation.rs")
    narrow = await program(firm.hat(ward.doctor, "user/Observation.rs"))
    assert (await narrow.post("Patient/$match", asking(asked))).status_code == 403


async def test_what_describes_nobody_is_refused(doctors, ward):
    for body, code in (
        ({"resourceType": "Patient"}, "invalid"),
        ({"resourceType": "Patient", "identifier": [MASKED]}, "invalid"),
        ({"resourceType": "Basic"}, "invalid"),
        ({**WANG, "colour": "red"}, "structure"),
        ({**WANG, "name": [{"text": "x"}] * 6}, "value"),
    ):
        answer = await doctors.post("Patient/$match", asking(body))
        assert (answer.status_code, issue(answer)["code"]) == (400, code), answer.text
