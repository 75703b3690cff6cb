"""An online follow-up as it goes, and as people try to get round it (CON-01..14, 17, 26..28)."""

import asyncio
from dataclasses import replace
from datetime import date

import asyncpg
import pytest
from stdnum.cn import ric

from lianyi.access import service as access
from lianyi.access.errors import NoSuchPerson, ProofTooLow
from lianyi.access.model import Purpose, Sensitive
from lianyi.billing.model import BillState
from lianyi.consult import service as consult
from lianyi.consult.errors import (
    AlreadyAsked,
    AlreadyRated,
    Decided,
    MayNotEnd,
    NoSuchOffer,
    NoSuchVisit,
    NotEligible,
    NothingSaid,
    NotVerified,
    PriceChanged,
    PromiseOver,
    ProofMissing,
    ReasonMissing,
    RoundsUsed,
    Unanswered,
    UnknownDisease,
)
from lianyi.consult.model import Answered, Course, Evidence, Kind, Offer, Reason, State, Visit
from lianyi.consult.rules import flags, notices
from lianyi.consult.states import VISIT
from lianyi.files.errors import UnknownType
from lianyi.journeys import follow_up, follow_up_asking, pay, prescribe
from lianyi.journeys.follow_up_asking import Paper
from lianyi.kernel import profile, timers, walks
from lianyi.kernel.lifecycle import WrongRole, WrongState
from lianyi.kernel.once import Once
from lianyi.kernel.work import within
from lianyi.people.errors import MayNotPractise
from lianyi.people.model import CLERK, DOCTOR
from lianyi.people.model import Kind as PlaceKind
from lianyi.prescribing.errors import NotFollowedUp
from lianyi.records import queries as records
from lianyi.records.errors import NoteIncomplete
from lianyi.records.model import Diagnosed
from lianyi.worker.deliver import WORKER
from tests.consult.make import HYPERTENSION, INTAKE, LIPIDS, NOTE, Clinic
from tests.drain import deliver
from tests.files.make import PDF, photo
from tests.journeys.test_family import guarded, switched
from tests.place import BY_PHONE, Place

PAPER = Paper(Evidence.DISCHARGE_SUMMARY, PDF)
ON_PAPER = {"condition": "", "disease": "高血压", "papers": (PAPER,)}


@pytest.fixture
async def clinic(app):
    return await Clinic.open(app)


async def ring(clinic, **later):
    clinic.app.clock.forward(**later)
    while await within(clinic.app, WORKER, timers.fire):
        pass
    await deliver(clinic.app)


def rules(refused):
    return {f"{each.rule} {each.trouble}" for each in refused.value.findings}


async def test_a_follow_up_goes_from_asking_to_its_signed_end(clinic):
    visit = await clinic.ask(photos=(photo(),))
    assert visit.state is State.UNPAID
    bill = await clinic.bill(visit)
    assert (bill.total_fen, bill.state) == (1500, BillState.OPEN)
    await clinic.pay(visit)
    assert (await clinic.see(visit)).state is State.WAITING
    await clinic.act(follow_up.take, visit)
    await clinic.act(follow_up.decide, visit, why="线下门诊病历诊断明确")
    await clinic.say(visit, "最近血压 130/80，没有胸痛")
    await clinic.say(visit, "控制得不错，继续原来的药。", hat=clinic.doctor)
    await clinic.act(follow_up.end, visit, note=NOTE)
    seen = await clinic.see(visit)
    assert (seen.state, seen.met, seen.proven) == (
        State.ENDED,
        True,
        (LIPIDS.code, HYPERTENSION.code),
    )
    assert (await clinic.bill(visit)).state is BillState.PAID
    said, whole = await clinic.messages(visit)
    assert [each.author.value for each in said] == ["patient", "doctor"]
    assert whole


async def strays(clinic):
    walked = await within(clinic.app, WORKER, lambda tx: walks.walked(tx.db, VISIT))
    return {one.id for one in walked.strays}


async def test_what_a_doctor_decides_beside_the_moves_leaves_the_history_a_walk(clinic):
    visit = await clinic.met()
    await clinic.act(follow_up.end, visit, note=NOTE)
    assert visit.id not in await strays(clinic)


@pytest.mark.parametrize("told", [False, True], ids=["silently", "by a verb nobody has"])
async def test_a_state_that_no_move_brought_about_is_no_walk(clinic, cluster_owner, told):
    visit = await clinic.met()
    if told:
        await cluster_owner.execute(
            "INSERT INTO kernel.history (thing, thing_id, verb, before, after, post_id, at, why)"
            " VALUES ($1, $2, 'wave', 'with_doctor', 'ended', $3, now(), '')",
            VISIT.table,
            visit.id,
            clinic.doctor.post_id,
        )
    await cluster_owner.execute("UPDATE consult.visit SET state = 'ended' WHERE id = $1", visit.id)
    assert visit.id in await strays(clinic)


