"""What an app is answered: what its hat may see, less what no scope permits (INT-04)."""

import pytest

from lianyi.access import queries as readers
from lianyi.access import service as access
from lianyi.access.errors import BeyondApproval, NoSuchApproval, OutOfScope, UnsoundTerms
from lianyi.access.model import Purpose, Sensitive
from lianyi.access.service import apps
from lianyi.people import queries as people
from lianyi.people.model import DOCTOR
from lianyi.records import queries
from lianyi.records.model import PUBLIC
from tests.apps import Program
from tests.records import make

TREATING = "lianyi/purpose.treat"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
LABORATORY = [{"coding": [{"system": CATEGORY, "code": "laboratory"}]}]
NUMBERED = f"patient/Observation.rs?category={CATEGORY}|laboratory"


@pytest.fixture
def firm(ward):
    return Program(ward.place)


@pytest.fixture
async def written(ward):
    """A visit with a diagnosis and two observations, one of them of the laboratory."""
    visit = make.encounter(ward.person_id)
    at = {"encounter": {"reference": f"Encounter/{visit['id']}"}}
    illness = make.condition(ward.person_id, **at)
    plain = make.observation(ward.person_id, 138, **at)
    numbered = make.observation(ward.person_id, 5.4, code="2823-3", category=LABORATORY, **at)
    await ward.publish(visit, illness, plain, numbered)
    return {"visit": visit, "illness": illness, "plain": plain, "numbered": numbered}


@pytest.fixture
def in_hands(firm, program, ward):
    """Return what an app may read in the patient's own hands, after all have agreed."""

    async def of(scopes, classes=frozenset()):
        await firm.approved(scopes, Purpose.OWN)
        await firm.permitted(ward.patient, scopes, classes)
        return await program(firm.hat(ward.patient, scopes))

    return of


async def test_an_app_reads_the_types_of_its_scopes_and_no_other(in_hands, written):
    app = await in_hands("patient/Observation.rs")
    plain, illness = written["plain"]["id"], written["illness"]["id"]
    assert (await app.get(f"Observation/{plain}")).status_code == 200
    for path in (f"Condition/{illness}", f"Condition/{illness}/_history", "Condition"):
        refused = await app.get(path)
        assert refused.status_code == 403
        assert illness not in refused.text
        assert refused.json()["issue"][0]["code"] == "forbidden"


@pytest.mark.parametrize(
    "path",
    [
        "Observation?_include=Observation:encounter",
        "Observation?_include=Observation:*&_include:iterate=Encounter:*",
        "Observation?_revinclude=Condition:encounter",
    ],
)
async def test_nothing_comes_along_that_no_scope_permits(in_hands, written, path):
    app = await in_hands("patient/Observation.rs")
    bundle = await app.bundle(path)
    assert {entry["resource"]["resourceType"] for entry in bundle["entry"]} == {"Observation"}


@pytest.mark.parametrize("path", ["encounter.class=AMB", "_has:Provenance:target:_id=1"])
async def test_no_chain_tells_of_what_no_scope_permits(in_hands, written, path):
    app = await in_hands("patient/Observation.rs")
    assert await app.found(f"Observation?{path}") == []


async def test_a_chain_the_other_way_tells_nothing_either(in_hands, written):
    app = await in_hands("patient/Encounter.rs")
    assert len(await app.found("Encounter")) == 1
    assert await app.found("Encounter?_has:Condition:encounter:code=I10") == []


async def test_a_chain_goes_where_scopes_go(in_hands, written):
    app = await in_hands("patient/Encounter.rs patient/Condition.rs")
    assert len(await app.found("Encounter?_has:Condition:encounter:code=I10")) == 1


async def test_reading_and_searching_are_two_rights(in_hands, written):
    app = await in_hands("patient/Observation.r patient/Condition.s")
    plain, illness = written["plain"]["id"], written["illness"]["id"]
    assert (await app.get(f"Observation/{plain}")).status_code == 200
    assert (await app.get("Observation")).status_code == 403
    assert await app.found("Condition") == [illness]
    assert (await app.get(f"Condition/{illness}")).status_code == 403


async def test_a_constraint_is_asked_of_reading_searching_counting_and_history(
    in_hands, ward, written, clock
):
    app = await in_hands(f"{NUMBERED} patient/Encounter.rs")
    plain, numbered = written["plain"], written["numbered"]
    assert await app.found("Observation") == [numbered["id"]]
    assert (await app.bundle("Observation?_summary=count"))["total"] == 1
    assert (await app.get(f"Observation/{plain['id']}")).status_code == 404
    assert (await app.get(f"Observation/{plain['id']}/_history")).status_code == 404
    along = await app.bundle("Encounter?_revinclude=Observation:encounter")
    assert {e["resource"]["id"] for e in along["entry"]} == {written["visit"]["id"], numbered["id"]}
    assert await app.found("Encounter?_has:Observation:encounter:code=8480-6") == []
    clock.forward(minutes=1)
    await ward.publish({**plain, "category": LABORATORY})
    history = await app.bundle(f"Observation/{plain['id']}/_history")
    assert [e["resource"]["meta"]["versionId"] for e in history["entry"]] == ["2"]


