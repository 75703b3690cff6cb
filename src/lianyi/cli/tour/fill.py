"""Scene: prescriptions become medicines at four sellers, and money follows or comes back (购药)."""

from dataclasses import dataclass

from lianyi.cli.tour import course
from lianyi.cli.tour.browser import Browser
from lianyi.cli.tour.dispensary import Pharmacy
from lianyi.cli.tour.page import Page
from lianyi.cli.tour.purchase import Buyer
from lianyi.cli.tour.script import Failed, check
from lianyi.cli.tour.stage import Stage

PATIENT, OTHER = ("刘立平", "19905311007"), ("张建国", "19905311002")
REVIEWER = "p01"
# What is written beside what the scene of prescribing has left: drug, its name, diagnosis.
METFORMIN = ("metformin-tab-500mg", "二甲双胍", "E11.900")
OMEPRAZOLE = ("omeprazole-cap-20mg", "奥美拉唑", "K21.900")
MECOBALAMIN = ("mecobalamin-tab-0-5mg", "甲钴胺", "G62.900")
ALLOPURINOL = ("allopurinol-tab-100mg", "别嘌醇", "E79.000")
WRITTEN = (METFORMIN, OMEPRAZOLE, MECOBALAMIN, ALLOPURINOL)
AMLODIPINE = "amlodipine-tab-5mg"
MENDED, HALVED = "simvastatin-tab-20mg", "simvastatin-tab-40mg"  # in the one scene and the other
PROXY, PROXY_NUMBER = "刘敏", "370102198803124524"
REFUSED = frozenset({409, 422})
WHY = "剂量需要调整，重新开具"


@dataclass(slots=True)
class Town:
    """Who prescribes, and the four sellers of the scene."""

    stage: Stage
    doctor: Browser
    visit: str
    hospital: Pharmacy
    store: Pharmacy
    small: Pharmacy
    online: Pharmacy

    async def buyer(self, who: tuple[str, str], drug: str) -> Buyer:
        """Return a resident with the prescription of this drug."""
        browser = await self.stage.browser(who[1])
        page = await browser.get("/prescriptions")
        return Buyer(self.stage, who[0], browser, page.link(drug))


async def scene(stage: Stage) -> None:
    town = _town(stage, await stage.browser(stage.kept["doctor"]))
    await _prescribed(town)
    await _window(town)
    await _store(town)
    await _changed(town)
    await _declined(town)
    await _delivered(town, await _asked_online(town))
    await _revoked(town)
    await _left_at_the_window(town)


def _town(stage: Stage, doctor: Browser) -> Town:
    return Town(
        stage,
        doctor,
        stage.kept["visit"],
        hospital=Pharmacy(stage, "省一院", "y01", "p01", "k01"),
        store=Pharmacy(stage, "康和堂人民路店", "y02", "p03", "k02"),
        small=Pharmacy(stage, "百草春解放路店", "y04", "p05", "k03"),
        online=Pharmacy(stage, "康和堂网上药店", "y02", "p04", "k02"),
    )


async def _prescribed(town: Town) -> None:
    stage = town.stage
    for drug, name, diagnosis in WRITTEN:
        with stage.script.step("医师", f"同一次就诊再开一张：{name}", town.visit):
            await course.write(stage, town.doctor, town.visit, drug, diagnosis)
    await course.approve_all(stage, await stage.browser(REVIEWER), len(WRITTEN) + 1)


async def _window(town: Town) -> None:
    """Buy at the hospital's own window: settled first, then picked."""
    stage, shop = town.stage, town.hospital
    buyer = await town.buyer(PATIENT, "氨氯地平")
    with stage.script.step(buyer.name, "看全部药房，选省一院窗口", f"{buyer.rx}/sellers") as step:
        page = await buyer.choose(step, shop.name)
        check(step, "先付款后配药", holds=page.says("付款后开始配药"), seen=page.words)
    with stage.script.step(buyer.name, "医保预结算，付个人部分，医保结算", buyer.sale) as step:
        await buyer.pay(step)
        await buyer.until("逐盒扫追溯码")
    await fill(stage, shop, buyer, (AMLODIPINE, MENDED), "已配好")
    await collect(stage, shop, buyer)