async def test_the_record_holds_the_visit_its_note_and_what_the_patient_told(clinic):
    """EMR-15, CAP-20: class VR, no appointment."""
    visit = await clinic.met()
    await clinic.act(follow_up.end, visit, note=NOTE)

    async def look(tx):
        chart = await access.open_chart(tx, person_id=visit.person_id, purpose=Purpose.OWN)
        entries = await records.of_encounter(tx, chart, encounter_id=str(visit.id))
        found = await records.resource(tx, chart, type="Encounter", fhir_id=str(visit.id))
        return {each.type for each in entries}, found

    types, encounter = await clinic.place.ask(clinic.patient, look)
    assert {"Composition", "Condition", "AllergyIntolerance", "QuestionnaireResponse"} <= types
    assert '"code":"VR"' in encounter.body
    assert "Appointment" not in encounter.body
    assert encounter.status == "finished"


async def test_the_same_form_sent_twice_asks_once(clinic):
    key = Once("twice-is-once", "same", Visit)
    first = await clinic.ask(once=key)
    again = await clinic.ask(once=key)
    assert first == again


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"intake": replace(INTAKE, course=Course.NEW_SYMPTOMS)}, "CON-04 changed"),
        ({"intake": replace(INTAKE, wanted="阿普唑仑 一盒")}, "CON-12 controlled"),
        ({"agreed": False}, "CON-17 not_agreed"),
        ({"share": False}, "CON-03 not_shared"),
    ],
)
async def test_what_the_law_forbids_is_refused_before_anything_is_paid(clinic, given, rule):
    """CON-03, CON-04, CON-12, CON-17"""
    with pytest.raises(NotEligible) as refused:
        await clinic.ask(**given)
    assert rules(refused) == {rule}
    asked = "SELECT 1 FROM consult.visit WHERE person_id = $1"
    assert await clinic.place.rows(asked, clinic.patient.person_id) == []


async def test_a_first_visit_is_refused_by_name(clinic):
    """CON-02: nobody has diagnosed it in person, and there is no paper."""
    with pytest.raises(NotEligible) as refused:
        await clinic.ask(condition="", disease="高血压", papers=())
    assert rules(refused) == {"CON-02 first_visit"}


LIST = """[[profile]]
version = "own-first-visits"
since = {since}
approved_by = "一位法务"
numbers = {{}}
[[profile.permits."CON-06"]]
institution = "{place}"
subject = "03"
physician = "{physician}"
since = {begins}
until = 2030-12-31
"""


@pytest.fixture
def listed(clinic, tmp_path):
    """Return how an installation excepts the clinic's doctor; its own list is gone after."""
    file = tmp_path / "profile.toml"

    def write(*, since="2029-01-01", begins="2030-01-01", kind="CON-06"):
        place = f"PDY{clinic.place.id.hex}"
        physician = f"37{clinic.doctor.person_id.int % 10**13:013d}"
        text = LIST.format(since=since, place=place, physician=physician, begins=begins)
        file.write_text(text.replace("CON-06", kind), encoding="utf-8")
        profile.adopt(file)

    yield write
    write(since="2099-01-01")


async def child_of(clinic):
    """Return a parent's hat for a child of eight."""
    clerk = await clinic.hospital.clerk()
    parent = await clinic.hospital.patient(name="张建国")
    await clinic.hospital.relate(parent.person_id, CLERK)
    number = child_number(date(2021, 5, 1))
    _, child_id = await guarded(clinic.hospital, clerk, parent, number)
    return switched(parent, child_id)


FIRST = {"condition": "", "disease": "高血压", "guardian_present": True}


async def test_a_listed_doctor_sees_a_childs_first_visit_online_with_its_guardian(clinic, listed):
    """CON-06: and still says yes or no before anything is paid."""
    child = await child_of(clinic)
    with pytest.raises(NotEligible) as refused:
        await clinic.ask(hat=child, **FIRST)
    assert rules(refused) == {"CON-02 first_visit"}
    listed(begins="2030-02-01")
    with pytest.raises(NotEligible) as refused:
        await clinic.ask(hat=child, **FIRST)
    assert rules(refused) == {"CON-02 first_visit", "CON-06 not_now"}
    listed()
    with pytest.raises(NotEligible) as refused:
        await clinic.ask(hat=child, **{**FIRST, "guardian_present": False})
    assert rules(refused) == {"CON-02 first_visit", "CON-06 no_guardian"}
    visit = await clinic.ask(hat=child, **FIRST)
    assert visit.state is State.ASKED
    await clinic.act(follow_up.admit, visit, why="首诊例外名单内，监护人在场")
    assert (await clinic.see(visit, child)).proven == (HYPERTENSION.code,)


