"""Steps at a pharmacy's counter and on a courier's round, from accepting to handing over."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from lianyi.cli.tour import room
from lianyi.cli.tour.browser import Browser
from lianyi.cli.tour.page import NoSuchForm, Page
from lianyi.cli.tour.script import Step, check
from lianyi.cli.tour.stage import Stage
from lianyi.pharmacy.model import PROVEN_BY_SCAN, Check

BY_EYE = [one for one in Check if one not in PROVEN_BY_SCAN]
MAKER, UNTIL = "青山制药有限公司", "2031-06-30"
MOST = 9  # packs of a line


@dataclass(slots=True)
class Pharmacy:
    """One seller with who fills there, who answers for it and who brings it."""

    stage: Stage
    name: str
    filler: str
    pharmacist: str
    courier: str = ""
    sale: str = field(default="", init=False)

    async def at(self, step: Step, login: str) -> Browser:
        """Return the browser of a member of staff who wears the hat of this place."""
        browser = await self.stage.staff(step, login)
        await room.wear(browser, self.name)
        return browser

    async def open(self, step: Step) -> None:
        """Let the pharmacist come on duty (LIC-04, DS-13)."""
        browser = await self.at(step, self.pharmacist)
        page = await browser.get("/pharmacy")
        if "/on-duty" in page.html:
            page = await browser.submit(page, "/pharmacy/on-duty")
        check(step, "药师在岗", holds=page.says("在岗"), seen=page.words)

    async def take_in(self, step: Step, code: str) -> list[str]:
        """Receive packs that just arrived, and return their trace codes."""
        browser = await self.at(step, self.filler)
        where = f"/pharmacy/stock/in/{code}"
        number = self.stage.random.randrange(10**9)
        codes = [f"8199{number:09d}{serial:07d}" for serial in range(MOST)]
        page = await browser.submit(
            await browser.get(where),
            where,
            lot=f"T{number}",
            maker=MAKER,
            expires_on=UNTIL,
            codes="\n".join(codes),
        )
        check(step, "逐盒扫码入库", holds=page.says(f"T{number}"), seen=page.words)
        return codes

    async def accept(self, step: Step, sale: str) -> None:
        """Take the prescription on; from now on it is nobody else's (DS-06)."""
        self.sale = f"/pharmacy/sales/{sale.rsplit('/', 1)[-1]}"
        browser = await self.at(step, self.filler)
        page = await browser.submit(await browser.get(self.sale), "/accept")
        check(step, "已接单，锁定处方", holds=page.says("审核中"), seen=page.words)

    async def review(self, step: Step) -> None:
        """Let this shop's own pharmacist review again (DS-05)."""
        browser = await self.at(step, self.pharmacist)
        page = await browser.submit(await browser.get(self.sale), "/approve")
        check(step, "本店药师复核通过", holds=page.says("配药中"), seen=page.words)

    async def scan(self, step: Step, codes: Iterable[str]) -> None:
        """Scan pack after pack of one drug until its line is full (FR-20)."""
        browser = await self.at(step, self.filler)
        page = await browser.get(self.sale)
        for code in codes:
            if not _wants_more(page):
                break
            page = await browser.submit(page, "/scan", code=code)
            if page.says("已经扫够"):
                break

    async def scanned(self, step: Step) -> None:
        page = await (await self.at(step, self.filler)).get(self.sale)
        check(
            step, "逐盒扫完", holds=page.says("已扫完") and not _wants_more(page), seen=page.words
        )

    async def release(self, step: Step, state: str) -> None:
        """Confirm what no scan proves, and answer for the whole (PH-05, PH-08)."""
        browser = await self.at(step, self.pharmacist)
        page = await browser.get(self.sale)
        forgotten = await browser.submit(page, "/check")
        check(
            step, "少核一项不能放行", holds=forgotten.says("四查十对未完成"), seen=forgotten.words
        )
        page = await browser.submit(page, "/check", check=BY_EYE)
        check(step, "四查十对，放行", holds=page.says(state), seen=page.words)

    async def hand_over(self, step: Step, card: str) -> None:
        """Give the medicines to whoever holds this card, once the till has heard of the money."""
        browser = await self.at(step, self.pharmacist)
        ready = await self.stage.until_gone(browser, self.sale, "待付款")
        page = await browser.submit(ready, "/hand-over", code=card)
        check(step, "扫健康卡，核对本人，发药", holds=page.says("已取药"), seen=page.words)

    async def decline(self, step: Step, sale: str) -> None:
        browser = await self.at(step, self.filler)
        here = await browser.get(f"/pharmacy/sales/{sale.rsplit('/', 1)[-1]}")
        page = await browser.submit(here, "/decline", reason="out_of_stock")
        check(step, "已登记缺货", holds=page.says("已登记不能调配"), seen=page.words)

    async def bring(self, step: Step) -> tuple[Browser, Page]:
        """Let the courier take the parcel and set out."""
        browser = await self.at(step, self.courier)
        here = self.sale.replace("/pharmacy/sales", "/deliveries")
        page = await browser.submit(await browser.get(here), "/send")
        check(step, "配送中", holds=page.says("配送中"), seen=page.words)
        return browser, page


def _wants_more(page: Page) -> bool:
    try:
        page.form("/scan")
    except NoSuchForm:
        return False
    return True
