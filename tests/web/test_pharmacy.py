"""The pharmacy's counter, shelves and day, as those who sit there see them."""

import asyncio

import pytest

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.journeys import fill, hand_over, pharmacy_desk
from lianyi.pharmacy import queries
from lianyi.pharmacy.model import SellerKind
from tests.identity import id_number
from tests.journeys.test_fill import market as market  # noqa: PLC0414 - a fixture
from tests.pharmacy.make import AMLODIPINE, BY_EYE, SIMVASTATIN
from tests.web.counting import statements
from tests.web.reader import reading, wearing

MOST = 12  # statements a page
EYE = [check.value for check in BY_EYE]


@pytest.fixture
async def reader(app):
    async with reading(app) as reader:
        yield reader


@pytest.fixture
async def store(market):
    return await market.seller()


async def sit_down(reader, counter, hat, path="/pharmacy"):
    await wearing(reader, counter.place, hat)
    return await reader.get(path)


def offers(page, action):
    return any(form.action.endswith(action) for form in page.forms)


async def asked(market, store):
    """Return a sale that a store is asked to fill, and where its page is."""
    sale = await market.choose(store, await market.practice.approved())
    return sale, f"/pharmacy/sales/{sale.id}"


async def ended(market, sale):
    """Return how a sale ended and why, as its person may know."""

    async def look(tx):
        chart = await access.open_chart(tx, person_id=market.patient.person_id, purpose=Purpose.OWN)
        return await queries.sale_of(tx, chart, sale_id=sale.id)

    seen = await market.practice.place.ask(market.patient, look)
    return seen.state, seen.reason


async def to_pick(market, store):
    sale = await market.accepted(store, await market.practice.approved())
    return sale, f"/pharmacy/sales/{sale.id}"


async def picked(market, store):
    """Return a sale whose packs have all been scanned by the assistant."""
    sale, at = await to_pick(market, store)
    for code in store.packs[: sale.lines[0].packs]:
        await store.place.do(store.assistant, hand_over.scan, sale_id=sale.id, text=code)
    return sale, at


async def ready(market, store):
    sale = await market.ready(store)
    return sale, f"/pharmacy/sales/{sale.id}"


async def test_a_prescription_goes_over_the_counter_from_asking_to_handing(market, store, reader):
    """CAP-53: accepted, reviewed again, scanned, checked by another, paid, handed over."""
    sale, at = await asked(market, store)
    page = await sit_down(reader, store, store.assistant)
    assert page.says("待接单", sale.slip.number)
    page = await reader.submit(await reader.get(at), f"{at}/accept")
    assert page.says("药店已接单", "患者", "开具", "审方")
    page = await sit_down(reader, store, store.pharmacist, at)
    page = await reader.submit(page, f"{at}/approve")
    for code in store.packs[: sale.lines[0].packs]:
        page = await reader.submit(page, f"{at}/scan", code=code)
    assert page.says("已扫完", store.packs[0])
    page = await sit_down(reader, store, store.second, at)
    page = await reader.submit(page, f"{at}/check", check=EYE)
    assert page.says("等待患者付款")
    await market.pay(sale)
    page = await reader.submit(await reader.get(at), f"{at}/hand-over", number=market.number)
    assert page.says("已取药")


async def test_ds_05_the_prescription_travels_with_its_source_and_is_reviewed_here_again(
    market, store, reader
):
    """DS-05: who wrote it, where, what for, and who let it pass; picking waits for the store's."""
    sale, at = await asked(market, store)
    await store.place.do(store.assistant, fill.accept, sale_id=sale.id)
    page = await sit_down(reader, store, store.assistant, at)
    slip = sale.slip
    assert page.says(slip.issuer, slip.department, slip.diagnosis, slip.prescriber, slip.reviewer)
    assert not offers(page, f"{at}/approve")
    assert not offers(page, f"{at}/scan")
    page = await sit_down(reader, store, store.pharmacist, at)
    assert offers(page, f"{at}/approve")


@pytest.mark.parametrize("reason", ["out_of_stock", "unsuitable", "unclear", "no_pharmacist"])
async def test_a_store_says_why_it_can_not_and_sees_no_more_of_it(market, store, reader, reason):
    sale, at = await asked(market, store)
    page = await sit_down(reader, store, store.assistant, at)
    page = await reader.submit(page, f"{at}/decline", reason=reason)
    assert page.says("已登记不能调配", "没有待办")
    assert await ended(market, sale) == ("declined", reason)
    assert (await reader.get(at)).status == 404


