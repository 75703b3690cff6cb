"""Scene: another hospital's record by consent, or in an emergency by breaking the glass (共享)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

from lianyi.cli.tour import room
from lianyi.cli.tour.browser import Browser
from lianyi.cli.tour.clock import shown
from lianyi.cli.tour.page import Page
from lianyi.cli.tour.script import Failed, check
from lianyi.cli.tour.stage import Stage

NAME, PHONE = "杨诗涵", "19905311013"  # seen at the city hospital twice, and now at the province's
ELSEWHERE, REFUSED = "市人民医院", "云溪县医院"
RECENT = "2.48"  # LDL cholesterol of the latest visit
OLD = "低密度脂蛋白胆固醇近 2 次"  # a trend, once the visit before it is seen too
RANGE = timedelta(days=200)  # reaches the latest visit only
STRANGER = "d23"
ADMIN = "a01"
WHY = "突发意识模糊送入诊室，家属不在场，需立即了解既往病史"


@dataclass(slots=True)
class Story:
    stage: Stage
    patient: Browser
    doctor: Browser
    login: str
    visit: str  # the address of the visit on the workbench
    today: datetime

    @property
    def who(self) -> str:
        return f"医师{room.name_of(self.login)}"

    @property
    def permits(self) -> str:
        return f"{self.visit}/permits"


async def scene(stage: Stage) -> None:
    story = await _arrive(stage)
    await _unseen(story)
    await _refuse(story)
    await _consent(story)
    await _withdraw(story)
    await _stranger(story)
    await _break(story)
    await _told(story)
    await _review(story)
    await _leave(story)


async def _arrive(stage: Stage) -> Story:
    with stage.script.step(NAME, "挂省医院的号，到院签到", "/book") as step:
        patient = await stage.resident(step, PHONE)
        _, login = await room.arrive(step, patient)
    with stage.script.step(f"医师{room.name_of(login)}", "叫号，开始接诊", "/clinic") as step:
        doctor = await stage.staff(step, login)
        await room.wear(doctor)
        page = await room.call_in(doctor, NAME)
        check(step, "患者在诊室", holds=page.says(NAME), seen=page.words)
    visit = urlsplit(page.url).path.rstrip("/")
    return Story(stage, patient, doctor, login, visit, shown(page))


async def _unseen(story: Story) -> None:
    with story.stage.script.step(
        story.who, "外院结果看不到，连有没有也不知道", story.visit
    ) as step:
        page = await story.doctor.get(f"{story.visit}/past")
        hidden = not page.says(ELSEWHERE) and not _shows(page, RECENT)
        check(step, "没有外院的名字和数值", holds=hidden, seen=page.words)
        check(step, "依据是诊疗关系", holds=page.says("诊疗关系"), seen=page.words)


def _shows(page: Page, value: str) -> bool:
    """Tell whether a page holds a value, seen or not; its figures may stand in a time as well."""
    return f">{value}<" in page.html


async def _ask(story: Story, place: str) -> Page:
    """Ask for what one institution wrote from a day on."""
    page = await story.doctor.get(story.permits)
    holder = _option(page, place)
    since = f"{story.today - RANGE:%Y-%m-%d}"
    return await story.doctor.submit(page, "/permits/ask", holder=holder, since=since, days="30")


def _option(page: Page, place: str) -> str:
    """Return the value of the option with this name."""
    before, found, _ = page.html.partition(f">{place}</option>")
    if not found:
        raise Failed(f"没有 {place}：{page.words[:200]}")
    return before.rpartition('value="')[2].partition('"')[0]


async def _refuse(story: Story) -> None:
    with story.stage.script.step(NAME, "拒绝一家机构的申请，48 小时内不再被问", "/record") as step:
        await _ask(story, REFUSED)
        page = await story.patient.get("/record")
        check(step, "看到谁想看什么", holds=page.says(REFUSED, "待答复"), seen=page.words)
        refused = await story.patient.submit(page, "/consents/refuse")
        check(step, "已拒绝", holds=refused.says("已拒绝"), seen=refused.words)
        again = await _ask(story, REFUSED)
        check(step, "不能马上再问 PRI-05", holds=again.says("刚刚拒绝过"), seen=again.words)


async def _consent(story: Story) -> None:
    since = f"{story.today - RANGE:%Y-%m-%d}"
    with story.stage.script.step(
        story.who, f"申请看{ELSEWHERE} {since} 以后的病历", story.permits
    ) as step:
        asked = await _ask(story, ELSEWHERE)
        check(step, "待患者答复", holds=asked.says(ELSEWHERE, "待答复"), seen=asked.words)
        waiting = await story.doctor.get(f"{story.visit}/past")
        check(step, "同意前看不到", holds=not _shows(waiting, RECENT), seen=waiting.words)
    with story.stage.script.step(NAME, "看到机构、范围、期限，同意", "/record") as step:
        page = await story.patient.get("/record")
        told = page.says(ELSEWHERE, since, "为了诊疗", "不包括")
        check(step, "机构、日期、目的、敏感内容", holds=told, seen=page.words)
        given = await story.patient.submit(page, "/consents/agree")
        check(step, "已同意", holds=given.says("已同意"), seen=given.words)
    with story.stage.script.step(
        story.who, "看到范围内的外院结果，范围外的看不到", story.visit
    ) as step:
        page = await story.doctor.get(f"{story.visit}/past")
        there = page.says(ELSEWHERE) and _shows(page, RECENT)
        check(step, f"看到 {RECENT}", holds=there, seen=page.words)
        check(step, "更早的看不到", holds=OLD not in page.html, seen=page.words)
        check(step, "依据是患者授权", holds=page.says("患者授权"), seen=page.words)


async def _withdraw(story: Story) -> None:
    with story.stage.script.step(NAME, "撤回授权，立即生效 PRI-04", "/record") as step:
        page = await story.patient.submit(await story.patient.get("/record"), "/consents/withdraw")
        check(step, "已撤回", holds=page.says("已撤回"), seen=page.words)
        gone = await story.doctor.get(f"{story.visit}/past")
        hidden = not _shows(gone, RECENT) and not gone.says(ELSEWHERE)
        check(step, "医生看不到了", holds=hidden, seen=gone.words)


async def _stranger(story: Story) -> None:
    who = f"医师{room.name_of(STRANGER)}"
    with story.stage.script.step(
        who, "没有诊疗关系：被拒绝，不知道有没有此人", story.visit
    ) as step:
        stranger = await story.stage.staff(step, STRANGER)
        real = await stranger.get(f"{story.visit}/past")
        nobody = await stranger.get(f"/clinic/visits/{uuid4()}/past")
        same = real.status == nobody.status and _said(real) == _said(nobody)
        check(step, "与不存在的人同一句话", holds=same, seen=f"{real.words} / {nobody.words}")
        check(step, "没有姓名", holds=NAME not in real.html, seen=real.words)


def _said(page: Page) -> str:
    """Return what a page says but for its own address and support code."""
    return page.words.partition("支持代码")[0]


async def _break(story: Story) -> None:
    with story.stage.script.step(
        story.who, "紧急调阅，写明理由，看到全部 EMR-05", story.permits
    ) as step:
        page = await story.doctor.get(story.permits)
        short = await story.doctor.submit(page, "/permits/glass", reason="急")
        check(step, "没有理由不行", holds=short.says("紧急调阅全部资料"), seen=short.words)
        broken = await story.doctor.submit(short, "/permits/glass", reason=WHY)
        check(step, "24 小时，患者已知", holds=broken.says("紧急调阅中", "患者已收到通知"))
        seen = await story.doctor.get(f"{story.visit}/past")
        check(
            step, "更早的也看到", holds=_shows(seen, RECENT) and OLD in seen.html, seen=seen.words
        )


async def _told(story: Story) -> None:
    with story.stage.script.step(
        NAME, "立即收到短信；看到谁、何时、看了什么、为什么", "/record/readings"
    ) as step:
        inbox = await story.stage.browser("inbox")
        await story.stage.until(inbox, f"/demo/inbox?phone={PHONE}", "紧急")
        page = await story.patient.get("/record/readings")
        told = page.says(room.name_of(story.login), "紧急调阅", "就诊与病历", WHY)
        check(step, "姓名、依据、内容、理由", holds=told, seen=page.words)


async def _review(story: Story) -> None:
    admin = f"管理{room.name_of(ADMIN)}"
    with story.stage.script.step(admin, "24 小时内复核紧急调阅 EMR-17", "/admin/glasses") as step:
        browser = await story.stage.staff(step, ADMIN)
        page = await browser.get("/admin/glasses")
        told = page.says(room.name_of(story.login), WHY) and NAME not in page.html
        check(step, "看到理由和看了什么，看不到姓名", holds=told, seen=page.words)
        judged = await browser.submit(
            page, "/admin/glasses/", verdict="justified", note="与急救情况相符"
        )
        check(step, "已复核", holds=judged.says("没有待复核"), seen=judged.words)
        seen = await story.patient.get("/record/readings")
        check(step, "患者看到结论", holds=seen.says("合理"), seen=seen.words)


async def _leave(story: Story) -> None:
    await story.doctor.submit(await story.doctor.get(story.visit), "/clinic/finish")
