"""Scene: a morning's line of people: checked in by card, called live, missed, back again (候诊)."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from lianyi.cli.tour import counter, room, scanner
from lianyi.cli.tour.browser import Browser
from lianyi.cli.tour.page import Page
from lianyi.cli.tour.script import Step, check
from lianyi.cli.tour.stage import Stage

LATE, SECOND, THIRD = ("王桂芳", "19905311005"), ("王静", "19905311006"), ("周淑芬", "19905311017")
TOPIC = re.compile(r'data-live="(person/[^"]+)"')
PATIENCE = 5.0  # seconds until a live page must have heard


@dataclass(slots=True)
class Line:
    stage: Stage
    login: str
    pages: dict[str, str]  # of the appointments, by the phone

    async def patient(self, who: tuple[str, str]) -> tuple[Browser, Page]:
        browser = await self.stage.browser(who[1])
        return browser, await browser.get(self.pages[who[1]])

    async def calls(self) -> Page:
        """Let the doctor call whose turn it is; return the page of who was called."""
        doctor = await self.stage.browser(self.login)
        return await doctor.submit(await doctor.get(room.DESK), f"{room.DESK}/call")

    async def sees(self, called: Page) -> None:
        doctor = await self.stage.browser(self.login)
        inside = await doctor.submit(called, f"{room.DESK}/start")
        await doctor.submit(inside, f"{room.DESK}/finish")


async def scene(stage: Stage) -> None:
    line = await _by_card(stage)
    await _join(line, SECOND)
    await _live(line)
    await _missed(line)
    await _join(line, THIRD)
    await _back(line)


async def _by_card(stage: Stage) -> Line:
    name, phone = LATE
    with stage.script.step(name, "挂号后到窗口扫健康卡签到", "/reception") as step:
        browser = await stage.resident(step, phone)
        page, login = await _book(browser)
        clerk = await stage.staff(step, counter.CLERK)
        code = scanner.read(await browser.get("/card"))
        visitor = await clerk.submit(await clerk.get("/reception"), "/reception/scan", code=code)
        arrived = await clerk.submit(visitor, "/check-in")
        check(step, "窗口看到今天的号并签到", holds=arrived.says("候诊中"), seen=arrived.words)
        waiting = await browser.get(page.url)
        check(step, "手机上看到前面几位", holds=waiting.says("前面还有"), seen=waiting.words)
        await _empty_room(await stage.staff(step, login))
    return Line(stage, login, {phone: page.url})


async def _book(browser: Browser) -> tuple[Page, str]:
    times, login = await room.find(browser)
    form = times.form("/book/sessions/")
    kept = await browser.send(times, form, starts_at=form.choices["starts_at"][0])
    return await browser.submit(kept, "/confirm"), login


async def _empty_room(doctor: Browser) -> None:
    """See whoever an earlier scene has left inside."""
    desk = await doctor.get(room.DESK)
    if desk.says(room.INSIDE):
        inside = await room.let_in(doctor, await doctor.get(desk.link(room.INSIDE)))
        await doctor.submit(inside, f"{room.DESK}/finish")


async def _join(line: Line, who: tuple[str, str]) -> None:
    name, phone = who
    with line.stage.script.step(name, "挂同一位医生，自己签到", "/book") as step:
        browser = await line.stage.resident(step, phone)
        booked, _ = await _book(browser)
        waiting = await browser.submit(booked, "/check-in")
        check(step, "排在后面", holds=waiting.says("前面还有"), seen=waiting.words)
        line.pages[phone] = waiting.url


async def _live(line: Line) -> None:
    name, _ = LATE
    with line.stage.script.step(name, "盯着手机等叫号，页面自己更新", "/live") as step:
        browser, page = await line.patient(LATE)
        found = TOPIC.search(page.html)
        topic = found[1] if found else ""
        async with _open(browser, topic) as heard:
            called = await line.calls()
            check(step, "叫到的是他", holds=f"<h1>{name}</h1>" in called.html, seen=called.words)
            said = await asyncio.wait_for(anext(heard), PATIENCE)
        check(step, "实时消息只有名字", holds=said == f"data: {topic}", seen=said)
        told = await browser.get(page.url)
        check(step, "请到诊室", holds=told.says("请到"), seen=told.words)


@asynccontextmanager
async def _open(browser: Browser, topic: str) -> AsyncIterator[AsyncIterator[str]]:
    """Follow one name; give the lines that say something changed, from now on."""
    stream = await browser.listen(f"/live?topics={topic}")
    lines = stream.aiter_lines()
    await anext(lines)  # from its first line on nothing is missed
    try:
        yield (line async for line in lines if line.startswith("data: "))
    finally:
        await stream.aclose()


async def _missed(line: Line) -> None:
    name, _ = LATE
    with line.stage.script.step("医师", f"{name}没有来，过号", room.DESK) as step:
        doctor = await line.stage.browser(line.login)
        inside = await doctor.get(room.DESK)
        called = await doctor.get(inside.link(room.INSIDE))
        gone = await doctor.submit(called, f"{room.DESK}/missed")
        check(step, "诊室空出", holds=gone.says("叫下一位"), seen=gone.words)
    with line.stage.script.step(name, "回来重新排队，不用再挂号", line.pages[LATE[1]]) as step:
        browser, page = await line.patient(LATE)
        check(step, "说明已过号", holds=page.says("已叫过您的号"), seen=page.words)
        again = await browser.submit(page, "/re-enter")
        check(step, "又在排队", holds=again.says("前面还有"), seen=again.words)
        await _expect(line, step, SECOND, "过号的排在后面")


async def _expect(line: Line, step: Step, who: tuple[str, str], why: str) -> None:
    called = await line.calls()
    check(step, f"{why}：叫{who[0]}", holds=f"<h1>{who[0]}</h1>" in called.html, seen=called.words)
    await line.sees(called)


async def _back(line: Line) -> None:
    with line.stage.script.step(SECOND[0], "做完检查当天回诊", line.pages[SECOND[1]]) as step:
        browser, page = await line.patient(SECOND)
        back = await browser.submit(page, "/come-back")
        check(step, "重新候诊", holds=back.says("前面还有"), seen=back.words)
    with line.stage.script.step("医师", "回诊、新患者、过号者依次叫到 CAP-12", room.DESK) as step:
        await _expect(line, step, SECOND, "两位新患者之后是回诊")
        await _expect(line, step, THIRD, "过号未满三位")
        await _expect(line, step, LATE, "过号者")