async def test_a_decline_without_a_reason_changes_nothing(market, store, reader):
    sale, at = await asked(market, store)
    page = await sit_down(reader, store, store.assistant, at)
    page = await reader.submit(page, f"{at}/decline", reason="nonsense")
    assert page.status == 422
    assert (await market.state(sale))[0] == "asked"


async def test_ds_13_with_no_pharmacist_on_duty_nothing_is_taken_on(market, store, reader):
    """LIC-04: said on the page, and refused whoever presses."""
    sale, at = await asked(market, store)
    page = await sit_down(reader, store, store.pharmacist)
    page = await reader.submit(page, "/pharmacy/off-duty")
    assert page.says("没有药师在岗，处方药停止销售")
    page = await reader.submit(await reader.get(at), f"{at}/accept")
    assert page.status == 422
    assert page.says("目前没有药师在岗")
    page = await reader.submit(await reader.get("/pharmacy"), "/pharmacy/on-duty")
    assert page.says("在岗药师")
    page = await reader.submit(await reader.get(at), f"{at}/accept")
    assert page.says("药店已接单")
    assert (await market.state(sale))[0] == "accepted"


async def last_day(tx):
    return queries.last_day(tx)


async def test_every_wrong_pack_is_refused_in_words(market, store, reader):
    """FR-20, PH-05, PR-09: no code, not ours, another drug, sold elsewhere."""
    await picked(market, store)
    other = await market.seller()
    _, at = await to_pick(market, other)
    (ours,) = await other.receive(SIMVASTATIN, many=1, lot="S1")
    (theirs,) = await store.receive(SIMVASTATIN, many=1, lot="S1")
    page = await sit_down(reader, other, other.assistant, at)
    for code, said in (
        ("我不是追溯码", "这不是药品追溯码"),
        ("81999999999999999999", "未入库的药品不能发出"),
        (theirs, "未入库的药品不能发出"),
        (ours, "扫描的药品不在这张处方上"),
        (store.packs[0], "已有销售记录"),
    ):
        page = await reader.submit(page, f"{at}/scan", code=code)
        assert page.status == 422
        assert page.says(said), said


async def test_pr_07_a_pack_about_to_expire_is_not_handed_out(market, store, reader):
    last = await store.place.ask(store.assistant, last_day)
    (old,) = await store.receive(many=1, lot="OLD", expires_on=last)
    _, at = await to_pick(market, store)
    page = await sit_down(reader, store, store.assistant, at)
    page = await reader.submit(page, f"{at}/scan", code=old)
    assert page.says("已隔离、过期或临近有效期")


async def test_ph_05_all_ten_are_shown_and_a_missing_one_blocks(market, store, reader):
    """PH-05: four by the scan and not a person's to untick, six by eye, none may be missing."""
    sale, at = await picked(market, store)
    page = await sit_down(reader, store, store.pharmacist, at)
    assert page.says("对科别", "对姓名", "对年龄", "对药名", "对剂型", "对规格", "对数量")
    assert page.says("对药品性状", "对用法用量", "对临床诊断", "查配伍禁忌", "查用药合理性")
    page = await reader.submit(page, f"{at}/check", check=EYE[1:])
    assert page.status == 422
    assert page.says("四查十对未完成")
    assert (await market.state(sale))[0] == "to_pick"


async def test_ph_05_nothing_is_checked_before_the_last_pack_is_scanned(market, store, reader):
    _, at = await to_pick(market, store)
    page = await sit_down(reader, store, store.pharmacist, at)
    assert page.says("还有药盒没有扫码")
    assert not offers(page, f"{at}/check")


async def test_ph_08_who_filled_it_does_not_check_it(market, store, reader):
    sale, at = await to_pick(market, store)
    for code in store.packs[: sale.lines[0].packs]:
        await store.place.do(store.pharmacist, hand_over.scan, sale_id=sale.id, text=code)
    page = await sit_down(reader, store, store.pharmacist, at)
    assert page.says("不能核对自己调配或开具的处方")
    page = await sit_down(reader, store, store.second, at)
    assert offers(page, f"{at}/check")