TAGGED = {"tag": [{"system": "urn:x", "code": "study"}]}
LABELLED = {"security": [{"system": "urn:x", "code": "open"}]}


@pytest.mark.parametrize(
    ("query", "meta"),
    [
        ("_tag=urn:x|study", TAGGED),
        ("_security=urn:x|open", LABELLED),
        ("_profile=http://x.cn/p", {"profile": ["http://x.cn/p"]}),
        ("_id={id}", {}),
        ("_id={id}&_tag=urn:x|study", TAGGED),
    ],
)
async def test_a_constraint_may_be_about_marks_and_ids(firm, program, ward, query, meta):
    """INT-04: of reading, searching, history and writing, as any other."""
    one, other = make.observation(ward.person_id), make.observation(ward.person_id)
    await ward.publish({**one, **({"meta": meta} if meta else {})}, other)
    scope = f"user/Observation.rus?{query.format(id=one['id'])}"
    await firm.approved("user/Observation.rus")
    app = await program(firm.hat(ward.doctor, scope))
    assert await app.found("Observation") == [one["id"]]
    for path, status in ((one["id"], 200), (other["id"], 404)):
        for more in ("", "/_history", "/_history/1"):
            assert (await app.get(f"Observation/{path}{more}")).status_code == status, path


async def test_what_an_app_writes_is_held_to_marks_and_ids_too(firm, program, ward):
    """INT-04"""
    await firm.approved("user/Observation.crus")
    id = f"study-{ward.person_id.int % 10**9}"
    for query, meta in ((f"_id={id}-1", None), ("_tag=urn:x|study", TAGGED)):
        app = await program(firm.hat(ward.doctor, f"user/Observation.crus?{query}"))
        for n, there in ((1, True), (2, meta is not None)):
            body = {**make.observation(ward.person_id), "id": f"{id}-{n}" + ("t" if meta else "")}
            body |= {"meta": meta} if meta else {}
            answer = await app.put(f"Observation/{body['id']}", body)
            assert answer.status_code == (201 if there else 403), answer.text
        answer = await app.post("Observation", make.observation(ward.person_id))
        assert answer.status_code == 403


async def test_a_constraint_nobody_can_answer_leaves_nothing(in_hands, written):
    app = await in_hands("patient/Observation.rs?nonsense=1")
    assert await app.found("Observation") == []


async def test_what_is_everybodys_is_narrowed_too(in_hands, ward):
    place = make.body("Location", ward.person_id, status="active")
    del place["subject"]
    await ward.publish(place, owner=PUBLIC)
    app = await in_hands("patient/Observation.rs")
    assert (await app.get(f"Location/{place['id']}")).status_code == 403
    assert await app.found("Observation?_include=Observation:*") == []


@pytest.mark.parametrize("ticked", [frozenset(), {Sensitive.INFECTION}])
async def test_a_sensitive_class_is_read_only_if_it_was_ticked(in_hands, ward, ticked):
    """PRI-02: its own consent, for this app."""
    secret = make.condition(ward.person_id, code="B24", text="HIV")
    await ward.publish(secret, classes=frozenset({Sensitive.INFECTION}))
    app = await in_hands("patient/*.rs", ticked)
    assert await app.found("Condition") == ([secret["id"]] if ticked else [])
    status = (await app.get(f"Condition/{secret['id']}")).status_code
    assert status == (200 if ticked else 404)


async def test_genes_are_no_apps_whatever_its_user_sees(firm, program, ward):
    """INT-04, PRI-01: neither in a resident's hands nor in a doctor's."""
    gene = make.observation(ward.person_id, 1, code="51968-6")
    await ward.publish(gene, classes=frozenset({Sensitive.GENETICS}))
    await firm.approved("patient/*.rs", Purpose.OWN)
    await firm.approved("user/*.rs", Purpose.TREAT)
    await firm.permitted(ward.patient, "patient/*.rs", set(Sensitive) - {Sensitive.GENETICS})
    own = await program(firm.hat(ward.patient, "patient/*.rs"))
    clinic = await program(firm.hat(ward.doctor, "user/*.rs", ward.patient))
    for app in (own, clinic):
        assert await app.found(f"Observation?patient={ward.person_id}") == []
        assert (await app.get(f"Observation/{gene['id']}")).status_code == 404


