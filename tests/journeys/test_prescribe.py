"""A prescription from the doctor's screen to the pharmacists, and as people try to get round it."""

import shutil
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec
import orjson
import pytest

from lianyi import terminology as shipped
from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.journeys import prescribe, queue, visit
from lianyi.kernel import profile, timers
from lianyi.kernel.crypto import sm3
from lianyi.kernel.lifecycle import WrongRole, WrongState
from lianyi.kernel.refusal import NotFound
from lianyi.kernel.work import within
from lianyi.people import service as people
from lianyi.people.errors import MayNotPractise
from lianyi.people.model import ADMIN, DOCTOR, NURSE, PHARMACIST
from lianyi.prescribing import queries, service
from lianyi.prescribing.errors import (
    KnowledgeNotApproved,
    NotByHand,
    OneAtATime,
    ReasonMissing,
    Unsafe,
    VersionMoved,
)
from lianyi.prescribing.model import Asked, Entry, Reason, Severity, State
from lianyi.records import queries as records
from lianyi.records import service as writing
from lianyi.records.model import Allergen, Diagnosed, Note
from lianyi.signatures import queries as signed_by
from lianyi.signatures import service as signatures
from lianyi.signatures.errors import KeyClosed
from lianyi.terminology import queries as terminology
from lianyi.terminology import service as knowledge
from lianyi.terminology.errors import NoSuchDiagnosis, NoSuchDrug, NoSuchRelease
from lianyi.terminology.model import Amount
from lianyi.worker.deliver import WORKER
from tests.booking.make import START, Clinic
from tests.identity import id_number
from tests.signatures import make as signing

D = Decimal
HYPERTENSION, LIPIDS = "I10.x00x002", "E78.500"
AMLODIPINE = Entry("amlodipine-tab-5mg", Amount(D(5), "mg"), "qd", 7)
SIMVASTATIN_40 = Entry("simvastatin-tab-40mg", Amount(D(40), "mg"), "qn", 7)
SIMVASTATIN_20 = Entry("simvastatin-tab-20mg", Amount(D(20), "mg"), "qn", 7)
ASKED = Asked(allergies=(), medicines=(), history=())
VERSION = terminology.release().version


def paper(*entries, **given):
    facts = {"diagnoses": (HYPERTENSION, LIPIDS), "entries": entries, "asked": ASKED}
    return prescribe.Paper(**{**facts, **given})


@pytest.fixture(scope="session")
def dsn(cluster, worker_id):
    """The worker takes whatever waits in a database, so it is tried on one of its own."""
    with cluster.clone(f"{worker_id}_prescribe") as url:
        yield url


@dataclass
class Room:
    """A doctor with an open key and a patient inside; a pharmacist on duty in the next room."""

    hall: object
    place: object
    doctor: object
    pharmacist: object
    patient: object
    visit_id: object
    session_id: object

    async def do(self, verb, hat=None, **given):
        return await self.place.do(hat or self.doctor, verb, **given)

    async def begin(self, hat=None, **given):
        given = paper(**{"entries": (), **given})
        return await self.do(prescribe.begin, hat, visit_id=self.visit_id, paper=given)

    async def write(self, drafted, *entries, **given):
        return await self.do(
            prescribe.write,
            visit_id=self.visit_id,
            prescription_id=drafted.id,
            version=drafted.version,
            paper=paper(*entries, **given),
        )

    async def written(self, *entries, **given):
        """Enter drug after drug, as a doctor does."""
        drafted = await self.begin(**given)
        for count in range(1, len(entries) + 1):
            drafted = await self.write(drafted, *entries[:count], **given)
        return drafted

    async def check(self, *entries, **given):
        _, findings = await self.place.ask(
            self.doctor,
            prescribe.check,
            visit_id=self.visit_id,
            prescription_id=None,
            paper=paper(*entries, **given),
        )
        return findings

    async def sign(self, drafted, *entries, hat=None, **given):
        self.hall.app.clock.forward(seconds=1)
        return await self.do(
            prescribe.sign,
            hat,
            visit_id=self.visit_id,
            prescription_id=drafted.id,
            version=drafted.version,
            paper=paper(*entries, **given),
        )

    async def signed(self, *entries, **given):
        drafted = await self.written(*entries, **given)
        document = await self.sign(drafted, *entries, **given)
        await self.hall.work()
        return drafted, document

    async def see(self, query, hat=None, **given):
        hat = hat or self.doctor
        purpose = {PHARMACIST: Purpose.REVIEW}.get(hat.role, Purpose.TREAT)

        async def look(tx):
            chart = await access.open_chart(tx, person_id=self.patient.person_id, purpose=purpose)
            return await query(tx, chart, **given)

        return await self.place.ask(hat, look)

    async def now(self, drafted):
        return await self.see(queries.prescription, prescription_id=drafted.id)

    async def requests(self):
        lines = await self.see(records.timeline, types=("MedicationRequest",))
        return {line.fhir_id[-1]: orjson.loads(line.body) for line in lines}

    async def observe(self, code, value, unit, *, days_ago=0):
        """Let the record hold a measurement."""
        at = self.place.app.clock() - timedelta(days=days_ago)
        person_id = self.patient.person_id
        body = {
            "resourceType": "Observation",
            "id": str(self.place.app.ids.new(self.place.app.clock())),
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
            "subject": {"reference": f"Patient/{person_id}"},
            "effectiveDateTime": at.isoformat(),
            "valueQuantity": {"value": D(value), "unit": unit},
        }
        await self.place.do(self.doctor, writing.publish, owner=person_id, body=body)


