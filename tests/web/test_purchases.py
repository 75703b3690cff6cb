"""From a prescription to its medicines, as the resident's browser shows it (CAP-52..55, PH-01)."""

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from lianyi import main
from lianyi.access import service as access
from lianyi.access.model import Mandate, Scope
from lianyi.billing import service as billing
from lianyi.billing.model import BillState, FeeClass
from lianyi.insurance import service as insurance
from lianyi.insurance.model import Counter, Found, Scheme
from lianyi.journeys import fill, hand_over
from lianyi.kernel.config import Config
from lianyi.people import service as people
from lianyi.people.model import DOCTOR, PHARMACIST, Kind
from lianyi.pharmacy.model import Declined, Defect, Missed, Refused, SaleState, SellerKind
from lianyi.prescribing import service as prescribing
from lianyi.prescribing.model import State
from tests.drain import deliver
from tests.identity import id_number
from tests.journeys.test_fill import Market
from tests.pharmacy.make import AMLODIPINE, HOME
from tests.place import BY_PHONE, Place
from tests.prescribing.make import Practice, line, sheet
from tests.web.resident import act_for, browsing, opened
from tests.web.staff import counted

MOST = 12  # statements of a page
AT_HOME = {"way": "deliver", "address": HOME.address, "phone": HOME.phone}
WARFARIN = "warfarin-tab-2-5mg"


@pytest.fixture
async def market(place):
    practice = await Practice.open(place)
    market = Market(practice)
    practice.patient = await place.patient(DOCTOR, PHARMACIST, number=market.number)
    return market


@pytest.fixture
async def reader(app, market):
    async with browsing(app, await opened(market.practice.place, market.patient)) as reader:
        yield reader


def sellers_of(prescription):
    return f"/prescriptions/{prescription.id}/sellers"


async def chosen(reader, prescription, counter, **given):
    """Choose a seller on its page and return the page that follows."""
    here = f"{sellers_of(prescription)}/{counter.place.id}"
    values = {"way": "collect", "understood": "1", **given}
    return await reader.submit(await reader.get(here), here, **values)


async def at_counter(counter, hat, verb, page, **given):
    """Let staff act on the purchase that a page shows."""
    await counter.place.do(hat, verb, sale_id=page.url.rsplit("/", 1)[-1], **given)


async def test_a_prescription_leads_to_its_sellers_and_back(market, reader):
    prescription = await market.practice.approved()
    page = await reader.get(f"/prescriptions/{prescription.id}")
    assert page.link("取药") == sellers_of(prescription)
    assert (await reader.get(sellers_of(prescription))).says("选择药房", "价格由各药房自己定")


async def test_all_sellers_stand_with_their_own_prices_the_cheapest_that_has_all_first(
    market, reader
):
    """CAP-55: who has everything, then the price, then the name."""
    prescription = await market.practice.approved()
    dear = await market.seller(price="20")
    cheap = await market.seller(price="10")
    empty = await market.seller(price="1", many=0)
    hospital = await market.seller(SellerKind.HOSPITAL, price="15")
    page = await reader.get(sellers_of(prescription))
    ways = [link.href for link in page.links if link.words.startswith("选")]
    places = [cheap.place.id, hospital.place.id, dear.place.id]
    assert [way for way in ways if any(str(id) in way for id in places)] == [
        f"{sellers_of(prescription)}/{id}" for id in places
    ]
    assert page.says("医院药房", "缺货：苯磺酸氨氯地平片", "到店自取；配送 ¥5.00", "没有推荐位")
    assert not any(str(empty.place.id) in way for way in ways)


