"""Consents, broken glass and who read what, as those concerned click through them (EMR-05, 17)."""

import ast
from pathlib import Path

import pytest

import lianyi
from lianyi.access import service as access
from lianyi.access.errors import NoSuchGlass
from lianyi.access.model import Cause, Purpose
from lianyi.journeys import admin_desk, permits_desk, sharing
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.text import LANGUAGES, catalogue
from lianyi.people.model import DOCTOR, NURSE
from lianyi.records import service as records
from tests.place import Place
from tests.records import make
from tests.web.counting import statements
from tests.web.resident import browsing, opened
from tests.web.staff import signed_in

WHY = "昏迷送医，急诊抢救"
MOST = 12  # statements a page


@pytest.fixture
async def patient(place):
    return await place.patient(DOCTOR)


@pytest.fixture
async def phone(place, app, patient):
    async with browsing(app, await opened(place, patient)) as reader:
        yield reader


@pytest.fixture
async def elsewhere(app, patient):
    """Return another hospital that has written something of the patient."""
    other = await Place.found(app, short_name="省立医院")
    who = patient.person_id
    await other.relate(who, DOCTOR)
    body = make.condition(who, "E11", "2 型糖尿病")
    await other.do(await other.doctor(), records.publish, owner=who, body=body)
    return other


async def break_glass(place, hat, patient):
    return await place.do(hat, sharing.break_glass, person_id=patient.person_id, reason=WHY)


async def test_a_person_shares_of_their_own_accord_and_takes_it_back(
    place, phone, patient, elsewhere
):
    """EMR-17, PRI-04: institution, days and term are the person's own to say."""
    page = await phone.get("/record/share")
    assert page.form("/record/share").choices["holder"] == ["", str(elsewhere.id)]
    wish = {"holder": str(elsewhere.id), "receiver": str(place.id), "days": "7"}
    done = await phone.submit(page, "/record/share", **wish, since="2020-01-01")
    assert done.says("省立医院", "2020-01-01", "已同意", "不包括")
    doctor = await place.doctor()
    chart = await place.open(doctor, patient.person_id, Purpose.TREAT)
    assert chart.cause is Cause.CONSENT
    back = await phone.submit(done, "/consents/withdraw")
    assert back.says("已撤回")
    chart = await place.open(doctor, patient.person_id, Purpose.TREAT)
    assert chart.cause is Cause.RELATION


@pytest.mark.parametrize(
    "wrong", [{"since": "2030-01-02", "until": "2029-01-01"}, {"receiver": ""}, {"days": "0"}]
)
async def test_a_wrong_wish_shares_nothing_and_keeps_what_was_chosen(
    place, phone, patient, elsewhere, wrong
):
    page = await phone.get("/record/share")
    wish = {"holder": str(elsewhere.id), "receiver": str(place.id), "days": "7", **wrong}
    refused = await phone.submit(page, "/record/share", **wish)
    assert refused.status == 422
    assert refused.form("/record/share").fields["holder"] == str(elsewhere.id)
    assert (await place.ask(patient, permits_desk.consents)).permits == ()


async def test_the_person_reads_who_looked_at_what_why_and_how_it_was_judged(place, phone, patient):
    """EMR-05, CAP-38"""
    await break_glass(place, await place.doctor(), patient)
    await place.ask(
        await place.doctor(),
        access.open_chart,
        person_id=patient.person_id,
        purpose=Purpose.TREAT,
        what="visit",
    )
    page = await phone.get("/record/readings")
    assert page.says("张建国", "看了就诊与病历", "为了诊疗", "紧急调阅", WHY, "待复核")
    async with signed_in(place, await place.admin()) as admin:
        desk = await admin.get("/admin/glasses")
        assert desk.says("张建国", WHY, "就诊与病历 1 次", "24 小时")
        assert "王秀英" not in desk.html
        short = await admin.submit(desk, "/admin/glasses/", verdict="objected", note="不")
        assert short.status == 422
        judged = await admin.submit(desk, "/admin/glasses/", verdict="objected", note="并不紧急")
        assert judged.says("没有待复核")
    assert (await phone.get("/record/readings")).says("不合理")


async def test_a_glass_nobody_has_judged_in_a_day_is_marked_late(place, patient, clock):
    """EMR-17"""
    await break_glass(place, await place.hat(NURSE), patient)
    (waiting,) = (await place.ask(await place.admin(), admin_desk.glasses)).opened
    assert not waiting.is_overdue(clock())
    clock.forward(hours=24)
    async with signed_in(place, await place.admin()) as admin:
        assert (await admin.get("/admin/glasses")).says("已超时")


async def test_an_administrator_sees_no_other_institutions_glass(place, app, patient):
    glass_id = await break_glass(place, await place.doctor(), patient)
    there = await Place.found(app)
    async with signed_in(there, await there.admin()) as admin:
        page = await admin.get("/admin/glasses")
        assert page.says("没有待复核")
    judged = {"glass_id": glass_id, "justified": True, "note": "我来复核"}
    with pytest.raises(NoSuchGlass):
        await there.do(await there.admin(), sharing.review_glass, **judged)
    async with signed_in(place, await place.clerk()) as clerk:
        assert (await clerk.get("/admin/glasses")).status == 403


async def test_what_is_read_has_words_in_every_language():
    """Whatever a door is opened for, its person can read what it was."""
    said = {code for file in Path(lianyi.__file__).parent.rglob("*.py") for code in _whats(file)}
    assert {"visit", "consult", "prescription"} < said
    for language in LANGUAGES:
        unsaid = {code for code in said if f"access.what.{code}" not in catalogue(language)}
        assert unsaid == set()


def _whats(file):
    """Return the constants that a module opens doors for."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for word in node.keywords:
                if word.arg == "what" and isinstance(word.value, ast.Constant):
                    yield word.value.value


@pytest.mark.parametrize("view", ["readings", "consents", "sharing"])
async def test_a_page_asks_the_same_for_one_row_and_for_many(place, app, patient, elsewhere, view):
    verb = getattr(permits_desk, view)
    doctor = await place.doctor()

    async def busy():
        extent = sharing.Extent(7)

        async def ask(tx):
            share = sharing.share_of(
                tx, holder_id=elsewhere.id, receiver_id=place.id, extent=extent
            )
            return await sharing.ask(tx, person_id=patient.person_id, share=share)

        await place.do(doctor, ask)
        await break_glass(place, doctor, patient)
        await place.open(doctor, patient.person_id, Purpose.TREAT)

    await busy()
    one, _ = await statements(app, patient, verb)
    await busy()
    await busy()
    many, _ = await statements(app, patient, verb)
    assert one == many <= MOST


async def test_a_stranger_is_told_and_kept_waiting_as_if_there_were_nobody(place, app, patient):
    """EMR-05: the same words, the same questions to the database, whether there is somebody."""
    stranger = await (await Place.found(app)).doctor()
    nobody = app.ids.new(app.clock())
    told = []
    for person_id in (patient.person_id, nobody):

        async def look(tx, person_id=person_id):
            try:
                await access.open_chart(tx, person_id=person_id, purpose=Purpose.TREAT)
            except Exception as refused:  # noqa: BLE001 - whatever it is, it must be the same
                return type(refused).__name__, refused.code
            return None

        told.append(await statements(app, stranger, look))
    assert told[0] == told[1]
    assert told[0][1][0] == "NoSuchPerson"


async def test_glass_is_for_who_treats(place, patient):
    """EMR-05"""
    clerk = await place.clerk()
    with pytest.raises(WrongRole):
        await break_glass(place, clerk, patient)