async def open_room(place, clock, hall, *, approved=True):
    clinic = await Clinic.open(place)
    session_id = await clinic.publish()
    clock.now = START - timedelta(minutes=20)
    await signing.set_clock(place.app, hall.authority)
    man = await place.resident(number=id_number(date(1968, 3, 12), male=True))
    patient, visit_id = await clinic.arrived(session_id, man)
    await hall.certify(clinic.doctor)
    await hall.unlock(clinic.doctor)
    await place.do(clinic.doctor, queue.call_next, session_id=session_id)
    await place.do(clinic.doctor, visit.begin, appointment_id=visit_id)
    pharmacist = await place.reviewer(name="赵敏")
    if approved:
        given = {"version": VERSION, "note": "逐项核对"}
        await place.do(pharmacist, service.approve_knowledge, **given)
    return Room(hall, place, clinic.doctor, pharmacist, patient, visit_id, session_id)


@pytest.fixture
async def hall(place, tmp_path):
    async with signing.hall(place, tmp_path) as hall:
        yield hall


@pytest.fixture
async def room(place, clock, hall):
    room = await open_room(place, clock, hall)
    await room.observe("14682-9", "76", "umol/L")
    return room


def troubles(findings, severity):
    return {f.trouble for f in findings if f.severity is severity}


async def test_simvastatin_40_beside_amlodipine_is_caught_mended_and_signed(room):
    """PH-04, RX-28: what is signed is the text that is kept, with its id inside."""
    drafted = await room.written(AMLODIPINE, SIMVASTATIN_40)
    with pytest.raises(Unsafe) as refused:
        await room.sign(drafted, AMLODIPINE, SIMVASTATIN_40)
    assert {f.trouble for f in refused.value.findings} == {"interaction"}
    document = await room.sign(drafted, AMLODIPINE, SIMVASTATIN_20)
    assert str(drafted.id) in document.text
    assert "辛伐他汀片 20mg" in document.text
    assert document.digest == sm3(document.text.encode()).hex()
    await room.hall.work()
    now = await room.now(drafted)
    assert (now.state, now.document_id) == (State.TO_REVIEW, document.id)
    found = await room.place.ask(
        room.place.office,
        signed_by.checked,
        subjects=[("prescription", drafted.id)],
        digests={document.id: sm3(document.text.encode()).hex()},
    )
    assert [one.is_valid for one in found[document.id]] == [True]


async def test_the_pharmacist_sees_it_and_the_record_holds_it_as_valid_r4(room):
    drafted, _ = await room.signed(AMLODIPINE, SIMVASTATIN_20)
    seen = await room.see(queries.prescription, room.pharmacist, prescription_id=drafted.id)
    assert [line.name for line in seen.sheet.lines] == ["苯磺酸氨氯地平片", "辛伐他汀片"]
    requests = await room.requests()
    assert sorted(requests) == ["1", "2"]
    assert {body["groupIdentifier"]["value"] for body in requests.values()} == {
        f"urn:uuid:{drafted.id}"
    }
    assert {body["status"] for body in requests.values()} == {"draft"}


async def test_a_doctor_may_go_on_with_a_reason_that_stays_with_the_finding(room):
    """PH-04, RX-10: the reason stands in what is signed, before the pharmacist's eyes."""
    (warning,) = [
        f for f in await room.check(AMLODIPINE, SIMVASTATIN_40) if f.severity is Severity.WARN
    ]
    given = {"reasons": (Reason(warning.key, "已换用过其他他汀均不耐受，已告知肌痛即停"),)}
    drafted, document = await room.signed(AMLODIPINE, SIMVASTATIN_40, **given)
    assert "已换用过其他他汀均不耐受" in document.text
    assert warning.key in msgspec.json.decode(document.findings, type=list[dict])[0]["key"]
    assert (await room.now(drafted)).state is State.TO_REVIEW