async def test_why_a_seller_cannot_is_said_in_words(market, reader):
    """DS-04: warfarin is not sold online; a counter may hand it out."""
    prescription = await market.practice.approved(sheet(line(WARFARIN)))
    store, online = await market.seller(), await market.seller(SellerKind.ONLINE)
    for counter in (store, online):
        await stocked(counter, WARFARIN, "30")
    page = await reader.get(f"{sellers_of(prescription)}/{store.place.id}")
    assert page.says("不能配送：", "列入网络零售禁止清单", "到店自取")
    page = await reader.get(f"{sellers_of(prescription)}/{online.place.id}")
    assert page.says("这家药房现在不能配齐", "列入网络零售禁止清单")
    sold = await chosen(reader, prescription, store)
    assert sold.says("等待药店接单")


async def stocked(counter, code, yuan):
    await counter.receive(code)
    place = counter.place
    given = {"label": code, "fee_class": FeeClass.WESTERN_DRUG, "unit_price": Decimal(yuan)}
    await place.do(place.office, billing.set_price, code=code, **given)


async def test_what_a_seller_does_not_sell_is_named(market, reader):
    prescription = await market.practice.approved(sheet(line(), line(WARFARIN)))
    store = await market.seller()
    page = await reader.get(f"{sellers_of(prescription)}/{store.place.id}")
    assert page.says("不经营：华法林", "这家药房现在不能配齐")


async def test_ph_01_before_the_review_there_are_no_sellers(market, reader):
    """PH-01, DS-09: neither the page nor the act."""
    signed, store = await market.practice.signed(), await market.seller()
    page = await reader.get(f"/prescriptions/{signed.id}")
    assert page.says("审核通过前不收药费")
    assert sellers_of(signed) not in page.html
    assert (await reader.get(sellers_of(signed))).status == 404
    assert (await posted(reader, signed, store)).status_code == 404
    assert await market.state_of(signed) is State.TO_REVIEW


async def posted(reader, prescription, counter, **given):
    """Send the form nobody drew."""
    key = (await reader.get("/sign-in")).form("/sign-in/code").fields
    values = {"way": "collect", "understood": "1", "fen": "1250", **given}
    where = f"{sellers_of(prescription)}/{counter.place.id}"
    return await reader.http.post(where, data={**key, **values})


async def test_a_store_is_followed_from_asking_to_the_label(market, reader):
    """FR-20, PH-09: nothing is charged before the packs are scanned; the counselling follows."""
    prescription, store = await market.practice.approved(), await market.seller()
    page = await chosen(reader, prescription, store)
    assert page.says("正在等药房接单", "现在没有收费", "退出或换一家")
    assert (await reader.get(sellers_of(prescription))).says("这张处方已选好药房")
    assert (await reader.get(f"/prescriptions/{prescription.id}")).says("查看购药进度", "等待接单")
    await at_counter(store, store.assistant, fill.accept, page)
    assert (await reader.get(page.url)).says("本店药师正在复核处方", "现在没有收费")
    await at_counter(store, store.pharmacist, hand_over.approve, page)
    assert (await reader.get(page.url)).says("逐盒扫追溯码", "现在没有收费")
    sale = await market.sale(page)
    await market.pick(store, sale)
    page = await reader.get(page.url)
    assert page.says("药已配好", "去付款", "账单 ¥12.50", "待支付")
    assert (await reader.get(page.link("去付款"))).says("去支付 ¥12.50")
    await market.pay(sale)
    page = await reader.get(page.url)
    assert page.says("到 青山市人民路1号 取药", "已支付", "身份证")
    await at_counter(store, store.pharmacist, hand_over.hand_over, page, shown=market.shown())
    page = await reader.get(page.url)
    assert page.says("已领取", "用药交代", "贮藏 遮光，密封", store.packs[0], "120")
    assert not page.says("退出或换一家")
    assert (await reader.get(page.link("查看收据"))).says("No. ")


async def test_at_a_hospital_money_comes_before_picking(market, reader):
    prescription = await market.practice.approved()
    hospital = await market.seller(SellerKind.HOSPITAL)
    page = await chosen(reader, prescription, hospital)
    assert page.says("药品已为您留好", "去付款", "账单 ¥12.50")
    await market.pay(await market.sale(page))
    assert (await reader.get(page.url)).says("已付款，药房正在配药", "已支付")


