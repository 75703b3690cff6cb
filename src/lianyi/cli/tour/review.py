"""Scene: no pharmacist, no prescription; one returned with a reason, mended, approved (审方)."""

import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from lianyi.cli.tour import clock, room, scanner
from lianyi.cli.tour.browser import Browser
from lianyi.cli.tour.page import Form, Page
from lianyi.cli.tour.script import Failed, check
from lianyi.cli.tour.stage import Stage
from lianyi.journeys.demo import PIN
from lianyi.prescribing.model.review import Item

NAME, PHONE = "张建国", "19905311002"
MASKED = "张*国"
PHARMACIST = "p01"
DIAGNOSES = ["I10.x00x002 高血压", "E78.500 高脂血症"]
AMLODIPINE, SIMVASTATIN = "amlodipine-tab-5mg", "simvastatin-tab-40mg"
ASKED: dict[str, Any] = {"allergies": "none", "medicines": "none", "history": "none"}
ADVICE = "合用氨氯地平时辛伐他汀每日不超过 20mg，请减量"
STRANGER, HOSPITAL = "路人", "岱东省第一人民医院"
NO_PRINTER = 503
WRITING = re.compile(r"/prescription/[0-9a-f-]{36}$")
REASON = re.compile(r'name="(reason:[^"]+)"')


@dataclass(slots=True)
class Story:
    stage: Stage
    patient: Browser
    doctor: Browser
    pharmacist: Browser
    name: str
    page: str  # of the visit's prescriptions

    @property
    def who(self) -> str:
        return f"医师{self.name}"


async def scene(stage: Stage) -> None:
    story = await _begin(stage)
    await _nobody_on_duty(story)
    await _on_duty(story)
    await _sent_with_a_reason(story)
    await _returned(story)
    await _mended(story)
    await _approved(story)
    await _told(story)


async def _begin(stage: Stage) -> Story:
    with stage.script.step(NAME, "挂省医院的号，到院签到", "/book") as step:
        patient = await stage.browser(PHONE)
        _, login = await room.arrive(step, patient)
        doctor = await stage.staff(step, login)
    name = room.name_of(login)
    with stage.script.step(f"医师{name}", "接诊，开两种药", "/clinic") as step:
        inside = await room.call_in(doctor, NAME)
        page = f"{inside.url.split('?')[0].rstrip('/')}/prescription"
        begun = await doctor.submit(await doctor.get(page), "/prescription", diagnosis=DIAGNOSES)
        for code in (AMLODIPINE, SIMVASTATIN):
            begun = await _fill(doctor, begun, f"add:{code}")
        check(step, "两种药", holds=begun.says("共 2 种药"), seen=begun.words)
        await _unlock(stage, doctor)
    stage.kept |= {"rx_doctor": login, "rx_visit": page}
    pharmacist = await _off_duty(stage)
    return Story(stage, patient, doctor, pharmacist, name, page)


async def _off_duty(stage: Stage) -> Browser:
    with stage.script.step("药师冯玉兰", "下班", "/review") as step:
        pharmacist = await stage.staff(step, PHARMACIST)
        await room.wear(pharmacist)
        page = await pharmacist.get("/review")
        if page.says("在岗至"):
            page = await pharmacist.submit(page, "/review/off-duty")
        check(step, "不在岗", holds=not page.says("在岗至"), seen=page.words)
    return pharmacist


async def _nobody_on_duty(story: Story) -> None:
    with story.stage.script.step(story.who, "没有药师在岗，不能提交 LIC-04", story.page) as step:
        form = _writing(await story.doctor.get(story.page))
        told = await _check(story.doctor, story.page, form)
        check(step, "说明原因", holds=told.says("没有药师在岗审方"), seen=told.words)
        refused = await _sign(story, told)
        check(step, "没有发出", holds=refused.says("处方还不能签名"), seen=refused.words)


async def _on_duty(story: Story) -> None:
    with story.stage.script.step("药师冯玉兰", "上班，解锁签名", "/review") as step:
        duty = await story.pharmacist.get("/review")
        page = await story.pharmacist.submit(duty, "/review/on-duty")
        check(step, "在岗", holds=page.says("在岗至"), seen=page.words)
        await _unlock(story.stage, story.pharmacist)


async def _sent_with_a_reason(story: Story) -> None:
    what = "核查提示相互作用，写明理由后签名送审"
    with story.stage.script.step(story.who, what, story.page) as step:
        form = _writing(await story.doctor.get(story.page))
        told = await _check(story.doctor, story.page, form)
        check(step, "提示上限 20mg", holds=told.says("相互作用", "上限 20mg"), seen=told.words)
        await _sign(story, told)
        sent = await story.stage.until(story.doctor, story.page, "待药师审核")
        check(step, "待审核", holds=sent.says("待药师审核"), seen=sent.words)
    with story.stage.script.step(NAME, "看到处方正在审核，还不能取药", "/prescriptions") as step:
        seen = await story.patient.get("/prescriptions")
        check(step, "待审核", holds=seen.says("待药师审核"), seen=seen.words)


async def _returned(story: Story) -> None:
    with story.stage.script.step("药师冯玉兰", "按风险领取，退回并写明原因", "/review") as step:
        page = await _take(story)
        check(step, "看到医师理由", holds=page.says("医师理由", "相互作用"), seen=page.words)
        back = await story.pharmacist.submit(page, "/send-back", reason="interaction", note=ADVICE)
        check(step, "已退回", holds=back.says("药师退回"), seen=back.words)


