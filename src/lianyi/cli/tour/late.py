"""Scene: the day ends; what nobody collected goes back whole, and the books agree (对账)."""

from lianyi.cli.tour import clock
from lianyi.cli.tour.browser import Browser
from lianyi.cli.tour.evidence import MORNING
from lianyi.cli.tour.fill import PATIENT
from lianyi.cli.tour.page import Page
from lianyi.cli.tour.script import Step, check
from lianyi.cli.tour.stage import LOOKS, Stage

ADMIN = "a01"
BOOKS = "/admin/reconciliation"
DIFFERS = ">不符</span>"


async def scene(stage: Stage) -> None:
    await _uncollected(stage)
    await _books(stage)


async def _uncollected(stage: Stage) -> None:
    sale = stage.kept["uncollected"]
    with stage.script.step("平台", "把时钟拨到第二天：处方过期，无人取药", sale) as step:
        await clock.forward(stage, step, minutes=await _until_tomorrow(stage))
    with stage.script.step(PATIENT[0], "看到自动取消、医保退费、全额退款", sale) as step:
        browser = await _again(stage, step)
        page = await stage.until(browser, sale, "医保已退费")
        check(step, "这一单自动取消", holds=page.says("取消", "已退款"), seen=page.words)
        check(step, "该找谁", holds=page.says("请联系医生"), seen=page.words)
        back = await stage.until(browser, sale, "已退回")
        check(step, "钱已原路退回", holds=back.says("退款"), seen=back.words)


async def _books(stage: Stage) -> None:
    with stage.script.step("汪洋医务部主任", "次日对账：支付平台、医保都相符", BOOKS) as step:
        admin = await _admin(stage, step)
        page = await _compared(stage, admin)
        check(step, "没有待处理的差异", holds=page.says("待处理 0"), seen=page.words)
        check(step, "没有不符", holds=DIFFERS not in page.html, seen=page.words)


async def _compared(stage: Stage, admin: Browser) -> Page:
    """Look until both sides have sent their books and no day waits any more."""
    for _ in range(LOOKS):
        page = await stage.until(admin, BOOKS, "相符")
        if not (page.says("等待账单") or page.says("等待医保答复")):
            return page
        await stage.pause()
    raise TimeoutError(page.words[:300])


async def _until_tomorrow(stage: Stage) -> int:
    """Return the minutes until the statements of this day are ready."""
    operator = await stage.browser("o01")
    now = clock.shown(await operator.get("/admin/health"))
    return 24 * 60 - (now.hour * 60 + now.minute) + MORNING


async def _again(stage: Stage, step: Step) -> Browser:
    """Sign the patient in anew: the night was longer than a session."""
    browser = await stage.browser(PATIENT[1])
    browser.cookies.clear()
    return await stage.resident(step, PATIENT[1])


async def _admin(stage: Stage, step: Step) -> Browser:
    (await stage.browser(ADMIN)).cookies.clear()
    return await stage.staff(step, ADMIN)
