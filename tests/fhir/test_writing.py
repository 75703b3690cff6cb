"""Create, update and delete as software does them, and what of it is refused."""

import asyncio

import pytest

from lianyi.access import queries as readers
from lianyi.access.fhir import audit_event
from lianyi.access.model import Purpose
from lianyi.people.model import DOCTOR
from lianyi.records.rules import validity
from tests.apps import Program
from tests.fhir.conftest import BASE
from tests.records import make

TREATING = "lianyi/purpose.treat"
SOURCE = f"system/*.cruds {TREATING} lianyi/source"


@pytest.fixture
def firm(ward):
    return Program(ward.place)


@pytest.fixture
async def clinic(firm, program, ward):
    """An app in the hands of the doctor who treats the patient."""
    await firm.approved("user/*.cruds")
    return await program(firm.hat(ward.doctor, "user/*.cruds"))


@pytest.fixture
async def own(firm, program, ward):
    """An app in the patient's own hands."""
    await firm.approved("patient/*.cruds", Purpose.OWN)
    await firm.permitted(ward.patient, "patient/*.cruds")
    return await program(firm.hat(ward.patient, "patient/*.cruds"))


@pytest.fixture
async def service(ward, program):
    firm = Program(ward.place)
    approval = await firm.approved("system/*.cruds")
    return await program(firm.service(approval, f"system/*.cruds {TREATING}"))


@pytest.fixture
async def source(ward, program):
    """The hospital's own system of record."""
    firm = Program(ward.place)
    approval = await firm.approved("system/*.cruds lianyi/source")
    return await program(firm.service(approval, SOURCE))


def without_id(body):
    return {name: value for name, value in body.items() if name != "id"}


def without_meta(body):
    return {name: value for name, value in body.items() if name != "meta"}


async def test_what_is_created_has_an_id_a_version_and_an_address(clinic, ward):
    body = make.observation(ward.person_id)
    answer = await clinic.post("Observation", {**body, "meta": {"versionId": "7"}})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["id"] != body["id"]
    assert made["meta"]["versionId"] == "1"
    assert answer.headers["location"] == f"{BASE}/Observation/{made['id']}/_history/1"
    assert answer.headers["etag"] == 'W/"1"'
    assert (await clinic.get(f"Observation/{made['id']}")).json() == made
    assert await clinic.found("Observation?code=8480-6") == [made["id"]]


async def created(app, body, **more):
    answer = await app.post(body["resourceType"], body, **more)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def issue(answer):
    return answer.json()["issue"][0]


async def test_a_session_of_the_pages_writes_nothing(doctors, patients, ward):
    """EMR-06: it would go round signatures and second verifiers."""
    body = make.condition(ward.person_id)
    for program in (doctors, patients):
        for answer in (
            await program.post("Condition", body),
            await program.put(f"Condition/{body['id']}", body),
            await program.delete(f"Condition/{body['id']}"),
        ):
            assert answer.status_code == 403
            assert "会话" in issue(answer)["diagnostics"]


async def test_a_change_names_the_version_it_is_made_from(clinic, ward, clock):
    """INT-08"""
    first = await created(clinic, make.condition(ward.person_id))
    path = f"Condition/{first['id']}"
    clock.forward(minutes=1)
    changed = {**without_meta(first), "recordedDate": "2029-03-02"}
    assert (await clinic.put(path, changed)).status_code == 428
    stale = await clinic.put(path, changed, headers={"if-match": 'W/"2"'})
    assert stale.status_code == 412
    answer = await clinic.put(path, changed, headers={"if-match": 'W/"1"'})
    assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"2"')
    assert (await clinic.get(path)).json()["recordedDate"] == "2029-03-02"
    again = await clinic.put(path, answer.json())  # nothing changes, so nothing can be lost
    assert (again.status_code, again.headers["etag"]) == (200, 'W/"2"')
    assert (await clinic.get(f"{path}/_history/1")).json()["recordedDate"] == "2029-03-01"


async def test_a_body_that_still_says_what_was_read_names_its_version_too(clinic, ward):
    """INT-08: for software that knows of no If-Match."""
    read = await created(clinic, make.condition(ward.person_id))
    path = f"Condition/{read['id']}"
    first, second = ({**read, "recordedDate": day} for day in ("2029-03-02", "2029-03-03"))
    assert (await clinic.put(path, first)).status_code == 200
    assert (await clinic.put(path, second)).status_code == 412
    assert (await clinic.put(path, second, headers={"if-match": 'W/"2"'})).status_code == 200


