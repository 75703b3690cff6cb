"""A resident's bills as a browser sees them; paying one in a demo over real HTTP."""

import shutil
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from lianyi import main
from lianyi.access import service as access
from lianyi.access.model import Mandate, Scope
from lianyi.billing import service as billing
from lianyi.kernel import demo
from lianyi.kernel.config import Config, Link
from lianyi.kernel.live import Hub
from lianyi.links.wechat import WechatPayments
from lianyi.links.wechat_notices import Notices
from lianyi.web import notify
from lianyi.web.pages import ROUTES
from lianyi.web.site import site
from tests.billing.make import VISIT, Till
from tests.journeys.test_pay import PATIENCE, Town, born, noting, served
from tests.links import provider as providers
from tests.links.provider import now
from tests.web.resident import act_for, browsing, opened
from tests.web.staff import counted

__all__ = ["born"]
MOST = 12  # statements of a page


@pytest.fixture
async def till(place):
    return await Till.open(place)


@pytest.fixture
async def reader(app, till):
    async with browsing(app, await opened(till.place, till.patient)) as reader:
        yield reader


async def pressed(reader, bill):
    """Press the pay button and return the page that waits for the code."""
    page = await reader.get(f"/bills/{bill.id}")
    return await reader.submit(page, f"{bill.id}/pay")


async def test_bills_stand_by_what_there_is_to_do_about_them(till, reader):
    assert (await reader.get("/bills")).says("没有待支付的账单")
    await till.bill(VISIT)
    paid, _ = await till.paid()
    await till.refund((await till.paid(VISIT))[0])
    page = await reader.get("/bills")
    assert page.says("待支付 ¥25.00", "普通门诊诊查费等 2 项", "已支付", "退款与已结束")
    assert page.says("退款 ¥25.00：退款待发送", "青山市第一人民医院")
    assert page.link("等 2 项") == f"/bills/{paid.id}"


async def test_a_bill_shows_its_lines_its_payee_and_what_the_insurer_pays(till, reader):
    bill = await till.bill()
    await till.place.do(till.place.office, billing.share, bill_id=bill.id, fund_fen=4000)
    page = await reader.get(f"/bills/{bill.id}")
    assert page.says(
        "血细胞分析", "化验费·单价 ¥18.3333 × 2", "¥36.67", "收款方 青山市第一人民医院"
    )
    assert page.says("医保支付 ¥40.00", "个人支付 ¥21.67", "合计 ¥61.67")


async def test_the_time_left_is_counted_and_an_overdue_bill_says_what_to_do(till, reader, clock):
    bill = await till.bill(due_at=clock() + timedelta(minutes=15))
    assert (await reader.get(f"/bills/{bill.id}")).says("还剩 15:00，超时账单自动取消")
    page = await reader.get(f"/bills/{bill.id}")
    clock.forward(minutes=15)
    refused = await reader.submit(page, f"{bill.id}/pay")
    assert (refused.status, refused.says("支付时间已过")) == (409, True)
    over = await reader.get(f"/bills/{bill.id}")
    assert over.says("不需要再支付", "重新预约")
    assert "/pay" not in over.html


async def test_each_state_of_a_payment_says_what_happens_next(till, reader, clock):
    bill = await till.bill()
    assert (await pressed(reader, bill)).says("正在生成付款码", "还没有扣款")
    waits = f"/bills/{bill.id}/pay"
    clock.forward(seconds=31)
    assert (await reader.get(waits)).says("支付结果正在确认，请勿重复付款")
    _, (payment,), _, _ = await till.seen(bill)
    await till.order(payment)
    page = await reader.get(waits)
    assert page.says("扫码付款", "刷新结果")
    assert f'data-live="bill/{bill.id}"' in page.html
    while clock() < payment.expires_at:
        assert (await reader.get(waits)).says("扫码付款")
        clock.forward(minutes=20)  # a session rests no longer than half an hour
    assert (await reader.get(waits)).says("支付结果正在确认")
    await till.hear(billing.closed, payment_id=payment.id)
    page = await reader.get(waits)
    assert page.says("付款码已失效，没有扣款", "重新支付")
    await reader.submit(page, "/pay")
    payment = (await till.seen(bill))[1][-1]
    await till.hear(billing.failed, payment_id=payment.id, code="RULE_LIMIT")
    page = await reader.get(waits)
    assert page.says("没有接受这笔订单", "收费窗口用现金")
    await reader.submit(page, "/pay")
    payment = (await till.seen(bill))[1][-1]
    await till.order(payment)
    await till.arrive(payment)
    assert (await reader.get(waits)).says("支付成功", "查看收据")


async def test_money_too_late_for_its_bill_is_shown_as_coming_back(till, reader, clock):
    bill = await till.bill(VISIT, due_at=clock() + timedelta(minutes=15))
    payment = await till.pay(bill)
    await till.order(payment)
    clock.forward(minutes=16)
    await till.arrive(payment)
    page = await reader.get(f"/bills/{bill.id}")
    assert page.says("付款到账时账单已结束，全额退回", "按原支付方式退回")


async def test_pressing_twice_orders_one_payment(till, reader):
    bill = await till.bill()
    page = await reader.get(f"/bills/{bill.id}")
    for _ in range(2):
        assert (await reader.submit(page, f"{bill.id}/pay")).status == 200
    assert len((await till.seen(bill))[1]) == 1


async def test_a_receipt_carries_the_sellers_number_and_can_be_printed(till, reader):
    bill = await till.bill()
    assert (await reader.get(f"/bills/{bill.id}/receipt")).says("还没有收据")
    payment = await till.pay(bill)
    await till.order(payment)
    await till.arrive(payment)
    _, _, _, (receipt,) = await till.seen(bill)
    page = await reader.get(f"/bills/{bill.id}/receipt")
    assert page.says(f"No. {receipt.number}", "实收 ¥61.67", "打印收据")


