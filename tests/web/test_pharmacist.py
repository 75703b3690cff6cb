"""The pharmacist's desk as a pharmacist sits at it."""

import pytest

from lianyi.journeys import pharmacist_desk
from lianyi.people.model import CLERK, PHARMACIST
from lianyi.prescribing.model import Reason, Severity
from lianyi.prescribing.model.review import Item
from lianyi.terminology.model import Aspect, Effect
from tests.prescribing.make import Practice, sheet
from tests.prescribing.test_review import said
from tests.signatures.make import hall
from tests.web.counting import statements
from tests.web.staff import signed_in

REVIEW = "/review"
MOST = 12  # statements a page


@pytest.fixture
async def pharmacist(place):
    hat = await place.pharmacist()
    await place.train(hat.person_id)
    async with signed_in(place, hat) as reader:
        yield reader


async def test_a_pharmacist_goes_on_duty_and_off_it(pharmacist):
    """LIC-04"""
    page = await pharmacist.get(REVIEW)
    assert page.says("不在岗", "医师不能发送处方")
    page = await pharmacist.submit(page, f"{REVIEW}/on-duty")
    assert page.says("在岗至 2030-01-08 00:00")
    page = await pharmacist.submit(page, f"{REVIEW}/off-duty")
    assert page.says("不在岗")


async def test_the_page_begins_where_a_pharmacist_works(pharmacist):
    page = await pharmacist.get("/desk")
    assert page.says("审方工作台")


async def test_who_may_not_review_reads_why(place):
    """PH-02"""
    async with signed_in(place, await place.pharmacist()) as reader:
        page = await reader.get(REVIEW)
        assert page.says("没有处方审核培训合格记录", "依据 PH-02")
        assert not page.says("上班")


async def test_others_on_duty_are_named(place, pharmacist):
    await place.reviewer(name="蒋文斌")
    page = await pharmacist.get(REVIEW)
    assert page.says("同时在岗：蒋文斌")


async def test_no_other_role_sits_here(place):
    async with signed_in(place, await place.hat(CLERK)) as reader:
        assert (await reader.get(REVIEW)).status == 403


async def test_the_desk_asks_the_same_for_one_and_for_many(place, app):
    me = await place.reviewer()
    one, _ = await statements(app, me, pharmacist_desk.desk)
    for _ in range(3):
        await place.reviewer()
    many, seen = await statements(app, me, pharmacist_desk.desk)
    assert len(seen.duties) == 4
    assert one == many <= MOST


async def test_the_training_of_a_pharmacist_is_recorded_in_the_staff_office(place):
    """PH-02"""
    hat = await place.appoint(PHARMACIST, name="冯玉兰")
    async with signed_in(place, await place.admin()) as reader:
        at = f"/admin/staff/{hat.post_id}"
        assert (await reader.get(at)).says("处方审核资格", "没有处方审核培训合格记录")
        page = await reader.get(f"{at}/training")
        wrong = {"certificate": "SF20290001", "passed_on": "2029-06-01"}
        page = await reader.submit(page, f"{at}/training", **wrong, valid_until="2029-05-31")
        assert page.status == 422
        assert page.says("有效期不能早于考核合格日期。")
        page = await reader.submit(page, f"{at}/training", **wrong, valid_until="")
        assert page.says("SF20290001", "2029-06-01")
        assert not page.says("不可审方")


@pytest.fixture
async def sitting(place, tmp_path):
    """A pharmacist on duty with an open key, in a browser, and a doctor who sends."""
    practice = await Practice.open(place)
    async with hall(place, tmp_path) as authority:
        me = await place.reviewer(name="冯玉兰")
        await authority.certify(me)
        await authority.unlock(me)
        async with signed_in(place, me) as reader:
            yield reader, practice, authority


@pytest.fixture(scope="module")
def dsn(cluster, worker_id):
    """The worker takes whatever waits in a database, so it is tried on one of its own."""
    with cluster.clone(f"{worker_id}_pharmacist") as url:
        yield url