async def test_a_resource_is_created_under_the_softwares_own_id(clinic, ward):
    body = {**make.condition(ward.person_id), "id": f"his-{ward.person_id.int % 10**9}"}
    path = f"Condition/{body['id']}"
    assert (await clinic.put(path, body, headers={"if-match": 'W/"1"'})).status_code == 412
    only_new = {"if-none-match": "*"}
    assert (await clinic.put(path, body, headers=only_new)).status_code == 201
    assert (await clinic.put(path, body, headers=only_new)).status_code == 412
    assert (await clinic.get(path)).json()["id"] == body["id"]


async def test_nobody_takes_an_id_that_this_network_may_draw(clinic, app, ward):
    """EMR-06: or a note could be there before its visit is."""
    for id in (str(app.ids.new(app.clock())), f"{app.ids.new(app.clock())}-1"):
        body = {**make.condition(ward.person_id), "id": id}
        answer = await clinic.put(f"Condition/{id}", body)
        assert (answer.status_code, issue(answer)["code"]) == (404, "not-found")


async def test_what_is_deleted_is_gone_and_its_history_stays(clinic, ward, clock):
    """EMR-04"""
    made = await created(clinic, make.condition(ward.person_id))
    path = f"Condition/{made['id']}"
    clock.forward(minutes=1)
    assert (await clinic.delete(path, headers={"if-match": 'W/"3"'})).status_code == 412
    answer = await clinic.delete(path)
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (204, b"", 'W/"2"')
    gone = await clinic.get(path)
    assert (gone.status_code, issue(gone)["code"]) == (410, "deleted")
    assert await clinic.found("Condition?code=I10") == []
    assert (await clinic.get(f"{path}/_history/1")).json()["code"] == made["code"]
    assert (await clinic.get(f"{path}/_history/2")).status_code == 410
    assert (await clinic.delete(path)).status_code == 204
    history = await clinic.bundle(f"{path}/_history")
    told = [(e["request"]["method"], "resource" in e) for e in history["entry"]]
    assert told == [("DELETE", False), ("POST", True)]
    assert (
        len(await ward.place.rows("SELECT FROM records.version WHERE fhir_id = $1", made["id"]))
        == 2
    )
    clock.forward(minutes=1)
    back = await clinic.put(path, made)
    assert (back.status_code, back.headers["etag"]) == (201, 'W/"3"')
    assert await clinic.found("Condition?code=I10") == [made["id"]]


async def test_a_person_sees_nothing_any_more_of_what_was_taken_back(clinic, patients, ward):
    made = await created(clinic, make.condition(ward.person_id))
    assert (await patients.get(f"Condition/{made['id']}")).status_code == 200
    await clinic.delete(f"Condition/{made['id']}")
    assert (await patients.get(f"Condition/{made['id']}")).status_code == 410
    assert await patients.found("Condition") == []


async def test_what_was_entered_in_error_can_still_be_read(clinic, ward):
    made = await created(clinic, make.observation(ward.person_id))
    wrong = {**made, "status": "entered-in-error"}
    path = f"Observation/{made['id']}"
    assert (await clinic.put(path, wrong, headers={"if-match": 'W/"1"'})).status_code == 200
    assert (await clinic.get(path)).json()["status"] == "entered-in-error"
    assert await clinic.found("Observation") == []


async def test_another_hospitals_resource_is_not_there_to_be_changed(
    program, clinic, ward, elsewhere
):
    """INT-07, EMR-09: a taken id is answered like one that can't be had."""
    firm = Program(elsewhere.place)
    await firm.approved("user/*.cruds")
    theirs = await program(firm.hat(elsewhere.doctor, "user/*.cruds"))
    body = {**make.condition(ward.person_id), "id": f"e-{ward.person_id.int % 10**9}"}
    path = f"Condition/{body['id']}"
    assert (await theirs.put(path, body)).status_code == 201
    mine = {**body, "recordedDate": "2029-04-01"}
    taken = [
        await clinic.put(path, mine),
        await clinic.put(path, mine, headers={"if-match": 'W/"1"'}),
        await clinic.put(path, mine, headers={"if-match": 'W/"2"'}),
        await clinic.delete(path),
    ]
    never = str(ward.place.app.ids.new(ward.place.app.clock()))
    taken.append(await clinic.put(f"Condition/{never}", {**mine, "id": never}))
    assert {answer.status_code for answer in taken} == {404}
    assert len({answer.text for answer in taken}) == 1
    assert (await theirs.get(path)).json()["meta"]["versionId"] == "1"


