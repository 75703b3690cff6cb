import gzip
import hashlib
import io
import json
import tarfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from lianyi.access import service as access
from lianyi.access.model import ALL_CLASSES, RESIDENT, Mandate, Purpose, Scope
from lianyi.cli.bundles import bundles
from lianyi.cli.imports import Import, NoSuchFile, size_of
from lianyi.journeys import card, permits_desk
from lianyi.kernel.actor import NOWHERE, Actor
from lianyi.people import queries as people
from lianyi.people.model import DOCTOR
from lianyi.people.service import resident_identity
from lianyi.records import queries
from lianyi.records.errors import NotBundles
from lianyi.records.rules import validity
from tests.identity import id_number
from tests.place import Place
from tests.records import make

SYNTHEA = Path(__file__).parents[3] / "shared/data/fhir/synthea.tar.gz"
PERSON = "SELECT owner FROM records.resource WHERE type = 'Patient' AND holder_id = $1"


@pytest.fixture
async def hospital(app):
    return await Place.found(app)


async def run(place, *files):
    institutions = await place.ask(place.office, people.institutions, ids=[place.id])
    with ThreadPoolExecutor(1) as pool:
        return await Import(place.app, institutions[place.id], pool, lambda _: None).of(files)


def counts(report):
    assert report.balanced
    return (report.read, report.stored, report.changed, report.duplicate, report.refused)


def patient(id="p1", **given):
    return {
        "resourceType": "Patient",
        "id": id,
        "name": [{"family": "Conroy", "given": ["Blair"]}],
        "gender": "female",
        "birthDate": "1980-02-29",
        **given,
    }


def reading(subject="Patient/p1", value=138, **given):
    body = make.observation("x", value)
    return {**body, "subject": {"reference": subject}, **given}


def bundle(*resources, **urls):
    entries = [
        {"resource": r, **({"fullUrl": urls[r["id"]]} if r["id"] in urls else {})}
        for r in resources
    ]
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries})


@pytest.fixture
def written(tmp_path):
    """Return a function that writes a file of an import."""

    def write(text, name="bundle.json"):
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        return file

    return write


async def doctors_view(place, query, **given):
    """Read as a doctor of the place whom the one imported person came to see."""
    ((person_id,),) = await place.rows(PERSON, place.id)
    await place.relate(person_id, DOCTOR)
    chart = await place.open(await place.doctor(), person_id, Purpose.TREAT)
    return await place.ask(await place.doctor(), lambda tx: query(tx, chart, **given))


@pytest.mark.skipif(not SYNTHEA.exists(), reason="../shared/data is not here")
async def test_thirty_whole_histories_enter_completely_and_only_once(hospital):
    report = await run(hospital, SYNTHEA)
    assert (report.read, report.refused) == (3980, 0)
    assert counts(report) == (3980, 3962, 0, 18, 0)
    assert counts(await run(hospital, SYNTHEA)) == (3980, 0, 0, 3980, 0)
    assert len(await hospital.rows(PERSON, hospital.id)) == 30


@pytest.mark.skipif(not SYNTHEA.exists(), reason="../shared/data is not here")
async def test_an_import_that_stopped_goes_on(hospital, tmp_path):
    begun = [tmp_path / f"{n}.json" for n in range(3)]
    for file, content in zip(begun, bundles(SYNTHEA, lambda _: None), strict=False):
        file.write_bytes(content)
    before = await run(hospital, *begun)
    report = await run(hospital, SYNTHEA)
    assert report.balanced
    assert report.stored + before.stored == 3962
    assert report.duplicate == before.read + 18 - before.duplicate


async def test_an_imported_person_opens_in_the_hospital_they_come_to(hospital, written):
    await run(hospital, written(bundle(patient(), reading())))
    found = await doctors_view(hospital, queries.measurements, codes=[make.SYSTOLIC])
    (measurement,) = found[make.SYSTOLIC]
    assert (measurement.value, measurement.holder_id) == (138, hospital.id)


async def test_a_person_reads_in_their_log_that_an_institution_brought_their_history(
    hospital, written
):
    """INT-06: files have no reader; whose they are, and what the proof of them says, is told."""
    file = written(bundle(patient(), reading()))
    await run(hospital, file)
    await run(hospital, file)
    ((person_id,),) = await hospital.rows(PERSON, hospital.id)
    own = Mandate(person_id, person_id, person_id, frozenset(Scope), ALL_CLASSES)
    await hospital.do(hospital.office, access.empower, mandate=own)
    resident = Actor(person_id, person_id, NOWHERE, RESIDENT)
    (look,) = (await hospital.ask(resident, permits_desk.readings)).looks
    places = await hospital.ask(hospital.office, people.institutions, ids=[hospital.id])
    assert (look.reading.what, look.reader) == ("import", places[hospital.id].short_name)
    sql = "SELECT body FROM records.resource WHERE type = 'Provenance' AND owner = $1"
    ((body,),) = await hospital.rows(sql, person_id)
    proof = json.loads(body)
    assert validity.findings(proof) == ()
    assert proof["agent"][0]["who"] == {"reference": f"Organization/{hospital.id}"}
    (source,) = proof["entity"]
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert source["what"]["identifier"]["value"] == f"sha256:{digest}"


