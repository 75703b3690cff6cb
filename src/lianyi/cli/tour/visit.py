"""Scene: a number is found, kept and confirmed; its owner waits, is called and seen (挂号候诊)."""

from collections.abc import AsyncIterator

from lianyi.cli.demo import network
from lianyi.cli.tour.browser import Browser
from lianyi.cli.tour.page import Page
from lianyi.cli.tour.script import Failed, check
from lianyi.cli.tour.stage import Stage

HEROINE = "19905311001"
DEPTH = 2  # hospital, department


async def scene(stage: Stage) -> None:
    page, doctor = await _book(stage)
    await _give_back_refused(stage, page)
    await _wait_and_be_seen(stage, page, doctor)


async def _book(stage: Stage) -> tuple[Page, str]:
    with stage.script.step("张秀英", "找医生，锁号，确认", "/book") as step:
        browser = await stage.resident(step, HEROINE)
        times, doctor = await _find(browser)
        form = times.form("/book/sessions/")
        first = form.choices["starts_at"][0]
        kept = await browser.send(times, form, starts_at=first)
        check(step, "号源已保留", holds=kept.says("号源已为您保留"), seen=kept.words)
        again = await browser.send(times, form, starts_at=first)
        check(step, "重复提交得到同一个号", holds=again.url == kept.url, seen=again.url)
        page = await browser.submit(kept, "/confirm")
        check(step, "已预约", holds=page.says("已预约"), seen=page.words)
    return page, doctor


async def _find(browser: Browser) -> tuple[Page, str]:
    """Look for somebody who sits this morning and is paid at the visit."""
    doctors = {one.name: one.login for one in network.load().staff if not one.also_at}
    async for page in sessions(browser, await browser.get("/book"), DEPTH):
        name = next((name for name in doctors if page.says(name)), None)
        if name and page.says("到院支付", "08:00") and not page.says("儿科"):
            return page, doctors[name]
    raise Failed("没有可约的号")


async def sessions(browser: Browser, page: Page, depth: int) -> AsyncIterator[Page]:
    """Go from hospitals to departments to sessions, as somebody who looks around does."""
    for link in page.links:
        if not link.href.startswith("/book/"):
            continue
        if link.words.startswith("余 "):
            yield await browser.get(link.href)
        elif depth and "?" not in link.href and link.href not in page.url:
            async for found in sessions(browser, await browser.get(link.href), depth - 1):
                yield found


async def _give_back_refused(stage: Stage, page: Page) -> None:
    with stage.script.step("张建国", "看别人的预约", page.url) as step:
        browser = await stage.resident(step, "19905311002")
        hidden = await browser.get(page.url)
        check(step, "如同不存在", holds=hidden.says("没有找到该预约"), seen=hidden.words)


async def _wait_and_be_seen(stage: Stage, page: Page, login: str) -> None:
    resident = await stage.browser(HEROINE)
    with stage.script.step("张秀英", "到院签到候诊", page.url) as step:
        waiting = await resident.submit(await resident.get(page.url), "/check-in")
        check(
            step, "看到号数、前面人数", holds=waiting.says("我的号", "前面还有"), seen=waiting.words
        )
    with stage.script.step(f"医师 {login}", "叫号、接诊、结束", "/clinic") as step:
        doctor = await stage.staff(step, login)
        called = await doctor.submit(await doctor.get("/clinic"), "/clinic/call")
        check(step, "叫到张秀英", holds=called.says("张秀英"), seen=called.words)
        told = await resident.get(page.url)
        check(step, "患者看到该去哪里", holds=told.says("请到"), seen=told.words)
        inside = await doctor.submit(called, "/clinic/start")
        done = await doctor.submit(inside, "/clinic/finish")
        check(step, "已就诊", holds=done.says("1 人已就诊"), seen=done.words)