async def _mended(story: Story) -> None:
    with story.stage.script.step(
        story.who, "看到退回原因，减到 20mg，重新签名", story.page
    ) as step:
        seen = await story.doctor.get(story.page)
        check(step, "原因和建议", holds=seen.says("药师退回", ADVICE), seen=seen.words)
        saved = await _fill(story.doctor, seen, "save", **{"dose-2": "20", "unit-2": "mg"})
        told = await _check(story.doctor, story.page, _writing(saved))
        check(step, "相互作用已消除", holds=not told.says("上限 20mg"), seen=told.words)
        await _sign(story, told)
        await story.stage.until(story.doctor, story.page, "待药师审核")


async def _approved(story: Story) -> None:
    what = "复核修改后的处方，逐项核对，签名通过"
    with story.stage.script.step("药师冯玉兰", what, "/review") as step:
        page = await _take(story)
        check(step, "标明退回后重开", holds=page.says("退回后重开"), seen=page.words)
        answers = [f"{item}:by_hand" for item in Item]
        signing = await story.pharmacist.submit(page, "/approve", answer=answers)
        check(step, "等待签名", holds=signing.says("药师签名"), seen=signing.words)
        done = await story.stage.until(story.pharmacist, signing.url, "处方已生效")
        check(step, "已生效", holds=done.says("审核通过，待取药"), seen=done.words)


async def _told(story: Story) -> None:
    with story.stage.script.step(NAME, "收到短信，看到用法和验真码", "/prescriptions") as step:
        await story.stage.until(
            await story.stage.browser("inbox"), f"/demo/inbox?phone={PHONE}", "已审核通过"
        )
        page = await story.patient.get("/prescriptions")
        one = await story.patient.get(page.link("高血压"))
        check(step, "用法、验真码", holds=one.says("每次", "验真二维码"), seen=one.words)
    await _on_paper(story, one)
    await _scanned(story, one)


async def _on_paper(story: Story, one: Page) -> None:
    link = one.link("处方笺（PDF）")
    with story.stage.script.step(NAME, "打开处方笺", link) as step:
        paper = await story.patient.file(link)
        is_pdf = paper.headers["content-type"] == "application/pdf"
        whole = is_pdf and paper.content.startswith(b"%PDF-") and b"%%EOF" in paper.content[-32:]
        if paper.status_code == NO_PRINTER:
            check(step, "本机缺少打印组件，页面说明", holds=not is_pdf, seen=paper.text[:200])
        else:
            check(step, "是一份完整的 PDF", holds=whole, seen=paper.content[:100])
        stranger = await (await story.stage.browser(STRANGER)).file(link)
        check(step, "没有登录的人打不开", holds=stranger.content[:4] != b"%PDF", seen=link)


async def _scanned(story: Story, one: Page) -> None:
    """Learn from a code alone what is no secret: whether it is real, whose, of when, its state."""
    code = urlsplit(scanner.read(one)).path
    with story.stage.script.step("路人", "扫真处方的二维码", code) as step:
        seen = await (await story.stage.browser(STRANGER)).get(code)
        day = f"开具日期 {clock.shown(seen):%Y-%m-%d}"
        real = seen.says("真实：电子签名有效", HOSPITAL, "审核通过", day)
        check(step, "真实、机构、日期、状态", holds=real, seen=seen.words)
        hidden = not any(seen.says(word) for word in (NAME, MASKED, "氨氯地平", "高血压"))
        check(step, "没有人名、药品和诊断", holds=hidden, seen=seen.words)


async def _take(story: Story) -> Page:
    """Take this patient's from the queue in hand; others may wait there too."""
    queue = await story.stage.until(story.pharmacist, "/review", MASKED)
    page = await story.pharmacist.get(queue.link(MASKED))
    return await story.pharmacist.submit(page, "/claim")


async def _unlock(stage: Stage, browser: Browser) -> None:
    page = await browser.get("/signing")
    if page.says("未解锁"):
        await browser.submit(page, "/signing/unlock", pin=PIN)
        await stage.until(browser, "/signing", "已解锁")


def _writing(page: Page) -> Form:
    """Return the form of the prescription that is being written."""
    for form in page.forms:
        if WRITING.search(form.action):
            return form
    raise Failed(f"没有正在书写的处方：{page.words[:200]}")


async def _fill(doctor: Browser, page: Page, act: str, **values: Any) -> Page:  # noqa: ANN401
    form = _writing(page)
    return await doctor.send(page, form, act=act, **ASKED, **_every(form), **values)


def _every(form: Form) -> dict[str, Any]:
    return {"diagnosis": [each for each in form.every["diagnosis"] if each]}


async def _check(doctor: Browser, url: str, form: Form) -> Page:
    """Return what the check says of the form as it is; nothing is kept."""
    asked = replace(form, action=f"{form.action}/check")
    return await doctor.send(await doctor.get(url), asked, act="save", **ASKED, **_every(form))


async def _sign(story: Story, told: Page) -> Page:
    """Sign what is written, with a reason wherever one is asked for."""
    reasons: dict[str, Any] = dict.fromkeys(REASON.findall(told.html), "既往耐受，已告知并安排复查")
    page = await story.doctor.get(story.page)
    return await _fill(story.doctor, page, "sign", **reasons)
