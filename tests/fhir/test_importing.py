"""An institution's own system brings its history in bulk: file by file, once, and told of each."""

import asyncio
import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

import pytest

from lianyi.access.model import Purpose
from lianyi.access.service import apps
from lianyi.people.model import DOCTOR
from lianyi.records import queries
from lianyi.records.fhir import searches
from lianyi.records.rules import validity
from lianyi.records.service import delivering
from lianyi.worker import bringing
from tests.apps import Program
from tests.cli.test_imports import patient, reading, run
from tests.fhir.conftest import BASE
from tests.records import make

SOURCE = "system/*.cruds lianyi/source lianyi/purpose.treat"
HELD = """SELECT type, version, app_id, released_at IS NOT NULL FROM records.resource
          WHERE holder_id = $1 AND type = ANY ('{Patient,Observation}') ORDER BY type, fhir_id"""


async def work(app, stop=None):
    with ThreadPoolExecutor(1) as pool:
        while await bringing.step(app, stop or asyncio.Event(), pool):
            if stop:
                return


class Bringer:
    """A hospital's own system."""

    def __init__(self, ward, firm, approval, program):
        self.ward, self.firm, self.approval, self.program = ward, firm, approval, program
        self.http = program.http

    async def begun(self):
        answer = await self.http.post(f"{BASE}/$import")
        assert answer.status_code == 201, answer.text
        return answer.headers["location"]

    def file(self, where, name="history.ndjson"):
        return f"{BASE}/$import-file/{where.rpartition('/')[2]}/{name}"

    async def put(self, where, content, name="history.ndjson", **headers):
        return await self.http.put(self.file(where, name), content=content, headers=headers)

    async def brought(self, *contents):
        """Bring files whole, and return what is told of them in the end."""
        where = await self.begun()
        for n, content in enumerate(contents):
            answer = await self.put(where, content, f"{n}.ndjson")
            assert answer.status_code == 204, answer.text
        assert (await self.http.post(where)).status_code == 202
        await work(self.ward.place.app)
        return (await self.http.get(where)).json()


@pytest.fixture
async def bringer(ward, program):
    firm = Program(ward.place)
    approval = await firm.approved("system/*.cruds lianyi/source")
    return Bringer(ward, firm, approval, await program(firm.service(approval, SOURCE)))


def lines(*resources):
    return b"".join(json.dumps(one).encode() + b"\n" for one in resources)


def counts(told):
    assert told["balanced"], told
    names = ("read", "stored", "changed", "duplicate", "refused")
    return tuple(told["count"][name] for name in names)


async def test_history_enters_once_and_is_the_systems_to_change(bringer, ward):
    observed = {**reading(), "id": "o1"}
    content = lines(patient(), observed)
    assert counts(await bringer.brought(content)) == (2, 2, 0, 0, 0)
    assert counts(await bringer.brought(content)) == (2, 0, 0, 2, 0)
    changed = {**observed, "valueQuantity": {"value": 140, "unit": "mmHg"}}
    assert counts(await bringer.brought(lines(changed))) == (1, 0, 1, 0, 0)
    rows = await ward.place.rows(HELD, ward.place.id)
    assert rows == [
        ("Observation", 2, bringer.firm.app_id, True),
        ("Patient", 1, bringer.firm.app_id, True),
    ]
    ((person_id, id),) = await ward.place.rows(
        "SELECT owner, fhir_id FROM records.resource WHERE type = 'Observation' AND holder_id = $1",
        ward.place.id,
    )
    await ward.place.relate(person_id, DOCTOR)
    body = (await bringer.http.get(f"{BASE}/Observation/{id}")).json()
    body["valueQuantity"]["value"] = 141
    assert (await bringer.program.put(f"Observation/{id}", body)).status_code == 200