async def test_cash_that_goes_back_is_collected_at_the_counter(till, reader):
    bill = await till.bill(VISIT)
    await till.cash(bill)
    await till.refund(bill)
    assert (await reader.get(f"/bills/{bill.id}")).says("退款 ¥25.00", "到收费窗口领取现金")


@pytest.mark.parametrize("path", ["", "/pay", "/receipt"])
async def test_the_bill_of_another_person_is_not_found(till, app, path):
    bill = await till.bill()
    stranger = await till.place.patient()
    async with browsing(app, await opened(till.place, stranger)) as reader:
        page = await reader.get(f"/bills/{bill.id}{path}")
        assert (page.status, page.says("没有找到这张账单")) == (404, True)
        key = (await reader.get("/sign-in")).form("/sign-in/code").fields
        answer = await reader.http.post(f"/bills/{bill.id}/pay", data=key)
        assert answer.status_code == 404
    assert (await till.seen(bill))[1] == []


async def test_who_acts_for_a_relative_pays_their_bills_and_only_with_that_scope(till, app):
    bill, place = await till.bill(), till.place
    daughter = await place.patient(name="李敏")
    token = await opened(place, daughter)
    async with browsing(app, token) as reader:
        assert (await reader.get(f"/bills/{bill.id}")).status == 404
        await empower(place, daughter, till.patient, Scope.BOOK, Scope.PAY)
        await act_for(place, token, till.patient.person_id)
        assert (await pressed(reader, bill)).says("正在生成付款码", "王*英")
    son = await place.patient(name="李强")
    token = await opened(place, son)
    await empower(place, son, till.patient, Scope.BOOK)
    await act_for(place, token, till.patient.person_id)
    async with browsing(app, token) as reader:
        assert (await reader.http.get(f"/bills/{bill.id}")).status_code == 403


async def empower(place, holder, subject, *scopes):
    cause = place.app.ids.new(place.app.clock(), holder.person_id)
    mandate = Mandate(cause, holder.person_id, subject.person_id, frozenset(scopes))
    await place.do(place.office, access.empower, mandate=mandate)


async def test_whoever_is_no_resident_is_led_away(till, app):
    async with browsing(app, "nobody") as reader:
        assert (await reader.get("/bills")).form("/sign-in/code").fields["back"] == "/bills"


@pytest.mark.parametrize("path", ["/bills", "/bills/{}", "/bills/{}/pay", "/bills/{}/receipt"])
async def test_every_page_of_bills_asks_little_and_never_more_with_more_rows(till, app, dsn, path):
    bill, _ = await till.paid()
    token = await opened(till.place, till.patient)
    asked = []
    for more in (0, 20):
        for _ in range(more):
            await till.bill(VISIT)
        config = Config(home=Path("/"), database_url=dsn, pool_size=1)
        async with (
            main.pool(config) as pool,
            counted(app, pool) as (small, sent),
            browsing(small, token) as reader,
        ):
            await reader.get(path.format(bill.id))
            sent.clear()
            assert (await reader.get(path.format(bill.id))).status == 200
        asked.append(len(sent))
    assert asked[0] == asked[1] <= MOST


async def test_outside_a_demo_there_is_no_way_to_play_the_payer(till, reader):
    bill = await till.bill()
    payment = await till.pay(bill)
    await till.order(payment)
    page = await reader.get(f"/bills/{bill.id}/pay")
    assert not page.says("演示付款")
    assert not page.says("演示时间")
    key = (await reader.get("/sign-in")).form("/sign-in/code").fields
    answer = await reader.http.post(f"/bills/{bill.id}/pay/demo", data=key)
    assert answer.status_code == 404


@asynccontextmanager
async def demo_town(place, home):
    """A demo with the provider's simulator: the whole site, heard over real HTTP."""
    app = replace(place.app, clock=demo.Clock(place.app.clock, is_demo=True))
    place.app = app
    faces = site(app, Hub(), ROUTES)
    async with providers.running(home, "payment") as provider:
        config = Config(home=home, links={"payment": Link(provider.url)})
        faces.state.payer = partial(main._pay, config)  # noqa: SLF001 - as main.web joins them
        faces.state.payment_notices = Notices(provider.papers, now).read
        noted, answers = noting(faces)
        async with served(noted) as url:
            payments = WechatPayments(provider.url, provider.papers, url + notify.PATH, PATIENCE)
            till = await Till.open(place)
            yield Town(app, till, provider, payments, faces, answers)


@pytest.fixture
async def town(place, tmp_path, born):
    for name in ("simulators/payment/keys", "credentials"):
        shutil.copytree(born / name, tmp_path / name)
    async with demo_town(place, tmp_path) as town:
        yield town


async def test_in_a_demo_the_payer_pays_and_the_page_says_so_once_the_provider_has_told(town):
    bill = await town.till.bill()
    token = await opened(town.till.place, town.till.patient)
    async with browsing(town.app, token, town.faces) as reader:
        await pressed(reader, bill)
        await town.work()
        waits = f"/bills/{bill.id}/pay"
        page = await reader.get(waits)
        assert page.says("演示付款", "不涉及真实资金", "演示时间")
        await town.provider.fails(refuse_payer=1)
        refused = await reader.submit(page, "/demo")
        assert (refused.status, refused.says("付款未成功，未扣款")) == (422, True)
        await reader.submit(page, "/demo")
        await town.hears()
        assert (await reader.get(waits)).says("支付成功")
        again = await reader.submit(page, "/demo")
        assert again.says("支付成功")