async def test_what_was_never_asked_could_not_be_checked(room):
    """PH-04: allergy, medicines and history of somebody nobody has asked."""
    findings = await room.check(AMLODIPINE, asked=Asked())
    assert {"allergies_unknown", "medicines_unknown", "history_unknown"} <= troubles(
        findings, Severity.UNCHECKED
    )
    drafted = await room.written(AMLODIPINE)
    with pytest.raises(Unsafe):
        await room.sign(drafted, AMLODIPINE, asked=Asked())


async def test_a_stale_laboratory_value_is_none(place, clock, hall):
    """PH-04: a kidney value of last year tells nothing of today."""
    metformin = Entry("metformin-tab-500mg", Amount(D(500), "mg"), "bid", 7)
    room = await open_room(place, clock, hall)
    await room.observe("14682-9", "76", "umol/L", days_ago=200)
    assert "kidney_unknown" in troubles(await room.check(metformin), Severity.UNCHECKED)
    await room.observe("14682-9", "76", "umol/L", days_ago=100)
    assert "kidney_unknown" not in troubles(await room.check(metformin), Severity.UNCHECKED)


async def test_an_allergy_of_the_record_blocks_whatever_the_patient_says_now(room):
    """PH-10: the record outweighs a no."""
    note = Note(
        complaint="复诊", present="血压平稳。", past="高血压。",
        allergies=(Allergen("青霉素类", "penicillins", "皮疹"),), findings="BP 130/80 mmHg。",
        diagnoses=(Diagnosed(HYPERTENSION, ""), Diagnosed(LIPIDS, "")),
        treatment="续方。", advice="复诊。",
    )  # fmt: skip
    await room.do(visit.sign, appointment_id=room.visit_id, note=note)
    amoxicillin = Entry("amoxicillin-cap-500mg", Amount(D("0.5"), "g"), "q8h", 3)
    assert "allergic_class" in troubles(await room.check(amoxicillin), Severity.BLOCK)


async def test_the_diagnosis_is_held_against_the_signed_record(room):
    """RX-08."""
    note = Note("复诊", "血压平稳。", "高血压。", (), "BP 130/80 mmHg。",
                (Diagnosed(HYPERTENSION, ""),), "续方。", "复诊。")  # fmt: skip
    await room.do(visit.sign, appointment_id=room.visit_id, note=note)
    assert "not_in_the_record" in troubles(await room.check(AMLODIPINE), Severity.BLOCK)


async def test_what_runs_already_counts_in_the_next_prescription(room):
    await room.signed(AMLODIPINE)
    findings = await room.check(SIMVASTATIN_40)
    assert "interaction" in troubles(findings, Severity.WARN)
    assert "same_substance" in troubles(await room.check(AMLODIPINE), Severity.WARN)


async def test_what_other_software_of_the_hospital_orders_counts_though_it_says_our_codes(room):
    """PH-04: only what the prescriptions here tell already is left out."""
    person_id, clock = room.patient.person_id, room.place.app.clock
    coding = {"system": "urn:lianyi:drug", "code": "amlodipine-tab-5mg"}
    body = {
        "resourceType": "MedicationRequest",
        "id": "his-1",
        "status": "active",
        "intent": "order",
        "subject": {"reference": f"Patient/{person_id}"},
        "medicationCodeableConcept": {"coding": [coding], "text": "氨氯地平片"},
        "authoredOn": clock().isoformat(),
    }
    zone = profile.at(clock()).zone
    bringer = writing.Bringer(room.place.app.ids.new(clock()), room.place.id, zone)
    given = [writing.read(writing.draft(body), bringer=bringer)]
    await room.place.do(room.doctor, writing.bring, given=given, held={})
    findings = await room.check(SIMVASTATIN_40)
    assert "interaction" in {finding.trouble for finding in findings}


async def test_nobody_on_duty_nothing_is_sent(room):
    """LIC-04."""
    drafted = await room.written(AMLODIPINE)
    await room.do(people.go_off_duty, room.pharmacist)
    with pytest.raises(Unsafe) as refused:
        await room.sign(drafted, AMLODIPINE)
    assert {f.rule for f in refused.value.findings} == {"LIC-04"}