async def test_a_list_by_a_rule_that_excepts_nobody_is_refused(listed):
    """CON-06, CON-07: no other rule can be opened by a file."""
    with pytest.raises(ValueError, match="CON-07"):
        listed(kind="CON-07")
    with pytest.raises(ValueError, match="2031"):
        listed(begins="2031-01-01")


async def test_nobody_brings_in_an_online_doctor_without_the_attending_one(clinic):
    """CON-07: no place can offer it, and no patient ask for it."""
    offer = Offer(
        clinic.doctor.post_id,
        clinic.place.id,
        clinic.doctor.person_id,
        clinic.place.department_id,
        "03.04",
        kind=Kind.BETWEEN_DOCTORS,
        item="online_follow_up",
        minutes=60,
        rounds=5,
    )
    with pytest.raises(NotEligible) as refused:
        await clinic.place.do(clinic.place.office, consult.set_offer, offer=offer)
    assert rules(refused) == {"CON-07 no_attending"}
    with pytest.raises(NotEligible) as refused:
        await clinic.ask(kind=Kind.BETWEEN_DOCTORS)
    assert rules(refused) == {"CON-07 no_attending"}
    with pytest.raises(NotEligible) as refused:
        await clinic.ask(kind=Kind.FAMILY_DOCTOR)
    assert rules(refused) == {"CON-01 kind"}


async def test_somebody_elses_diagnosis_proves_nothing(clinic):
    """CON-02, CON-10"""
    other = await clinic.hospital.patient(DOCTOR)
    with pytest.raises(ProofMissing):
        await clinic.ask(hat=other)


async def test_a_diagnosis_made_online_proves_no_further_visit(clinic):
    """CON-03: only a diagnosis in person is proof."""
    visit = await clinic.met()
    await clinic.act(follow_up.end, visit, note=NOTE)
    with pytest.raises(ProofMissing):
        await clinic.ask(condition=f"{visit.id}-1")


async def test_a_disease_nobody_knows_is_refused(clinic):
    with pytest.raises(UnknownDisease):
        await clinic.ask(**{**ON_PAPER, "disease": "不存在的病"})


async def test_another_specialty_is_refused_by_name(app):
    """LIC-13"""
    clinic = await Clinic.open(app, subject="13", name="皮肤科")
    with pytest.raises(NotEligible) as refused:
        await clinic.ask()
    assert rules(refused) == {"LIC-13 other_specialty"}


async def test_the_price_that_was_shown_is_the_price(clinic):
    """CON-27"""
    with pytest.raises(PriceChanged):
        await clinic.ask(fen=900)


async def test_a_phone_alone_asks_for_nothing(clinic):
    """CON-10: a consultation is bound to a proven identity."""
    guest = await clinic.hospital.resident(scopes=BY_PHONE)
    with pytest.raises(ProofTooLow):
        await clinic.ask(hat=guest)


async def test_nobody_asks_in_anothers_name(clinic):
    """CON-10"""
    other = await clinic.hospital.resident()
    with pytest.raises(NoSuchPerson):
        await clinic.ask(hat=replace(clinic.patient, for_person_id=other.person_id))


async def test_a_child_under_six_needs_its_guardian_and_a_paediatrician(clinic):
    """CON-11"""
    number = child_number(date(2026, 5, 1))
    child = await clinic.hospital.patient(DOCTOR, number=number, name="张小豆")
    doctor = replace(clinic.doctor, institution_id=clinic.hospital.id)
    condition = await clinic.diagnose(child, doctor, (HYPERTENSION,))
    with pytest.raises(NotEligible) as refused:
        await clinic.ask(hat=child, condition=condition, guardian_present=True)
    assert rules(refused) == {"CON-11 no_guardian", "CON-11 no_specialist"}


def child_number(born):
    body = f"370102{born:%Y%m%d}214"
    return body + ric.calc_check_digit(body + "0")