async def test_files_come_zipped_and_in_pieces(bringer):
    """A sender that was broken off asks where to go on, and does."""
    content = gzip.compress(
        lines(patient(), *({**reading(value=n), "id": f"{n}"} for n in range(9)))
    )
    where = await bringer.begun()
    first = await bringer.put(where, content[:100])
    assert first.headers["upload-offset"] == "100"
    told = await bringer.http.head(bringer.file(where))
    assert told.headers["upload-offset"] == "100"
    for wrong in ({}, {"content-range": "bytes 50-99/*"}, {"content-range": "bytes 200-299/*"}):
        assert (await bringer.put(where, content[:50], **wrong)).status_code == 409
    span = f"bytes 100-{len(content) - 1}/{len(content)}"
    assert (await bringer.put(where, content[100:], **{"content-range": span})).status_code == 204
    await bringer.http.post(where)
    await work(bringer.ward.place.app)
    assert counts((await bringer.http.get(where)).json()) == (10, 10, 0, 0, 0)


async def test_two_who_go_on_at_once_are_one(bringer):
    where = await bringer.begun()
    answers = await asyncio.gather(*(bringer.put(where, lines(patient())) for _ in range(3)))
    assert sorted(one.status_code for one in answers) == [204, 409, 409]


async def test_what_is_wrong_is_refused_by_itself_and_told(bringer):
    strange = {"resourceType": "Observation", "id": "bad", "status": "nonsense"}
    orphan = {**reading("Patient/nobody"), "id": "o2"}
    unborn = patient("p9", birthDate="2999-01-01")
    content = lines(patient(), strange, orphan, unborn, {**reading(), "id": "o1"}) + b"{no json\n"
    told = await bringer.brought(content)
    assert counts(told) == (6, 2, 0, 0, 4)
    (error,) = told["error"]
    answer = await bringer.http.get(error["url"])
    said = [json.loads(line) for line in answer.text.splitlines()]
    assert len(said) == error["count"] == 4
    assert {one["resourceType"] for one in said} == {"OperationOutcome"}
    assert any("Observation/bad" in json.dumps(one) for one in said)


@pytest.mark.parametrize("content", [gzip.compress(lines(patient()))[:-9], b"\x1f\x8bnonsense"])
async def test_a_file_that_is_cut_off_ends_the_import(bringer, content):
    assert (await bringer.brought(content))["state"] == "failed"


async def test_only_the_institutions_own_system_brings_history(ward, program, doctors, patients):
    """INT-04, PRI-10"""
    firm = Program(ward.place)
    approval = await firm.approved("system/*.cruds")
    service = await program(firm.service(approval, "system/*.cruds lianyi/purpose.treat"))
    for who in (service, doctors, patients):
        assert (await who.http.post(f"{BASE}/$import")).status_code == 403


async def test_it_brings_no_types_but_those_of_its_scopes(ward, program):
    """INT-04"""
    firm = Program(ward.place)
    approval = await firm.approved("system/Patient.cruds lianyi/source")
    scopes = "system/Patient.cruds lianyi/source lianyi/purpose.treat"
    one = Bringer(ward, firm, approval, await program(firm.service(approval, scopes)))
    told = await one.brought(lines(patient(), {**reading(), "id": "o1"}))
    assert counts(told) == (2, 1, 0, 0, 1)


async def test_another_app_or_hospital_reaches_nothing_of_it(bringer, ward, elsewhere, program):
    """INT-07, INT-13"""
    where = await bringer.begun()
    for place in (ward.place, elsewhere.place):
        firm = Program(place)
        approval = await firm.approved("system/*.cruds lianyi/source")
        other = await program(firm.service(approval, SOURCE))
        path = bringer.file(where)
        answers = [
            await other.http.get(where),
            await other.http.put(path, content=lines(patient())),
            await other.http.head(path),
            await other.http.post(where),
            await other.http.delete(where),
            await other.http.get(where.replace("status", "errors")),
        ]
        assert {one.status_code for one in answers} == {404}


async def test_it_changes_nothing_that_no_app_has_brought(bringer, ward):
    """EMR-09: what was imported by who runs the installation stays as it is."""
    file = ward.place.app.files / "first.ndjson"
    file.parent.mkdir(parents=True, exist_ok=True)
    observed = {**reading(), "id": "o1"}
    file.write_bytes(lines(patient(), observed))
    await run(ward.place, file)
    changed = {**observed, "valueQuantity": {"value": 1, "unit": "mmHg"}}
    assert counts(await bringer.brought(lines(patient(), changed))) == (2, 0, 0, 1, 1)