async def test_on_a_knowledge_base_nobody_here_approved_nothing_is_signed(place, clock, hall):
    """RX-28: whoever answers for it is named, and is a pharmacist."""
    room = await open_room(place, clock, hall, approved=False)
    await room.observe("14682-9", "76", "umol/L")
    drafted = await room.written(AMLODIPINE)
    with pytest.raises(KnowledgeNotApproved):
        await room.sign(drafted, AMLODIPINE)
    given = {"version": VERSION, "note": "逐项核对"}
    with pytest.raises(WrongRole):
        await room.do(service.approve_knowledge, **given)
    with pytest.raises(NoSuchRelease):
        await room.do(service.approve_knowledge, room.pharmacist, version="2099.1", note="核对")
    with pytest.raises(ReasonMissing):
        await room.do(service.approve_knowledge, room.pharmacist, version=VERSION, note=" ")
    await room.do(service.approve_knowledge, room.pharmacist, **given)
    await room.do(service.approve_knowledge, room.pharmacist, **given)
    (known,) = await place.ask(place.office, queries.approvals, institution_id=place.id)
    assert (known.person_id, known.version) == (room.pharmacist.person_id, VERSION)
    assert (await room.sign(drafted, AMLODIPINE)).prescription_id == drafted.id


OWN = """version = "{version}"
title = "本院知识库"
issued = 2030-01-01
demo = false
approved_by = "赵敏"
"""


@pytest.fixture
def released(tmp_path):
    """Return how an installation brings a release of its own; it is gone after."""
    own = tmp_path / "own"
    ours = Path(shipped.__file__).parent / "data" / VERSION

    def bring(version):
        shutil.copytree(ours, own / version)
        (own / version / "release.toml").write_text(OWN.format(version=version), encoding="utf-8")
        knowledge.adopt(own)

    yield bring
    shutil.rmtree(own)
    (tmp_path / "none").mkdir()
    knowledge.adopt(tmp_path / "none")


async def test_a_newer_knowledge_base_signs_nothing_on_the_approval_of_an_older_one(room, released):
    """RX-28, INT-20: neither draft nor anything else has changed by the refusal."""
    drafted = await room.written(AMLODIPINE)
    released("own-2030.01")
    with pytest.raises(KnowledgeNotApproved) as refused:
        await room.sign(drafted, AMLODIPINE)
    assert refused.value.version == "own-2030.01"
    assert await room.now(drafted) == drafted
    given = {"version": "own-2030.01", "note": "逐项核对"}
    await room.do(service.approve_knowledge, room.pharmacist, **given)
    document = await room.sign(drafted, AMLODIPINE)
    kept = "SELECT knowledge FROM prescribing.document WHERE id = $1"
    assert await room.place.rows(kept, document.id) == [("own-2030.01",)]


async def test_a_closed_key_signs_nothing_and_the_draft_stays(room, clock):
    """EMR-06."""
    drafted = await room.written(AMLODIPINE)
    clock.forward(hours=13)
    await room.do(people.go_on_duty, room.pharmacist)
    with pytest.raises(KeyClosed):
        await room.sign(drafted, AMLODIPINE)
    assert (await room.now(drafted)).state is State.DRAFT


async def test_a_refused_signature_gives_the_draft_back(room):
    drafted = await room.written(AMLODIPINE)
    await room.sign(drafted, AMLODIPINE)
    admin = await room.place.hat(ADMIN)
    await room.do(signatures.revoke, admin, post_id=room.doctor.post_id, reason="遗失")
    await room.hall.work()
    assert (await room.now(drafted)).state is State.DRAFT
    assert await room.requests() == {}


async def test_a_revoked_prescription_is_cancelled_in_the_record(room):
    drafted, _ = await room.signed(AMLODIPINE)
    await room.do(prescribe.revoke, prescription_id=drafted.id, reason="改用其他药")
    assert (await room.requests())["1"]["status"] == "cancelled"


async def test_what_the_clock_ends_is_stopped_in_the_record(room):
    """RX-01."""
    drafted, _ = await room.signed(AMLODIPINE)
    await room.hall.later(hours=24)
    assert (await room.now(drafted)).state is State.LAPSED
    assert (await room.requests())["1"]["status"] == "stopped"


async def test_drugs_are_entered_one_by_one(room):
    """CON-13: a list is never taken over whole."""
    drafted = await room.begin()
    with pytest.raises(OneAtATime):
        await room.write(drafted, AMLODIPINE, SIMVASTATIN_20)
    with pytest.raises(OneAtATime):
        await room.begin(entries=(AMLODIPINE, SIMVASTATIN_20))