async def test_what_this_networks_own_acts_wrote_is_not_changed_from_outside(clinic, source, ward):
    """EMR-09"""
    body = make.condition(ward.person_id)
    await ward.publish(body)
    path = f"Condition/{body['id']}"
    for app in (clinic, source):
        put = await app.put(path, {**body, "recordedDate": "2029-05-01"}, headers={"if-match": "1"})
        for answer in (put, await app.delete(path)):
            assert answer.status_code == 403
            assert "平台的业务" in issue(answer)["diagnostics"]


async def test_who_is_no_patient_here_is_answered_as_if_they_did_not_exist(clinic, ward):
    """INT-07"""
    stranger = await ward.place.resident()
    nobody = ward.place.app.ids.new(ward.place.app.clock())
    answers = []
    for person_id in (stranger.person_id, nobody):
        answer = await clinic.post("Condition", make.condition(person_id))
        assert (answer.status_code, issue(answer)["code"]) == (422, "not-found")
        answers.append(answer.text.replace(str(person_id), "…"))
    assert len(set(answers)) == 1
    told = await ward.place.rows(
        "SELECT granted, what FROM access.log WHERE $1 = ANY (person_ids)", stranger.person_id
    )
    assert told == [(False, "fhir_create")]


async def test_a_resource_is_of_one_person(clinic, ward):
    """EMR-03, EMR-18: what is about one patient names no other, and never becomes another's."""
    other = await ward.place.patient(DOCTOR)
    made = await created(clinic, make.observation(ward.person_id))
    mixed = {
        **make.observation(ward.person_id),
        "performer": [{"reference": f"Patient/{other.person_id}"}],
    }
    assert (await clinic.post("Observation", mixed)).status_code == 422
    moved = {**made, "subject": {"reference": f"Patient/{other.person_id}"}}
    answer = await clinic.put(f"Observation/{made['id']}", moved, headers={"if-match": "1"})
    assert answer.status_code == 409
    nobodys = {name: held for name, held in made.items() if name != "subject"}
    answer = await clinic.post("Observation", nobodys)
    assert answer.status_code == 400
    assert issue(answer)["expression"] == ["Observation"]


async def test_every_writing_is_told_to_the_person(clinic, ward):
    """EMR-04, INT-06"""
    made = await created(clinic, make.condition(ward.person_id))
    path = f"Condition/{made['id']}"
    await clinic.put(path, {**made, "recordedDate": "2029-03-02"})
    await clinic.delete(path)
    told = await ward.place.rows(
        "SELECT reader_id, granted, what FROM access.log WHERE $1 = ANY (person_ids) ORDER BY seq",
        ward.person_id,
    )
    whats = ("fhir_create", "fhir_update", "fhir_delete")
    assert told == [(ward.doctor.person_id, True, what) for what in whats]
    readings = await ward.see_own(readers.readings)
    events = [audit_event(one, ward.person_id) for one in readings]
    assert [event["action"] for event in events] == ["D", "U", "C"]


async def test_a_version_keeps_by_whom_and_by_which_app(clinic, firm, ward):
    """EMR-04"""
    made = await created(clinic, make.condition(ward.person_id))
    rows = await ward.place.rows(
        "SELECT post_id, app_id FROM records.version WHERE fhir_id = $1", made["id"]
    )
    assert rows == [(ward.doctor.post_id, firm.app_id)]


