"""Online visits that end without a record reach the province all the same (LIC-11, CON-18)."""

from dataclasses import replace

import msgspec
import pytest

from lianyi.consult.model import Answered, Kind, Reason, State
from lianyi.journeys import follow_up
from lianyi.kernel.time import day
from lianyi.people.model import HEALTH_COMMISSION
from lianyi.people.model import Kind as PlaceKind
from lianyi.supervision import queries
from lianyi.supervision import service as supervision
from lianyi.supervision.model import Kind as What
from lianyi.supervision.model import State as Sent
from tests.consult.make import INTAKE, NOTE, Clinic
from tests.journeys.test_follow_up import ON_PAPER, ring
from tests.journeys.test_report import ZONE, office, tally
from tests.journeys.test_report import province as province  # noqa: PLC0414 - a fixture
from tests.journeys.test_report_medicine import said


@pytest.fixture(scope="module")
def dsn(cluster, worker_id):
    """The worker takes whatever waits in a database, so it is tried on one of its own."""
    with cluster.clone(f"{worker_id}_ends") as url:
        yield url


@pytest.fixture
async def clinic(province, app):
    clinic = await Clinic.open(app)
    await province.work()
    return clinic


async def turned(clinic):
    visit = await clinic.begun()
    target = "青山一院心血管内科门诊"
    await clinic.act(follow_up.turn_offline, visit, reason=Reason.NEW_SYMPTOMS, target=target)
    return visit


async def turned_untaken(clinic):
    visit = await clinic.waiting()
    await clinic.act(follow_up.turn_offline, visit, reason=Reason.SEVERE, target="急诊科")
    return visit


async def counselled(clinic):
    visit = await clinic.begun(kind=Kind.COUNSEL, condition="")
    await clinic.act(follow_up.end_counsel, visit)
    return visit


async def unanswered(clinic):
    visit = await clinic.waiting()
    await ring(clinic, minutes=61)
    return visit


async def refused(clinic):
    visit = await clinic.ask(**ON_PAPER)
    await clinic.act(follow_up.refuse, visit, why="资料上没有诊断")
    return visit


async def stopped(clinic):
    visit = await clinic.met()
    await clinic.say(visit, "刚才突然喘不过气")
    return visit


async def halted(clinic):
    answers = (Answered("stroke", yes=True),)
    return await clinic.ask(intake=replace(INTAKE, answers=answers))


ENDS = {
    "turned offline": (turned, "offline", ["new_symptoms"]),
    "turned offline before it began": (turned_untaken, "offline", ["severe"]),
    "a health consultation": (counselled, "counselled", []),
    "nobody answered": (unanswered, "unanswered", []),
    "its paper proved nothing": (refused, "refused", []),
    "a red flag in a message": (stopped, "stopped", ["breath"]),
    "a red flag at the intake": (halted, "stopped", ["stroke"]),
}


@pytest.mark.parametrize("case", ENDS)
async def test_however_it_ends_it_is_reported_with_why_and_without_a_diagnosis(
    province, clinic, case
):
    """LIC-11, CON-04, CON-26..28, PRI-01: under a pseudonym, and in nobody's words."""
    finish, end, reasons = ENDS[case]
    visit = await finish(clinic)
    await province.work()
    upload = await province.one(clinic.place, What.VISIT)
    assert (upload.state, upload.edition, upload.visit_id) == (Sent.RECEIPTED, 1, visit.id)
    assert await province.taken(clinic.place, "visit") == 1
    content = await said(clinic.place, upload)
    assert (content["way"], content["end"], content["reasons"]) == ("online", end, reasons)
    assert content["began"] <= content["ended"]
    assert not {"diagnoses", "note"} & set(content)
    told = msgspec.json.encode(content).decode()
    for secret in (
        str(visit.person_id),
        visit.person_id.hex,
        visit.code or "I10",
        INTAKE.complaint,
    ):
        assert secret not in told


async def test_one_with_a_record_is_reported_once_with_its_diagnosis(province, clinic):
    visit = await clinic.met()
    await clinic.act(follow_up.end, visit, note=NOTE)
    await province.work()
    upload = await province.one(clinic.place, What.VISIT)
    assert (upload.state, upload.edition) == (Sent.RECEIPTED, 1)
    content = await said(clinic.place, upload)
    assert (content["end"], content["diagnoses"]) == ("recorded", ["I10.x00x002"])


async def test_what_never_was_a_visit_is_not_reported(province, clinic):
    """Taken back before the doctor began, or never paid."""
    back = await clinic.waiting()
    await clinic.act(follow_up.withdraw, back, hat=clinic.patient)
    unpaid = await clinic.ask()
    await ring(clinic, hours=25)
    assert (await clinic.see(unpaid)).state is State.LAPSED
    await province.work()
    assert await province.seen(clinic.place, What.VISIT) == []


async def test_a_lost_one_is_late_asked_about_and_counted_once(province, clinic, clock):
    """LIC-11"""
    await province.provider.fails(lose_answer=1)
    await turned(clinic)
    await province.work()
    assert (await province.one(clinic.place, What.VISIT)).state is Sent.SENT
    clock.forward(minutes=61)
    admin = await clinic.place.admin()
    (late,) = await clinic.place.ask(admin, queries.troubled)
    assert (late.kind, late.is_late(clock())) == (What.VISIT, True)
    await province.work()
    upload = await province.one(clinic.place, What.VISIT)
    assert (upload.state, upload.edition) == (Sent.RECEIPTED, 1)
    assert await province.taken(clinic.place, "visit") == 1


async def test_a_refused_one_shows_and_is_sent_again(province, clinic):
    await province.provider.fails(refuse=1)
    await counselled(clinic)
    await province.work()
    admin = await clinic.place.admin()
    (upload,) = await clinic.place.ask(admin, queries.troubled)
    assert (upload.state, upload.code) == (Sent.REFUSED, "NOT_ACCEPTED")
    await clinic.place.do(admin, supervision.resend, upload_id=upload.id, reason="已核对，重报")
    await province.work()
    assert await clinic.place.ask(admin, queries.troubled) == []


async def test_the_days_counts_agree_with_those_that_left_no_record(province, clinic, clock):
    """LIC-11"""
    await turned(clinic)
    await counselled(clinic)
    await stopped(clinic)
    await province.work()
    admin = await clinic.place.admin()
    await clinic.place.do(admin, supervision.ask_tally, day=day(clock(), ZONE))
    await province.work()
    found = await tally(clinic.place, clock)
    assert found.ours["visit"] == found.theirs["visit"] == 3
    assert found.agrees


async def test_the_commission_rebuilds_one_that_left_no_record(province, clinic, app, clock):
    """CON-18: from asking to the end, money and words included."""
    visit = await turned(clinic)
    clock.forward(seconds=1)
    await province.work()
    commission = await office(app, PlaceKind.HEALTH_COMMISSION, HEALTH_COMMISSION)
    found = await clinic.place.ask(commission, queries.trail, visit_id=visit.id)
    said_ = [(line.step.thing, line.step.verb) for line in found.lines]
    story = [
        ("consult.visit", "apply"),
        ("billing.bill", "pay"),
        ("consult.visit", "take"),
        ("consult.visit", "turn_offline"),
        ("supervision.upload", "due"),
    ]
    assert [each for each in said_ if each in story] == story