async def test_an_uploaded_paper_waits_for_the_doctors_yes_before_any_money(clinic):
    """CON-03"""
    visit = await clinic.ask(**ON_PAPER)
    assert visit.state is State.ASKED
    assert await clinic.bill(visit) is None
    with pytest.raises(ReasonMissing):
        await clinic.act(follow_up.admit, visit, why=" ")
    await clinic.act(follow_up.admit, visit, why="出院小结诊断明确")
    assert (await clinic.bill(visit)).state is BillState.OPEN
    await clinic.pay(visit)
    await clinic.act(follow_up.take, visit)
    with pytest.raises(Decided):
        await clinic.act(follow_up.decide, visit, why="再判一次")


async def test_a_paper_that_proves_nothing_is_refused_and_costs_nothing(clinic):
    """CON-03"""
    visit = await clinic.ask(**ON_PAPER)
    await clinic.act(follow_up.refuse, visit, why="资料上没有诊断")
    seen = await clinic.see(visit)
    assert (seen.state, seen.met, seen.met_why) == (State.REFUSED, False, "资料上没有诊断")
    assert await clinic.bill(visit) is None


async def test_a_paper_of_an_unknown_kind_is_refused_and_nothing_is_asked(clinic):
    with pytest.raises(UnknownType):
        await clinic.ask(**{**ON_PAPER, "papers": (Paper(Evidence.DISCHARGE_SUMMARY, b"MZ"),)})


@pytest.mark.parametrize(
    "intake",
    [
        replace(INTAKE, complaint="复查，今早起来胸口很痛"),
        replace(INTAKE, answers=(Answered("stroke", yes=True),)),
    ],
)
@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"agreed": False},
        {"fen": 900},
        {"condition": "nobody's line"},
        {"condition": "", "disease": ""},
        {"condition": "", "disease": "不存在的病"},
        {**ON_PAPER, "papers": (Paper(Evidence.DISCHARGE_SUMMARY, b"MZ"),)},
        {"photos": (b"no picture",)},
    ],
    ids=["nothing", "consent", "price", "line", "no proof", "disease", "paper", "photo"],
)
async def test_a_red_flag_at_the_intake_stops_before_any_queue_and_costs_nothing(
    clinic, intake, wrong
):
    """CON-28: also of somebody who would be refused for other reasons."""
    visit = await clinic.ask(intake=intake, **wrong)
    assert visit.state is State.STOPPED
    assert await clinic.bill(visit) is None
    assert visit.flags
    assert (await clinic.see(visit)).intake == visit.intake


async def test_a_red_flag_is_heard_beside_an_open_visit_with_the_same_doctor(clinic):
    """CON-28"""
    visit = await clinic.waiting()
    with pytest.raises(AlreadyAsked):
        await clinic.ask()
    told = await clinic.ask(intake=replace(INTAKE, complaint="喘不过气"))
    assert (told.state, told.flags) == (State.STOPPED, ("breath",))
    assert (await clinic.see(visit)).state is State.WAITING


@pytest.mark.parametrize("disease", ["胸痛", "R07.400", "突然胸口很痛", "不稳定型心绞痛"])
async def test_an_emergency_typed_as_the_diagnosis_stops_the_visit(clinic, disease):
    """CON-28: whether or not the knowledge base has a diagnosis of this name."""
    visit = await clinic.ask(**{**ON_PAPER, "disease": disease})
    assert (visit.state, visit.flags) == (State.STOPPED, ("chest",))
    assert "胸" in (await clinic.see(visit)).intake.named or disease in visit.intake.named


async def test_a_diagnosis_that_is_followed_up_online_is_no_complaint(clinic):
    """CON-28: a stable angina has the word in its name."""
    answers = tuple(Answered(sign, yes=False) for sign in flags.asked_for("I20.801"))
    visit = await clinic.ask(
        **{**ON_PAPER, "disease": "稳定型心绞痛"}, intake=replace(INTAKE, answers=answers)
    )
    assert visit.state is State.ASKED


async def test_a_stopped_visit_still_is_about_a_sensitive_disease(clinic):
    """CON-28: it is shown to no more readers than the visit would have been."""
    intake = replace(INTAKE, complaint="不想活了")
    typed = await clinic.ask(**{**ON_PAPER, "disease": "抑郁发作"}, intake=intake)
    assert (typed.name, typed.classes) == ("抑郁发作", {Sensitive.PSYCHIATRY})
    chosen = await clinic.ask(intake=intake)
    assert (chosen.name, chosen.classes) == (HYPERTENSION.name, set())


async def test_a_red_flag_does_not_wait_for_a_picture_that_cannot_be_kept(clinic):
    """CON-28: those that can be are."""
    visit = await clinic.met()
    broken = b"no picture"
    with pytest.raises(UnknownType):
        await clinic.say(visit, "药盒", pictures=[broken])
    with pytest.raises(UnknownType):
        await clinic.say(visit, "喘不过气吗？", pictures=[broken], hat=clinic.doctor)
    stopped = await clinic.say(visit, "喘不过气", pictures=[broken, photo()])
    assert stopped.state is State.STOPPED
    said, _ = await clinic.messages(visit)
    assert [len(each.files) for each in said] == [1]