async def test_whoever_collects_shows_the_code_of_the_card(market, reader):
    """INS-01: the pharmacy scans the health card of the person; without one a document serves."""
    store = await market.seller()
    sale = await market.ready(store)
    page = await reader.get(f"/purchases/{sale.id}")
    assert page.says("本人出示健康卡或身份证")
    assert 'id="code"' not in page.html


async def test_ins_21_leaving_a_seller_gives_back_all_and_leads_to_the_others(market, reader):
    hospital, store = await market.seller(SellerKind.HOSPITAL), await market.seller()
    prescription = await market.practice.approved()
    page = await chosen(reader, prescription, hospital)
    await market.pay(await market.sale(page))
    page = await reader.get(page.url)
    refused = await reader.submit(page, "/withdraw", reason="")
    assert refused.status == 422
    left = await reader.submit(page, "/withdraw", reason="other_seller")
    assert left.says("您已退出这家药房", "换一家药房", "退款 ¥12.50", "已退款")
    again = await reader.submit(page, "/withdraw", reason="other_seller")
    assert (again.status, again.says("您已退出这家药房")) == (200, True)
    assert left.link("换一家药房") == sellers_of(prescription)
    assert (await chosen(reader, prescription, store)).says("正在等药房接单")
    assert (await reader.get(f"/prescriptions/{prescription.id}")).says("购药记录", "已撤回")


async def partly_sold(market, reader, prescription, store):
    """Let a store sell the first of two drugs; the other it hasn't got. Return the sale's page."""
    page = await chosen(reader, prescription, store)
    await at_counter(store, store.assistant, fill.accept, page)
    await at_counter(store, store.pharmacist, hand_over.approve, page)
    await at_counter(store, store.assistant, hand_over.mark_short, page, number=2)
    sale = await market.sale(page)
    await market.pick(store, sale)
    assert (await reader.get(page.url)).says("有药没有配到，不收这部分的钱", "账单 ¥12.50")
    await market.pay(sale)
    await at_counter(store, store.pharmacist, hand_over.hand_over, page, shown=market.shown())
    return await reader.get(page.url)


async def test_what_was_dispensed_in_part_is_dispensed_nowhere_else(market, reader):
    """DS-06: its person is told what to do, and the money of what was sold stands."""
    prescription = await market.practice.approved(sheet(line(), line(WARFARIN)))
    store, *others = [await market.seller() for _ in range(3)]
    for counter in (store, *others):
        await stocked(counter, WARFARIN, "30")
    page = await partly_sold(market, reader, prescription, store)
    assert page.says("没有配到：华法林", "这部分没有收费", "联系医生另开处方", "未配到", "已支付")
    assert await market.state(await market.sale(page)) == (
        SaleState.HANDED_OVER,
        BillState.PAID,
        State.PARTLY_DISPENSED,
    )
    told = await reader.get(f"/prescriptions/{prescription.id}")
    assert told.says("部分发药", "这张处方已经用过", "另开处方")
    assert sellers_of(prescription) not in told.html
    forced = await asyncio.gather(*(posted(reader, prescription, each) for each in others))
    assert [answer.status_code for answer in forced] == [404, 404]


async def test_what_has_left_cannot_be_withdrawn(market, reader):
    store = await market.seller()
    sale = await market.ready(store)
    page = await reader.get(f"/purchases/{sale.id}")
    await store.place.do(
        store.pharmacist, hand_over.hand_over, sale_id=sale.id, shown=market.shown()
    )
    late = await reader.submit(page, "/withdraw", reason="other")
    assert (late.status, late.says("已领取")) == (422, True)


@pytest.mark.parametrize("kind", list(SellerKind))
async def test_a_seller_that_declines_says_why_and_the_prescription_goes_on(market, reader, kind):
    counter, prescription = await market.seller(kind), await market.practice.approved()
    page = await chosen(
        reader, prescription, counter, **(AT_HOME if kind is SellerKind.ONLINE else {})
    )
    await at_counter(counter, counter.assistant, fill.decline, page, reason=Declined.OUT_OF_STOCK)
    page = await reader.get(page.url)
    assert page.says("这家药房不能调配：缺货", "处方仍然有效", "没有收费")


