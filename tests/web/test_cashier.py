"""The cashier's window and the institution's books as a browser sees them."""

from dataclasses import replace
from pathlib import Path

import pytest

from lianyi import main
from lianyi.billing import service as billing
from lianyi.billing.model import Booked, RefundState
from lianyi.journeys import card
from lianyi.kernel.config import Config
from lianyi.people import service as people
from lianyi.people.model import ADMIN, CLERK, DOCTOR
from tests.billing.make import LAB, VISIT, Till
from tests.identity import id_number
from tests.place import Place
from tests.web.staff import account_of, counted, signed_in

MOST = 12  # statements of a page
BOOKS = "/admin/reconciliation"


@pytest.fixture
async def till(place):
    return await Till.open(place)


@pytest.fixture
async def reader(till):
    async with signed_in(till.place, await till.place.clerk()) as reader:
        yield reader


def window(till):
    return f"/cashier/people/{till.patient.person_id}"


async def test_todays_persons_stand_there_with_what_they_owe(till, reader):
    assert (await reader.get("/cashier")).says("没有待收费的账单")
    await till.bill(VISIT)
    await till.bill(LAB)
    page = await reader.get("/cashier")
    assert page.says("王秀英", "普通门诊诊查费；血细胞分析", "¥61.67")
    assert page.link("王秀英") == window(till)


async def test_cash_is_taken_once_and_the_change_is_reckoned_cap_14(till, reader):
    bill = await till.bill()
    page = await reader.get(window(till))
    paid = await reader.submit(page, f"{bill.id}/cash", given="￥100")
    _, _, _, (receipt,) = await till.seen(bill)
    assert paid.says("收 ¥100.00，找零 ¥38.33", f"No. {receipt.number}", "打印")
    again = await reader.submit(page, f"{bill.id}/cash", given="￥100")
    assert again.says(f"No. {receipt.number}")  # the same key: the first answer again
    assert (await reader.get("/cashier")).says("已收现金 ¥61.67", "钱箱应有 ¥61.67")


@pytest.mark.parametrize(
    ("given", "said"), [("61.66", "少于应付金额，没有收款"), ("many", "请填写金额")]
)
async def test_too_little_cash_takes_nothing_and_keeps_what_was_typed(till, reader, given, said):
    bill = await till.bill()
    page = await reader.submit(await reader.get(window(till)), f"{bill.id}/cash", given=given)
    assert (page.status, page.says(said)) == (422, True)
    assert page.form(f"{bill.id}/cash").fields["given"] == given
    assert (await till.seen(bill))[1] == []


async def test_a_refund_wants_a_reason_and_is_handed_back_once(till, reader):
    bill = await till.bill()
    await till.cash(bill)
    page = await reader.get(window(till))
    wrong = await reader.submit(page, f"{bill.id}/refund", reason="")
    assert (wrong.status, wrong.says("请选择")) == (422, True)
    owed = await reader.submit(page, f"{bill.id}/refund", reason="not_done", lines=["2"])
    assert owed.says("退款 ¥36.67·现金·待领取现金", "已部分退款", "退现金 ¥36.67")
    await reader.submit(owed, "/refunds/")
    _, _, (refund,), receipts = await till.seen(bill)
    assert (refund.state, refund.reason) == (RefundState.DONE, "not_done")
    assert [receipt.fen for receipt in receipts] == [6167, -3667]
    assert (await reader.get("/cashier")).says("已退现金 ¥36.67", "钱箱应有 ¥25.00")
    twice = await reader.submit(owed, "/refunds/")
    assert twice.says("王秀英")  # the same key: the first answer again


async def test_a_line_goes_back_once_and_the_choice_stays(till, reader):
    bill = await till.bill()
    await till.cash(bill)
    page = await reader.get(window(till))
    await reader.submit(page, f"{bill.id}/refund", reason="not_done", lines=["2"])
    page = await reader.get(window(till))
    refused = await reader.submit(page, f"{bill.id}/refund", reason="charged_wrongly", lines=["2"])
    assert (refused.status, refused.says("已经退过")) == (409, True)
    assert refused.form(f"{bill.id}/refund").fields["reason"] == "charged_wrongly"


async def test_what_was_ordered_is_not_refunded_at_the_counter(till, reader):
    bill = await till.bill(subject=("order", till.new()))
    await till.cash(bill)
    page = await reader.get(window(till))
    refused = await reader.submit(page, f"{bill.id}/refund", reason="not_done")
    assert (refused.status, refused.says("由开单医师撤销医嘱")) == (409, True)
    assert (await till.seen(bill))[2] == []


async def test_what_an_insurer_shared_goes_back_whole_ins_21(till, reader):
    bill = await till.bill()
    await till.place.do(till.place.office, billing.share, bill_id=bill.id, fund_fen=1000)
    await till.cash(bill)
    page = await reader.get(window(till))
    refused = await reader.submit(page, f"{bill.id}/refund", reason="not_done", lines=["1"])
    assert (refused.status, refused.says("只能整单退费")) == (409, True)


async def test_what_was_paid_by_code_is_never_handed_back_in_cash(till, reader):
    bill, _ = await till.paid()
    refund = await till.refund(bill)
    page = await reader.get(window(till))
    assert "退现金" not in page.words
    key = page.form("/scan").fields
    answer = await reader.http.post(f"{window(till)}/refunds/{refund.id}", data=key)
    assert (answer.status_code, "原路退回" in answer.text) == (409, True)