async def test_a_critical_result_does_not_reach_the_person_by_itself(bringer, ward):
    """IDN-11"""
    system = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
    critical = {**reading(), "id": "o1", "interpretation": [make.concept(system, "HH")]}
    await bringer.brought(lines(patient(), critical))
    rows = await ward.place.rows(HELD, ward.place.id)
    assert ("Observation", 1, bringer.firm.app_id, False) in rows


async def test_a_worker_that_dies_takes_nothing_in_twice(bringer, ward, monkeypatch):
    monkeypatch.setattr(delivering, "LINES", 3)
    content = lines(patient(), *({**reading(value=n), "id": f"{n}"} for n in range(11)))
    where = await bringer.begun()
    await bringer.put(where, content)
    await bringer.http.post(where)
    stop = asyncio.Event()
    halfway = asyncio.create_task(work(ward.place.app, stop))
    while (answer := await bringer.http.get(where)).status_code == 202:
        if answer.headers["x-progress"][0] != "0":
            break  # some of it has entered
    stop.set()
    await halfway
    await work(ward.place.app)
    told = (await bringer.http.get(where)).json()
    assert counts(told) == (12, 12, 0, 0, 0)
    rows = await ward.place.rows(HELD, ward.place.id)
    assert {version for _, version, *_ in rows} == {1}
    assert not any((ward.place.app.files / "bring").rglob("*"))


async def test_an_approval_that_ends_ends_the_import(bringer, ward):
    """CAP-39"""
    where = await bringer.begun()
    await bringer.put(where, lines(patient()))
    await bringer.http.post(where)
    admin = await ward.place.admin()
    await ward.place.do(admin, apps.withdraw_approval, approval_id=bringer.approval, why="到期")
    await work(ward.place.app)
    assert (await bringer.http.get(where)).status_code == 404
    assert await ward.place.rows(HELD, ward.place.id) == []


async def test_it_is_cancelled_and_leaves_nothing_on_the_disk(bringer, ward):
    where = await bringer.begun()
    await bringer.put(where, lines(patient()))
    assert (await bringer.http.delete(where)).status_code == 202
    assert (await bringer.put(where, lines(patient()))).status_code == 409
    assert (await bringer.http.post(where)).status_code == 409
    await work(ward.place.app)
    assert not any((ward.place.app.files / "bring").rglob("*"))


async def test_one_import_at_a_time_and_none_of_nothing(bringer):
    where = await bringer.begun()
    assert (await bringer.http.post(f"{BASE}/$import")).status_code == 409
    assert (await bringer.http.post(where)).status_code == 409


async def test_nothing_of_a_file_lies_readable_on_the_disk(bringer, ward):
    where = await bringer.begun()
    await bringer.put(where, lines(patient()))
    (file,) = [one for one in (ward.place.app.files / "bring").rglob("*") if one.is_file()]
    assert b"Conroy" not in file.read_bytes()


async def test_what_was_brought_is_read_where_the_person_is_treated(bringer, ward):
    await bringer.brought(lines(patient(), {**reading(), "id": "o1"}))
    ((person_id,),) = await ward.place.rows(
        "SELECT owner FROM records.resource WHERE type = 'Patient' AND holder_id = $1",
        ward.place.id,
    )
    await ward.place.relate(person_id, DOCTOR)
    chart = await ward.place.open(ward.doctor, person_id, Purpose.TREAT)
    found = await ward.see(queries.measurements, chart=chart, codes=[make.SYSTOLIC])
    assert [one.value for one in found[make.SYSTOLIC]] == [138]
    zone = ZoneInfo("Asia/Shanghai")
    for name in ("patient", "subject"):
        search = searches.read("Observation", [(name, f"Patient/{person_id}")], zone)
        assert len(await ward.see(queries.search, chart=chart, search=search, limit=9)) == 1


PROVEN = """SELECT r.body::json FROM records.resource r
            WHERE r.type = 'Provenance' AND r.holder_id = $1 AND r.owner = $2
            ORDER BY r.fhir_id"""


async def owner_of(place, type="Observation"):
    sql = "SELECT owner FROM records.resource WHERE type = $2 AND holder_id = $1 LIMIT 1"
    ((owner,),) = await place.rows(sql, place.id, type)
    return owner


async def proofs(place, owner):
    return [json.loads(body) for (body,) in await place.rows(PROVEN, place.id, owner)]


