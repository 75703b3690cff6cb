"""Who has read, as AuditEvents the person may look through (INT-06, CAP-38, EMR-05)."""

import pytest

from lianyi.access.errors import NoSuchPerson
from lianyi.access.model import Purpose
from lianyi.access.service import glasses
from lianyi.people.model import DOCTOR
from lianyi.records import service as records
from tests.apps import Program
from tests.drain import deliver
from tests.fhir.test_writing import issue
from tests.place import Place
from tests.records import make

AUDIT = "AuditEvent"
SCOPES = "patient/AuditEvent.rs patient/Observation.rs"


async def looks(ward, hat=None, purpose=Purpose.TREAT):
    await ward.place.open(hat or ward.doctor, ward.person_id, purpose)


@pytest.fixture
async def read(ward, app, clock):
    """A doctor, a stranger who is refused, and a doctor behind broken glass, in this order."""
    await looks(ward)
    clock.forward(minutes=1)
    other = await (await Place.found(app)).doctor()
    with pytest.raises(NoSuchPerson):
        await looks(ward, other)
    clock.forward(minutes=1)
    await ward.place.do(
        other, glasses.break_glass, person_id=ward.person_id, reason="昏迷，急诊抢救"
    )
    clock.forward(minutes=1)
    await looks(ward, other)
    return other


@pytest.fixture
async def events(patients, read):
    return await entries(patients, AUDIT)


async def entries(program, path):
    return [one["resource"] for one in (await program.bundle(path)).get("entry", ())]


async def test_the_person_is_told_who_looked_what_for_where_and_with_what_outcome(
    events, read, ward
):
    codes = [(one["type"]["code"], one["action"], one["outcome"]) for one in events]
    assert codes == [
        ("110110", "R", "0"),
        ("110127", "E", "0"),
        ("110110", "R", "4"),
        ("110110", "R", "0"),
    ]
    first = events[-1]
    assert first["agent"][0]["who"] == {"reference": f"PractitionerRole/{ward.doctor.post_id}"}
    assert first["source"]["observer"]["reference"] == f"Organization/{ward.place.id}"
    assert first["purposeOfEvent"][0]["coding"][0]["code"] == "TREAT"
    assert first["entity"][0]["what"] == {"reference": f"Patient/{ward.person_id}"}


async def test_every_event_is_sound_and_is_read_by_its_id_and_version(events, patients):
    for one in events:
        answer = await patients.get(f"{AUDIT}/{one['id']}")
        assert (answer.status_code, answer.json()) == (200, one)
        wrong = [each for each in records.examine(answer.text) if each.severity == "error"]
        assert wrong == []
        version = await patients.get(f"{AUDIT}/{one['id']}/_history/1")
        assert version.json() == one
    assert (await patients.get(f"{AUDIT}/{events[0]['id']}/_history/2")).status_code == 404
    assert (await patients.get(f"{AUDIT}/{10**9}")).status_code == 404
    assert (await patients.get(f"{AUDIT}/_history")).status_code == 405


async def test_each_parameter_finds_what_it_means_and_nothing_else(events, read, patients, ward):
    newest, broken, refused, oldest = [one["id"] for one in events]
    doctor, other = ward.doctor.post_id, read.post_id
    at = events[-1]["recorded"]
    for query, found in (
        ("outcome=4", [refused]),
        ("outcome:not=4", [newest, broken, oldest]),
        ("action=E", [broken]),
        ("action=http://hl7.org/fhir/audit-event-action|E", [broken]),
        ("action=urn:x|E", []),
        ("action=R,E", [newest, broken, refused, oldest]),
        ("action=C", []),
        ("type=110127", [broken]),
        ("type=http://dicom.nema.org/resources/ontology/DCM|110110", [newest, refused, oldest]),
        ("type=urn:x|110110", []),
        (f"agent=PractitionerRole/{doctor}", [oldest]),
        (f"agent={other}", [newest, broken, refused]),
        ("agent:identifier=urn:lianyi:app|x", []),
        (f"patient={ward.person_id}", [newest, broken, refused, oldest]),
        (f"entity=Patient/{ward.person_id}&outcome=4", [refused]),
        (f"entity=Patient/{other}", []),
        ("entity-type=1", [newest, broken, refused, oldest]),
        ("entity-type=2", []),
        (f"source=Organization/{ward.place.id}", [oldest]),
        (f"date=eq{at[:19]}%2B00:00", [oldest]),
        (f"date=gt{at[:19]}%2B00:00", [newest, broken, refused]),
        ("date=lt2030-01-07", []),
        ("date=2030-01-07", [newest, broken, refused, oldest]),
        ("date=ne2030-01-07", []),
        ("_lastUpdated=ge2030-01-07", [newest, broken, refused, oldest]),
        (f"_id={oldest},{broken}", [broken, oldest]),
        ("address=10.0.0.1", []),
        ("agent:missing=true", []),
        ("altid:missing=true", [newest, broken, refused, oldest]),
        ("subtype:missing=false", []),
        ("_sort=date", [oldest, refused, broken, newest]),
    ):
        assert await patients.found(f"{AUDIT}?{query}") == found, query
    assert await patients.found(f"Patient/{ward.person_id}/{AUDIT}?outcome=4") == [refused]
    assert (await patients.bundle(f"{AUDIT}?_summary=count&action=R"))["total"] == 3