async def test_a_residents_app_writes_what_a_person_can_know_as_their_own(
    own, clinic, patients, ward
):
    """PRI-09: it is the person's, no institution's."""
    made = await created(own, make.observation(ward.person_id, 61, code="8867-4"))
    assert (await patients.get(f"Observation/{made['id']}")).status_code == 200
    assert (await clinic.get(f"Observation/{made['id']}")).status_code == 404
    refused = await own.post("AllergyIntolerance", make.allergy(ward.person_id))
    assert refused.status_code == 403
    stranger = await ward.place.resident()
    answer = await own.post("Observation", make.observation(stranger.person_id))
    assert answer.status_code == 422


async def test_an_institutions_own_system_brings_its_history_with_a_proof(source, service, ward):
    """INT-06: who brought which version, for which institution."""
    body = make.order(ward.person_id)
    refused = await service.post("MedicationRequest", body)
    assert refused.status_code == 403
    assert "签名" in issue(refused)["diagnostics"]
    made = await created(source, body)
    found = await source.bundle(f"Provenance?target=MedicationRequest/{made['id']}")
    (proof,) = (entry["resource"] for entry in found["entry"])
    assert validity.findings(proof) == ()
    assert proof["target"] == [{"reference": f"MedicationRequest/{made['id']}/_history/1"}]
    (agent,) = proof["agent"]
    rows = await ward.place.rows(
        "SELECT app_id::text FROM records.resource WHERE fhir_id = $1", made["id"]
    )
    assert rows == [(agent["who"]["identifier"]["value"],)]
    assert agent["onBehalfOf"]["reference"] == f"Organization/{ward.place.id}"
    path = f"Provenance/{proof['id']}"
    assert (await source.put(path, proof, headers={"if-match": "1"})).status_code == 403


async def test_what_belongs_to_no_person_is_the_institutions(service, elsewhere, program, clinic):
    body = {"resourceType": "Questionnaire", "status": "active", "title": "随访问卷"}
    made = await created(service, body)
    assert (await service.get(f"Questionnaire/{made['id']}")).json()["title"] == "随访问卷"
    assert await service.found("Questionnaire?status=active") == [made["id"]]
    firm = Program(elsewhere.place)
    approval = await firm.approved("system/*.cruds")
    others = await program(firm.service(approval, f"system/*.cruds {TREATING}"))
    assert (await others.get(f"Questionnaire/{made['id']}")).status_code == 404
    assert await others.found("Questionnaire?status=active") == []
    assert (await others.delete(f"Questionnaire/{made['id']}")).status_code == 404
    assert (await clinic.post("Questionnaire", body)).status_code == 403


async def test_an_app_writes_no_more_than_its_scopes_permit(firm, program, ward):
    """INT-04"""
    scopes = "user/Condition.cr user/Observation.crus?code=http://loinc.org|8480-6"
    await firm.approved(scopes)
    app = await program(firm.hat(ward.doctor, scopes))
    made = await created(app, make.condition(ward.person_id))
    path = f"Condition/{made['id']}"
    assert (await app.put(path, {**made, "recordedDate": "2029"})).status_code == 403
    assert (await app.delete(path)).status_code == 403
    assert (await app.post("Procedure", {"resourceType": "Procedure"})).status_code == 403
    await created(app, make.observation(ward.person_id))
    other = make.observation(ward.person_id, code="8462-4")
    assert (await app.post("Observation", other)).status_code == 403
    by_id = {**make.condition(ward.person_id), "id": "mine"}
    assert (await app.put("Condition/mine", by_id)).status_code == 403


