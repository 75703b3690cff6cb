"""Scene: what each authority sees, and what becomes of the lost and the refused (监管存证)."""

import re

from lianyi.cli.demo import network
from lianyi.cli.tour import clock
from lianyi.cli.tour.browser import Browser
from lianyi.cli.tour.page import Page
from lianyi.cli.tour.script import Failed, Step, check
from lianyi.cli.tour.stage import Stage

COMMISSION, SECOND, AUTHORITY, AGENCY, OFFICE = "h01", "h02", "g01", "i01", "a01"
WHO = {
    COMMISSION: "卫健委熊岩",
    SECOND: "卫健委白桦",
    AUTHORITY: "药监局秦岭",
    AGENCY: "医保局龚伟",
    OFFICE: "医务部汪洋",
}
PROVINCE = "supervision"
REPORTS, ADMIN, TRACE = "/regulator/reports", "/admin/reports", "/regulator/trace"
REASON = "投诉核查，案号 2026-017"
NAME = re.compile(r"姓名 (\S+) 性别")
RECEIPT = re.compile(r"回执 ([0-9a-f]{16})")
CODE = re.compile(r"code=(\w+)")
CLAIM = re.compile(r"/insurer/[0-9a-f-]{36}$")
VISITS = "/regulator/visits"
RESEND = re.compile(r"<b>就诊</b>(?:(?!<li).)*?action=\"([^\"]+/resend)\"", re.DOTALL)
FORBIDDEN = 403
REFUSE, LOSE = "refuse", "unheard"
MORNING = 10 * 60 + 5  # minutes after midnight: CAP-115, yesterday's statements are ready
DAY = 24 * 60


async def scene(stage: Stage) -> None:
    visit = await _reported(stage)
    await _rebuilt(stage, visit)
    await _turned(stage)
    await _opened(stage, visit)
    await _traced(stage)
    await _claimed(stage)
    await _refused(stage)
    await _lost(stage)
    await _counted(stage)


async def _reported(stage: Stage) -> str:
    """Return where the trail of a visit is that the province has a receipt for."""
    with stage.script.step(WHO[COMMISSION], "看到就诊已上报，有回执 LIC-11", REPORTS) as step:
        page = await _page(stage, step, COMMISSION, f"{REPORTS}?kind=visit&state=receipted", "回执")
        visit = f"{VISITS}/{stage.kept['signed']}"
        number = re.search(rf"{visit}.*?{RECEIPT.pattern}", page.html, re.DOTALL)
        check(step, "有回执编号", holds=number is not None, seen=page.words)
        browser = await stage.browser(COMMISSION)
        found = await browser.get(REPORTS, receipt=number[1] if number else "")
        only = [one.href for one in found.links if VISITS in one.href] == [visit]
        check(step, "按回执编号找到", holds=only, seen=found.words)
    return visit


async def _rebuilt(stage: Stage, visit: str) -> None:
    with stage.script.step(WHO[COMMISSION], "按先后重建这次就诊 CON-18", visit) as step:
        page = await (await stage.browser(COMMISSION)).get(visit)
        check(step, "存证完好", holds=page.says("存证完好", "门诊病历"), seen=page.words)
        residents = {one.name for one in network.load().resident}
        named = [name for name in residents if name in page.words]
        check(step, "患者只有代号", holds=page.says("患者代号") and not named, seen=named)


async def _turned(stage: Stage) -> None:
    """See that a visit that left no record is reported too, and how it ended."""
    where = f"{VISITS}/{stage.kept['turned']}"
    with stage.script.step(WHO[COMMISSION], "转线下的没有病历，同样上报可查 LIC-11", where) as step:
        page = await (await stage.browser(COMMISSION)).get(where)
        ended = page.says("存证完好", "已转线下", "监管上报") and not page.says("门诊病历")
        check(step, "从申请到转线下", holds=ended, seen=page.words)