async def _store(town: Town) -> None:
    """Buy at a store: it locks, reviews, scans; only then it bills, at its own price (外配)."""
    stage, shop = town.stage, town.store
    buyer = await town.buyer(OTHER, "氨氯地平")
    with stage.script.step("药师彭丽华", "上班值守 LIC-04", "/pharmacy") as step:
        await shop.open(step)
    doctor = await stage.browser(stage.kept["rx_doctor"])
    with stage.script.step(buyer.name, "选康和堂人民路店，外配", f"{buyer.rx}/sellers") as step:
        page = await buyer.choose(step, shop.name)
        check(step, "现在没有收费", holds=page.says("现在没有收费"), seen=page.words)
    drawn = await doctor.get(stage.kept["rx_visit"])
    await accept(stage, shop, buyer)
    with stage.script.step("医师", "药房接单后撤销，被拒绝", stage.kept["rx_visit"]) as step:
        refused = await _revoke(doctor, drawn)
        check(step, "接单后不能撤销", holds=refused.status in REFUSED, seen=refused.words)
    await fill(stage, shop, buyer, (AMLODIPINE, HALVED), "待付款")
    with stage.script.step(buyer.name, "药店按自己的价格结算，付个人部分", buyer.sale) as step:
        await buyer.pay(step)
    await collect(stage, shop, buyer)


async def _changed(town: Town) -> None:
    """Change the seller before the hand-over: the first settlement goes back whole (INS-21)."""
    stage, shop = town.stage, town.store
    buyer = await town.buyer(PATIENT, METFORMIN[1])
    with stage.script.step(buyer.name, "选省一院窗口并付款", f"{buyer.rx}/sellers") as step:
        await buyer.choose(step, town.hospital.name)
        await buyer.pay(step)
    with stage.script.step(buyer.name, "改去药店：医保退费，全额退款", buyer.sale) as step:
        await buyer.leave(step)
    with stage.script.step(buyer.name, "改选康和堂人民路店", f"{buyer.rx}/sellers") as step:
        await buyer.choose(step, shop.name)
    await accept(stage, shop, buyer)
    await fill(stage, shop, buyer, (METFORMIN[0],), "待付款")
    with stage.script.step(buyer.name, "第二家结算，付个人部分", buyer.sale) as step:
        await buyer.pay(step)
    await collect(stage, shop, buyer)


async def _declined(town: Town) -> None:
    """Ask a store that hasn't got it after all, and learn that one may go elsewhere."""
    stage, shop = town.stage, town.small
    buyer = await town.buyer(PATIENT, OMEPRAZOLE[1])
    with stage.script.step(buyer.name, "选百草春解放路店", f"{buyer.rx}/sellers") as step:
        await buyer.choose(step, shop.name)
    with stage.script.step("调剂谭明", "盘点发现缺货，不能调配", "/pharmacy") as step:
        await shop.decline(step, buyer.sale)
        told = await buyer.until("这家药房不能调配：缺货")
        check(step, "患者可以换一家", holds=told.says("换一家药房", "没有收费"), seen=told.words)


async def _asked_online(town: Town) -> Buyer:
    """Ask an online pharmacy, with a courier."""
    stage, shop = town.stage, town.online
    buyer = await town.buyer(PATIENT, OMEPRAZOLE[1])
    with stage.script.step("药师叶志成", "上班值守 LIC-04", "/pharmacy") as step:
        await shop.open(step)
    with stage.script.step(buyer.name, "改选网上药店，配送到家", f"{buyer.rx}/sellers") as step:
        page = await buyer.choose(step, shop.name, delivered=True)
        check(step, "配送费另列", holds=page.says("配送费"), seen=page.words)
    await accept(stage, shop, buyer)
    await fill(stage, shop, buyer, (OMEPRAZOLE[0],), "待付款")
    with stage.script.step(buyer.name, "付个人部分和配送费", buyer.sale) as step:
        await buyer.pay(step)
        await buyer.until("正等配送员来取")
    return buyer