async def test_a_missed_time_ends_it_and_a_revoked_prescription_leads_to_the_doctor(
    market, reader, clock
):
    store, practice = await market.seller(), market.practice
    prescription = await practice.approved()
    page = await chosen(reader, prescription, store)
    clock.forward(minutes=25)
    await reader.get("/")  # a session rests no longer than half an hour
    clock.forward(minutes=25)
    await reader.get("/")
    clock.forward(minutes=11)
    await store.ring()
    await deliver(market.app)
    page = await reader.get(page.url)
    assert page.says("过了时间，这一单自动取消", "换一家药房", "这一单没有收费")
    page = await chosen(reader, prescription, store)
    await practice.do(
        practice.doctor, prescribing.revoke, prescription_id=prescription.id, reason="剂量写错"
    )
    await deliver(market.app)
    page = await reader.get(page.url)
    assert page.says("处方已撤销或过了有效期", "请联系医生")
    assert (await reader.get(f"/prescriptions/{prescription.id}")).says("医生已撤销这张处方")
    assert (await reader.get(sellers_of(prescription))).status == 404


async def test_a_parcel_is_followed_to_the_door_and_back(market, reader):
    """DS-16, DS-18"""
    online, prescription = (
        await market.seller(SellerKind.ONLINE),
        await market.practice.approved(),
    )
    missing = await chosen(reader, prescription, online, way="deliver")
    assert (missing.status, missing.says("请填写收货地址")) == (422, True)
    page = await chosen(reader, prescription, online, **AT_HOME)
    assert page.says(HOME.address, "配送费 ¥5.00")
    for hat, verb in ((online.assistant, fill.accept), (online.pharmacist, hand_over.approve)):
        await at_counter(online, hat, verb, page)
    sale = await market.sale(page)
    await market.pick(online, sale)
    assert (await reader.get(page.url)).says("账单 ¥17.50")
    await market.pay(sale)
    assert (await reader.get(page.url)).says("正等配送员来取")
    await at_counter(online, online.courier, hand_over.send, page)
    assert (await reader.get(page.url)).says("药在路上", "代收人要出示双方身份证")
    await at_counter(online, online.courier, hand_over.miss, page, reason=Missed.NOBODY_HOME)
    assert (await reader.get(page.url)).says("这次没有送到：无人签收")
    await at_counter(online, online.courier, hand_over.send, page)
    await at_counter(online, online.courier, hand_over.refuse, page, reason=Refused.DAMAGED)
    page = await reader.get(page.url)
    assert page.says("药品没有签收", "不会再卖给别人", "退款 ¥17.50")


async def test_an_address_is_never_stored_in_the_clear(market, reader):
    online = await market.seller(SellerKind.ONLINE)
    page = await chosen(reader, await market.practice.approved(), online, **AT_HOME)
    ((sealed,),) = await market.practice.place.rows(
        "SELECT deliver_to FROM pharmacy.sale WHERE id = $1", (await market.sale(page)).id
    )
    assert HOME.address.encode() not in sealed


async def test_what_comes_back_for_a_defect_says_not_to_take_it(market, reader):
    """DS-18"""
    store = await market.seller()
    sale = await market.ready(store)
    shown = market.shown(proxy_name="李强", proxy_number=id_number())
    await store.place.do(store.pharmacist, hand_over.hand_over, sale_id=sale.id, shown=shown)
    assert (await reader.get(f"/purchases/{sale.id}")).says("已由代取人领取")
    await store.place.do(
        store.pharmacist, hand_over.take_back, sale_id=sale.id, reason=Defect.RECALL
    )
    page = await reader.get(f"/purchases/{sale.id}")
    assert page.says("因药品召回收回了药品", "请不要再服用", "退款 ¥12.50")


