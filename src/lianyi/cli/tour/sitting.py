"""Scene: a full evening session: held, lapsed, waited for, added to, stopped, not come (号源)."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from lianyi.cli.tour import clock, counter, scanner
from lianyi.cli.tour.browser import Browser
from lianyi.cli.tour.page import Page
from lianyi.cli.tour.script import Failed, Step, check
from lianyi.cli.tour.stage import Stage

ADMIN, WARD, PAGE = "a01", "内分泌科", "/admin/schedule"
WHO = "汪洋医务部主任"
HOLDER, WAITER, THIRD, ADDED = "19905311031", "19905311043", "19905311042", "19905311045"
NAMES = {HOLDER: "高德海", WAITER: "梁志强", THIRD: "罗佳宁", ADDED: "梁家豪"}
BOTH = 2  # sessions
BEGINS, ENDS = "18:00", "18:30"
HOLD, DELAY, OFFER = 15, 20, 30  # minutes: IDN-09, IDN-07 at most, CAP-11
LATER = timedelta(days=10)
REASON = "医师突发疾病，今晚不能出诊。"


@dataclass(slots=True)
class Evening:
    """One session with a single number, and another doctor's beside it."""

    stage: Stage
    full: str  # where they are booked
    other: str


async def scene(stage: Stage) -> None:
    evening = await _published(stage)
    await _not_released(stage)
    await _held_and_lapsed(evening)
    await _waited_for(evening)
    await _freed(evening)
    await _added(evening)
    await _stopped(evening)
    await _not_come(evening)


async def _published(stage: Stage) -> Evening:
    with stage.script.step(WHO, "今晚加开两场，各一个号", PAGE) as step:
        admin = await stage.staff(step, ADMIN)
        page = await schedule(admin)
        today = clock.shown(page)
        doctors = page.form(PAGE).choices["doctor"]
        for doctor in doctors[1 : 1 + BOTH]:
            page = await publish(admin, page, doctor, today)
        check(
            step,
            "两场晚间门诊",
            holds=page.words.count(f"{BEGINS}–{ENDS}") >= BOTH,
            seen=page.words,
        )
        resident = await stage.resident(step, HOLDER)
        found = await _evening(resident, today)
    return Evening(stage, *found)


async def schedule(admin: Browser) -> Page:
    """Return the ward's page of the schedule, on today."""
    return await admin.get((await admin.get(PAGE)).link(WARD))


async def publish(admin: Browser, page: Page, doctor: str, day: datetime, **given: object) -> Page:
    """Put an evening session with one number on the schedule, or what is given."""
    form = next(f for f in page.forms if f.action == PAGE and f.method == "post")
    evening = {
        "half": "evening",
        "kind": "ordinary",
        "payment": "at_visit",
        "begins": BEGINS,
        "ends": ENDS,
        "numbers": 1,
        "releases": 30,
    }
    return await admin.send(
        page, form, None, **{**evening, "doctor": doctor, "day": f"{day:%Y-%m-%d}", **given}
    )


async def ward(browser: Browser, day: datetime) -> Page:
    hospital = await browser.get((await browser.get("/book")).link("岱东省第一人民医院"))
    ward = await browser.get(hospital.link(WARD))
    return await browser.get(f"{ward.url}?day={day:%Y-%m-%d}")


async def _evening(browser: Browser, day: datetime) -> list[str]:
    """Return where the two evening sessions of a day are booked."""
    page = await ward(browser, day)
    items = re.findall(rf"{BEGINS}–{ENDS}.*?(/book/sessions/[0-9a-f-]{{36}})", page.html, re.DOTALL)
    if len(items) < BOTH:
        raise Failed(page.words)
    return items[-BOTH:]


async def _not_released(stage: Stage) -> None:
    with stage.script.step(WHO, "排十天后的门诊，前一天才放号", PAGE) as step:
        admin = await stage.staff(step, ADMIN)
        page = await schedule(admin)
        day = clock.shown(page) + LATER
        doctor = page.form(PAGE).choices["doctor"][1]
        await publish(admin, page, doctor, day, releases=1)
        seen = await ward(await stage.browser(HOLDER), day)
        told = f"{day - timedelta(days=1):%m-%d} {BEGINS} 放号"
        check(step, "居民看到放号时间", holds=seen.says(told), seen=seen.words)


async def hold(browser: Browser, session: str) -> Page:
    page = await browser.get(session)
    form = page.form("/book/sessions/")
    return await browser.send(page, form, starts_at=form.choices["starts_at"][0])


async def _held_and_lapsed(evening: Evening) -> None:
    stage = evening.stage
    with stage.script.step(NAMES[HOLDER], "锁住唯一的号，没有确认", evening.full) as step:
        holder = await stage.resident(step, HOLDER)
        kept = await hold(holder, evening.full)
        check(step, "号源已保留", holds=kept.says("号源已为您保留"), seen=kept.words)
    with stage.script.step(NAMES[WAITER], "约满了，排候补", evening.full) as step:
        waiter = await stage.resident(step, WAITER)
        page = await waiter.get(evening.full)
        check(step, "已约满", holds=page.says("已约满"), seen=page.words)
        waits = await waiter.submit(page, "/book/waiting")
        check(step, "已加入候补", holds=waits.says("已加入候补"), seen=waits.words)
    with stage.script.step("平台", "15 分钟后保留自己失效 IDN-09", kept.url) as step:
        await clock.forward(stage, step, minutes=HOLD)
        gone = await stage.until(holder, kept.url, "已释放")
        check(step, "号源已释放", holds=gone.says("已释放"), seen=gone.words)