async def test_a_permission_that_is_taken_back_ends_all_at_once(firm, program, ward, written):
    """PRI-04: also for the hospital's use of the same app."""
    await firm.approved("patient/*.rs", Purpose.OWN)
    treating = await firm.approved("user/*.rs system/*.rs", Purpose.TREAT)
    permission = await firm.permitted(ward.patient, "patient/*.rs")
    own = await program(firm.hat(ward.patient, "patient/*.rs"))
    clinic = await program(firm.hat(ward.doctor, "user/*.rs"))
    service = await program(firm.service(treating, f"system/*.rs {TREATING}"))
    for app in (own, clinic, service):
        assert len(await app.found("Observation")) == 2
    await firm.take_back(ward.patient, permission)
    for app in (own, clinic, service):
        assert await app.found("Observation") == []
        assert await app.found(f"Observation?patient={ward.person_id}") == []


@pytest.mark.parametrize("days", [10, 40])
async def test_permission_and_approval_end_by_themselves(firm, program, ward, written, days, clock):
    """CAP-39: neither outlives its day."""
    await firm.approved("patient/*.rs", Purpose.OWN, days=60)
    await firm.permitted(ward.patient, "patient/*.rs", days=30)
    app = await program(firm.hat(ward.patient, "patient/*.rs"))
    clock.forward(days=days)
    assert len(await app.found("Observation")) == (2 if days < 30 else 0)


async def test_an_app_in_a_doctors_hands_needs_the_hospitals_approval_for_treating(
    firm, program, ward, written
):
    """CAP-39: approved for something else is not approved."""
    app = await program(firm.hat(ward.doctor, "user/*.rs"))
    path = f"Observation?patient={ward.person_id}"
    assert await app.found(path) == await app.found("Observation") == []
    await firm.approved("user/*.rs", Purpose.RECEIVE)
    assert await app.found(path) == await app.found("Observation") == []
    await firm.approved("user/*.rs", Purpose.TREAT)
    assert len(await app.found(path)) == len(await app.found("Observation")) == 2


async def test_a_doctors_app_reads_of_another_hospital_nothing_even_with_consent(
    firm, program, ward, elsewhere, written
):
    """PRI-09: the consent names a hospital, not a company. EMR-09."""
    theirs = make.condition(ward.person_id, code="E11", text="糖尿病")
    await elsewhere.publish(theirs)
    await Program(elsewhere.place, firm.app_id).approved("user/*.rs system/*.rs")
    clinic = await program(firm.hat(ward.doctor, "user/*.rs"))
    assert await clinic.found(f"Condition?patient={ward.person_id}") == []
    approval = await firm.approved("user/*.rs system/*.rs")
    service = await program(firm.service(approval, f"system/*.rs {TREATING}"))
    for app in (clinic, service):
        for path in ("Condition", f"Condition?patient={ward.person_id}"):
            assert await app.found(path) == [written["illness"]["id"]]
        assert (await app.get(f"Condition/{theirs['id']}")).status_code == 404


async def test_an_app_started_for_a_patient_reads_no_other(firm, program, ward, written):
    """INT-04: `patient/` scopes hold for the patient of the launch."""
    other = await ward.place.patient(DOCTOR)
    note = make.condition(other.person_id)
    await ward.publish(note, owner=other.person_id)
    await firm.approved("patient/*.rs")
    app = await program(firm.hat(ward.doctor, "patient/*.rs", ward.patient))
    assert await app.found("Condition") == [written["illness"]["id"]]
    assert await app.found(f"Condition?patient={other.person_id}") == []
    assert (await app.get(f"Condition/{note['id']}")).status_code == 404


async def test_a_service_reads_what_its_purpose_lets_it_of_whom_the_staff_cares_for(
    firm, program, ward, written
):
    """PRI-10, PRI-26"""
    stranger = await ward.place.resident()
    note = make.condition(stranger.person_id)
    await ward.publish(note, owner=stranger.person_id)
    approval = await firm.approved("system/*.rs")
    app = await program(firm.service(approval, f"system/*.rs {TREATING}"))
    assert await app.found("Condition") == [written["illness"]["id"]]
    assert (await app.get(f"Condition/{note['id']}")).status_code == 404
    billing = await firm.approved("system/*.rs", Purpose.PAY)
    app = await program(firm.service(billing, "system/*.rs lianyi/purpose.pay"))
    assert await app.found("Condition") == []  # the till cares for nobody here