@pytest.mark.parametrize("stage", ["waiting", "met"])
async def test_a_red_flag_in_a_later_message_stops_and_gives_the_fee_back(clinic, stage):
    """CON-28"""
    visit = await getattr(clinic, stage)()
    stopped = await clinic.say(visit, "刚才突然喘不过气")
    assert (stopped.state, stopped.flags) == (State.STOPPED, ("breath",))
    assert (await clinic.bill(visit)).state is BillState.REFUNDED
    with pytest.raises(WrongState):
        await clinic.say(visit, "请坐下休息", hat=clinic.doctor)
    with pytest.raises(WrongState):
        await clinic.act(follow_up.end, visit, note=NOTE)
    _, whole = await clinic.messages(visit)
    assert whole


@pytest.mark.parametrize("proof", [{}, ON_PAPER], ids=["record", "paper"])
@pytest.mark.parametrize("answers", [(), INTAKE.answers[1:], INTAKE.answers[:-1]])
async def test_every_question_about_danger_is_answered(clinic, answers, proof):
    """CON-28: also the disease's own, however it is proven."""
    with pytest.raises(Unanswered):
        await clinic.ask(**proof, intake=replace(INTAKE, answers=answers))


async def test_a_denied_sign_stops_nothing(clinic):
    visit = await clinic.met()
    said = await clinic.say(visit, "没有胸痛、呼吸困难")
    assert said.state is State.WITH_DOCTOR


async def test_an_unanswered_visit_gives_the_whole_fee_back(clinic):
    """CON-27"""
    visit = await clinic.waiting()
    await ring(clinic, minutes=61)
    assert (await clinic.see(visit)).state is State.UNANSWERED
    assert (await clinic.bill(visit)).state is BillState.REFUNDED


async def test_to_take_a_visit_is_no_answer(clinic):
    """CON-27: the doctor has to write."""
    visit = await clinic.met()
    await ring(clinic, minutes=61)
    assert (await clinic.see(visit)).state is State.UNANSWERED


async def test_an_answer_in_time_keeps_the_visit(clinic):
    visit = await clinic.met()
    await clinic.say(visit, "您好，我看过您的记录了。", hat=clinic.doctor)
    await ring(clinic, minutes=61)
    assert (await clinic.see(visit)).state is State.WITH_DOCTOR


async def test_a_promise_that_is_over_is_over_before_its_timer_rings(clinic):
    """CON-27: truth never waits for a timer."""
    visit = await clinic.waiting()
    clinic.app.clock.forward(minutes=61)
    with pytest.raises(PromiseOver):
        await clinic.act(follow_up.take, visit)


async def test_a_visit_that_is_not_paid_lapses(clinic):
    visit = await clinic.ask()
    await ring(clinic, minutes=31)
    await deliver(clinic.app)
    assert (await clinic.see(visit)).state is State.LAPSED


async def test_a_visit_can_be_withdrawn_until_the_doctor_begins(clinic):
    visit = await clinic.waiting()
    await clinic.act(follow_up.withdraw, visit, hat=clinic.patient)
    assert (await clinic.bill(visit)).state is BillState.REFUNDED
    begun = await clinic.begun()
    with pytest.raises(WrongState):
        await clinic.act(follow_up.withdraw, begun, hat=clinic.patient)


async def test_new_symptoms_end_offline_at_once_with_the_fee_back_and_no_way_on(clinic):
    """CON-04"""
    visit = await clinic.met()
    await clinic.act(
        follow_up.turn_offline, visit, reason=Reason.NEW_SYMPTOMS, target="青山一院心血管内科门诊"
    )
    seen = await clinic.see(visit)
    assert (seen.state, seen.reason, seen.target) == (
        State.OFFLINE,
        Reason.NEW_SYMPTOMS,
        "青山一院心血管内科门诊",
    )
    assert (await clinic.bill(visit)).state is BillState.REFUNDED
    with pytest.raises(WrongState):
        await clinic.act(follow_up.end, visit, note=NOTE)


async def test_what_was_turned_offline_says_by_which_version_of_the_list(clinic):
    """CON-05: a later list changes nothing about why this visit ended."""
    visit = await clinic.met()
    await clinic.act(follow_up.turn_offline, visit, reason=Reason.SEVERE, target="急诊科")
    kept = "SELECT reason, list_version FROM consult.visit WHERE id = $1"
    assert await clinic.place.rows(kept, visit.id) == [("severe", notices.LIST_VERSION)]


