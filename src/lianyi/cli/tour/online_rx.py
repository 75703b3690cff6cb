"""Steps: a prescription within an online visit, reviewed by the internet hospital's pharmacist."""

import re
from typing import Any

from lianyi.cli.tour import room
from lianyi.cli.tour.browser import Browser
from lianyi.cli.tour.online import Asked
from lianyi.cli.tour.page import Form, Page
from lianyi.cli.tour.script import Failed, check
from lianyi.cli.tour.sign import unlock
from lianyi.cli.tour.stage import Stage
from lianyi.prescribing.model.review import Item

PHARMACIST = "p02"
AMLODIPINE, CONTROLLED = "amlodipine-tab-5mg", "alprazolam-tab-0-4mg"
HYPERTENSION = "I10.x00x002"
TOLD: dict[str, Any] = {
    "allergies": "some",
    "allergens": "磺胺类",
    "medicines": "none",
    "history": "none",
    "diagnosis": [HYPERTENSION],
}
WHY = "线上已询问，市人民医院近期结果正常"
REASON = re.compile(r'name="(reason:[^"]+)"')
WRITING = re.compile(r"/prescription/[0-9a-f-]{36}$")
WAITING = re.compile(r'href="(/review/[0-9a-f-]{36})"')


async def prescribe(stage: Stage, asked: Asked, doctor: Browser, login: str, place: str) -> None:
    """Renew a medicine for what was diagnosed in person, and have it reviewed."""
    pharmacist = await _on_duty(stage, place)
    who, here = f"医师{room.name_of(login)}", f"{asked.desk}/prescription"
    with stage.script.step(who, "线上续方：精神药品开不出来，氨氯地平送审", here) as step:
        await unlock(stage, step, doctor)
        page = await doctor.submit(await doctor.get(here), here, diagnosis=[HYPERTENSION])
        page = await _press(doctor, page, f"add:{CONTROLLED}")
        told = await _check(doctor, page)
        check(step, "CON-12 禁止", holds=told.says("禁止", "特殊管理药品"), seen=told.words)
        page = await _press(doctor, page, f"remove:{CONTROLLED}")
        page = await _press(doctor, page, f"add:{AMLODIPINE}")
        reasons = dict.fromkeys(REASON.findall((await _check(doctor, page)).html), WHY)
        await _press(doctor, page, "sign", **reasons)
        sent = await stage.until(doctor, here, "待药师审核")
        check(step, "待药师审核", holds=sent.says("氨氯地平"), seen=sent.words)
    await _approve(stage, pharmacist)
    with stage.script.step(asked.name, "看到已通过审核的处方", "/prescriptions") as step:
        seen = await stage.until(asked.patient, "/prescriptions", "审核通过")
        check(step, "高血压", holds=seen.says("高血压"), seen=seen.words)


async def _on_duty(stage: Stage, place: str) -> Browser:
    who = f"药师{room.name_of(PHARMACIST)}"
    with stage.script.step(who, f"在{place}上班审方", "/review") as step:
        browser = await stage.staff(step, PHARMACIST)
        await room.wear(browser, place)
        page = await browser.get("/review")
        if not page.says("在岗至"):
            page = await browser.submit(page, "/review/on-duty")
        check(step, "在岗", holds=page.says("在岗至"), seen=page.words)
        await unlock(stage, step, browser)
    return browser


async def _approve(stage: Stage, pharmacist: Browser) -> None:
    who = f"药师{room.name_of(PHARMACIST)}"
    with stage.script.step(who, "逐项核对，签名通过", "/review") as step:
        queue = await stage.until(pharmacist, "/review", "审核下一张")
        found = WAITING.search(queue.html)
        if found is None:
            raise Failed(f"没有待审的处方：{queue.words[:200]}")
        page = await pharmacist.submit(await pharmacist.get(found[1]), "/claim")
        answers = [f"{item}:by_hand" for item in Item]
        signing = await pharmacist.submit(page, "/approve", answer=answers)
        done = await stage.until(pharmacist, signing.url, "处方已生效")
        check(step, "已生效", holds=done.says("审核通过"), seen=done.words)


def _writing(page: Page) -> Form:
    for form in page.forms:
        if WRITING.search(form.action):
            return form
    raise Failed(f"没有正在书写的处方：{page.words[:200]}")


async def _press(doctor: Browser, page: Page, act: str, **more: str) -> Page:
    return await doctor.send(page, _writing(page), None, **{**TOLD, **more, "act": act})


async def _check(doctor: Browser, page: Page) -> Page:
    """Ask what the page asks whenever something on it changes."""
    form = _writing(page)
    asked = Form(f"{form.action}/check", "post", form.fields)
    return await doctor.send(page, asked, None, **TOLD)