async def _opened(stage: Stage, visit: str) -> None:
    """Open a name as two people; the person sees the look."""
    with stage.script.step(WHO[COMMISSION], "写明案由，申请查看姓名", visit) as step:
        one = await stage.browser(COMMISSION)
        asked = await one.submit(await one.get(visit), "/ask", opens="name", reason=REASON)
        check(step, "待批准", holds=asked.says("待批准"), seen=asked.words)
        own = await one.get("/regulator/cases")
        check(step, "自己不能批准", holds="/approve" not in own.html, seen=own.words)
    with stage.script.step(WHO[SECOND], "另一位同事批准", "/regulator/cases") as step:
        other = await stage.staff(step, SECOND)
        done = await other.submit(await other.get("/regulator/cases"), "/approve")
        check(step, "已批准", holds=done.says("已批准"), seen=done.words)
    name = await _looked(stage)
    await _told(stage, name)
    with stage.script.step(WHO[SECOND], "结案关闭，从此看不到", "/regulator/cases") as step:
        case = done.link("查看身份")
        await other.submit(await other.get("/regulator/cases"), "/close")
        shut = await one.get(case)
        check(step, "已关闭", holds=shut.says("不能查看"), seen=shut.words)


async def _looked(stage: Stage) -> str:
    with stage.script.step(WHO[COMMISSION], "查看姓名，被记录", "/regulator/cases") as step:
        one = await stage.browser(COMMISSION)
        seen = await one.get((await one.get("/regulator/cases")).link("查看身份"))
        found = NAME.search(seen.words)
        check(step, "有姓名", holds=found is not None, seen=seen.words)
    return found[1] if found else ""


async def _told(stage: Stage, name: str) -> None:
    with stage.script.step(name, "看到谁在案件中看过自己", "/record/readings") as step:
        phone = next(one.phone for one in network.load().resident if one.name == name)
        resident = await stage.browser(phone)
        page = await resident.get("/record/readings")
        if not page.says("谁看过我的病历"):
            page = await (await stage.resident(step, phone)).get("/record/readings")
        shown = page.says("卫生健康主管部门", "监管案件")
        check(step, "有卫健委的一次查看", holds=shown, seen=page.words)


async def _traced(stage: Stage) -> None:
    with stage.script.step(
        WHO[AUTHORITY], "扫追溯码看流向，看不到患者", "/regulator/trace"
    ) as step:
        page = await _page(stage, step, AUTHORITY, TRACE, "药品追溯")
        sold = [link.href for link in page.links if CODE.search(link.href)]
        if sold:
            page = await (await stage.browser(AUTHORITY)).get(sold[0])
            check(step, "从入库到交付", holds=page.says("验收入库", "交付"), seen=page.words)
        care = await (await stage.browser(AUTHORITY)).get(f"{REPORTS}?kind=visit")
        check(step, "看不到就诊", holds=care.says("没有符合条件"), seen=care.words)


async def _claimed(stage: Stage) -> None:
    with stage.script.step(WHO[AGENCY], "看到结算单，看不到病历", "/insurer") as step:
        page = await _page(stage, step, AGENCY, "/insurer?state=settled", "医保已结算")
        agency = await stage.browser(AGENCY)
        claim = await agency.get(next(one.href for one in page.links if CLAIM.match(one.href)))
        check(step, "有明细、分担", holds=claim.says("费用明细", "医保结算"), seen=claim.words)
        closed = await agency.get("/regulator/cases")
        check(step, "案件不归医保", holds=closed.status == FORBIDDEN, seen=closed.words)