async def test_pages_follow_one_another_without_a_gap(events, patients):
    shown, url = [], f"{AUDIT}?_count=1"
    while url:
        page = await patients.bundle(url)
        shown += [one["resource"]["id"] for one in page["entry"]]
        links = {one["relation"]: one["url"] for one in page["link"]}
        url = links.get("next", "").partition("/R4/")[2]
    assert shown == [one["id"] for one in events]


@pytest.mark.parametrize(
    "query", ["_has:Provenance:entity:agent=x", "type:text=record", "_sort=agent", "colour=red"]
)
async def test_what_the_log_cannot_be_asked_is_refused_by_name(patients, read, query):
    answer = await patients.get(f"{AUDIT}?{query}")
    assert answer.status_code == 400, answer.text


async def test_what_a_link_leads_to_finds_lines_and_comes_along(events, read, patients, ward, app):
    """An institution, a post, the person: by what they are, and beside the lines they stand in."""
    await deliver(app)  # the directory knows them
    newest, broken, refused, oldest = [one["id"] for one in events]
    here, post = f"Organization/{ward.place.id}", f"PractitionerRole/{ward.doctor.post_id}"
    for query, found in (
        (f"source:Organization._id={ward.place.id}", [oldest]),
        ("source:Organization.name=nobody", []),
        (f"agent:PractitionerRole.practitioner={ward.doctor.person_id}", [oldest]),
        (f"agent:PractitionerRole.practitioner={read.person_id}", [newest, broken, refused]),
        (f"patient:Patient._id={ward.person_id}&outcome=4", [refused]),
    ):
        assert await patients.found(f"{AUDIT}?{query}") == found, query

    async def along(path):
        listed = (await patients.bundle(path))["entry"]
        return {e["fullUrl"].partition("/R4/")[2] for e in listed if e["search"]["mode"] != "match"}

    of_oldest = f"{AUDIT}?_id={oldest}"
    person = f"Patient/{ward.person_id}"
    assert await along(f"{of_oldest}&_include=AuditEvent:source") == {here}
    assert await along(f"{of_oldest}&_include=AuditEvent:agent") == {post}
    assert await along(f"{of_oldest}&_include=AuditEvent:patient") == {person}
    assert await along(f"{of_oldest}&_include=AuditEvent:*") == {here, post, person}
    lines = {f"{AUDIT}/{one}" for one in (newest, broken, refused, oldest)}
    assert await along(f"Patient?_id={ward.person_id}&_revinclude=AuditEvent:patient") == lines
    assert await along(f"{here.replace('/', '?_id=')}&_revinclude=AuditEvent:source") == {
        f"{AUDIT}/{oldest}"
    }


async def test_nobody_else_is_told_who_has_read(events, doctors, program, ward):
    stranger = await program(await ward.place.patient(DOCTOR))
    id = events[0]["id"]
    for other in (doctors, stranger):
        assert (await other.get(f"{AUDIT}/{id}")).status_code == 404
        assert (await other.get(f"{AUDIT}/{id}/_history/1")).status_code == 404
        assert await other.found(f"{AUDIT}?patient={ward.person_id}") == []
        asked = f"Patient?_id={ward.person_id}&_revinclude=AuditEvent:patient"
        assert AUDIT not in (await other.get(asked)).text.partition('"entry"')[2]


async def test_an_app_is_told_within_its_scopes_and_its_own_looks_are_told_too(
    read, program, ward, clock
):
    """INT-04, CAP-38."""
    firm = Program(ward.place)
    await firm.approved(f"{SCOPES} patient/AuditEvent.rs?action=R", Purpose.OWN)
    await firm.permitted(ward.patient, SCOPES)
    app = await program(firm.hat(ward.patient, SCOPES))
    await ward.publish(make.observation(ward.person_id))
    clock.forward(minutes=1)
    assert (await app.get("Observation")).status_code == 200
    mine = await app.found(f"{AUDIT}?agent:identifier=urn:lianyi:app|{firm.app_id}&action=R")
    assert len(mine) == 1
    narrow = await program(firm.hat(ward.patient, "patient/AuditEvent.rs?action=R"))
    for path in (AUDIT, f"{AUDIT}/{mine[0]}"):
        refused = await narrow.get(path)
        assert (refused.status_code, issue(refused)["code"]) == (403, "forbidden")
    beside = await program(
        firm.hat(ward.patient, "patient/AuditEvent.rs?action=R patient/Patient.rs")
    )
    asked = f"Patient?_id={ward.person_id}&_revinclude=AuditEvent:patient"
    assert AUDIT not in (await beside.get(asked)).text.partition('"entry"')[2]
    without = await program(firm.hat(ward.patient, "patient/Observation.rs"))
    assert (await without.get(AUDIT)).status_code == 403


