"""Steps: a doctor writes several prescriptions in one visit, a pharmacist approves each (处方)."""

import re
from typing import Any

from lianyi.cli.tour.browser import Browser
from lianyi.cli.tour.page import NoSuchForm, Page
from lianyi.cli.tour.script import check
from lianyi.cli.tour.stage import Stage
from lianyi.prescribing.model.review import Item

ASKED: dict[str, Any] = {"allergies": "none", "medicines": "none", "history": "none"}
WHY = "已当面询问，近期体检正常，已开单复查"
REASON = re.compile(r'name="(reason:[^"]+)"')
WRITING = re.compile(r"/prescription/[0-9a-f-]{36}$")
WAITING = re.compile(r'href="(/review/[0-9a-f-]{36})"')
ONE = re.compile(r'href="(/prescriptions/[0-9a-f-]{36})"')


async def write(stage: Stage, doctor: Browser, here: str, drug: str, diagnosis: str) -> None:
    """Write one prescription of one drug and sign it, with a reason wherever one is asked for."""
    given: dict[str, Any] = {**ASKED, "diagnosis": [diagnosis]}
    page = await doctor.submit(await doctor.get(here), "/prescription", diagnosis=[diagnosis])
    page = await doctor.submit(page, _form(page), **given, act=f"add:{drug}")
    form = page.form(_form(page))
    asked = type(form)(f"{form.action}/check", "post", form.fields)
    told = await doctor.send(page, asked, None, **given)
    reasons: dict[str, Any] = dict.fromkeys(REASON.findall(told.html), WHY)
    await doctor.submit(page, _form(page), **given, **reasons, act="sign")
    await stage.until(doctor, here, "待药师审核")


async def approve_all(stage: Stage, pharmacist: Browser, many: int) -> None:
    """Take what waits in hand, one after the other, and approve each (PH-04)."""
    with stage.script.step("药师冯玉兰", f"逐项审核 {many} 张处方，签名通过", "/review") as step:
        for _ in range(many):
            queue = await stage.until(pharmacist, "/review", "审核下一张")
            found = WAITING.search(queue.html)
            page = await pharmacist.get(found[1] if found else "/review")
            taken = await pharmacist.submit(page, "/claim")
            answers = [f"{item}:by_hand" for item in Item]
            signing = await pharmacist.submit(taken, "/approve", answer=answers)
            done = await stage.until(pharmacist, signing.url, "处方已生效")
        check(step, "都已生效", holds=done.says("处方已生效"), seen=done.words)


def _form(page: Page) -> str:
    """Return where the prescription that is being written is sent."""
    for form in page.forms:
        if WRITING.search(form.action):
            return form.action
    raise NoSuchForm(f"prescription on {page.url}: {page.words[:200]}")
