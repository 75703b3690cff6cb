"""Scene: simvastatin 40 mg beside amlodipine is caught, mended and signed (开具处方)."""

import re
from dataclasses import dataclass
from typing import Any

from lianyi.cli.tour import room
from lianyi.cli.tour.browser import Browser
from lianyi.cli.tour.page import NoSuchForm, Page
from lianyi.cli.tour.script import check
from lianyi.cli.tour.sign import unlock
from lianyi.cli.tour.stage import Stage

NAME, PHONE = "刘立平", "19905311007"
PHARMACIST = "p01"
DIAGNOSES = ["I10.x00x002", "E78.500"]
AMLODIPINE, SIMVASTATIN = "amlodipine-tab-5mg", "simvastatin-tab-40mg"
ASKED: dict[str, Any] = {"allergies": "none", "medicines": "none", "history": "none"}
WHY = "已当面询问，近期体检正常，已开单复查"
REASON, MEND = re.compile(r'name="(reason:[^"]+)"'), re.compile(r'value="(mend:[^"]+)"')
WRITING = re.compile(r"/prescription/[0-9a-f-]{36}$")


@dataclass(slots=True)
class Story:
    """Who plays, and where the prescriptions of the visit are."""

    stage: Stage
    doctor: Browser
    login: str
    here: str = ""

    @property
    def who(self) -> str:
        return f"医师{room.name_of(self.login)}"


async def scene(stage: Stage) -> None:
    await _go_on_duty(stage)
    story = await _arrive(stage)
    page = await _write(story)
    page = await _mend(story, page)
    await _sign(story, page)


async def _go_on_duty(stage: Stage) -> None:
    with stage.script.step("药师冯玉兰", "上班审方，查看已批准的知识库", "/review") as step:
        pharmacist = await stage.staff(step, PHARMACIST)
        await room.wear(pharmacist)
        page = await pharmacist.get("/review")
        if not page.says("在岗至"):
            page = await pharmacist.submit(page, "/review/on-duty")
        check(step, "在岗", holds=page.says("在岗至"), seen=page.words)
        known = await pharmacist.get("/knowledge")
        check(
            step, "演示知识库，已批准", holds=known.says("演示知识库", "已批准"), seen=known.words
        )


async def _arrive(stage: Stage) -> Story:
    with stage.script.step(NAME, "高血压、高脂血症复诊，挂号签到", "/book") as step:
        patient = await stage.resident(step, PHONE)
        _, login = await room.arrive(step, patient)
    return await _call_in(stage, login)


async def _call_in(stage: Stage, login: str) -> Story:
    with stage.script.step(f"医师 {login}", "叫号，解锁签名密钥", "/clinic") as step:
        doctor = await stage.staff(step, login)
        await room.wear(doctor)
        await unlock(stage, step, doctor)
        inside = await room.call_in(doctor, NAME)
        check(step, "患者在诊室", holds=inside.says(NAME), seen=inside.words)
    stage.kept |= {"doctor": login, "visit": f"{inside.url}/prescription"}
    return Story(stage, doctor, login, stage.kept["visit"])


async def _write(story: Story) -> Page:
    with story.stage.script.step(story.who, "逐一加入氨氯地平、辛伐他汀 40 mg", story.here) as step:
        page = await story.doctor.get(story.here)
        page = await story.doctor.submit(page, "/prescription", diagnosis=DIAGNOSES)
        page = await _press(story, page, f"add:{AMLODIPINE}")
        page = await _press(story, page, f"add:{SIMVASTATIN}")
        told = await _check(story, page)
        check(
            step, "拦住：合用上限 20 mg", holds=told.says("警告", "上限 20mg/日"), seen=told.words
        )
        check(step, "适应证核查在列", holds=told.says("适应证"), seen=told.words)
        check(step, "标明演示知识库", holds=told.says("演示知识库"), seen=told.words)
        check(
            step, "肾功能无近期结果：无法核查", holds=told.says("无法核查·肾功能"), seen=told.words
        )
        refused = await _press(story, page, "sign")
        check(step, "没有理由不能签名", holds=refused.says("处方还不能签名"), seen=refused.words)
    return page


async def _mend(story: Story, page: Page) -> Page:
    with story.stage.script.step(story.who, "一键改为辛伐他汀 20 mg", story.here) as step:
        offered = MEND.search((await _check(story, page)).html)
        page = await _press(story, page, offered[1] if offered else "")
        check(step, "改为 20 mg", holds=page.says("辛伐他汀片 20mg×7片/盒"), seen=page.words)
        told = await _check(story, page)
        check(step, "合用不再警告", holds=not told.says("上限 20mg/日"), seen=told.words)
    return page


async def _sign(story: Story, page: Page) -> None:
    with story.stage.script.step(story.who, "写明无法核查项的理由，签名", story.here) as step:
        told = await _check(story, page)
        reasons = dict.fromkeys(REASON.findall(told.html), WHY)
        page = await _press(story, page, "sign", **reasons)
        check(step, "签名中或待审核", holds=_is_signed(page), seen=page.words)
        done = await story.stage.until(story.doctor, story.here, "待药师审核")
        check(step, "送到药师", holds=done.says("待药师审核", "编号"), seen=done.words)


def _is_signed(page: Page) -> bool:
    return page.says("签名中") or page.says("待药师审核")


def _form(page: Page) -> str:
    """Return where the prescription that is being written is sent."""
    for form in page.forms:
        if WRITING.search(form.action):
            return form.action
    raise NoSuchForm(f"prescription on {page.url}: {page.words[:200]}")


async def _press(story: Story, page: Page, act: str, **more: str) -> Page:
    """Send the whole form by one of its buttons, as a browser does."""
    given: dict[str, Any] = {**ASKED, **more, "act": act, "diagnosis": DIAGNOSES}
    return await story.doctor.submit(page, _form(page), **given)


async def _check(story: Story, page: Page) -> Page:
    """Ask what the page asks whenever something on it changes."""
    form = page.form(_form(page))
    asked = type(form)(f"{form.action}/check", "post", form.fields)
    return await story.doctor.send(page, asked, None, **ASKED, diagnosis=DIAGNOSES)