async def test_a_history_is_its_own_institutions_only(app, hospital, written):
    """EMR-17"""
    file = written(bundle(patient(), reading()))
    other = await Place.found(app)
    assert counts(await run(hospital, file)) == counts(await run(other, file)) == (2, 2, 0, 0, 0)
    ((here,),) = await hospital.rows(PERSON, hospital.id)
    ((there,),) = await hospital.rows(PERSON, other.id)
    assert here != there


async def test_references_by_urn_arrive_at_their_targets(hospital, written):
    urn = "urn:uuid:0b3ed4c6-4b35-4a0e-8a51-0d5d0e6a3a11"
    visit = {**make.encounter("x"), "subject": {"reference": urn}}
    result = reading(urn, encounter={"reference": "urn:uuid:e"})
    text = bundle(patient(), visit, result, **{"p1": urn, visit["id"]: "urn:uuid:e"})
    assert counts(await run(hospital, written(text))) == (3, 3, 0, 0, 0)
    (visit,) = await doctors_view(hospital, queries.visits)
    found = await doctors_view(hospital, queries.of_encounter, encounter_id=visit.fhir_id)
    assert [entry.type for entry in found] == ["Observation"]


async def test_lines_of_resources_find_their_patient_in_an_earlier_file(hospital, written):
    patients = written(json.dumps(patient()), "Patient.ndjson")
    lines = "\n".join(json.dumps(reading(value=value)) for value in (138, 142))
    results = written(lines, "Observation.ndjson")
    assert counts(await run(hospital, patients)) == (1, 1, 0, 0, 0)
    assert counts(await run(hospital, results)) == (2, 2, 0, 0, 0)


async def test_an_archive_holds_bundles_and_lines(hospital, tmp_path):
    file = tmp_path / "all.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        for name, text in (
            ("a/bundle.json", bundle(patient())),
            ("a/Observation.ndjson", json.dumps(reading())),
            ("a/README.md", "not FHIR"),
        ):
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    assert counts(await run(hospital, file)) == (2, 2, 0, 0, 0)


async def test_a_gzipped_file_is_read_too(hospital, tmp_path):
    file = tmp_path / "Patient.ndjson.gz"
    file.write_bytes(gzip.compress(json.dumps(patient()).encode()))
    assert counts(await run(hospital, file)) == (1, 1, 0, 0, 0)


async def test_a_later_file_changes_what_has_changed(hospital, written):
    result = reading()
    await run(hospital, written(bundle(patient(), result)))
    corrected = {**result, "status": "corrected", "valueQuantity": {"value": 183}}
    assert counts(await run(hospital, written(bundle(patient(), corrected)))) == (2, 0, 1, 1, 0)
    found = await doctors_view(hospital, queries.measurements, codes=[make.SYSTOLIC])
    assert [m.value for m in found[make.SYSTOLIC]] == [183]


async def test_what_can_not_enter_is_told_with_its_reason_and_the_rest_enters(hospital, written):
    bad = {**reading(), "status": "done"}
    report = await run(hospital, written(bundle(patient(), reading(), bad)))
    assert counts(report) == (3, 2, 0, 0, 1)
    ((reason, count),) = report.reasons.items()
    assert (reason[:2], count) == (("records.binding", "Observation.status"), 1)
    assert report.examples[reason] == f"Observation/{bad['id']}"


async def test_mended_the_same_bundle_enters_whole(hospital, written):
    result = reading()
    await run(hospital, written(bundle(patient(), {**result, "status": "done"})))
    assert counts(await run(hospital, written(bundle(patient(), result)))) == (2, 1, 0, 1, 0)


@pytest.mark.parametrize(
    ("lacking", "where"), [("name", "Patient.name"), ("birthDate", "Patient.birthDate")]
)
async def test_nobody_is_made_up(hospital, written, lacking, where):
    body = patient()
    del body[lacking]
    report = await run(hospital, written(bundle(body, reading())))
    assert counts(report) == (2, 0, 0, 0, 2)
    assert {reason[:2] for reason in report.reasons} == {
        ("records.required", where),
        ("records.orphan", "Patient"),
    }
    assert await hospital.rows(PERSON, hospital.id) == []


async def test_what_is_about_nobody_anybody_brought_is_refused(hospital, written):
    report = await run(hospital, written(bundle(reading("Patient/unknown"))))
    assert counts(report) == (1, 0, 0, 0, 1)
    assert [code for code, _, _ in report.reasons] == ["records.orphan"]


