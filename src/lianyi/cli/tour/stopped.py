"""Scene: a paid session is stopped: one takes another day, one has the money back (停诊退改)."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from lianyi.cli.tour import clock, insured, sitting
from lianyi.cli.tour.browser import Browser
from lianyi.cli.tour.page import Page
from lianyi.cli.tour.script import Failed, check
from lianyi.cli.tour.stage import Stage

MOVER, LEAVER = ("郭建国", "19905311036"), ("郭佳宁", "19905311037")
AHEAD = timedelta(days=3)
WHY = "专家临时外出会诊，当天停诊。"
FOUND = re.compile(
    rf"{sitting.BEGINS}–{sitting.ENDS}.*?(/book/sessions/[0-9a-f-]{{36}})", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Paid:
    """Somebody with a number that is paid: where it is, and its bill."""

    name: str
    phone: str
    browser: Browser
    page: str
    bill: str


async def scene(stage: Stage) -> None:
    day, session = await _published(stage)
    mover = await _paid(stage, session, MOVER)
    leaver = await _paid(stage, session, LEAVER)
    await _stopped(stage, day, session)
    await _moved(stage, mover, day)
    await _given_back(stage, leaver)


async def _published(stage: Stage) -> tuple[datetime, str]:
    """Return the day of an expert's session that is paid in advance, and where it is booked."""
    what = "三天后加开一场专家门诊，先付款"
    with stage.script.step(sitting.WHO, what, sitting.PAGE) as step:
        admin = await stage.staff(step, sitting.ADMIN)
        page = await sitting.schedule(admin)
        day = clock.shown(page) + AHEAD
        doctor = page.form(sitting.PAGE).choices["doctor"][1]
        expert = {"kind": "expert", "payment": "prepay", "fee": "25.00", "numbers": 2}
        page = await sitting.publish(admin, page, doctor, day, **expert)
        check(
            step, "一场，两个号", holds=page.says("专家号", "线上支付", "余号 2"), seen=page.words
        )
        seen = await sitting.ward(await stage.resident(step, MOVER[1]), day)
        found = FOUND.findall(seen.html)
        check(step, "居民看得到", holds=bool(found), seen=seen.words)
    return day, found[-1]


async def _paid(stage: Stage, session: str, who: tuple[str, str]) -> Paid:
    name, phone = who
    with stage.script.step(name, "挂专家号，扫码付款", session) as step:
        browser = await stage.resident(step, phone)
        kept = await sitting.hold(browser, session)
        bill = kept.link("去支付")
        await insured.scan(stage, browser, bill)
        booked = await stage.until(browser, kept.url, "已预约")
        check(step, "付款后号才确认", holds=booked.says("25.00"), seen=booked.words)
    return Paid(name, phone, browser, kept.url, bill)


async def _stopped(stage: Stage, day: datetime, session: str) -> None:
    with stage.script.step(sitting.WHO, "专家有事，停掉这一场", sitting.PAGE) as step:
        admin = await stage.staff(step, sitting.ADMIN)
        here = (await sitting.schedule(admin)).url
        page = await admin.get(f"{here}&day={day:%Y-%m-%d}")
        form = page.form(f"{sitting.PAGE}/stop")
        done = await admin.send(page, form, session=session.rsplit("/", 1)[-1], reason=WHY)
        times = f"{sitting.BEGINS}–{sitting.ENDS}"
        check(step, "当天不再有这一场", holds=not done.says(times), seen=done.words)
        inbox = await stage.browser("inbox")
        for name, phone in (MOVER, LEAVER):
            told = await stage.until(inbox, f"/demo/inbox?phone={phone}", "停诊")
            check(step, f"{name}收到短信", holds=told.says("改约其他医生"), seen=told.words)


async def _moved(stage: Stage, one: Paid, day: datetime) -> None:
    with stage.script.step(one.name, "改约另一天，钱跟着号走", one.page) as step:
        stopped = await one.browser.get(one.page)
        check(step, "给出其他医生和日期", holds=stopped.says("医生停诊"), seen=stopped.words)
        times = await one.browser.get(_another_day(stopped, day))
        starts = times.form("/book/move").choices["starts_at"][0]
        moved = await one.browser.submit(times, "/book/move", starts_at=starts)
        other = moved.says("已预约") and not moved.says(f"{day:%Y-%m-%d}")
        check(step, "换了一天，不用再付", holds=other, seen=moved.words)
        bill = await one.browser.get(one.bill)
        stands = bill.says("已支付") and not bill.says("已退款")
        check(step, "原来的付款仍有效", holds=stands, seen=bill.words)


def _another_day(page: Page, day: datetime) -> str:
    """Return the first of the offers that is not on the day that was stopped."""
    for link in page.links:
        if "?move=" in link.href and f"{day:%Y-%m-%d}" not in link.words:
            return link.href
    raise Failed(f"没有另一天可改：{page.words[:200]}")


async def _given_back(stage: Stage, one: Paid) -> None:
    with stage.script.step(one.name, "不改约，退号退款", one.page) as step:
        stopped = await one.browser.get(one.page)
        said = stopped.says("医生停诊", "已付费用原路退回")
        check(step, "说明不改约就退钱", holds=said, seen=stopped.words)
        await one.browser.submit(stopped, "/cancel", reason="other")
        back = await stage.until(one.browser, one.bill, "已退回")
        check(step, "全额原路退回", holds=back.says("已退款", "25.00"), seen=back.words)
        left = await one.browser.get(one.page)
        check(step, "号已退", holds=left.says("已退号，费用原路退回"), seen=left.words)