def targets(proof):
    return sorted(one["reference"].partition("/")[0] for one in proof["target"])


async def test_what_is_brought_has_its_proof_once_for_each_person(bringer, ward):
    """INT-06"""
    here = ward.place
    house = {"resourceType": "Organization", "id": "h", "name": "青山县人民医院"}
    content = lines(house, patient(), *({**reading(value=n), "id": f"{n}"} for n in range(3)))
    told = await bringer.brought(content)
    assert counts(told) == (5, 5, 0, 0, 0)
    person_id = await owner_of(here)
    (proof,) = await proofs(here, person_id)
    assert validity.findings(proof) == ()  # which nothing checked when it was written
    assert targets(proof) == ["Observation"] * 3 + ["Patient"]
    assert all(one["reference"].endswith("/_history/1") for one in proof["target"])
    (agent,) = proof["agent"]
    assert agent["who"]["identifier"]["value"] == str(bringer.firm.app_id)
    assert agent["onBehalfOf"]["reference"] == f"Organization/{here.id}"
    (entity,) = proof["entity"]
    assert entity["what"]["identifier"]["value"].endswith("/0.ndjson")
    (own,) = await proofs(here, here.id)
    assert targets(own) == ["Organization"]
    await bringer.brought(content)
    assert len(await proofs(here, person_id)) == 1


async def test_a_proof_tells_nobody_of_what_they_may_not_see(bringer, ward):
    """IDN-11, PRI-01: what is withheld, or sensitive, is proven apart and seen as it is."""
    system = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
    critical = {**reading(), "id": "o2", "interpretation": [make.concept(system, "HH")]}
    await bringer.brought(lines(patient(), {**reading(), "id": "o1"}, critical))
    shown = """SELECT released_at IS NOT NULL, body::json->'target' FROM records.resource
               WHERE type = 'Provenance' AND owner = $1"""
    rows = await ward.place.rows(shown, await owner_of(ward.place))
    assert {released: len(json.loads(of)) for released, of in rows} == {True: 2, False: 1}


async def test_each_person_finds_in_their_log_that_their_history_came(bringer, ward):
    """INT-06, PRI-10"""
    await bringer.brought(lines(patient(), {**reading(), "id": "o1"}))
    person_id = await owner_of(ward.place)
    logged = """SELECT what, cause, app_id, institution_id, purpose, person_ids FROM access.log
                WHERE person_ids @> ARRAY[$1::uuid]"""
    assert await ward.place.rows(logged, person_id) == [
        ("import", "approval", bringer.firm.app_id, ward.place.id, "treat", [person_id])
    ]


async def test_what_would_open_a_door_or_count_as_an_act_stays_out(bringer, ward):
    """EMR-17, INT-06, IDN-04"""
    about = {"reference": "Patient/p1"}
    consent = {
        "resourceType": "Consent",
        "id": "c",
        "status": "active",
        "scope": make.concept("http://terminology.hl7.org/CodeSystem/consentscope", "treatment"),
        "category": [make.concept("http://loinc.org", "59284-0")],
        "patient": about,
    }
    group = {"resourceType": "Group", "id": "g", "type": "person", "actual": True}
    signed = {
        "resourceType": "Provenance",
        "id": "p",
        "target": [about],
        "recorded": "2024-01-01T00:00:00Z",
        "agent": [{"who": {"display": "王医生"}}],
    }
    signature = {"type": [{"code": "1"}], "when": signed["recorded"], "who": {"display": "王医生"}}
    nobodys = {k: v for k, v in reading().items() if k != "subject"} | {"id": "n"}
    kept_out = (consent, group, {**signed, "signature": [signature]}, nobodys)
    told = await bringer.brought(lines(patient(), *kept_out, {**signed, "id": "q"}))
    assert counts(told) == (6, 2, 0, 0, 4)
    said = (await bringer.http.get(told["error"][0]["url"])).text.splitlines()
    why = [json.loads(one)["issue"][0]["diagnostics"] for one in said]
    assert len(set(why)) == 4
    kinds = "SELECT DISTINCT type FROM records.resource WHERE holder_id = $1 ORDER BY type"
    assert await ward.place.rows(kinds, ward.place.id) == [("Patient",), ("Provenance",)]
