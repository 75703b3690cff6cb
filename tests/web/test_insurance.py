"""Who pays what, as the person and the cashier see it while the agency settles."""

from datetime import date

import pytest

from lianyi.billing.model import BillState
from lianyi.insurance import service
from lianyi.insurance.model import ClaimState, Level
from tests.insurance.make import BIG, Desk
from tests.links import provider as providers
from tests.web.resident import browsing, opened
from tests.web.staff import signed_in


@pytest.fixture
async def desk(app, tmp_path):
    async with providers.running(tmp_path, "insurer") as provider:
        yield await Desk.open(app, provider)


async def test_a_resident_binds_their_insurance_on_a_page(app, desk):
    """INS-01."""
    hat = await desk.enrolled()
    async with browsing(app, await opened(desk.place, hat)) as reader:
        assert (await reader.get("/")).says("医保未绑定")
        page = await reader.get("/me/insurance")
        asked = await reader.submit(page, "/me/insurance/bind")
        assert asked.says("正在查询参保信息")
        await desk.work()
        bound = await reader.get("/me/insurance")
        assert bound.says("医保已绑定", "职工基本医疗保险")
        assert (await reader.get("/")).says("医保已绑定")
        assert (await reader.submit(bound, "/me/insurance/unbind")).says("已解除绑定")


async def test_whoever_is_not_found_is_told_why_and_may_try_again(app, desk):
    hat = await desk.place.patient(name="李四")
    async with browsing(app, await opened(desk.place, hat)) as reader:
        await reader.submit(await reader.get("/me/insurance"), "/me/insurance/bind")
        await desk.work()
        page = await reader.get("/me/insurance")
        assert page.says("医保查询不到正常的参保信息")
        assert page.form("/me/insurance/bind")


async def test_a_bill_shows_each_step_and_who_pays_what(app, desk):
    """INS-05, INS-07."""
    hat = await desk.insured(balance_fen=10_000)
    bill = await desk.claim()
    async with browsing(app, await opened(desk.place, hat)) as reader:
        page = await reader.get(f"/bills/{bill.id}")
        assert page.says("正在由医保预结算", "正在向医保登记", "改为自费")
        assert not page.says("去支付")
        await desk.work()
        page = await reader.get(f"/bills/{bill.id}")
        assert page.says("已预结算，待个人付款", "基本医保 ¥210.00", "个人账户 ¥100.00")
        assert page.says("个人支付 ¥202.34", "去支付 ¥202.34")
        await desk.fails(settle_unheard=1)
        await desk.cash(bill)
        await desk.work()
        assert (await reader.get(f"/bills/{bill.id}")).says("医保结算中", "请不要重复付款")
        app.clock.forward(minutes=3)
        await desk.work()
        assert (await reader.get(f"/bills/{bill.id}")).says("医保已结算", "医保结算号")
        assert (await reader.get(f"/bills/{bill.id}/receipt")).says("基本医保 ¥210.00")


async def test_a_person_chooses_to_pay_alone_on_the_page_and_back(app, desk):
    hat = await desk.insured()
    await desk.fails(refuse=1)
    bill = await desk.foretold(subject=await desk.ordered())
    async with browsing(app, await opened(desk.place, hat)) as reader:
        page = await reader.get(f"/bills/{bill.id}")
        assert page.says("医保不予支付", "医保基金监管规则不予支付", "去支付 ¥512.34")
        await reader.submit(page, f"{bill.id}/claim")
        await desk.work()
        page = await reader.get(f"/bills/{bill.id}")
        assert page.says("去支付 ¥302.34")
        page = await reader.submit(page, f"{bill.id}/self")
        assert page.says("自费", "去支付 ¥512.34")


async def test_ins_01_whoever_is_not_authorised_any_more_is_told_to_bind_anew(app, desk):
    hat = await desk.insured()
    await desk.end(hat)
    bill = await desk.foretold()
    async with browsing(app, await opened(desk.place, hat)) as reader:
        page = await reader.get(f"/bills/{bill.id}")
    assert page.says("医保不予支付", "解除绑定后重新绑定", "去支付 ¥512.34")


async def test_a_failed_settlement_says_where_the_money_is(app, desk):
    hat = await desk.insured()
    bill = await desk.foretold()
    await desk.fails(refuse_settlement=1)
    await desk.cash(bill)
    await desk.work()
    async with browsing(app, await opened(desk.place, hat)) as reader:
        page = await reader.get(f"/bills/{bill.id}")
    assert page.says("医保未结算，已退款", "全额退回", "待领取现金")


async def test_the_cashier_waits_for_the_forecast_or_lets_the_person_pay_alone(app, desk):
    hat = await desk.insured()
    bill = await desk.claim()
    await desk.place.relate(hat.person_id)
    async with signed_in(desk.place, await desk.place.clerk()) as reader:
        here = f"/cashier/people/{hat.person_id}"
        page = await reader.get(here)
        assert page.says("正在由医保预结算", "改为自费")
        assert not page.says("收现金")
        await desk.work()
        assert (await reader.get(here)).says("收现金 ¥302.34", "基本医保 ¥210.00")
        page = await reader.submit(await reader.get(here), f"{bill.id}/self")
        assert page.says("收现金 ¥512.34")
        await reader.submit(page, f"{bill.id}/cash", given="600")
    await desk.work()
    assert await desk.state(bill) == (ClaimState.DROPPED, BillState.PAID, [])


async def test_the_administrator_explains_where_the_agency_reckons_otherwise(desk):
    """CAP-115: the days compared, and each difference until somebody has explained it."""
    await desk.insured()
    await desk.list((BIG, Level.PARTLY, "0.50", False))
    await desk.settled()
    day = date.fromisoformat((await desk.theirs())[0]["at"][:10])
    await desk.place.do(
        desk.place.office, service.open_books, institution_id=desk.place.id, day=day
    )
    await desk.work()
    async with signed_in(desk.place, await desk.place.admin()) as reader:
        page = await reader.get("/admin/reconciliation")
        assert page.says("医保结算与本方测算不同", "本方 ¥210.00·医保 ¥35.00", "待处理 1", "相符")
        action = "/admin/reconciliation/insurance/"
        assert (await reader.submit(page, action, reason="")).status == 422
        page = await reader.submit(page, action, reason="目录比例有误，已改正")
        assert page.says("没有待处理的医保差异", "待处理 0")