@pytest.mark.parametrize("given", ["", "lianyi/purpose.pay", f"{TREATING} lianyi/purpose.pay"])
async def test_a_service_without_its_one_purpose_reads_nothing(firm, program, ward, written, given):
    """CAP-39, PRI-06"""
    approval = await firm.approved("system/*.rs")
    app = await program(firm.service(approval, f"system/*.rs {given}"))
    answer = await app.get(f"Condition?patient={ward.person_id}")
    assert answer.status_code == 403 or "entry" not in answer.json()


async def test_only_the_hospitals_own_system_reads_what_is_not_released(firm, program, ward):
    """IDN-11"""
    result = make.observation(ward.person_id)
    await ward.publish(result, released=False)
    approval = await firm.approved("system/*.rs lianyi/source")
    entrusted = await program(firm.service(approval, f"system/*.rs {TREATING}"))
    source = await program(firm.service(approval, f"system/*.rs lianyi/source {TREATING}"))
    assert await entrusted.found("Observation") == []
    assert await source.found("Observation") == [result["id"]]


async def test_no_other_door_opens_to_an_app(firm, ward):
    """INT-04: who does not say what an app would do opens nothing to it."""
    await firm.approved("user/*.cruds")
    hat = firm.hat(ward.doctor, "user/*.cruds", ward.patient)
    with pytest.raises(OutOfScope):
        await ward.place.open(hat, ward.person_id, Purpose.TREAT)
    with pytest.raises(OutOfScope):
        await ward.place.ask(hat, access.open_desk, purpose=Purpose.TREAT)


async def test_a_room_that_does_not_keep_to_parts_shows_an_app_nothing(firm, ward, written):
    """INT-04: fail closed, whatever opened the door."""
    await firm.approved("user/*.rs")
    hat = firm.hat(ward.doctor, "user/*.rs", ward.patient)
    chart = await ward.place.ask(
        hat, access.open_chart, person_id=ward.person_id, purpose=Purpose.TREAT, right="r"
    )
    desk = await ward.place.ask(hat, access.open_desk, purpose=Purpose.TREAT, right="r")
    assert await ward.see(queries.everything, chart=chart) == []
    assert await ward.see(queries.problems, chart=chart) == []
    found = await ward.place.ask(
        hat, lambda tx: people.names_of(tx, desk, person_ids=[ward.person_id])
    )
    assert found == {}


async def test_the_person_reads_which_app_read_in_their_own_hands_too(in_hands, ward, written):
    """CAP-38, EMR-05"""
    app = await in_hands("patient/Observation.rs")
    await app.found("Observation")

    async def readings(tx):
        chart = await access.open_chart(tx, person_id=ward.person_id, purpose=Purpose.OWN)
        return await readers.readings(tx, chart)

    (first, *_) = await ward.place.ask(ward.patient, readings)
    assert first.app_id is not None
    assert first.granted
    assert first.cause == "permission"


async def test_a_person_gives_no_more_than_was_approved(firm, ward):
    """CAP-39, PRI-06"""
    await firm.approved("patient/Observation.rs", Purpose.OWN, days=60)
    for scopes, classes, days in (
        ("patient/Condition.rs", (), 30),
        ("patient/Observation.rsd", (), 30),
        ("patient/Observation.rs offline_access", (), 30),
        ("patient/Observation.rs", (Sensitive.GENETICS,), 30),
        ("patient/Observation.rs", (), 61),
    ):
        with pytest.raises(BeyondApproval):
            await firm.permitted(ward.patient, scopes, classes, days=days)


@pytest.mark.parametrize(
    ("scopes", "purpose", "assessment", "days"),
    [
        ("patient/*.rs", Purpose.TREAT, " ", 90),
        ("patient/*.rs", Purpose.INSPECT, "PIA-1", 90),
        ("patient/*.rs", Purpose.SETTLE, "PIA-1", 90),
        ("openid", Purpose.TREAT, "PIA-1", 90),
        ("patient/*.rs nonsense", Purpose.TREAT, "PIA-1", 90),
        ("patient/*.rs lianyi/source", Purpose.OWN, "PIA-1", 90),
        ("patient/*.rs", Purpose.TREAT, "PIA-1", -1),
    ],
)
async def test_an_approval_has_a_purpose_scopes_an_end_and_an_assessment(
    firm, scopes, purpose, assessment, days
):
    """CAP-39, PRI-11"""
    with pytest.raises(UnsoundTerms):
        await firm.approved(scopes, purpose, assessment=assessment, days=days)


async def test_another_hospital_decides_about_no_approval_of_this_one(firm, elsewhere):
    """PRI-10"""
    approval = await firm.approved("user/*.rs")
    admin = await elsewhere.place.admin()
    for verb in (apps.withdraw_approval, apps.refuse):
        with pytest.raises(NoSuchApproval):
            await elsewhere.place.do(admin, verb, approval_id=approval, why="不需要")