async def test_ph_09_labels_say_whose_it_is_how_to_take_it_and_how_to_keep_it(
    market, store, reader
):
    """PH-09"""
    sale, at = await picked(market, store)
    page = await sit_down(reader, store, store.assistant, f"{at}/labels")
    assert page.says(sale.lines[0].usage, "贮藏", "遮光，密封")


async def test_ins_02_a_proxy_shows_both_papers(market, store, reader):
    """INS-02, DS-17: refused with the proxy's alone or half of it, taken with both."""
    sale, at = await ready(market, store)
    page = await sit_down(reader, store, store.pharmacist, at)
    for given, said in (
        ({"number": id_number()}, "证件或健康卡与患者不符"),
        ({"proxy_name": "李强", "proxy_number": id_number()}, "证件或健康卡与患者不符"),
        ({"number": market.number, "proxy_name": "李强"}, "代取人须出示身份证"),
    ):
        page = await reader.submit(page, f"{at}/hand-over", **given)
        assert page.status == 422
        assert page.says(said)
    both = {"number": market.number, "proxy_name": "李强", "proxy_number": id_number()}
    page = await reader.submit(page, f"{at}/hand-over", **both)
    assert page.says("已取药")
    assert (await market.state(sale))[0] == "handed_over"


async def test_ds_18_what_comes_back_is_paid_back_and_never_on_the_shelf(market, store, reader):
    """DS-18"""
    sale, at = await ready(market, store)
    await store.place.do(
        store.pharmacist, hand_over.hand_over, sale_id=sale.id, shown=market.shown()
    )
    free = await store.free()
    page = await sit_down(reader, store, store.pharmacist, at)
    page = await reader.submit(page, f"{at}/take-back", reason="quality")
    assert page.says("已登记退回")
    assert await ended(market, sale) == ("returned", "quality")
    assert await store.free() == free


async def test_the_same_form_sent_twice_is_one_act(market, store, reader):
    sale, at = await to_pick(market, store)
    page = await sit_down(reader, store, store.assistant, at)
    form = page.form(f"{at}/scan")
    data = {**form.fields, "code": store.packs[0]}
    first, second = [await reader.http.post(form.action, data=data) for _ in range(2)]
    assert first.is_redirect
    assert second.is_redirect
    seen = await store.place.ask(
        store.assistant, lambda tx: pharmacy_desk.terminal(tx, sale_id=sale.id)
    )
    assert seen.hand.sale.lines[0].scanned == 1


async def test_another_sellers_sale_is_not_found(market, store, reader):
    _, at = await asked(market, store)
    other = await market.seller()
    page = await sit_down(reader, other, other.pharmacist, at)
    assert page.status == 404
    assert not page.says(market.number)


@pytest.mark.parametrize("path", ["/pharmacy", "/pharmacy/stock", "/pharmacy/day"])
async def test_who_does_not_sell_is_turned_away(store, reader, path):
    page = await sit_down(reader, store, store.courier, path)
    assert page.status == 403


async def test_twenty_scans_of_one_code_at_once_are_one_sale(market):
    """FR-20: twenty counters, one box."""
    store = await market.seller(many=1)
    sale, _ = await to_pick(market, store)
    hats = [store.assistant, store.pharmacist] * 10
    done = await asyncio.gather(
        *(
            store.place.do(hat, hand_over.scan, sale_id=sale.id, text=store.packs[0])
            for hat in hats
        ),
        return_exceptions=True,
    )
    assert sum(not isinstance(each, Exception) for each in done) == 1


async def test_a_number_or_a_pack_finds_its_sale_and_nothing_else_does(market, store, reader):
    sale, at = await picked(market, store)
    page = await sit_down(reader, store, store.assistant)
    for text in (sale.slip.number, sale.slip.number.lower(), store.packs[0]):
        page = await reader.submit(await reader.get("/pharmacy"), "/pharmacy/find", code=text)
        assert page.url.endswith(at)
    page = await reader.submit(await reader.get("/pharmacy"), "/pharmacy/find", code="0" * 12)
    assert page.status == 422
    assert page.says("没有找到这笔购药")