async def test_when_glass_is_shut_again_is_told_as_well(events, patients, clock):
    clock.forward(days=2)
    (over,) = await entries(patients, f"{AUDIT}?type=110138")
    (broken,) = await entries(patients, f"{AUDIT}?type=110127")
    assert over["recorded"] > broken["recorded"]


@pytest.mark.parametrize("prefix", ["eq", "ne", "gt", "le", "sa", "eb", "ap"])
async def test_the_ends_of_the_calendar_are_asked_as_any_day(patients, read, prefix):
    for day in ("0001", "0001-01-01", "9999", "9999-12-31", "9999-12-31T23:59:59-12:00"):
        answer = await patients.get(f"{AUDIT}?date={prefix}{day}")
        assert answer.status_code in {200, 400}, answer.text


LAST = """SELECT role, app_id IS NOT NULL AS by_app, granted, purpose, what, person_ids
          FROM access.log ORDER BY seq DESC LIMIT 1"""
COUNT = "SELECT count(*) FROM access.log"


@pytest.fixture
def refused(app):
    """Tell what the log says of a request that is refused: one line, and that it is one."""

    async def of(asking):
        before = await app.pool.fetchval(COUNT)
        answer = await asking
        assert answer.status_code == 403, answer.text
        assert await app.pool.fetchval(COUNT) == before + 1
        line = await app.pool.fetchrow(LAST)
        assert not line["granted"]
        return line["what"], line["purpose"], line["person_ids"]

    return of


async def app_of(ward, program, scopes):
    firm = Program(ward.place)
    await firm.approved(scopes, Purpose.OWN)
    await firm.permitted(ward.patient, scopes)
    return await program(firm.hat(ward.patient, scopes))


async def test_what_no_scope_permits_is_written_down_with_whom_it_names(
    refused, program, ward, patients
):
    """INT-06, INT-16: also where something had opened before, and is told to the person."""
    own = await app_of(ward, program, "patient/Observation.rs patient/AuditEvent.rs")
    mine = [ward.person_id]
    await own.found("Observation")
    for path in (
        "Condition/1",
        "Condition",
        f"Condition?patient={ward.person_id}",
        f"Patient/{ward.person_id}",
        "Condition/1/_history",
        "Condition/_history",
        f"Patient/{ward.person_id}/$everything",
    ):
        assert await refused(own.get(path)) == ("fhir", "own", mine), path
    assert len(await entries(own, f"{AUDIT}?outcome=4&_count=50")) == 7


async def test_a_staff_app_out_of_its_scopes_is_written_down_too(refused, program, ward):
    """INT-16"""
    firm = Program(ward.place)
    await firm.approved("user/Observation.rs")
    app = await program(firm.hat(ward.doctor, "user/Observation.rs"))
    assert await refused(app.get("Condition")) == ("fhir", "treat", [])
    asked = app.get(f"Condition?subject=Patient/{ward.person_id}")
    assert await refused(asked) == ("fhir", "treat", [ward.person_id])


async def test_who_keeps_no_records_is_written_down(refused, program, ward):
    """INT-16: whoever asks, and with whom they name."""
    clerk = await program(await ward.place.clerk())
    for path, named in (
        ("Condition", []),
        ("Condition/1", []),
        (f"Condition?patient={ward.person_id}", [ward.person_id]),
        (f"Patient/{ward.person_id}", [ward.person_id]),
    ):
        assert await refused(clerk.get(path)) == ("fhir", "receive", named), path


async def test_who_may_not_write_is_written_down_with_whom_the_body_names(
    refused, doctors, program, ward
):
    """INT-16: a session of the pages, a type that is nobody's to write, a scope that is missing."""
    body = make.condition(ward.person_id)
    named = [ward.person_id]
    asked = doctors.post("Condition", body)
    assert await refused(asked) == ("fhir_create", "treat", named)
    firm = Program(ward.place)
    await firm.approved("user/*.rs")
    app = await program(firm.hat(ward.doctor, "user/*.rs"))
    assert await refused(app.post("Condition", body)) == ("fhir_create", "treat", named)
    asked = app.put(f"Condition/{body['id']}", body)
    assert await refused(asked) == ("fhir_update", "treat", named)
    asked = app.delete(f"Condition/{body['id']}")
    assert await refused(asked) == ("fhir_delete", "treat", [])
    claim = make.body("Claim", ward.person_id, "patient", status="active")
    assert await refused(app.post("Claim", claim)) == ("fhir_create", "treat", named)


async def test_what_a_look_ahead_refuses_is_written_down_by_the_verb(refused, program, ward):
    """INT-16: a door that has opened before is no way round the log."""
    own = await app_of(ward, program, "patient/Observation.crs")
    body = make.observation(ward.person_id)
    for _ in range(2):
        assert (await own.post("Observation", body)).status_code == 201
    asked = own.post("QuestionnaireResponse", {"resourceType": "QuestionnaireResponse"})
    assert await refused(asked) == ("fhir_create", "own", [ward.person_id])
