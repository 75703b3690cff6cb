"""Steps of a resident on the way to their medicines: all sellers, one chosen, paid, left (购药)."""

from dataclasses import dataclass
from typing import Any

from lianyi.cli.tour import insured, scanner
from lianyi.cli.tour.browser import Browser
from lianyi.cli.tour.page import Page
from lianyi.cli.tour.script import Step, check
from lianyi.cli.tour.stage import Stage

ADDRESS, CALL = "青山市槐荫路 18 号 3 单元 502", "19905310000"


@dataclass(slots=True)
class Buyer:
    """A resident with their browser; `rx` is the prescription they are about to fill."""

    stage: Stage
    name: str
    browser: Browser
    rx: str
    sale: str = ""

    async def choose(self, step: Step, seller: str, *, delivered: bool = False) -> Page:
        """Look at all sellers and take the prescription to one of them."""
        every = await self.browser.get(f"{self.rx}/sellers")
        check(step, "各家价格并列", holds=every.says("药费合计", "没有推荐位"), seen=every.words)
        one = await self.browser.get(every.link(f"选{seller}"))
        way: dict[str, Any] = (
            {"way": "deliver", "address": ADDRESS, "phone": CALL} if delivered else {}
        )
        page = await self.browser.submit(one, "/sellers/", understood="1", **way)
        check(step, "已选定", holds="/purchases/" in page.url, seen=page.words)
        self.sale = page.url
        return page

    async def pay(self, step: Step) -> None:
        """Pay the own part of the newest bill; then the agency settles."""
        page = await self.until("去付款")
        bill = page.link("去付款")
        asked = await self.stage.until(self.browser, bill, "去支付")
        check(
            step, "医保和个人各付多少", holds=asked.says("基本医保", "个人支付"), seen=asked.words
        )
        await insured.scan(self.stage, self.browser, bill)
        settled = await self.stage.until(self.browser, bill, "医保已结算")
        check(step, "医保已结算", holds=settled.says("医保结算号"), seen=settled.words)

    async def leave(self, step: Step) -> None:
        """Leave the seller; the settlement is taken back and the money comes home."""
        page = await self.browser.submit(
            await self.browser.get(self.sale), "/withdraw", reason="other_seller"
        )
        check(step, "可以换一家", holds=page.says("换一家药房"), seen=page.words)
        back = await self.until("已退款")  # which is sent once the agency has taken its part back
        check(step, "医保结算已撤销", holds=back.says("医保已退费"), seen=back.words)
        await self.until("：已退回")

    async def until(self, words: str) -> Page:
        return await self.stage.until(self.browser, self.sale, words)

    async def card(self) -> str:
        """Return what the pharmacy scans off this phone."""
        return scanner.read(await self.browser.get("/card"))