@pytest.mark.parametrize(
    "text",
    [
        "3",
        "[]",
        '{"resourceType": "Bundle", "entry": [{}, 3]}',
        '{"resourceType": "Appointment", "id": 3, "participant": [4]}',
        '{"resourceType": "Patient", "name": 3, "id": "x"}',
        '{"resourceType": "Observation", "subject": {"reference": 1}, "code": {"coding": 3}}',
        '{"resourceType": "Claim", "patient": ["x"], "contained": 7}',
    ],
)
async def test_odd_files_are_refused_and_never_a_fault(hospital, written, text):
    report = await run(hospital, written(text))
    assert report.balanced
    assert report.stored == 0


@pytest.mark.parametrize("text", ["MSH|^~\\&|HIS", "[" * 3000 + "]" * 3000])
async def test_a_file_that_is_no_bundle_is_named(hospital, written, text):
    with pytest.raises(NotBundles) as refused:
        await run(hospital, written(text, "message.hl7"))
    assert "message.hl7" in refused.value.file


async def test_what_a_text_says_of_references_is_none(hospital, written):
    said = 'he wrote "reference":"Patient/p1" and \\"reference":"Patient/p1"'
    await run(hospital, written(bundle(patient(), reading(note=[{"text": said}]))))
    ((body,),) = await hospital.rows(
        "SELECT body FROM records.resource WHERE type = 'Observation' AND holder_id = $1",
        hospital.id,
    )
    read = json.loads(body)
    assert read["note"] == [{"text": said}]
    assert read["subject"]["reference"] != "Patient/p1"


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(NoSuchFile):
        size_of([tmp_path / "nothing.json"])


async def test_what_has_to_be_explained_first_waits_for_that(hospital, written):
    """IDN-11, IDN-04"""
    number, coding = id_number(date(1980, 2, 29)), [{"system": "urn:x", "code": "HH"}]
    named = {"name": [{"family": "王", "given": ["秀英"]}]}
    identifier = [{"system": "urn:lianyi:identity-number", "value": number}]
    critical = reading(interpretation=[{"coding": coding}])
    await run(hospital, written(bundle(patient(**named, identifier=identifier), critical)))
    identity = resident_identity(name="王秀英", number=number)
    granted = await hospital.do(await hospital.clerk(), card.open_at_counter, identity=identity)
    resident = Actor(granted.person_id, granted.person_id, NOWHERE, RESIDENT)
    chart = await hospital.open(resident, granted.person_id, Purpose.OWN)
    own = await hospital.ask(resident, lambda tx: queries.everything(tx, chart))
    assert "Observation" not in {one.type for one in own}
    doctor = await hospital.doctor()
    await hospital.relate(granted.person_id, DOCTOR)
    treating = await hospital.open(doctor, granted.person_id, Purpose.TREAT)
    seen = await hospital.ask(doctor, lambda tx: queries.everything(tx, treating))
    assert "Observation" in {one.type for one in seen}
    tag = {"tag": [{"system": "urn:lianyi:release", "code": "released"}]}
    explained = {**critical, "meta": tag}
    await run(hospital, written(bundle(patient(**named, identifier=identifier), explained)))
    own = await hospital.ask(resident, lambda tx: queries.everything(tx, chart))
    assert "Observation" in {one.type for one in own}


async def test_what_an_import_has_filled_is_looked_at_at_once(hospital, written):
    """Until somebody looks, the planner takes a full table for an empty one."""
    await run(hospital, written(bundle(patient(), reading())))
    unknown = "SELECT count(*) FROM pg_class WHERE oid = ANY ($1::regclass[]) AND reltuples < 0"
    filled = [f"records.{name}" for name in ("resource", "token", "moment", "link")]
    assert await hospital.rows(unknown, filled) == [(0,)]


async def test_who_opens_a_card_with_the_number_in_the_file_finds_their_history(hospital, written):
    """IDN-01, IDN-04, EMR-12"""
    number = id_number(date(1980, 2, 29))
    named = {"name": [{"family": "王", "given": ["秀英"]}]}
    identifier = [{"system": "urn:lianyi:identity-number", "value": number}]
    brought, result = patient(**named, identifier=identifier), reading()
    await run(hospital, written(bundle(brought, result)))
    identity = resident_identity(name="王秀英", number=number)
    granted = await hospital.do(await hospital.clerk(), card.open_at_counter, identity=identity)
    assert await hospital.rows(PERSON, hospital.id) == [(granted.person_id,)]
    resident = Actor(granted.person_id, granted.person_id, NOWHERE, RESIDENT)
    chart = await hospital.open(resident, granted.person_id, Purpose.OWN)
    codes = [make.SYSTOLIC]
    found = await hospital.ask(resident, lambda tx: queries.measurements(tx, chart, codes=codes))
    assert [one.value for one in found[make.SYSTOLIC]] == [138]
    again = written(bundle(brought, {**reading(value=142), "id": result["id"]}))
    assert counts(await run(hospital, again)) == (2, 0, 1, 1, 0)
    found = await hospital.ask(resident, lambda tx: queries.measurements(tx, chart, codes=codes))
    assert [one.value for one in found[make.SYSTOLIC]] == [142]
