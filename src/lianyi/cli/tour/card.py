"""Scene: a newcomer opens a health card in seconds; nobody else can take it (电子健康卡)."""

from dataclasses import dataclass
from random import Random

from stdnum.cn import ric

from lianyi.cli.tour.script import check
from lianyi.cli.tour.stage import Stage

CARD_SECONDS = 15_000  # IDN-02, in milliseconds
NAMES = ("江晓月", "江一帆", "江若水", "江长青")


@dataclass(frozen=True, slots=True)
class Newcomer:
    name: str
    number: str
    phone: str


async def scene(stage: Stage) -> None:
    who = _newcomer(stage.random)
    await stage.neighbour("identity", "/people", [_as_claim(who)])
    await _open(stage, who)
    await _nobody_else(stage, who)
    await _freeze(stage, who)


async def _open(stage: Stage, who: Newcomer) -> None:
    with stage.script.step(who.name, "用验证过的手机开健康卡", "/card/open") as step:
        browser = await stage.resident(step, who.phone)
        page = await browser.get("/card/open")
        wrong = await browser.submit(
            page, "/card/open", name=who.name, number=_wrong(who.number), agreed="1"
        )
        check(step, "校验位不对被指出", holds=wrong.says("证件号码不对"), seen=wrong.words)
        await browser.submit(page, "/card/open", name=who.name, number=who.number, agreed="1")
        opened = await stage.until(browser, "/", "健康卡已开通")
        home = await browser.submit(opened, "/card/come-in")
        check(step, "首页出示健康卡", holds=home.says(who.name, "秒后刷新"), seen=home.words)
    check(step, "15 秒内完成 IDN-02", holds=step.ms < CARD_SECONDS, seen=step.ms)


async def _nobody_else(stage: Stage, who: Newcomer) -> None:
    other = f"1990533{stage.random.randrange(10**4):04d}"
    with stage.script.step("陌生人", "拿同一证件号在别的手机上开卡", "/card/open") as step:
        browser = await stage.resident(step, other)
        page = await browser.get("/card/open")
        await browser.submit(page, "/card/open", name=who.name, number=who.number, agreed="1")
        told = await stage.until(browser, "/", "线上核验没有完成")
        check(step, "不透露已有卡", holds=not told.says("已有"), seen=told.words)


async def _freeze(stage: Stage, who: Newcomer) -> None:
    with stage.script.step(who.name, "手机丢了，先冻结健康卡", "/card/freeze") as step:
        browser = await stage.browser(who.phone)
        frozen = await browser.submit(await browser.get("/card"), "/card/freeze", reason="lost")
        check(step, "立即停用", holds=frozen.says("冻结"), seen=frozen.words)


def _newcomer(random: Random) -> Newcomer:
    born = f"19{random.randrange(70, 99)}{random.randrange(1, 13):02d}{random.randrange(1, 28):02d}"
    body = f"370102{born}{random.randrange(100, 999)}"
    number = body + ric.calc_check_digit(body + "0")
    return Newcomer(random.choice(NAMES), number, f"1990532{random.randrange(10**4):04d}")


def _wrong(number: str) -> str:
    return number[:-1] + ("1" if number[-1] != "1" else "2")


def _as_claim(who: Newcomer) -> dict[str, str]:
    return {"name": who.name, "id_number": who.number, "phone": who.phone}