async def test_ds_08_nobody_buys_without_confirming(market, reader):
    store, prescription = await market.seller(), await market.practice.approved()
    page = await chosen(reader, prescription, store, understood="")
    assert (page.status, page.says("请先勾选确认", "处方药须凭处方")) == (422, True)
    assert await market.state_of(prescription) is State.APPROVED


async def test_a_price_that_moved_is_shown_anew_before_anything_is_sold(market, reader):
    """CAP-113"""
    store, prescription = await market.seller(), await market.practice.approved()
    here = f"{sellers_of(prescription)}/{store.place.id}"
    page = await reader.get(here)
    market.app.clock.forward(seconds=1)
    await store.place.do(
        store.place.office,
        billing.set_price,
        code=AMLODIPINE,
        label=AMLODIPINE,
        fee_class=FeeClass.WESTERN_DRUG,
        unit_price=Decimal(13),
    )
    moved = await reader.submit(page, here, way="collect", understood="1")
    assert (moved.status, moved.says("价格刚有变动", "¥13.00")) == (422, True)
    assert (await reader.submit(moved, here, way="collect", understood="1")).says("正在等药房接单")


async def test_pressing_twice_asks_one_seller_once_and_a_second_one_is_refused(market, reader):
    """DS-06"""
    first, second = await market.seller(), await market.seller()
    prescription = await market.practice.approved()
    here, there = (f"{sellers_of(prescription)}/{one.place.id}" for one in (first, second))
    page, other = await reader.get(here), await reader.get(there)
    asked = [await reader.submit(page, here, way="collect", understood="1") for _ in range(2)]
    assert asked[0].url == asked[1].url
    refused = await reader.submit(other, there, way="collect", understood="1")
    assert (refused.status, refused.says("已有一家药房在处理", "查看购药进度")) == (422, True)


async def test_a_hospital_fills_only_what_it_has_prescribed(market, reader):
    other = Market(await Practice.open(await market.another_hospital()))
    other.practice.patient = market.patient
    stranger = await other.seller(SellerKind.HOSPITAL)
    prescription = await market.practice.approved()
    page = await reader.get(f"{sellers_of(prescription)}/{stranger.place.id}")
    assert page.status == 404
    assert (await posted(reader, prescription, stranger)).status_code == 404


async def test_somebody_elses_prescription_and_purchase_are_not_found(market, app):
    store = await market.seller()
    sale, prescription = await market.ready(store), await market.practice.approved()
    stranger = await market.practice.place.resident()
    async with browsing(app, await opened(market.practice.place, stranger)) as reader:
        for path in (
            f"/purchases/{sale.id}",
            sellers_of(prescription),
            f"{sellers_of(prescription)}/{store.place.id}",
        ):
            assert (await reader.get(path)).status == 404
        assert (await posted(reader, prescription, store)).status_code == 404
        key = (await reader.get("/sign-in")).form("/sign-in/code").fields
        answer = await reader.http.post(
            f"/purchases/{sale.id}/withdraw", data={**key, "reason": "other"}
        )
        assert answer.status_code == 404


async def test_con_10_a_proof_by_phone_is_locked_out(market, app):
    store = await market.seller()
    sale, prescription = await market.ready(store), await market.practice.approved()
    place = market.practice.place
    mandate = Mandate(market.patient.person_id, *[market.patient.person_id] * 2, BY_PHONE)
    await place.do(place.office, access.empower, mandate=mandate)
    async with browsing(app, await opened(place, market.patient)) as reader:
        for path in (f"/purchases/{sale.id}", sellers_of(prescription)):
            page = await reader.get(path)
            assert page.says("需要到窗口核验一次身份")
            assert not page.says("氨氯地平")
        assert (await posted(reader, prescription, store)).status_code == 403