async def _refused(stage: Stage) -> None:
    """Report once more what the province then refuses, mend it and report again."""
    with stage.script.step(WHO[OFFICE], "平台退回一条，看到原因，更正重报", ADMIN) as step:
        await stage.neighbour(PROVINCE, "/faults", {REFUSE: 1})
        page = await _page(stage, step, OFFICE, ADMIN, "再报一次")
        office = await stage.browser(OFFICE)
        await office.submit(page, _of_a_visit(page), reason="演示：再报一次")
        back = await stage.until(office, ADMIN, "平台未予接收")
        check(step, "被退回", holds=back.says("被退回", "重新上报"), seen=back.words)
    with stage.script.step(WHO[COMMISSION], "同时看到这条被退回", "/regulator") as step:
        seen = await _page(stage, step, COMMISSION, "/regulator", "平台未予接收")
        check(step, "在待处置里", holds=seen.says("待处置"), seen=seen.words)
    with stage.script.step(WHO[OFFICE], "更正后重报，有回执", ADMIN) as step:
        again = await office.submit(await office.get(ADMIN), "/resend", reason="已核对内容，重报")
        check(step, "待上报", holds=not again.says("平台未予接收"), seen=again.words)
        done = await stage.until(office, ADMIN, "全部上报都有回执")
        check(step, "没有待处理", holds=done.says("待处理 0"), seen=done.words)


def _of_a_visit(page: Page) -> str:
    """Return the form that reports a visit again: what is sold isn't the commission's to see."""
    found = RESEND.search(page.html)
    if found is None:
        raise Failed(page.words[:200])
    return found[1]


async def _lost(stage: Stage) -> None:
    """Lose the province's answer: it is asked about, and never sent twice."""
    with stage.script.step(WHO[OFFICE], "回执丢失，待查询", ADMIN) as step:
        await stage.neighbour(PROVINCE, "/faults", {LOSE: 1})
        office = await stage.browser(OFFICE)
        await office.submit(await office.get(ADMIN), "/resend", reason="演示：回执丢失")
        lost = await stage.until(office, ADMIN, "正在向平台查询")
        check(step, "待回执", holds=lost.says("待回执"), seen=lost.words)
    with stage.script.step("平台", "两分钟后查询到回执", ADMIN) as step:
        await clock.forward(stage, step, minutes=2)
        page = await _without(stage, step, OFFICE, ADMIN, "正在向平台查询")
        check(step, "有回执", holds=page.says("已回执"), seen=page.words)


async def _counted(stage: Stage) -> None:
    """Let the day end: the counts agree, and the books."""
    with stage.script.step("平台顾言", "过夜到次日早上", "/admin/health") as step:
        operator = await stage.browser("o01")
        now = clock.shown(await operator.get("/admin/health"))
        left = DAY - now.hour * 60 - now.minute + MORNING
        await clock.forward(stage, step, minutes=left)
    with stage.script.step(WHO[OFFICE], "前一天与平台对数相符 LIC-11", ADMIN) as step:
        page = await _page(stage, step, OFFICE, ADMIN, "相符")
        check(step, "没有不符", holds=not page.says("不符"), seen=page.words)
    with stage.script.step(WHO[COMMISSION], "各机构对数", "/regulator") as step:
        page = await _page(stage, step, COMMISSION, "/regulator", "相符")
        check(step, "没有不符", holds=not page.says("不符"), seen=page.words)
    with stage.script.step(WHO[OFFICE], "支付和医保的账都平", "/admin/reconciliation") as step:
        page = await _page(stage, step, OFFICE, "/admin/reconciliation", "相符")
        page = await _without(stage, step, OFFICE, "/admin/reconciliation", "等待")
        check(step, "没有待处理的差异", holds=page.says("待处理 0"), seen=page.words)


async def _page(stage: Stage, step: Step, login: str, path: str, words: str) -> Page:
    """Look at a page until it says these words."""
    return await stage.until(await _seated(stage, step, login), path, words)


async def _without(stage: Stage, step: Step, login: str, path: str, words: str) -> Page:
    """Look at a page until it says these words no more."""
    return await stage.until_gone(await _seated(stage, step, login), path, words)


async def _seated(stage: Stage, step: Step, login: str) -> Browser:
    """Return somebody's browser, signed in anew where the session has run out."""
    browser = await stage.browser(login)
    if "/sign-in" in (await browser.get("/account")).url:
        browser.cookies.clear()
    return await stage.staff(step, login)
