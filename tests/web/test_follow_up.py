"""Online visits as their patients and doctors click through them (CAP-17, CAP-20)."""

import httpx
import pytest

from lianyi.accounts.model import Account
from lianyi.consult.model import Kind
from lianyi.consult.rules import flags, notices
from lianyi.journeys import follow_up, follow_up_desk, online_desk, prescription_desk
from lianyi.kernel.live import Hub
from lianyi.kernel.text import words
from lianyi.web.live import BadTopic
from lianyi.web.pages import ROUTES
from lianyi.web.session import COOKIE
from lianyi.web.site import site
from tests.consult.make import HYPERTENSION, Clinic
from tests.drain import deliver
from tests.files.make import photo
from tests.web.counting import statements
from tests.web.reader import Reader
from tests.web.resident import opened
from tests.web.staff import token_of

BROKEN = {"pictures": ("a.jpg", b"no picture", "image/jpeg")}
MOST = 12  # statements a page
NO = {f"sign-{sign}": "no" for sign in flags.asked_for(HYPERTENSION.code)}
TOLD = {"complaint": "复查血压，续药", "course": "stable", "share": "1", "agreed": "1", **NO}


@pytest.fixture
async def clinic(app):
    return await Clinic.open(app)


@pytest.fixture
async def browser(app):
    """Return a maker of browsers, each signed in with a token."""
    transport = httpx.ASGITransport(site(app, Hub(), ROUTES))
    made = []

    def signed_in(token):
        http = httpx.AsyncClient(transport=transport, base_url="https://lianyi.test")
        http.cookies.set(COOKIE, token)
        made.append(http)
        return Reader(http)

    yield signed_in
    for http in made:
        await http.aclose()


@pytest.fixture
async def patient(clinic, browser):
    return browser(await opened(clinic.place, clinic.patient))


@pytest.fixture
async def doctor(clinic, browser):
    account_id, _ = await clinic.account()
    account = Account(account_id, clinic.doctor.person_id, staff=True)
    return browser(await token_of(clinic.place, clinic.doctor, account))


async def at_form(clinic, patient):
    page = await patient.get(f"/follow-up/doctors/{clinic.doctor.post_id}")
    own = next(link.href for link in page.links if clinic.condition in link.href)
    return await patient.get(own)


async def test_a_patient_finds_a_doctor_proves_tells_and_is_led_to_the_till(clinic, patient):
    """CON-02, CON-27: what it costs and promises stands before the button that asks."""
    page = await patient.get("/follow-up")
    assert page.says("选择医生", "承诺 60 分钟内回复", "120")
    page = await patient.get(f"/follow-up/doctors/{clinic.doctor.post_id}")
    assert page.says("高血压", "门诊病历", "¥15.00", "全额原路退回", "执业证号")
    form = await at_form(clinic, patient)
    assert form.says("现在有没有这些情况", "180/120", "在线诊疗风险告知")
    room = await patient.submit(form, "/ask", **TOLD)
    assert room.says("待支付", "去支付 ¥15.00")


async def test_every_reason_against_a_visit_is_said_above_the_form_and_nothing_is_lost(
    clinic, patient
):
    form = await at_form(clinic, patient)
    told = {**TOLD, "course": "worse", "wanted": "阿普唑仑"}
    page = await patient.submit(form, "/ask", **told)
    assert page.status == 422
    assert page.says("病情加重", "特殊管理药品")
    assert page.form("/ask").fields["complaint"] == "复查血压，续药"


async def test_an_unanswered_question_about_danger_is_asked_again(clinic, patient):
    """CON-28"""
    form = await at_form(clinic, patient)
    told = {name: value for name, value in TOLD.items() if name != "sign-chest"}
    page = await patient.submit(form, "/ask", **told)
    assert page.status == 422
    assert page.says("逐项回答")