async def test_who_acts_for_a_relative_buys_for_them_and_pays_only_with_that_scope(market, app):
    """IDN-06"""
    place, store = market.practice.place, await market.seller()
    prescription = await market.practice.approved()
    daughter, son = await place.patient(name="李敏"), await place.patient(name="李强")
    for hat, scopes in (
        (daughter, (Scope.BOOK, Scope.PAY, Scope.RECORD)),
        (son, (Scope.BOOK, Scope.RECORD)),
    ):
        cause = app.ids.new(app.clock(), hat.person_id)
        mandate = Mandate(cause, hat.person_id, market.patient.person_id, frozenset(scopes))
        await place.do(place.office, access.empower, mandate=mandate)
    async with browsing(app, await acting(place, daughter, market.patient)) as reader:
        page = await chosen(reader, prescription, store)
        assert page.says("正在等药房接单", "王*英")
        here = page.url
    async with browsing(app, await acting(place, son, market.patient)) as reader:
        page = await reader.get(here)
        assert page.says("正在等药房接单", "对方没有授权您查看账单")
    app.clock.forward(seconds=1)  # only the newest code of a phone is good
    async with browsing(app, await opened(place, son)) as reader:
        assert (await reader.get(here)).status == 404


async def acting(place, hat, patient):
    token = await opened(place, hat)
    await act_for(place, token, patient.person_id)
    return token


async def test_each_look_is_in_the_persons_log_once(market, reader):
    """EMR-05: a page is one look; the pharmacy's own looks stand there too."""
    store = await market.seller()
    sale = await market.ready(store)
    await reader.get(f"/purchases/{sale.id}")
    page = await reader.get("/record/readings")
    assert page.says("田亮", "叶志成")


async def insure(market):
    place, person_id = market.practice.place, market.patient.person_id
    found = Found("1001", Scheme.EMPLOYEE, "11", "370100", aided=False, credential="EC1001")
    await place.do(
        place.office, insurance.take_over, person_id=person_id, found=found, used=Counter()
    )


async def test_whether_a_shop_can_answer_now_is_said(market, reader):
    """LIC-04, DS-13"""
    prescription, store = await market.practice.approved(), await market.seller()
    await store.place.do(store.pharmacist, people.go_off_duty)
    here = f"{sellers_of(prescription)}/{store.place.id}"
    assert (await reader.get(here)).says("现在没有药师在岗")
    await store.place.do(store.pharmacist, people.go_on_duty)
    assert (await reader.get(here)).says("药师在岗，现在可以接单")


@pytest.mark.parametrize("where", ["sellers", "seller", "purchase", "ended", "prescription"])
async def test_every_page_asks_little_and_never_more_with_more_sellers(market, app, dsn, where):
    store = await market.seller()
    sale, prescription = await market.ready(store), await market.practice.approved()
    over = await market.choose(store, await market.practice.approved(sheet(line(days=3))))
    await store.place.do(market.patient, fill.withdraw, sale_id=over.id)
    path = {
        "sellers": sellers_of(prescription),
        "seller": f"{sellers_of(prescription)}/{store.place.id}",
        "purchase": f"/purchases/{sale.id}",
        "ended": f"/purchases/{over.id}",
        "prescription": f"/prescriptions/{prescription.id}",
    }[where]
    await insure(market)
    token, asked = await opened(market.practice.place, market.patient), []
    for more in (1, 4):
        for _ in range(more):
            chain = await Place.found(market.app, Kind.PHARMACY_CHAIN)
            code = f"P{chain.id.int % 10**11}"
            given = {"parent": chain, "insurance_code": code}
            await market.seller(place=await Place.found(market.app, Kind.STORE, **given))
        config = Config(home=Path("/"), database_url=dsn, pool_size=1)
        async with (
            main.pool(config) as pool,
            counted(app, pool) as (small, sent),
            browsing(small, token) as reader,
        ):
            await reader.get(path)
            sent.clear()
            assert (await reader.get(path)).status == 200
        asked.append(len(sent))
    assert asked[0] == asked[1] <= MOST