async def test_a_notice_that_has_changed_is_agreed_to_again(clinic, cluster_owner):
    """CON-17: what was agreed to is kept by its digest; another text is not this one."""
    visit = await clinic.ask()
    kept = "SELECT version, digest, signed_by FROM consult.agreement WHERE person_id = $1"
    who = clinic.patient.person_id
    notice = notices.NOTICE
    assert await clinic.place.rows(kept, who) == [(notice.version, notice.digest, who)]
    await clinic.act(follow_up.withdraw, visit, hat=clinic.patient)
    await clinic.ask(agreed=False)  # agreed to once, it needn't be again
    other = await clinic.hospital.patient()
    await cluster_owner.execute(
        "INSERT INTO consult.agreement (person_id, version, digest, signed_by, at)"
        " VALUES ($1, '2025-01', $2, $1, now())",
        other.person_id,
        bytes(32),
    )
    with pytest.raises(NotEligible) as refused:
        await clinic.ask(hat=other, kind=Kind.COUNSEL, condition="", agreed=False)
    assert rules(refused) == {"CON-17 not_agreed"}


async def prescribed(clinic, visit):
    """Begin a prescription in an online visit."""
    paper = prescribe.Paper(diagnoses=(HYPERTENSION.code,))
    return await clinic.act(prescribe.begin, visit, paper=paper)


async def test_a_prescription_waits_for_the_doctors_yes(clinic):
    """CON-03"""
    visit = await clinic.begun()
    with pytest.raises(NotFollowedUp):
        await prescribed(clinic, visit)
    await clinic.act(follow_up.decide, visit, why="线下门诊病历诊断明确")
    assert (await prescribed(clinic, visit)).visit.id == visit.id


async def test_a_health_consultation_prescribes_nothing(clinic):
    """CON-26"""
    visit = await clinic.begun(kind=Kind.COUNSEL, condition="")
    with pytest.raises(NotFollowedUp):
        await prescribed(clinic, visit)


async def test_turned_offline_what_was_prescribed_is_taken_back_and_nothing_follows(clinic):
    """CON-04"""
    visit = await clinic.met()
    begun = await prescribed(clinic, visit)
    await clinic.act(follow_up.turn_offline, visit, reason=Reason.CHANGED, target="心血管内科门诊")
    states = "SELECT state FROM prescribing.prescription WHERE id = $1"
    assert await clinic.place.rows(states, begun.id) == [("revoked",)]
    with pytest.raises(WrongState):
        await prescribed(clinic, visit)


async def test_a_visit_cannot_end_without_the_doctors_yes(clinic):
    """CON-03"""
    visit = await clinic.begun()
    with pytest.raises(MayNotEnd) as refused:
        await clinic.act(follow_up.end, visit, note=NOTE)
    assert "CON-03 undecided" in rules(refused)


async def test_a_disease_nobody_diagnosed_in_person_is_not_diagnosed_online(clinic):
    """CON-02"""
    visit = await clinic.met()
    gout = Diagnosed("M10.900", "")
    with pytest.raises(MayNotEnd) as refused:
        await clinic.act(follow_up.end, visit, note=replace(NOTE, diagnoses=(HYPERTENSION, gout)))
    assert rules(refused) == {"CON-02 new_diagnosis"}


async def test_a_visit_ends_only_with_the_whole_record(clinic):
    """EMR-15: each part of the form, “线上未查体” for the examination."""
    visit = await clinic.met()
    with pytest.raises(NoteIncomplete):
        await clinic.act(follow_up.end, visit, note=replace(NOTE, findings=""))
    assert (await clinic.see(visit)).state is State.WITH_DOCTOR


async def test_a_health_consultation_ends_without_diagnosis_or_record(clinic):
    """CON-26, CAP-24"""
    visit = await clinic.begun(kind=Kind.COUNSEL, condition="")
    with pytest.raises(MayNotEnd):
        await clinic.act(follow_up.end, visit, note=NOTE)
    await clinic.act(follow_up.end_counsel, visit)

    async def look(tx):
        chart = await access.open_chart(tx, person_id=visit.person_id, purpose=Purpose.OWN)
        entries = await records.of_encounter(tx, chart, encounter_id=str(visit.id))
        return {each.type for each in entries}

    assert await clinic.place.ask(clinic.patient, look) == {"QuestionnaireResponse"}


