"""Scene: a doctor opens the key to sign with; a code nobody issued opens nothing (电子签名)."""

from lianyi.cli.demo import network
from lianyi.cli.tour.browser import Browser
from lianyi.cli.tour.page import NoSuchForm, Page
from lianyi.cli.tour.script import Step, check
from lianyi.cli.tour.stage import Stage
from lianyi.journeys.demo import PIN
from lianyi.people.model import DOCTOR

PAGE = "/signing"
READY = "12 小时内有效"
WRONG = "000000"
FORGED = "/verify/" + "0" * 56


async def scene(stage: Stage) -> None:
    doctor = next(one for one in network.load().staff if one.role == DOCTOR and not one.also_at)
    with stage.script.step(doctor.name, "签名密码输错，再输对", PAGE) as step:
        browser = await stage.staff(step, doctor.login)
        await _close(browser)
        await stage.until(browser, PAGE, "签名密码")
        await browser.submit(await browser.get(PAGE), PAGE + "/unlock", pin=WRONG)
        page = await stage.until(browser, PAGE, "没有解锁")
        check(step, "密码不对，没有解锁", holds=page.says("签名密码不对"), seen=page.words)
        await unlock(stage, step, browser)
    with stage.script.step("路人", "扫一张假处方的二维码", FORGED) as step:
        page = await (await stage.browser("路人")).get(FORGED)
        check(step, "不是本平台的处方", holds=page.says("不是本平台的处方"), seen=page.words)


async def unlock(stage: Stage, step: Step, browser: Browser) -> Page:
    """Open the key of whoever sits there, unless it is open."""
    page = await browser.get(PAGE)
    if not page.says("已解锁"):
        page = await stage.until(browser, PAGE, READY)  # a new demo's certificates are on their way
        await browser.submit(page, PAGE + "/unlock", pin=PIN)
        page = await stage.until(browser, PAGE, "已解锁")
    check(step, "签名密钥已解锁", holds=page.says("有效至"), seen=page.words)
    return page


async def _close(browser: Browser) -> None:
    """Close the key, if an earlier tour has left it open."""
    page = await browser.get(PAGE)
    try:
        await browser.submit(page, PAGE + "/lock")
    except NoSuchForm:
        return
