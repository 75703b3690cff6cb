"""`$meta` and its changes, and `$document`: through the doors and the road of reads and updates."""

from lianyi.records import service as records
from lianyi.records.model import PUBLIC
from tests.fhir.conftest import BASE
from tests.fhir.test_gathering import name
from tests.fhir.test_writing import clinic, created, firm, issue, own
from tests.records import make

__all__ = ["clinic", "firm", "own"]
TAG = {"system": "urn:x", "code": "study"}
LABEL = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}


def marks(**given):
    return {"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": given}]}


def meta(answer):
    assert answer.status_code == 200, answer.text
    assert not [one for one in records.examine(answer.text) if one.severity == "error"]
    (told,) = answer.json()["parameter"]
    assert told["name"] == "return"
    return told["valueMeta"]


async def test_marks_are_added_and_taken_away_and_the_version_moves(clinic, ward):
    path = name(await created(clinic, make.condition(ward.person_id)))
    added = await clinic.post(f"{path}/$meta-add", marks(tag=[TAG], security=[LABEL]))
    assert (meta(added)["tag"], added.headers["etag"]) == ([TAG], 'W/"2"')
    again = await clinic.post(f"{path}/$meta-add", marks(tag=[{**TAG, "display": "x"}]))
    assert (meta(again)["tag"], again.headers["etag"]) == ([TAG], 'W/"2"')
    profile = "http://example.org/profile"
    more = await clinic.post(f"{path}/$meta-add", marks(profile=[profile]))
    assert meta(more)["profile"] == [profile]
    assert meta(await clinic.get(f"{path}/$meta")) == meta(more)
    assert len(await clinic.found("Condition?_tag=urn:x|study")) == 1
    gone = await clinic.post(f"{path}/$meta-delete", marks(tag=[TAG], security=[TAG]))
    assert "tag" not in meta(gone)
    assert meta(gone)["security"] == [LABEL]
    assert (await clinic.get(path)).json()["meta"] == meta(gone)
    stale = await clinic.post(f"{path}/$meta-add", marks(tag=[TAG]), headers={"if-match": 'W/"1"'})
    assert stale.status_code == 412


async def test_marks_that_make_no_sense_are_refused(clinic, ward):
    path = name(await created(clinic, make.condition(ward.person_id)))
    for given, status in (
        (marks(tag="x"), 400), (marks(tag=["x"]), 400), (marks(source="x"), 400),
        (marks(tag=[{**TAG, "colour": "red"}]), 400), ({"resourceType": "Parameters"}, 400),
    ):  # fmt: skip
        answer = await clinic.post(f"{path}/$meta-add", given)
        assert answer.status_code == status, answer.text
    assert (await clinic.get(path)).json()["meta"]["versionId"] == "1"


async def test_who_may_not_change_a_resource_does_not_mark_it(
    clinic, own, doctors, program, firm, ward, elsewhere
):
    """EMR-06, EMR-09, INT-07"""
    path = name(await created(clinic, make.condition(ward.person_id)))
    published = make.condition(ward.person_id)
    await ward.publish(published)
    add = marks(tag=[TAG])
    assert (await doctors.post(f"{path}/$meta-add", add)).status_code == 403
    assert (await own.post(f"{path}/$meta-add", add)).status_code == 403
    assert (await clinic.post(f"{name(published)}/$meta-add", add)).status_code == 403
    assert meta(await doctors.get(f"{name(published)}/$meta"))["versionId"] == "1"
    stranger = await program(elsewhere.doctor)
    assert (await stranger.get(f"{path}/$meta")).status_code == 404
    reader = await program(firm.hat(ward.doctor, "user/*.rs"))
    assert (await reader.post(f"{path}/$meta-add", add)).status_code == 403
    assert (await clinic.post("Condition/none/$meta-add", add)).status_code == 404
    assert "tag" not in meta(await clinic.get(f"{path}/$meta"))


async def test_a_document_is_a_composition_with_all_it_refers_to(doctors, program, ward, elsewhere):
    visit, found = make.encounter(ward.person_id), make.observation(ward.person_id)
    author = {"resourceType": "Organization", "id": make.encounter("x")["id"], "name": "某院"}
    letter = make.body(
        "Composition",
        ward.person_id,
        status="final",
        type={"text": "小结"},
        date="2030-01-06",
        title="小结",
        author=[{"reference": name(author)}],
        custodian={"reference": name(author)},
        encounter={"reference": name(visit)},
        section=[{"title": "检验", "entry": [{"reference": name(found)}]}],
    )
    person = {"resourceType": "Patient", "id": str(ward.person_id)}
    await ward.publish(author, owner=PUBLIC)
    await ward.publish(visit, found, letter)
    path = f"{name(letter)}/$document"
    incomplete = await doctors.get(path)
    assert incomplete.status_code == 422
    assert f"Patient/{ward.person_id}" in issue(incomplete)["diagnostics"]
    await ward.publish(person)
    answer = await doctors.get(path)
    assert answer.status_code == 200, answer.text
    assert not [one for one in records.examine(answer.text) if one.severity == "error"]
    told = [one["fullUrl"].removeprefix(f"{BASE}/") for one in answer.json()["entry"]]
    assert told[0] == name(letter)
    assert sorted(told[1:]) == sorted(map(name, (person, visit, found, author)))
    stranger = await program(elsewhere.doctor)
    assert (await stranger.get(path)).status_code == 404
    assert (await doctors.get(f"{path}?persist=true")).status_code == 400
    assert (await doctors.get("Composition/none/$document")).status_code == 404


async def test_a_document_of_which_a_part_is_withheld_is_none(patients, ward):
    """IDN-11"""
    found = make.observation(ward.person_id)
    letter = make.body(
        "Composition",
        ward.person_id,
        status="final",
        type={"text": "小结"},
        date="2030-01-06",
        title="小结",
        author=[{"display": "某院"}],
        section=[{"title": "检验", "entry": [{"reference": name(found)}]}],
    )
    await ward.publish({"resourceType": "Patient", "id": str(ward.person_id)})
    await ward.publish(letter)
    await ward.publish(found, released=False)
    answer = await patients.get(f"{name(letter)}/$document")
    assert answer.status_code == 422
    assert name(found) in issue(answer)["diagnostics"]