def chosen(page, at, answer="by_hand"):
    """Return an answer for each item of the form, as a browser sends several of one name."""
    form = page.form(f"{at}/approve")
    return {**form.fields, "answer": [f"{item}:{answer}" for item in Item]}


async def post(reader, page, action, data):
    answer = await reader.http.post(page.form(action).action, data=data)
    if answer.is_redirect:
        return await reader.get(answer.headers["location"])
    return reader._page(answer)  # noqa: SLF001


async def test_a_pharmacist_reads_agrees_and_signs(sitting):
    """RX-28"""
    reader, practice, authority = sitting
    practice.findings = (said(Aspect.DOSE, Severity.WARN, Effect.LIMIT),)
    sent = await practice.signed(sheet(reasons=(Reason("", "血压控制不佳"),)))
    at = f"{REVIEW}/{sent.id}"
    page = await reader.get(REVIEW)
    assert page.says("待审 1", "审核下一张", "氨氯地平")
    page = await reader.get(at)
    assert page.says("开始审核", "高血压", "警告", "医师理由：", "血压控制不佳")
    page = await reader.submit(page, f"{at}/claim")
    assert page.says("通过并签名", "软件无法核查，请人工核对")
    page = await post(reader, page, f"{at}/approve", chosen(page, at))
    assert page.says("正在取得药师签名")
    await authority.work()
    assert (await reader.get(at)).says("审核通过，待取药")
    assert (await reader.get(REVIEW)).says("没有待审的处方")


async def test_an_item_left_open_is_said_beside_the_prescription(sitting):
    """PH-04"""
    reader, practice, _ = sitting
    sent = await practice.signed()
    at = f"{REVIEW}/{sent.id}"
    page = await reader.submit(await reader.get(at), f"{at}/claim")
    page = await post(reader, page, f"{at}/approve", chosen(page, at, "pass"))
    assert page.status == 422
    assert page.says("软件无法核查的项目没有人工核对")
    page = await post(reader, page, f"{at}/approve", chosen(page, at, "fail"))
    assert page.says("不能批准。请退回医师")
    wrong = {**chosen(page, at), "answer": ["weather:fine"]}
    page = await post(reader, page, f"{at}/approve", wrong)
    assert page.says("请从列表中选择审核结论。")


async def test_a_pharmacist_sends_back_with_a_coded_reason(sitting):
    """PH-06"""
    reader, practice, _ = sitting
    sent = await practice.signed()
    at = f"{REVIEW}/{sent.id}"
    page = await reader.submit(await reader.get(at), f"{at}/claim")
    page = await reader.submit(page, f"{at}/send-back", reason="dose", note="")
    assert page.status == 422
    page = await reader.submit(page, f"{at}/send-back", reason="dose", note="建议每日一次")
    assert page.says("药师退回", "退回：用法用量不适宜", "建议每日一次", "冯玉兰")


async def test_what_another_reads_is_not_offered(sitting, place):
    reader, practice, _ = sitting
    sent = await practice.signed()
    at = f"{REVIEW}/{sent.id}"
    page = await reader.submit(await reader.get(at), f"{at}/claim")
    async with signed_in(place, await place.reviewer(name="蒋文斌")) as other:
        seen = await other.get(at)
        assert seen.says("另一位药师正在审核这张处方", "他人审核中")
        assert not seen.says("开始审核", "通过并签名")
    page = await reader.submit(page, f"{at}/release")
    assert page.says("待审 1")


async def test_off_duty_a_pharmacist_only_reads(sitting):
    """LIC-04"""
    reader, practice, _ = sitting
    sent = await practice.signed()
    await reader.submit(await reader.get(REVIEW), f"{REVIEW}/off-duty")
    page = await reader.get(f"{REVIEW}/{sent.id}")
    assert page.says("您目前不在岗")
    assert not page.says("开始审核")


async def test_a_prescription_nobody_here_may_see_is_not_found(sitting, app):
    reader, *_ = sitting
    page = await reader.get(f"{REVIEW}/{app.ids.new(app.clock())}")
    assert page.status == 404
