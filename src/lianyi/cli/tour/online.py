"""Steps that online visits share: going online, asking, paying, hearing of what changed."""

import asyncio
import re
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from PIL import Image

from lianyi.cli.tour import clock
from lianyi.cli.tour.browser import Browser, Files
from lianyi.cli.tour.page import Page
from lianyi.cli.tour.room import name_of, wear
from lianyi.cli.tour.script import Failed, Step, check
from lianyi.cli.tour.stage import Stage

PATIENCE = 5.0  # seconds until a live page hears of a change
TELLS: dict[str, Any] = {
    "complaint": "复查血压，续用原来的药",
    "readings": "近两周 128–136/76–84 mmHg",
    "medicines": "氨氯地平 5 mg 每日一次",
    "allergies": "没有",
    "agreed": "1",
}
PICTURE = ("血压记录.jpg", "image/jpeg")
PROVE = "/clinic/online/on"


@dataclass(frozen=True, slots=True)
class Asked:
    """A resident's online visit: `room` is its page for the patient, `desk` for the doctor."""

    patient: Browser
    name: str
    room: str

    @property
    def id(self) -> str:
        return self.room.rpartition("/")[2]

    @property
    def desk(self) -> str:
        return f"/clinic/online/{self.id}"


def picture() -> bytes:
    """Return a photo as a phone would send it, with nothing on it."""
    out = BytesIO()
    Image.new("RGB", (240, 160), "#e3f3f1").save(out, "JPEG")
    return out.getvalue()


def one_file(field: str) -> Files:
    name, kind = PICTURE
    return {field: (name, picture(), kind)}


async def receive(stage: Stage, login: str, place: str) -> Browser:
    """Let a doctor prove anew who they are, and receive online for this place (CON-09)."""
    what = f"在{place}上线，重新核验身份 CON-09"
    with stage.script.step(f"医师{name_of(login)}", what, "/clinic/online") as step:
        doctor = await stage.staff(step, login)
        await wear(doctor, place)
        await clock.forward(stage, step, minutes=1)  # a code works once
        desk = await doctor.get("/clinic/online")
        wrong = await doctor.submit(desk, PROVE, code="000000")
        check(step, "验证码不对不能上线", holds=wrong.says("验证码不对"), seen=wrong.words)
        code = await stage.staff_code(login)
        online = await doctor.submit(wrong, PROVE, code=code)
        check(step, "在线", holds=online.says("身份已于本次上线时核验"), seen=online.words)
    return doctor


async def doctors_page(browser: Browser, doctor: str, kind: str = "follow_up") -> Page:
    """Go from the list of those online to one doctor."""
    listed = await browser.get("/follow-up", kind=kind)
    found = re.search(
        rf"<b>{doctor}</b>(?:(?!</li>).)*?(/follow-up/doctors/[^\"]+)", listed.html, re.DOTALL
    )
    if found is None:
        raise Failed(f"{doctor} 不在线：{listed.words[:300]}")
    return await browser.get(found[1].replace("&amp;", "&"))


async def fill(browser: Browser, page: Page, files: Files | None = None, **more: object) -> Page:
    """Answer every question about danger with no, tell the rest, and send the form."""
    if disease := more.get("disease"):  # with its name come questions of its own
        page = await browser.get(urlsplit(page.url).path, disease=str(disease))
    form = page.form("/ask")
    answers = {name: "no" for name in form.choices if name.startswith("sign-")}
    return await browser.send(page, form, files, **{**TELLS, **answers, **more})


def room_of(step: Step, page: Page, patient: Browser, name: str) -> Asked:
    path = urlsplit(page.url).path
    check(step, "已提交", holds=path.startswith("/follow-up/visits/"), seen=page.words)
    return Asked(patient, name, path)


async def pay(stage: Stage, asked: Asked) -> None:
    """Pay what the insurance leaves to the person."""
    patient = asked.patient
    with stage.script.step(asked.name, "付个人部分，医保结算", asked.room) as step:
        room = await stage.until(patient, asked.room, "去支付")
        bill = room.link("去支付")
        page = await stage.until(patient, bill, "去支付")
        await patient.submit(page, "/pay")
        code = await stage.until(patient, f"{bill}/pay", "演示付款")
        await patient.submit(code, "/pay/demo")
        waiting = await stage.until(patient, asked.room, "等待医生接诊")
        check(step, "承诺的时间开始计算", holds=waiting.says("前回复"), seen=waiting.words)


async def hears(browser: Browser, page: Page, act: Any) -> str:  # noqa: ANN401 - an awaitable
    """Follow what a page follows while somebody acts; return the name of what changed."""
    topic = re.search(r'data-live="(consult/[^"]+)"', page.html)
    if topic is None:
        raise Failed(f"页面没有实时更新：{page.url}")
    stream = await browser.listen(f"/live?topics={topic[1]}")
    try:
        lines = stream.aiter_lines()
        await anext(lines)  # the stream is open once it has said how to come back
        await act
        return await asyncio.wait_for(_named(lines), PATIENCE)
    finally:
        await stream.aclose()


async def _named(lines: Any) -> str:  # noqa: ANN401 - an iterator of lines
    async for line in lines:
        if line.startswith("data: "):
            return str(line.removeprefix("data: "))
    raise Failed("实时连接中断")