async def test_goods_come_in_by_their_trace_codes(store, reader):
    page = await sit_down(reader, store, store.assistant, "/pharmacy/stock/in?text=缬沙坦")
    assert page.says("缬沙坦胶囊")
    at = "/pharmacy/stock/in/valsartan-cap-80mg"
    page = await reader.get(at)
    given = {"lot": "V1", "maker": "青山制药有限公司", "expires_on": "2031-06-30"}
    many = "84000000000000000011 84000000000000000012"
    wrong = await reader.submit(page, at, **given, codes="84000000000000000011 乱码")
    assert wrong.status == 422
    assert wrong.says("入库信息不完整")
    page = await reader.submit(wrong, at, **given, codes=many)
    assert page.says("缬沙坦胶囊 80mg", "V1", "2 盒", "84000000000000000012")
    twice = await reader.submit(await reader.get(at), at, **{**given, "lot": "V2"}, codes=many)
    assert twice.says("不能重复入库")


async def test_a_batch_is_locked_away_let_out_and_destroyed_with_a_reason(store, reader):
    batch = await store.batch(AMLODIPINE, lot="L1", many=1)
    at = f"/pharmacy/stock/batches/{batch.id}"
    page = await sit_down(reader, store, store.assistant, at)
    page = await reader.submit(page, f"{at}/quarantine", reason="外观异常")
    assert page.says("已隔离", "由药师决定")
    assert await store.free() == 0
    page = await sit_down(reader, store, store.pharmacist, at)
    page = await reader.submit(page, f"{at}/release", reason="厂家复检合格")
    assert page.says("在库")
    page = await reader.submit(page, f"{at}/quarantine", reason="外观异常")
    page = await reader.submit(page, f"{at}/destroy", reason="按规定销毁")
    assert page.says("已销毁")


async def test_another_sellers_batch_is_not_found(market, store, reader):
    batch = await store.batch(AMLODIPINE, lot="L1", many=1)
    other = await market.seller()
    page = await sit_down(reader, other, other.assistant, f"/pharmacy/stock/batches/{batch.id}")
    assert page.status == 404


async def test_what_expires_soon_can_be_listed_alone(store, reader):
    last = await store.place.ask(store.assistant, last_day)
    await store.receive(SIMVASTATIN, many=2, lot="OLD", expires_on=last)
    page = await sit_down(reader, store, store.assistant, "/pharmacy/stock?near=1")
    assert page.says("辛伐他汀片", "OLD", "停止发出")
    assert not page.says("苯磺酸氨氯地平片")


async def test_the_day_counts_what_was_handed_over(market, store, reader):
    sale, _ = await ready(market, store)
    await store.place.do(
        store.pharmacist, hand_over.hand_over, sale_id=sale.id, shown=market.shown()
    )
    page = await sit_down(reader, store, store.pharmacist, "/pharmacy/day")
    assert page.says(sale.slip.number, "发出", "自取")
    page = await reader.get("/pharmacy/day?day=2020-01-01")
    assert page.says("这一天没有发药")
    assert (await reader.get("/pharmacy/day?day=x")).says(sale.slip.number)


async def test_a_pharmacists_day_begins_at_the_counter_of_a_shop_and_in_review_at_a_hospital(
    market, store, reader
):
    page = await sit_down(reader, store, store.pharmacist, "/desk")
    assert page.url.endswith("/pharmacy")
    hospital = await market.seller(SellerKind.HOSPITAL)
    reviewer = await hospital.place.reviewer()
    page = await sit_down(reader, hospital, reviewer, "/desk")
    assert page.url.endswith("/review")
    page = await sit_down(reader, store, store.courier, "/desk")
    assert page.url.endswith("/deliveries")


async def test_the_counter_asks_the_same_for_one_sale_and_for_many(market, app, store):
    sale, _ = await picked(market, store)

    def look(tx):
        return pharmacy_desk.terminal(tx, sale_id=sale.id)

    one, _ = await statements(app, store.pharmacist, look)
    for _ in range(3):
        await market.choose(store, await market.practice.approved())
    many, seen = await statements(app, store.pharmacist, look)
    assert sum(len(group.rows) for group in seen.groups) == 4
    assert one == many <= MOST
    assert (await statements(app, store.pharmacist, pharmacy_desk.day))[0] <= MOST