async def test_a_result_reaches_the_person_when_it_is_final_and_plain(source, patients, ward):
    """IDN-11"""
    high = [
        make.concept("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "HH")
    ]
    for body, seen in (
        (make.observation(ward.person_id), 200),
        ({**make.observation(ward.person_id), "status": "preliminary"}, 404),
        (make.observation(ward.person_id, interpretation=high), 404),
        (make.observation(ward.person_id, code="7917-8"), 404),
    ):
        made = await created(source, body)
        path = f"Observation/{made['id']}"
        assert (await patients.get(path)).status_code == seen
        if seen == 404 and body["code"]["coding"][0]["code"] == "8480-6":
            tag = {"tag": [{"system": "urn:lianyi:release", "code": "released"}]}
            told = await source.put(path, {**made, "meta": tag}, headers={"if-match": "1"})
            assert told.status_code == 200
            assert (await patients.get(path)).status_code == 200
    rows = await ward.place.rows(
        "SELECT classes FROM records.resource WHERE owner = $1 AND body LIKE '%7917-8%'",
        ward.person_id,
    )
    assert rows == [(["infection"],)]


async def test_what_is_not_fhir_is_refused_with_each_place(clinic, ward):
    body = {**make.observation(ward.person_id), "status": "done", "colour": "red"}
    answer = await clinic.post("Observation", body)
    assert answer.status_code == 400
    assert ["Observation.status"] in [one["expression"] for one in answer.json()["issue"]]


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        ('{"resourceType": "Observation",\n "id": }', "application/fhir+json", 400, "structure"),
        ('{"status": "final", "status": "amended"}', "application/json", 400, "structure"),
        ('{"status": "", "status": "\\u003a"}', "application/json", 400, "structure"),
        ('["Observation"]', "application/fhir+json", 400, "structure"),
        ('{"a": NaN}', "application/fhir+json", 400, "structure"),
        ('{"a": "\\ud800"}', "application/fhir+json", 400, "structure"),
        ("[" * 100_000, "application/fhir+json", 400, "structure"),
        (b"\xff\xfe", "application/fhir+json", 400, "structure"),
        ("<Observation/>", "application/fhir+xml", 415, "not-supported"),
        ("a=b", "application/x-www-form-urlencoded", 415, "not-supported"),
        (" " * (10 * 1024 * 1024 + 1), "application/fhir+json", 413, "too-long"),
        ('{"resourceType": "Condition"}', "application/fhir+json", 400, "invalid"),
    ],
)
async def test_a_body_that_can_not_be_read_in_one_way_is_refused(
    clinic, content, kind, status, code
):
    headers = {"content-type": kind}
    answer = await clinic.http.post(f"{BASE}/Observation", content=content, headers=headers)
    assert (answer.status_code, issue(answer)["code"]) == (status, code), answer.text


async def test_the_place_of_a_mistake_in_json_is_told(clinic):
    headers = {"content-type": "application/fhir+json", "accept-language": "en"}
    content = '{"resourceType": "Observation",\n "id": }'
    answer = await clinic.http.post(f"{BASE}/Observation", content=content, headers=headers)
    assert "line 2, column 8" in issue(answer)["diagnostics"]


async def test_address_and_body_agree(clinic, ward):
    body = make.condition(ward.person_id)
    assert (await clinic.put("Condition/other", body)).status_code == 400
    assert (await clinic.put(f"Observation/{body['id']}", body)).status_code == 400
    assert (await clinic.put("Condition/a_b", {**body, "id": "a_b"})).status_code == 404
    assert (await clinic.post("Spell", {"resourceType": "Spell"})).status_code == 404


@pytest.mark.parametrize(
    ("prefer", "type"),
    [("minimal", None), ("representation", "Condition"), ("OperationOutcome", "OperationOutcome")],
)
async def test_the_answer_holds_what_is_preferred(clinic, ward, prefer, type):
    headers = {"prefer": f"return={prefer}"}
    answer = await clinic.post("Condition", make.condition(ward.person_id), headers=headers)
    assert answer.status_code == 201
    assert (answer.json()["resourceType"] if answer.content else None) == type
    assert answer.headers["location"]


async def test_a_repeated_request_gets_the_first_answer(clinic, ward):
    body, key = make.condition(ward.person_id), {"idempotency-key": str(ward.person_id)}
    first = await clinic.post("Condition", body, headers=key)
    again = await clinic.post("Condition", body, headers=key)
    assert (first.status_code, first.text) == (again.status_code, again.text)
    assert len(await clinic.found("Condition")) == 1
    other = await clinic.post("Condition", {**body, "recordedDate": "2028"}, headers=key)
    assert other.status_code == 409


async def test_a_condition_creates_only_what_is_not_there(clinic, ward):
    named = {"identifier": [{"system": "urn:lis", "value": f"{ward.person_id}"}]}
    body = {**make.observation(ward.person_id), **named}
    asked = {"if-none-exist": f"identifier=urn:lis|{ward.person_id}"}
    first = await clinic.post("Observation", body, headers=asked)
    again = await clinic.post("Observation", body, headers=asked)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    await created(clinic, body)
    assert (await clinic.post("Observation", body, headers=asked)).status_code == 412
    for nothing in ("", "nonsense=1"):
        answer = await clinic.post("Observation", body, headers={"if-none-exist": nothing})
        assert answer.status_code == 400