async def _delivered(town: Town, buyer: Buyer) -> None:
    """Find nobody home; the second time a proxy shows both papers (INS-02, DS-16)."""
    stage, shop = town.stage, town.online
    with stage.script.step("配送员毛勇", "送到没有人", "/deliveries") as step:
        courier, page = await shop.bring(step)
        missed = await courier.submit(page, "/miss", reason="nobody_home")
        check(step, "待再次配送", holds=missed.says("再次配送"), seen=missed.words)
        told = await buyer.until("这次没有送到：无人签收")
        check(step, "患者知道会再送", holds=told.says("再送一次"), seen=told.words)
    with stage.script.step("配送员毛勇", "再送，家人代收，核对双方证件", "/deliveries") as step:
        courier, page = await shop.bring(step)
        card = await buyer.card()
        alone = await courier.submit(
            page, "/deliver", proxy_name=PROXY, proxy_number="123", code=card
        )
        check(
            step, "代收人证件不对，不交", holds=alone.says("代取人须出示身份证"), seen=alone.words
        )
        card = await buyer.card()
        done = await courier.submit(
            page, "/deliver", proxy_name=PROXY, proxy_number=PROXY_NUMBER, code=card
        )
        check(step, "已送达", holds=done.says("已送达"), seen=done.words)
        taken = await buyer.until("已由代取人领取")
        check(step, "用药交代", holds=taken.says("用药交代"), seen=taken.words)


async def _revoked(town: Town) -> None:
    """Take a prescription back before any seller has accepted it."""
    stage = town.stage
    buyer = await town.buyer(PATIENT, ALLOPURINOL[1])
    with stage.script.step("医师", "药房接单前撤销处方", town.visit) as step:
        drawn = await town.doctor.get(town.visit)
        page = await _revoke(town.doctor, drawn)
        check(step, "已撤销", holds=page.says("已撤销"), seen=page.words)
        told = await stage.until(buyer.browser, buyer.rx, "医生已撤销这张处方")
        check(step, "不能再选药房", holds="/sellers" not in told.html, seen=told.words)


async def _left_at_the_window(town: Town) -> None:
    """Pay, and never come; how it ends is played when the day is over."""
    stage, shop = town.stage, town.hospital
    buyer = await town.buyer(PATIENT, MECOBALAMIN[1])
    with stage.script.step(buyer.name, "选省一院窗口，付款，不去取", f"{buyer.rx}/sellers") as step:
        await buyer.choose(step, shop.name)
        await buyer.pay(step)
        stage.kept["uncollected"] = buyer.sale
    await fill(stage, shop, buyer, (MECOBALAMIN[0],), "已配好")


async def accept(stage: Stage, shop: Pharmacy, buyer: Buyer) -> None:
    with stage.script.step(f"{shop.name}调剂", "接单，全网锁定 DS-06", "/pharmacy") as step:
        await shop.accept(step, buyer.sale)
        told = await buyer.until("药房已接单")
        check(step, "患者看到已接单", holds=told.says("复核"), seen=told.words)
    with stage.script.step(f"{shop.name}药师", "本店药师再审核 DS-05", shop.sale) as step:
        await shop.review(step)


async def fill(
    stage: Stage, shop: Pharmacy, buyer: Buyer, drugs: tuple[str, ...], state: str
) -> None:
    """Receive, scan, check: nothing is released before every pack is scanned (FR-20)."""
    shop.sale = f"/pharmacy/sales/{buyer.sale.rsplit('/', 1)[-1]}"
    with stage.script.step(f"{shop.name}调剂", "到货入库，逐盒扫码配药", shop.sale) as step:
        for drug in drugs:
            await shop.scan(step, await shop.take_in(step, drug))
        await shop.scanned(step)
    with stage.script.step(f"{shop.name}药师", "四查十对，放行 PH-05", shop.sale) as step:
        await shop.release(step, state)


async def collect(stage: Stage, shop: Pharmacy, buyer: Buyer) -> None:
    with stage.script.step(f"{shop.name}药师", "扫健康卡发药", shop.sale) as step:
        await shop.hand_over(step, await buyer.card())
        told = await buyer.until("用药交代")
        check(step, "用法、贮藏、追溯码", holds=told.says("贮藏", "追溯码"), seen=told.words)


async def _revoke(doctor: Browser, page: Page) -> Page:
    """Revoke the newest prescription on the doctor's page that still may be."""
    for form in page.forms:
        if form.action.endswith("/revoke"):
            return await doctor.send(page, form, reason=WHY)
    raise Failed(f"没有可撤销的处方：{page.words[:200]}")
