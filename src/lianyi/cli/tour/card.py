"""Scene: a newcomer opens a health card in seconds; nobody else can take it (电子健康卡)."""

import re

from lianyi.cli.tour import clock, newcomer
from lianyi.cli.tour.newcomer import Newcomer
from lianyi.cli.tour.page import Page
from lianyi.cli.tour.script import check
from lianyi.cli.tour.stage import Stage

CARD_SECONDS = 15_000  # IDN-02, in milliseconds
REFUSED = "线上核验没有完成"


async def opened(stage: Stage) -> Newcomer:
    """Play how a card is opened, not opened, and moved; return who holds it in the end."""
    who = newcomer.invent(stage.random)
    await newcomer.made_known(stage, who)
    await _open(stage, who)
    refused = await _nobody_else(stage, who)
    new = newcomer.on_another_phone(who, stage.random)
    await newcomer.made_known(stage, new)
    await _claimed(stage, who, new, refused)
    await _denied(stage, who, new)
    await _moved(stage, who, new)
    return new


async def _open(stage: Stage, who: Newcomer) -> None:
    with stage.script.step(who.name, "用验证过的手机开健康卡", "/card/open") as step:
        browser = await stage.resident(step, who.phone)
        page = await browser.get("/card/open")
        wrong = await browser.submit(
            page, "/card/open", name=who.name, number=_wrong(who.number), agreed="1"
        )
        check(step, "校验位不对被指出", holds=wrong.says("证件号码不对"), seen=wrong.words)
        await browser.submit(page, "/card/open", name=who.name, number=who.number, agreed="1")
        await newcomer.come_in(stage, step, who)
    check(step, "15 秒内完成 IDN-02", holds=step.ms < CARD_SECONDS, seen=step.ms)


async def _nobody_else(stage: Stage, who: Newcomer) -> Page:
    stranger = newcomer.on_another_phone(who, stage.random)
    with stage.script.step(
        "陌生人", "拿同一证件号在别的手机上开卡：与实名不符", "/card/open"
    ) as step:
        browser = await newcomer.apply(stage, step, stranger)
        told = await stage.until(browser, "/", REFUSED)
        check(step, "不透露已有卡", holds=not told.says("已有"), seen=told.words)
    return told


async def _claimed(stage: Stage, old: Newcomer, new: Newcomer, refused: Page) -> None:
    what = "本人换了手机再开卡：答复与陌生人一字不差 IDN-04"
    with stage.script.step(new.name, what, "/card/open") as step:
        browser = await newcomer.apply(stage, step, new)
        told = await stage.until(browser, "/", REFUSED)
        check(step, "答复相同", holds=_wording(told) == _wording(refused), seen=told.words)
        inbox = f"/demo/inbox?phone={old.phone}"
        heard = await stage.until(await stage.browser("inbox"), inbox, "如非本人操作")
        check(step, "原手机收到短信", holds=heard.says("电子健康卡"), seen=heard.words)


async def _denied(stage: Stage, old: Newcomer, new: Newcomer) -> None:
    with stage.script.step(old.name, "在原手机上拒绝换绑", "/card") as step:
        browser = await stage.browser(old.phone)
        asked = await stage.until(browser, "/card", "换到另一部手机")
        kept = await browser.submit(asked, "/card/claims/deny")
        check(step, "卡还在原手机", holds=kept.says(old.name, "秒后刷新"), seen=kept.words)
        still = await (await stage.browser(new.phone)).get("/")
        check(step, "新手机什么也没得到", holds=still.says(REFUSED), seen=still.words)


async def _moved(stage: Stage, old: Newcomer, new: Newcomer) -> None:
    with stage.script.step(new.name, "再申请一次，在原手机上同意换号", "/card") as step:
        browser = await stage.browser(new.phone)
        page = await browser.get("/card/open")
        await browser.submit(page, "/card/open", name=new.name, number=new.number, agreed="1")
        before = await stage.browser(old.phone)
        asked = await stage.until(before, "/card", "换到另一部手机")
        out = await before.submit(asked, "/card/claims/agree")
        check(step, "原手机退出登录", holds=out.says("获取验证码"), seen=out.words)
        await newcomer.come_in(stage, step, new)


async def unheard(stage: Stage) -> Newcomer:
    """Apply while the identity service decides and its answer is lost."""
    who = newcomer.invent(stage.random)
    await newcomer.made_known(stage, who)
    with stage.script.step(
        who.name, "实名核验没有答复：说明在继续，可去窗口", "/card/open"
    ) as step:
        await stage.neighbour("identity", "/faults", {"lose_answer": 1})
        browser = await newcomer.apply(stage, step, who)
        waiting = await stage.until(browser, "/", "正在核验身份")
        check(step, "请稍候", holds=waiting.says("本页会自动更新"), seen=waiting.words)
    return who


async def heard(stage: Stage, who: Newcomer) -> None:
    """Find that what was unheard has been asked about, and not done twice."""
    with stage.script.step("平台", "一分钟后查询到核验结果，卡已开", "/") as step:
        await clock.forward(stage, step, minutes=1)
        await newcomer.come_in(stage, step, who)


def _wording(page: Page) -> str:
    """Return what a page says but for the time of day."""
    return re.sub(r"\d", "", page.words)


def _wrong(number: str) -> str:
    return number[:-1] + ("1" if number[-1] != "1" else "2")
