"""Scene: what only a counter can do for a card: level 2, the code, frozen, lost, dead (窗口)."""

import re
from typing import Any

from lianyi.cli.tour import card, clock, newcomer, scanner
from lianyi.cli.tour.browser import Browser
from lianyi.cli.tour.newcomer import CHILDREN, Newcomer
from lianyi.cli.tour.page import Page
from lianyi.cli.tour.script import Failed, check
from lianyi.cli.tour.stage import Stage

CLERK, DESK = "c01", "/reception"
WHO = "姚丽收费员"
LOCKED = "需要到窗口核验一次身份"
CHILD, KIN = "江小满", "江映雪"


async def scene(stage: Stage) -> None:
    who = await card.opened(stage)
    unheard = await card.unheard(stage)
    await _raised(stage, who)
    await _scanned(stage, who)
    await _frozen(stage, who)
    who = await _lost(stage, who)
    await _guardian(stage, who)
    kin = await _proxy(stage, who)
    await _dies(stage, who, kin)
    await card.heard(stage, unheard)


async def read_document(stage: Stage, who: Newcomer) -> tuple[Browser, Page]:
    """Let the clerk read the identity card of whoever stands there."""
    clerk = await stage.browser(CLERK)
    asked: dict[str, Any] = {"name": who.name, "number": who.number, "compared": "1"}
    return clerk, await clerk.submit(await clerk.get(DESK), f"{DESK}/document", **asked)


async def _raised(stage: Stage, who: Newcomer) -> None:
    resident = await stage.browser(who.phone)
    with stage.script.step(who.name, "实名一级：能挂号缴费，看不到病历和结果", "/results") as step:
        book = await resident.get("/book")
        check(step, "能挂号", holds=book.says("选择医院"), seen=book.words)
        for path in ("/results", "/record", "/prescriptions"):
            page = await resident.get(path)
            check(step, f"{path} 说明去窗口", holds=page.says(LOCKED), seen=page.words)
    with stage.script.step(WHO, "核对身份证原件，实名升为二级", DESK) as step:
        await stage.staff(step, CLERK)
        _, page = await read_document(stage, who)
        check(step, "实名二级", holds=page.says(who.name, "实名二级"), seen=page.words)
        results = await resident.get("/results")
        check(step, "结果立即开放", holds=not results.says(LOCKED), seen=results.words)


async def _scanned(stage: Stage, who: Newcomer) -> None:
    resident, clerk = await stage.browser(who.phone), await stage.browser(CLERK)
    with stage.script.step(WHO, "扫居民手机上的健康卡", DESK) as step:
        code = scanner.read(await resident.get("/card"))
        page = await _scan(clerk, code)
        check(step, "认出本人", holds=page.says(who.name), seen=page.words)
        again = await _scan(clerk, code)
        check(step, "同一码第二次无效 IDN-03", holds=again.says("已经用过"), seen=again.words)
    with stage.script.step(WHO, "两分钟前的截图扫不进来", DESK) as step:
        code = scanner.read(await resident.get("/card"))
        await clock.forward(stage, step, minutes=2)
        late = await _scan(clerk, code)
        check(step, "60 秒过期 IDN-03", holds=late.says("二维码已过期"), seen=late.words)


async def _scan(clerk: Browser, code: str) -> Page:
    return await clerk.submit(await clerk.get(DESK), f"{DESK}/scan", code=code)


async def _frozen(stage: Stage, who: Newcomer) -> None:
    resident = await stage.browser(who.phone)
    with stage.script.step(who.name, "怀疑被冒用，冻结健康卡", "/card/freeze") as step:
        code = scanner.read(await resident.get("/card"))
        frozen = await resident.submit(
            await resident.get("/card"), "/card/freeze", reason="misused"
        )
        check(step, "立即停用", holds=frozen.says("冻结"), seen=frozen.words)
        page = await _scan(await stage.browser(CLERK), code)
        check(step, "之前的码也失效", holds=page.says("已冻结或停用"), seen=page.words)
    with stage.script.step(WHO, "本人持身份证解冻", DESK) as step:
        clerk, page = await read_document(stage, who)
        thawed = await clerk.submit(page, "/thaw", thaw_number=who.number)
        check(step, "恢复正常", holds=thawed.says("健康卡正常"), seen=thawed.words)