async def test_a_bill_that_is_paid_already_is_refused_at_the_window(till, reader):
    bill = await till.bill()
    page = await reader.get(window(till))
    await till.cash(bill)
    refused = await reader.submit(page, f"{bill.id}/cash")
    assert (refused.status, refused.says("不需要支付，未扣款")) == (409, True)


async def test_the_holder_of_a_scanned_card_stands_at_the_window(till, reader, app):
    place = till.place
    identity = people.resident_identity(name="李小满", number=id_number())
    granted = await place.do(await place.clerk(), card.open_at_counter, identity=identity)
    holder = replace(till.patient, person_id=granted.person_id, post_id=granted.person_id)
    code = await place.do(holder, card.show_code)
    page = await reader.get("/cashier")
    wrong = await reader.submit(page, "/scan", code="no card")
    assert wrong.status == 422
    found = await reader.submit(page, "/scan", code=code)
    assert found.says("李小满", "没有待支付的账单")
    used = await reader.submit(page, "/scan", code=code)
    assert used.status == 422


async def test_the_day_is_closed_by_drawer_and_by_account(till, reader):
    await till.cash(await till.bill(VISIT))
    await till.paid(LAB)
    page = await reader.get("/cashier/day")
    assert page.says("现金 1 ¥25.00 ¥0.00 ¥25.00", "微信支付 1 ¥36.67 ¥0.00 ¥36.67")
    assert page.says("合计 2 ¥61.67 ¥0.00 ¥61.67", "张建国 ¥25.00 ¥0.00 ¥25.00", "自助")


@pytest.mark.parametrize("role", [DOCTOR, ADMIN])
async def test_only_the_counter_takes_money(till, role):
    bill = await till.bill()
    async with signed_in(till.place, await till.place.hat(role)) as reader:
        for path in ("/cashier", "/cashier/day", window(till)):
            assert (await reader.get(path)).status == 403
        key = (await reader.get("/sign-in")).form("/sign-in/code").fields
        answer = await reader.http.post(f"{window(till)}/bills/{bill.id}/cash", data=key)
        assert answer.status_code in {403, 404}
    assert (await till.seen(bill))[1] == []


async def test_another_counter_finds_neither_person_nor_bill(till, app):
    bill = await till.bill()
    elsewhere = await Place.found(app)
    async with signed_in(elsewhere, await elsewhere.clerk()) as reader:
        assert (await reader.get(window(till))).status == 404
        await elsewhere.relate(till.patient.person_id)
        assert (await reader.get(window(till))).says("没有待支付的账单")
        assert (await reader.get(f"{window(till)}/bills/{bill.id}/slip")).status == 404


@pytest.mark.parametrize("path", ["/cashier", "/cashier/day", "person", "slip", BOOKS])
async def test_every_page_about_money_asks_little_and_never_more_with_more_rows(
    till, app, dsn, path
):
    bill = await till.bill()
    await till.cash(bill)
    await till.bill(VISIT)
    named = {"person": window(till), "slip": f"{window(till)}/bills/{bill.id}/slip"}
    hat = await till.place.hat(ADMIN if path == BOOKS else CLERK)
    _, account = await account_of(till.place, hat)
    asked = []
    for more in (0, 20):
        for _ in range(more):
            await till.bill(VISIT)
            await till.cash(await till.bill(VISIT))
        config = Config(home=Path("/"), database_url=dsn, pool_size=1)
        async with main.pool(config) as pool, counted(app, pool) as (small, sent):
            till.place.app = small
            async with signed_in(till.place, hat, account) as reader:
                await reader.get(named.get(path, path))
                sent.clear()
                assert (await reader.get(named.get(path, path))).status == 200
            till.place.app = app
        asked.append(len(sent))
    assert asked[0] == asked[1] <= MOST


async def test_a_difference_is_resolved_with_a_reason_by_the_administrator(till):
    _, payment = await till.paid()
    theirs = Booked(payment.id, payment.id.hex[::-1], 6000)
    await till.hear(billing.report, institution_id=till.place.id, our_fen=6167, theirs=theirs)
    async with signed_in(till.place, await till.place.admin()) as reader:
        page = await reader.get(BOOKS)
        assert page.says("金额不符", "本方 ¥61.67·支付方 ¥60.00·相差 -¥1.67", "支付平台存款 ¥61.67")
        wrong = await reader.submit(page, f"{BOOKS}/", reason="")
        assert wrong.status == 422
        done = await reader.submit(page, f"{BOOKS}/", reason="渠道少记，已补账")
        assert done.says("没有待处理的差异")
        assert (await reader.submit(page, f"{BOOKS}/", reason="渠道少记，已补账")).status == 200
        assert (await reader.submit(page, f"{BOOKS}/", reason="另一个理由")).status == 409


async def test_another_institution_sees_no_difference_of_ours(till, app):
    _, payment = await till.paid()
    theirs = Booked(payment.id, payment.id.hex[::-1], 6000)
    await till.hear(billing.report, institution_id=till.place.id, our_fen=6167, theirs=theirs)
    (id,) = (
        await till.place.rows("SELECT id FROM billing.difference WHERE booked_id = $1", payment.id)
    )[0]
    elsewhere = await Place.found(app)
    async with signed_in(elsewhere, await elsewhere.admin()) as reader:
        page = await reader.get(BOOKS)
        assert page.says("没有待处理的差异", "还没有入账")
        key = (await reader.get("/account")).forms[0].fields
        answer = await reader.http.post(f"{BOOKS}/{id}", data={**key, "reason": "not ours"})
        assert answer.status_code == 404