async def test_a_red_flag_shows_120_and_the_emergency_departments(clinic, patient):
    """CON-28"""
    form = await at_form(clinic, patient)
    page = await patient.submit(form, "/ask", **{**TOLD, "complaint": "今早胸口很痛"})
    assert page.says("请立即就医", "拨打 120", "不收费")
    assert not page.says("去支付", "12356")


WRONG = {
    "nothing told": {"complaint": "", "readings": "今早胸口很痛"},
    "too long": {"complaint": "胸口很痛" + "。" * 2001},
    "no kind": {"complaint": "胸口很痛", "kind": "?"},
    "no price": {"complaint": "胸口很痛", "fen": "?"},
    "disease": {"condition": "", "disease": "胸痛"},
    "answer": {"sign-chest": "yes", "complaint": "", "agreed": ""},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
async def test_con_28_a_red_flag_comes_before_whatever_is_wrong_with_the_form(
    clinic, patient, wrong
):
    form = await at_form(clinic, patient)
    page = await patient.submit(form, "/ask", **{**TOLD, **wrong})
    assert page.says("请立即就医", "拨打 120", "不收费")
    states = "SELECT state FROM consult.visit WHERE person_id = $1"
    found = await clinic.place.rows(states, clinic.patient.person_id)
    assert found == [("stopped",)]


@pytest.mark.parametrize("wrong", [{"once": ""}, {"csrf": "forged"}], ids=["key", "token"])
async def test_con_28_where_nothing_may_be_written_120_is_shown_all_the_same(
    clinic, patient, wrong
):
    form = await at_form(clinic, patient)
    page = await patient.submit(
        form, "/ask", **{**TOLD, "complaint": "不想活了，胸口很痛", **wrong}
    )
    assert page.says("拨打 120", "12356", "就近急诊科", "没有提交")
    asked = "SELECT 1 FROM consult.visit WHERE person_id = $1"
    assert await clinic.place.rows(asked, clinic.patient.person_id) == []


async def test_con_28_a_message_is_read_for_danger_before_its_picture_and_its_length(
    clinic, patient
):
    for files, text in ((BROKEN, "喘不过气"), (None, "喘不过气" + "。" * 2001)):
        visit = await clinic.met()
        form = (await patient.get(f"/follow-up/visits/{visit.id}")).form("/say")
        told = {**form.fields, "text": text}
        answer = await patient.http.post(form.action, data=told, files=files)
        assert answer.status_code == 303
        assert (await patient.get(answer.headers["location"])).says("拨打 120")
        late = await patient.http.post(form.action, data={**told, "once": "another-key"})
        assert "拨打 120" in late.text  # the visit is over: nothing is written, and 120 is shown


async def test_con_28_a_disease_on_paper_is_asked_its_own_questions(clinic, patient):
    here = f"/follow-up/doctors/{clinic.doctor.post_id}/intake"
    form = await patient.get(here)
    assert not form.says("180/120")
    part = await patient.http.get(
        here, params={"disease": "高血压"}, headers={"hx-request": "true", "hx-target": "own-signs"}
    )
    assert "180/120" in part.text
    assert "拨打" not in part.text  # the one part, nothing else of the page
    told = {name: value for name, value in TOLD.items() if name != "sign-pressure"}
    page = await patient.submit(form, "/ask", **told, disease="高血压")
    assert page.status == 422
    assert page.says("180/120", "请逐项回答有没有")
    page = await patient.submit(page, "/ask", **TOLD, disease="高血压")
    assert page.says("属于首诊")  # all is answered; the paper is missing


async def test_who_speaks_of_suicide_sees_the_helpline_too(clinic, patient):
    """CON-28"""
    visit = await clinic.met()
    page = await patient.get(f"/follow-up/visits/{visit.id}")
    page = await patient.submit(page, "/say", text="最近不想活了")
    assert page.says("拨打 120", "12356", "全额原路退回")


async def test_a_visit_is_played_to_its_signed_end_by_both_sides(clinic, patient, doctor):
    visit = await clinic.waiting()
    room, desk = f"/follow-up/visits/{visit.id}", f"/clinic/online/{visit.id}"
    page = await doctor.get("/clinic/online")
    assert page.says("线上候诊", "王秀英", "等待医生接诊")
    page = await doctor.submit(await doctor.get(desk), "/take")
    page = await doctor.submit(page, "/decide", why="线下门诊病历诊断明确")
    assert page.says("符合")
    page = await doctor.submit(page, "/say", text="血压控制得不错，继续用药。")
    seen = await patient.get(room)
    assert seen.says("血压控制得不错")
    seen = await patient.submit(seen, "/say", text="好的，没有胸痛")
    page = await doctor.get(desk)
    assert page.says("好的，没有胸痛")
    note = {
        "act": "sign",
        "complaint": "高血压复诊",
        "present": "血压 130/80 mmHg",
        "past": "高血压 5 年",
        "asked": "none",
        "findings": "线上未查体。",
        "diagnosis": "I10.x00x002",
        "treatment": "继续原方案",
        "advice": "低盐饮食",
    }
    page = await doctor.submit(page, "/note", **{**note, "treatment": ""})
    assert page.status == 422
    page = await doctor.submit(page, "/note", **note)
    assert page.says("已结束", "已签名", "线上未查体")
    seen = await patient.get(room)
    assert seen.says("问诊已结束", "评价")
    seen = await patient.submit(seen, "/rate", stars="5", words="很耐心")
    assert seen.says("您给了 5 星")


async def test_the_list_of_what_ends_a_visit_stands_beside_it_with_its_version(clinic, doctor):
    """CON-05"""
    visit = await clinic.met()
    page = await doctor.get(f"/clinic/online/{visit.id}")
    assert page.says("终止在线诊疗的情形", f"{notices.LIST_VERSION} 版")
    assert page.says(*(words(f"consult.reason.{one}", "zh") for one in notices.CONDITIONS))


async def test_a_doctor_prescribes_online_until_the_visit_is_turned_offline(clinic, doctor):
    """CON-03, CON-04: no yes, no button; turned offline, none again, whatever is sent."""
    visit = await clinic.begun()
    here = f"/clinic/online/{visit.id}/prescription"
    page = await doctor.get(here)
    assert page.says("判定“符合复诊条件”后可以开处方")
    assert "新处方" not in page.words
    await clinic.act(follow_up.decide, visit, why="线下门诊病历诊断明确")
    page = await doctor.get(here)
    assert page.says("高血压", "新处方")
    begun = await doctor.submit(page, here, diagnosis=HYPERTENSION.code)
    assert begun.says("开处方", "第 1 版")
    talk = await doctor.get(f"/clinic/online/{visit.id}")
    await doctor.submit(talk, "/turn-offline", reason="new_symptoms", target="青山一院门诊")
    gone = await doctor.get(here)
    assert gone.says("不能再开处方", "已撤销")
    fresh = {**page.form(here).fields, "once": "another-key-0", "diagnosis": HYPERTENSION.code}
    forced = await doctor.http.post(here, data=fresh)
    assert forced.status_code == 422
    assert "第 1 版" not in forced.text


async def test_a_health_consultation_is_labelled_and_has_no_prescriptions(clinic, doctor):
    """CON-26"""
    visit = await clinic.begun(kind=Kind.COUNSEL, condition="")
    page = await doctor.get(f"/clinic/online/{visit.id}")
    assert page.says("健康咨询，不能诊断和开方")
    assert "处方" not in [link.words for link in page.links]
    here = f"/clinic/online/{visit.id}/prescription"
    assert (await doctor.get(here)).says("健康咨询不能开处方")


async def test_turned_offline_says_why_where_and_that_the_fee_goes_back(clinic, patient, doctor):
    """CON-04"""
    visit = await clinic.met()
    page = await doctor.get(f"/clinic/online/{visit.id}")
    page = await doctor.submit(page, "/turn-offline", reason="new_symptoms")
    assert page.says("已转线下", "出现新的症状")
    seen = await patient.get(f"/follow-up/visits/{visit.id}")
    assert seen.says("医生建议您到线下就诊", "出现新的症状", "青山市第一人民医院", "已退款")


async def test_a_doctor_goes_online_by_a_fresh_code_only(clinic, doctor):
    """CON-09"""
    clinic.app.clock.forward(minutes=2)
    await clinic.place.do(clinic.doctor, follow_up.go_offline)
    page = await doctor.get("/clinic/online")
    assert page.says("不在线", "核验并上线")
    page = await doctor.submit(page, "/on", code="000000")
    assert page.status == 422
    assert page.says("验证码不对")
    _, code = await clinic.account()
    page = await doctor.submit(page, "/on", code=code)
    assert page.says("前有效")
    page = await doctor.submit(page, "/off")
    assert page.says("不在线")


async def test_a_picture_is_shown_to_both_and_to_nobody_else(clinic, patient, doctor, browser):
    visit = await clinic.met()
    await clinic.say(visit, "药盒", pictures=[photo()])
    said, _ = await clinic.messages(visit)
    file = said[0].files[0]
    for reader, path in ((patient, "/follow-up/visits"), (doctor, "/clinic/online")):
        answer = await reader.http.get(f"{path}/{visit.id}/files/{file}")
        assert answer.headers["content-type"] == "image/jpeg"
        assert "sandbox" in answer.headers["content-security-policy"]
    stranger = await clinic.hospital.resident()
    other = browser(await opened(clinic.place, stranger))
    assert (await other.http.get(f"/follow-up/visits/{visit.id}/files/{file}")).status_code == 404
    assert (await other.get(f"/follow-up/visits/{visit.id}")).status == 404


async def test_a_broken_picture_is_refused_beside_the_conversation(clinic, patient):
    visit = await clinic.met()
    page = await patient.get(f"/follow-up/visits/{visit.id}")
    form = page.form("/say")
    told = {**form.fields, "text": "看图"}
    answer = await patient.http.post(form.action, data=told, files=BROKEN)
    assert answer.status_code == 422
    assert "不支持这种文件" in answer.text


async def test_only_the_two_who_talk_may_follow_their_room(clinic, patient, browser):
    """The topic of a conversation is asked at the door, since its name tells of nobody."""
    visit = await clinic.met()
    topic = f"consult/{visit.id}"
    assert await clinic.place.ask(clinic.patient, follow_up.may_follow, visit_id=visit.id)
    assert await clinic.place.ask(clinic.doctor, follow_up.may_follow, visit_id=visit.id)
    stranger = browser(await opened(clinic.place, await clinic.hospital.resident()))
    for bad in (topic, "consult/nobody", "consult"):
        answer = await stranger.http.get("/live", params={"topics": bad})
        assert answer.status_code == 422
        assert BadTopic.__name__ in answer.text


@pytest.mark.parametrize("page", ["room", "hand", "find", "desk", "prescriptions"])
async def test_a_page_asks_the_same_for_one_row_and_for_many(clinic, page):
    visit = await clinic.met()
    hat, view = {
        "room": (clinic.patient, lambda tx: follow_up_desk.room(tx, visit_id=visit.id)),
        "hand": (clinic.doctor, lambda tx: online_desk.hand(tx, visit_id=visit.id)),
        "find": (clinic.patient, follow_up_desk.find),
        "desk": (clinic.doctor, online_desk.desk),
        "prescriptions": (
            clinic.doctor,
            lambda tx: prescription_desk.online(tx, visit_id=visit.id),
        ),
    }[page]
    await clinic.say(visit, "一")
    one, _ = await statements(clinic.app, hat, view)
    await clinic.say(visit, "二")
    await clinic.say(visit, "三", pictures=[photo(), photo()])
    await deliver(clinic.app)
    many, _ = await statements(clinic.app, hat, view)
    assert one == many <= MOST