async def _lost(stage: Stage, old: Newcomer) -> Newcomer:
    """Move the card at a counter: the old phone is gone, so that nobody can agree on it."""
    who = newcomer.on_another_phone(old, stage.random)
    await newcomer.made_known(stage, who)
    with stage.script.step(who.name, "手机丢了，用新手机申请，到窗口换绑", "/card/open") as step:
        browser = await newcomer.apply(stage, step, who)
        await stage.until(browser, "/", card.REFUSED)
        clerk, page = await read_document(stage, who)
        admitted = await clerk.submit(
            page, "/admit", card=_application(page, who), admit_number=who.number
        )
        check(step, "窗口通过", holds=admitted.says("健康卡正常"), seen=admitted.words)
        await newcomer.come_in(stage, step, who)
        lost = await (await stage.browser(old.phone)).get("/card")
        check(step, "丢的手机已退出", holds=lost.says("获取验证码"), seen=lost.words)
    return who


def _application(page: Page, who: Newcomer) -> str:
    """Return which application came from the phone in this person's hand."""
    end = who.phone[-4:]
    found = re.search(rf'\*{end} 申请以此人.*?name="card" value="([^"]+)"', page.html, re.DOTALL)
    if found is None:
        raise Failed(f"没有尾号 {end} 的申请：{page.words[:200]}")
    return found[1]


async def _guardian(stage: Stage, who: Newcomer) -> None:
    child = newcomer.invent(stage.random, CHILD, CHILDREN)
    resident = await stage.browser(who.phone)
    with stage.script.step(who.name, "声明是孩子的监护人，等待窗口核对", "/family/child") as step:
        page = await resident.get("/family/child")
        claimed = await resident.submit(page, "/family/child", name=child.name, number=child.number)
        check(step, "还不能代办", holds=claimed.says("待窗口核验"), seen=claimed.words)
    with stage.script.step(WHO, "核对双方证件和出生医学证明", DESK) as step:
        clerk, page = await read_document(stage, who)
        papers: dict[str, Any] = {
            "child_number": child.number,
            "child_document": "出生医学证明 T370100001",
        }
        mute = await clerk.submit(page, "/papers", **{**papers, "child_document": ""})
        check(step, "没有证明不能确认", holds=mute.says("请"), seen=mute.words)
        done = await clerk.submit(page, "/papers", **papers)
        check(step, "监护有效", holds=done.says("有效至"), seen=done.words)
    with stage.script.step(who.name, "切换为孩子办事", "/family") as step:
        family = await resident.get("/family")
        check(step, "14 岁复核前有效", holds=family.says(child.name, "有效至"), seen=family.words)
        acting = await resident.submit(family, "/act-for")
        check(step, "正在代办", holds=acting.says("正在代办"), seen=acting.words)
        back = await resident.submit(await resident.get("/family"), "/act-for")
        check(step, "换回本人", holds=not back.says("正在代办"), seen=back.words)


async def _proxy(stage: Stage, who: Newcomer) -> Newcomer:
    kin = newcomer.invent(stage.random, KIN)
    await newcomer.made_known(stage, kin)
    resident = await stage.browser(who.phone)
    with stage.script.step(kin.name, "成年家人有自己的健康卡", "/card/open") as step:
        other = await newcomer.apply(stage, step, kin)
        await newcomer.come_in(stage, step, kin)
    with stage.script.step(who.name, "请成年家人授权代办", "/family/invite") as step:
        page = await resident.get("/family/invite")
        asked: dict[str, Any] = {"name": kin.name, "number": kin.number, "scopes": ["book", "pay"]}
        sent = await resident.submit(page, "/family/invite", **asked)
        check(step, "等本人同意", holds=not sent.says(f"切换为 {kin.name}"), seen=sent.words)
    with stage.script.step(kin.name, "亲自同意，只允许挂号", "/family") as step:
        asked_for = await other.get("/family")
        given = await other.submit(asked_for, "/family/accept", scopes=["book"])
        check(step, "已授权", holds=given.says("谁能为我办理", who.name), seen=given.words)
        mine = await resident.get("/family")
        holds = mine.says(kin.name, "挂号与就诊")
        check(step, "只得到所给的", holds=holds, seen=mine.words)
    return kin


async def _dies(stage: Stage, who: Newcomer, dead: Newcomer) -> None:
    with stage.script.step(WHO, "凭死亡医学证明注销健康卡", DESK) as step:
        clerk, page = await read_document(stage, dead)
        day = f"{clock.shown(page):%Y-%m-%d}"
        closed = await clerk.submit(
            page,
            "/death",
            death_number=dead.number,
            died_on=day,
            death_document="死亡证明 370100001",
        )
        check(step, "卡已注销", holds=closed.says("已登记死亡"), seen=closed.words)
        phone = await (await stage.browser(dead.phone)).get("/")
        check(step, "登录已退出", holds=phone.says("获取验证码"), seen=phone.words)
        family = await (await stage.browser(who.phone)).get("/family")
        check(step, "代办随之结束", holds=not family.says("有效·代办"), seen=family.words)