async def _waited_for(evening: Evening) -> None:
    stage = evening.stage
    with stage.script.step(NAMES[WAITER], "候补先得到这个号", "/appointments") as step:
        inbox, path = await stage.browser("inbox"), f"/demo/inbox?phone={WAITER}"
        told = await stage.until(inbox, path, "有号了")
        check(step, f"{OFFER} 分钟内确认", holds=told.says(f"{OFFER}分钟内确认"), seen=told.words)
        waiter = await stage.resident(step, WAITER)
        offered = await waiter.get((await waiter.get("/appointments")).link(BEGINS))
        got = await waiter.submit(offered, "/confirm")
        check(step, "已预约", holds=got.says("已预约"), seen=got.words)
        third = await stage.resident(step, THIRD)
        page = await third.get(evening.full)
        check(step, "别人仍看到约满", holds=page.says("已约满"), seen=page.words)
        back = await waiter.submit(got, "/cancel", reason="no_time")
        check(step, "又退了号", holds=back.says("已取消"), seen=back.words)


async def _freed(evening: Evening) -> None:
    stage = evening.stage
    what = "退出来的号过一段随机时间才公开，谁也抢不到 IDN-07"
    with stage.script.step(NAMES[THIRD], what, evening.full) as step:
        third = await stage.resident(step, THIRD)
        page = await third.get(evening.full)
        check(step, "刚退的号还看不到", holds=page.says("已约满"), seen=page.words)
        await clock.forward(stage, step, minutes=DELAY)
        third = await stage.resident(step, THIRD)
        kept = await hold(third, evening.full)
        booked = await third.submit(kept, "/confirm")
        check(step, "20 分钟后能约", holds=booked.says("已预约"), seen=booked.words)


async def _added(evening: Evening) -> None:
    stage = evening.stage
    with stage.script.step(counter.WHO, "约满后为术后复查的患者加号", "/reception") as step:
        clerk = await stage.staff(step, counter.CLERK)
        patient = await stage.resident(step, ADDED)
        code = scanner.read(await patient.get("/card"))
        page = await clerk.submit(await clerk.get("/reception"), "/reception/scan", code=code)
        session = evening.full.rsplit("/", 1)[-1]
        mute = await clerk.submit(page, "/add", session=session, add_reason="加")
        check(step, "没有原因不能加", holds=mute.says("请写明加号的原因"), seen=mute.words)
        done = await clerk.submit(page, "/add", session=session, add_reason="术后一周复查")
        check(step, "已加号", holds=done.says("已预约"), seen=done.words)


async def _stopped(evening: Evening) -> None:
    stage = evening.stage
    with stage.script.step(WHO, "医师病了，停诊", PAGE) as step:
        admin = await stage.staff(step, ADMIN)
        page = await schedule(admin)
        session = evening.full.rsplit("/", 1)[-1]
        form = page.form(f"{PAGE}/stop")
        await admin.send(page, form, session=session, reason=REASON)
        await _all_told(stage, step)
    with stage.script.step(NAMES[THIRD], "改约同时段的另一位医生", "/appointments") as step:
        third = await stage.resident(step, THIRD)
        stopped = await third.get((await third.get("/appointments")).link(BEGINS))
        check(
            step, "给出其他医生", holds=stopped.says("可以改约其他医生或日期"), seen=stopped.words
        )
        way = next(link.href for link in stopped.links if evening.other in link.href)
        times = await third.get(way)
        starts = times.form("/book/move").choices["starts_at"][0]
        moved = await third.submit(times, "/book/move", starts_at=starts)
        check(step, "已改约，不用再付", holds=moved.says("已预约", BEGINS), seen=moved.words)
    with stage.script.step(NAMES[ADDED], "不改约，退号", "/appointments") as step:
        added = await stage.resident(step, ADDED)
        stopped = await added.get((await added.get("/appointments")).link(BEGINS))
        back = await added.submit(stopped, "/cancel", reason="other")
        check(step, "已取消，没有费用", holds=back.says("已取消"), seen=back.words)


async def _all_told(stage: Stage, step: Step) -> None:
    inbox = await stage.browser("inbox")
    for phone in (THIRD, ADDED):
        told = await stage.until(inbox, f"/demo/inbox?phone={phone}", "停诊")
        check(step, f"{NAMES[phone]}收到短信", holds=told.says("改约其他医生"), seen=told.words)


async def _not_come(evening: Evening) -> None:
    stage = evening.stage
    with stage.script.step("平台", "门诊结束，没来的记一次爽约 IDN-07", "/appointments") as step:
        operator = await stage.staff(step, "o01")
        now = clock.shown(await operator.get("/admin/health"))
        over = now.replace(hour=18, minute=31)
        await clock.forward(stage, step, minutes=(over - now) // timedelta(minutes=1))
        third = await stage.resident(step, THIRD)
        missed = await stage.until(third, "/appointments", "未到诊")
        check(step, "未到诊", holds=missed.says("未到诊"), seen=missed.words)
