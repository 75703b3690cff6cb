"""Scene: a number is paid by scanning a code; given back, its money returns (缴费)."""

from lianyi.cli.tour.browser import Browser
from lianyi.cli.tour.page import NoSuchForm, Page
from lianyi.cli.tour.script import Failed, check
from lianyi.cli.tour.stage import Stage
from lianyi.cli.tour.visit import DEPTH, sessions

PAYER, STRANGER = "19905311001", "19905311002"


async def scene(stage: Stage) -> None:
    kept = await _keep(stage)
    bill = await _pay(stage, kept)
    await _hidden_from_others(stage, bill)
    await _give_back(stage, kept, bill)


async def _keep(stage: Stage) -> Page:
    browser = await stage.browser(PAYER)
    with stage.script.step("张秀英", "挂专家号，先付款", "/book") as step:
        times = await _find(browser)
        form = times.form("/book/sessions/")
        kept = await browser.send(times, form, starts_at=form.choices["starts_at"][-1])
        check(step, "要求先支付", holds=kept.says("去支付"), seen=kept.words)
    return kept


async def _find(browser: Browser) -> Page:
    """Look for a session that is paid when it is booked and still has a time."""
    async for page in sessions(browser, await browser.get("/book"), DEPTH):
        if page.says("线上支付") and _has_times(page):
            return page
    raise Failed("没有需要先付款的号")


def _has_times(page: Page) -> bool:
    try:
        return bool(page.form("/book/sessions/").choices.get("starts_at"))
    except NoSuchForm:
        return False


async def _pay(stage: Stage, kept: Page) -> str:
    """Scan and pay; return the address of the bill."""
    browser = await stage.browser(PAYER)
    bill = kept.link("去支付")
    with stage.script.step("张秀英", "出付款码，扫码付款", bill) as step:
        asked = await browser.submit(await browser.get(bill), "/pay")
        check(step, "说明还没有扣款", holds=asked.says("支付"), seen=asked.words)
        code = await stage.until(browser, f"{bill}/pay", "演示付款")
        await browser.submit(code, "/pay/demo")
        paid = await stage.until(browser, f"{bill}/pay", "支付成功")
        check(step, "页面说已支付", holds=paid.says("已支付"), seen=paid.words)
        receipt = await browser.get(f"{bill}/receipt")
        check(step, "收据有收款方的编号", holds=receipt.says("No. "), seen=receipt.words)
        booked = await stage.until(browser, kept.url, "已预约")
        check(step, "号已确认", holds=booked.says("签到"), seen=booked.words)
    return bill


async def _hidden_from_others(stage: Stage, bill: str) -> None:
    with stage.script.step("张建国", "看别人的账单", bill) as step:
        browser = await stage.browser(STRANGER)
        hidden = await browser.get(bill)
        check(step, "如同不存在", holds=hidden.says("没有找到这张账单"), seen=hidden.words)


async def _give_back(stage: Stage, kept: Page, bill: str) -> None:
    browser = await stage.browser(PAYER)
    with stage.script.step("张秀英", "退号，钱原路退回", bill) as step:
        await browser.submit(await browser.get(kept.url), "/cancel", reason="no_time")
        back = await stage.until(browser, bill, "已退回")
        check(step, "账单已退款", holds=back.says("已退款"), seen=back.words)