async def test_a_condition_finds_what_is_updated_and_what_is_deleted(clinic, ward):
    named = {"identifier": [{"system": "urn:lis", "value": f"{ward.person_id}"}]}
    body = without_id({**make.observation(ward.person_id), **named})
    path = f"Observation?identifier=urn:lis|{ward.person_id}"
    first = await clinic.put(path, body)
    assert first.status_code == 201
    changed = {**body, "valueQuantity": {"value": 140, "unit": "mmHg"}}
    assert (await clinic.put(path, changed)).status_code == 428
    second = await clinic.put(path, changed, headers={"if-match": 'W/"1"'})
    assert (second.status_code, second.json()["id"]) == (200, first.json()["id"])
    wrong = await clinic.put(path, {**body, "id": "other"}, headers={"if-match": 'W/"2"'})
    assert wrong.status_code == 400
    twin = await created(clinic, body)
    assert (await clinic.delete(path)).status_code == 412
    assert (await clinic.delete(f"Observation/{twin['id']}")).status_code == 204
    assert (await clinic.delete(path)).status_code == 204
    assert (await clinic.delete(path)).status_code == 204
    assert (await clinic.delete("Observation")).status_code == 400
    assert (await clinic.get(f"Observation/{twin['id']}")).status_code == 410


async def test_twenty_who_create_the_same_on_a_condition_create_one(clinic, ward):
    named = {"identifier": [{"system": "urn:lis", "value": f"{ward.person_id}"}]}
    body = {**make.observation(ward.person_id), **named}
    asked = {"if-none-exist": f"identifier=urn:lis|{ward.person_id}"}
    answers = await asyncio.gather(
        *(clinic.post("Observation", body, headers=asked) for _ in range(20))
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1


CREATED = """SELECT r.fhir_id, r.version, r.recorded_at, v.at, v.body = r.body, r.xmin::text
             FROM records.resource r JOIN records.version v USING (type, fhir_id)
             WHERE r.type = 'Observation' AND r.fhir_id = ANY ($1)"""
TOLD = """SELECT count(*) FROM access.log WHERE $1 = ANY (person_ids) AND what = 'fhir_create'
            AND granted"""


async def test_twenty_who_create_at_the_same_moment_create_each_their_own(clinic, ward):
    """EMR-05: whole and told once each, though they share statements."""
    await created(clinic, make.observation(ward.person_id, 1))
    bodies = [make.observation(ward.person_id, 100 + n) for n in range(20)]
    bodies[7]["status"] = "nonsense"
    told = await ward.place.rows(TOLD, ward.person_id)
    answers = await asyncio.gather(*(clinic.post("Observation", body) for body in bodies))
    assert [answer.status_code for answer in answers] == [201] * 7 + [400] + [201] * 12
    made = [answer.json() for answer in answers if answer.status_code == 201]
    values = [one["valueQuantity"]["value"] for one in made]
    assert values == [100 + n for n in range(20) if n != 7]
    rows = await ward.place.rows(CREATED, [one["id"] for one in made])
    assert len(rows) == 19
    assert all(version == 1 and at == past and same for _, version, at, past, same, _ in rows)
    assert len({row[-1] for row in rows}) < 19  # transactions
    assert await ward.place.rows(TOLD, ward.person_id) == [(told[0][0] + 19,)]
    for one in made[:3]:
        found = await clinic.get(f"Observation?_id={one['id']}&code=http://loinc.org|8480-6")
        assert found.json()["entry"][0]["resource"] == one


async def test_of_twenty_who_change_the_same_version_one_wins(clinic, ward):
    """INT-08"""
    made = await created(clinic, make.condition(ward.person_id))
    given = [{**made, "recordedDate": f"2029-04-{day:02}"} for day in range(1, 21)]
    path = f"Condition/{made['id']}"
    answers = await asyncio.gather(
        *(clinic.put(path, body, headers={"if-match": 'W/"1"'}) for body in given)
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 19
    (won,) = (answer.json() for answer in answers if answer.status_code == 200)
    assert (await clinic.get(path)).json() == won


async def test_of_twenty_who_take_a_free_id_one_gets_it(clinic, ward):
    id = f"race-{ward.person_id.int % 10**9}"
    given = [
        {**make.condition(ward.person_id, at=f"2029-04-{d:02}"), "id": id} for d in range(1, 21)
    ]
    answers = await asyncio.gather(*(clinic.put(f"Condition/{id}", body) for body in given))
    told = sorted(answer.status_code for answer in answers)
    assert told[0] == 201
    assert set(told[1:]) <= {412, 428}


async def test_what_another_person_brought_with_the_same_app_is_not_there(own, firm, program, ward):
    """INT-07: whose it is isn't told either."""
    made = await created(own, make.observation(ward.person_id))
    other = await ward.place.resident()
    await firm.permitted(other, "patient/*.cruds")
    theirs = await program(firm.hat(other, "patient/*.cruds"))
    path = f"Observation/{made['id']}"
    mine = {**made, "subject": {"reference": f"Patient/{other.person_id}"}}
    for answer in (await theirs.delete(path), await theirs.put(path, mine)):
        assert answer.status_code == 404
        assert str(ward.person_id) not in answer.text
    assert (await own.get(path)).json() == made


async def test_who_treats_somebody_no_more_changes_nothing_of_theirs(clinic, ward):
    """INT-07"""
    made = await created(clinic, make.condition(ward.person_id))
    path = f"Condition/{made['id']}"
    await ward.place.app.pool.execute(
        "UPDATE access.relation SET ended_at = opened_at WHERE person_id = $1", ward.person_id
    )
    gone = await clinic.delete(path)
    assert gone.status_code == 404
    assert str(ward.person_id) not in gone.text
    assert (await clinic.delete("Condition/none")).text == gone.text


async def test_who_treats_somebody_no_more_creates_nothing_of_theirs(clinic, ward):
    """PRI-26, EMR-05: also who has just created something, which the door is remembered for."""
    for _ in range(2):
        await created(clinic, make.condition(ward.person_id))
    await ward.place.app.pool.execute(
        "UPDATE access.relation SET ended_at = opened_at WHERE person_id = $1", ward.person_id
    )
    refused = await clinic.post("Condition", make.condition(ward.person_id))
    assert (refused.status_code, issue(refused)["code"]) == (422, "not-found")
    stored = await ward.place.rows(
        "SELECT count(*) FROM records.resource WHERE owner = $1", ward.person_id
    )
    told = await ward.place.rows(
        "SELECT granted FROM access.log WHERE $1 = ANY (person_ids) AND what = 'fhir_create'"
        " ORDER BY seq",
        ward.person_id,
    )
    assert (stored, told) == ([(2,)], [(True,), (True,), (False,)])


async def test_what_a_created_body_asks_for_is_told_as_well(clinic, ward):
    """EMR-05: to find out whom a reference means is a look of its own, also after many creates."""
    key = f"c{ward.person_id}"
    condition = make.condition(ward.person_id)
    await created(clinic, {**condition, "identifier": [{"system": "urn:his", "value": key}]})
    asking = {
        **make.observation(ward.person_id),
        "focus": [{"reference": f"Condition?identifier=urn:his|{key}"}],
    }
    made = await created(clinic, asking)
    assert made["focus"][0]["reference"].startswith("Condition/")
    told = await ward.place.rows(
        "SELECT what FROM access.log WHERE $1 = ANY (person_ids) AND granted ORDER BY seq",
        ward.person_id,
    )
    assert sorted(told) == [("fhir",), ("fhir_create",), ("fhir_create",)]


async def test_an_app_changes_only_the_part_its_scopes_leave(firm, program, clinic, ward):
    """INT-04: what was there counts, not only what is to be there."""
    narrow = "user/Observation.ruds?code=http://loinc.org|8462-4 user/Observation.c"
    made = await created(clinic, make.observation(ward.person_id))
    app = await program(firm.hat(ward.doctor, narrow))
    path = f"Observation/{made['id']}"
    changed = {**made, "code": make.concept(make.LOINC, "8462-4")}
    assert (await app.put(path, changed)).status_code == 404
    assert (await app.delete(path)).status_code == 404
    own = await created(app, make.observation(ward.person_id, code="8462-4"))
    assert (await app.delete(f"Observation/{own['id']}")).status_code == 204