async def test_a_follow_up_does_not_end_as_a_health_consultation(clinic):
    """CON-26: nobody leaves out the record by another door."""
    visit = await clinic.met()
    with pytest.raises(MayNotEnd):
        await clinic.act(follow_up.end_counsel, visit)


async def test_a_doctor_proves_to_be_themselves_before_receiving_and_again(clinic):
    """CON-09"""
    assert not await clinic.go_online(code="000000")
    visit = await clinic.waiting()
    clinic.app.clock.forward(minutes=2)
    await clinic.place.do(clinic.doctor, follow_up.go_offline)
    with pytest.raises(NotVerified):
        await clinic.act(follow_up.take, visit)
    assert await clinic.go_online()
    await clinic.act(follow_up.take, visit)
    await clinic.say(visit, "您好", hat=clinic.doctor)
    clinic.app.clock.forward(hours=13)
    with pytest.raises(NotVerified):
        await clinic.say(visit, "还在吗", hat=clinic.doctor)


async def test_a_doctor_who_is_not_online_is_not_asked(clinic):
    """CON-27"""
    await clinic.place.do(clinic.doctor, follow_up.go_offline)
    with pytest.raises(NotEligible) as refused:
        await clinic.ask()
    assert rules(refused) == {"CON-27 not_online"}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("UPDATE people.institution SET licence_until = '2029-12-31' WHERE id = $1", "LIC-01"),
        ("UPDATE people.department SET online = false WHERE institution_id = $1", "CON-23"),
    ],
)
async def test_the_licence_of_the_place_is_checked_at_each_act(clinic, cluster_owner, change, rule):
    """LIC-01, CON-23: what was right when the visit began isn't enough."""
    visit = await clinic.begun()
    await cluster_owner.execute(change, clinic.place.id)
    with pytest.raises(MayNotPractise) as refused:
        await clinic.say(visit, "您好", hat=clinic.doctor)
    assert rule in {each.rule for each in refused.value.findings}
    with pytest.raises(MayNotPractise):
        await clinic.ask(hat=await clinic.hospital.patient(DOCTOR), kind=Kind.COUNSEL, condition="")


@pytest.fixture
async def cluster_owner(dsn):
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


async def test_a_licence_that_is_too_young_receives_nobody(clinic):
    """CON-08"""
    visit = await clinic.begun()
    since = date(2028, 1, 1)
    await clinic.hospital.license(clinic.doctor.person_id, DOCTOR, practising_since=since)
    with pytest.raises(MayNotPractise) as refused:
        await clinic.say(visit, "您好", hat=clinic.doctor)
    assert "CON-08" in {each.rule for each in refused.value.findings}


async def test_a_register_that_nobody_looked_into_for_a_year_opens_no_visit(clinic):
    """CON-08: neither for who asks nor for who receives, until somebody has looked again."""
    clinic.app.clock.forward(days=366)
    with pytest.raises(MayNotPractise) as refused:
        await clinic.go_online()
    assert rules(refused) == {"CON-08 check_over"}
    with pytest.raises(MayNotPractise) as refused:
        await clinic.ask()
    assert rules(refused) == {"CON-08 check_over"}
    await clinic.hospital.license(clinic.doctor.person_id, DOCTOR, scope=frozenset({"03"}))
    await clinic.go_online()
    assert (await clinic.ask()).state is State.UNPAID


@pytest.mark.parametrize("kind", [PlaceKind.TERTIARY_HOSPITAL, PlaceKind.HEALTH_CENTRE])
async def test_a_place_that_is_no_internet_hospital_has_no_online_visits(app, kind):
    """CON-23, CON-24: tried on the kinds of place that may not."""
    place = await Place.found(app, kind)
    doctor = await place.doctor()
    patient = await place.patient(DOCTOR)
    clinic = Clinic(place, place, doctor, patient, "")
    await clinic.offer(doctor, place.department_id, "03")
    with pytest.raises(MayNotPractise) as refused:
        await clinic.go_online()
    assert "CON-23" in {each.rule for each in refused.value.findings}


async def test_another_doctor_of_the_place_neither_sees_nor_answers(clinic):
    visit = await clinic.met()
    other = await clinic.place.appoint(DOCTOR)
    with pytest.raises(NoSuchVisit):
        await clinic.say(visit, "我来回答", hat=other)


async def test_another_patient_neither_sees_nor_writes(clinic):
    visit = await clinic.met()
    other = await clinic.hospital.patient()
    with pytest.raises(NoSuchVisit):
        await clinic.say(visit, "您好", hat=other)


async def test_who_only_works_there_may_do_nothing_to_a_visit(clinic):
    visit = await clinic.waiting()
    with pytest.raises(WrongRole):
        await clinic.act(follow_up.take, visit, hat=await clinic.place.clerk())