async def test_each_line_says_who_entered_it_and_when(room, clock):
    """CON-13: a line that stays keeps its hand; a changed one is entered anew."""
    drafted = await room.written(AMLODIPINE)
    first = drafted.sheet.lines[0].entered_at
    clock.forward(minutes=5)
    drafted = await room.write(drafted, AMLODIPINE, SIMVASTATIN_20)
    assert [line.entered_at == first for line in drafted.sheet.lines] == [True, False]
    changed = await room.write(drafted, replace(AMLODIPINE, days=5), SIMVASTATIN_20)
    assert changed.sheet.lines[0].entered_at != first
    assert {line.entered_by for line in changed.sheet.lines} == {room.doctor.person_id}


async def test_each_line_says_in_which_session_it_was_entered(room, clock):
    """CON-13: a line that stays keeps its session; without a session nothing is entered."""
    drafted = await room.written(AMLODIPINE)
    home = replace(room.doctor, session_id=UUID(int=9))
    clock.forward(minutes=5)
    given = {"visit_id": room.visit_id, "prescription_id": drafted.id, "version": drafted.version}
    both = {**given, "paper": paper(AMLODIPINE, SIMVASTATIN_20)}
    with pytest.raises(NotByHand) as refused:
        await room.do(prescribe.write, replace(home, session_id=None), **both)
    assert refused.value.rule == "CON-13"
    assert await room.now(drafted) == drafted
    changed = await room.do(prescribe.write, home, **both)
    sessions = [line.entered_in for line in changed.sheet.lines]
    assert sessions == [room.doctor.session_id, home.session_id]
    found = await room.see(queries.versions, prescriptions=[changed])
    assert [each.entered_in for each in found] == [home.session_id, room.doctor.session_id, None]


async def test_a_line_of_before_sessions_were_kept_stays_as_it_is(room, dsn):
    """CON-13: it says of no session, and is signed; another dose of it is entered anew."""
    drafted = await room.written(AMLODIPINE)
    owner = await asyncpg.connect(dsn)
    await owner.execute("SET session_replication_role = replica")
    await owner.execute(
        "UPDATE prescribing.version SET sheet = replace(sheet, $2, 'null')"
        " WHERE prescription_id = $1",
        drafted.id,
        f'"{room.doctor.session_id}"',
    )
    await owner.close()
    assert [line.entered_in for line in (await room.now(drafted)).sheet.lines] == [None]
    document = await room.sign(drafted, AMLODIPINE)
    assert document.prescription_id == drafted.id
    assert (await room.now(drafted)).version == drafted.version


async def test_only_what_the_master_has_is_prescribed(room):
    drafted = await room.begin()
    with pytest.raises(NoSuchDrug):
        await room.write(drafted, replace(AMLODIPINE, drug="snake-oil"))
    with pytest.raises(NoSuchDiagnosis):
        await room.write(drafted, AMLODIPINE, diagnoses=("Z99.nonsense",))


async def test_the_screen_of_another_window_is_not_overwritten(room):
    drafted = await room.begin()
    await room.write(drafted, AMLODIPINE)
    with pytest.raises(VersionMoved):
        await room.write(drafted, SIMVASTATIN_20)
    with pytest.raises(VersionMoved):
        await room.sign(drafted, SIMVASTATIN_20)


async def test_another_doctor_a_nurse_and_a_visit_that_is_no_visit_are_refused(room, app):
    other = await room.place.appoint(DOCTOR, name="钱进")
    with pytest.raises(NotFound):
        await room.begin(hat=other)
    with pytest.raises(WrongRole):
        await room.begin(hat=await room.place.hat(NURSE))
    room.visit_id = app.ids.new(app.clock())
    with pytest.raises(NotFound):
        await room.begin()


async def test_nothing_is_prescribed_before_the_patient_is_inside(room):
    clinic = Clinic(room.place, room.doctor)
    _, room.visit_id = await clinic.arrived(room.session_id)
    with pytest.raises(WrongState):
        await room.begin()


async def test_a_licence_is_looked_at_for_every_act(room):
    """LIC-13, RX-25: what ended since the morning ended."""
    drafted = await room.written(AMLODIPINE)
    await room.place.license(room.doctor.person_id, DOCTOR, scope=frozenset({"04"}))
    with pytest.raises(MayNotPractise):
        await room.sign(drafted, AMLODIPINE)


async def test_a_timer_finds_the_prescription_dispensed_or_gone(room, app):
    drafted, _ = await room.signed(AMLODIPINE)
    while await within(app, WORKER, timers.fire):
        pass
    await room.hall.work()
    assert (await room.now(drafted)).state is State.TO_REVIEW