async def test_one_open_visit_with_a_doctor_is_enough(clinic):
    await clinic.ask()
    with pytest.raises(AlreadyAsked):
        await clinic.ask()


async def test_two_devices_that_ask_at_once_open_one_visit(clinic):
    answers = await asyncio.gather(*(clinic.ask() for _ in range(6)), return_exceptions=True)
    assert sum(not isinstance(each, Exception) for each in answers) == 1
    assert sum(isinstance(each, AlreadyAsked) for each in answers) == 5


async def test_taking_and_the_end_of_the_promise_at_once_have_one_winner(clinic):
    visit = await clinic.waiting()
    answers = await asyncio.gather(
        *(clinic.act(follow_up.take, visit) for _ in range(4)), return_exceptions=True
    )
    assert sum(each is None for each in answers) == 1
    assert sum(isinstance(each, WrongState) for each in answers) == 3


async def test_no_more_is_written_than_was_promised_but_a_red_flag_is_always_read(clinic):
    """CON-27, CON-28"""
    visit = await clinic.met()
    for _ in range(5):
        await clinic.say(visit, "好的")
    with pytest.raises(RoundsUsed):
        await clinic.say(visit, "再问一句")
    assert (await clinic.say(visit, "我晕倒了")).state is State.STOPPED


async def test_an_empty_message_is_refused(clinic):
    visit = await clinic.met()
    with pytest.raises(NothingSaid):
        await clinic.say(visit, "  ")


async def test_pictures_go_with_a_message_and_broken_ones_are_refused(clinic):
    visit = await clinic.met()
    await clinic.say(visit, "", pictures=[photo()])
    with pytest.raises(UnknownType):
        await clinic.say(visit, "看看这个", pictures=[b"not a picture"])
    said, _ = await clinic.messages(visit)
    assert [len(each.files) for each in said] == [1]


async def test_what_was_said_can_not_be_changed_or_taken_back(clinic, app):
    """CON-18, CON-21"""
    visit = await clinic.met()
    await clinic.say(visit, "血压 130/80")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.pool.execute("DELETE FROM consult.message WHERE visit_id = $1", visit.id)
    ((sealed,),) = await clinic.place.rows(
        "SELECT sealed FROM consult.message WHERE visit_id = $1", visit.id
    )
    assert "血压".encode() not in sealed


async def test_the_doctor_reads_the_other_hospitals_record_by_the_consent_that_was_ticked(clinic):
    """CON-03: and no record before."""

    async def look(tx):
        chart = await access.open_chart(
            tx, person_id=clinic.patient.person_id, purpose=Purpose.TREAT
        )
        return {each.what.code for each in await records.problems(tx, chart)}

    with pytest.raises(NoSuchPerson):
        await clinic.place.ask(clinic.doctor, look)
    await clinic.ask()
    assert await clinic.place.ask(clinic.doctor, look) == {HYPERTENSION.code, LIPIDS.code}


async def test_a_visit_is_rated_once_and_only_when_it_is_over(clinic):
    """CAP-21"""
    visit = await clinic.met()
    rating = {"hat": clinic.patient, "stars": 5, "words": "很耐心"}
    with pytest.raises(WrongState):
        await clinic.act(follow_up.rate, visit, **rating)
    await clinic.act(follow_up.end, visit, note=NOTE)
    await clinic.act(follow_up.rate, visit, **rating)
    with pytest.raises(AlreadyRated):
        await clinic.act(follow_up.rate, visit, **rating)


async def test_money_that_comes_after_the_end_goes_back(clinic):
    """Nobody's money is in the air: it was withdrawn while the payment was on its way."""
    visit = await clinic.ask()
    await clinic.place.relate(visit.person_id, CLERK)
    bill = await clinic.bill(visit)
    clerk = await clinic.place.clerk()
    await clinic.place.do(clerk, pay.take_cash, person_id=visit.person_id, bill_id=bill.id)
    await clinic.act(follow_up.withdraw, visit, hat=clinic.patient)
    await deliver(clinic.app)
    assert (await clinic.bill(visit)).state is BillState.REFUNDED
    assert (await clinic.see(visit)).state is State.WITHDRAWN


async def test_a_doctor_without_an_offer_is_not_asked(clinic):
    wish = {"post_id": clinic.patient.post_id, "kind": Kind.FOLLOW_UP, "wish": clinic.wish()}
    with pytest.raises(NoSuchOffer):
        await clinic.place.do(clinic.patient, follow_up_asking.ask, **wish)
