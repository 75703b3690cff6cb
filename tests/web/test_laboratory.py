"""The laboratory's bench as a technician sits at it (TEL-14)."""

import pytest

from lianyi.journeys import laboratory_desk
from tests.journeys.test_visit import ward as ward  # noqa: PLC0414 - a fixture
from tests.orders.make import POTASSIUM, SODIUM
from tests.web.counting import statements
from tests.web.reader import reading, wearing

MOST = 12  # statements a page


@pytest.fixture
async def reader(app):
    async with reading(app) as reader:
        yield reader


async def sit_down(reader, ward, hat):
    await wearing(reader, ward.place, hat)
    return await reader.get("/laboratory")


def values(page, action, *given, **more):
    """Return what a form sends for several fields of one name."""
    fields = page.form(action).fields
    return {**fields, "observation": [POTASSIUM, SODIUM][: len(given)], "value": given, **more}


async def post(reader, page, action, **data):
    answer = await reader.http.post(page.form(action).action, data=data)
    if answer.is_redirect:
        return await reader.get(answer.headers["location"])
    return reader._page(answer)  # noqa: SLF001


async def in_hand(reader, ward, order):
    return await reader.get(f"/laboratory/orders/{order.id}")


async def test_a_tube_goes_from_the_scanner_to_a_result_another_verifies(ward, reader):
    order, barcode = await ward.labelled()
    await ward.take(barcode)
    at = f"/laboratory/orders/{order.id}"
    page = await sit_down(reader, ward, ward.technician)
    page = await reader.submit(page, "/laboratory/scan", code=barcode)
    assert page.says("电解质", barcode, "核对无误，接收")
    page = await reader.submit(page, f"{at}/receive")
    page = await post(reader, page, f"{at}/measure", **values(page, f"{at}/measure", "4.2", "140"))
    assert page.says("等待另一位检验人员审核", "4.2")
    await sit_down(reader, ward, ward.second)
    page = await in_hand(reader, ward, order)
    page = await reader.submit(page, f"{at}/verify")
    assert page.says("已发布")


async def test_a_misread_barcode_is_said_beside_the_scanner(ward, reader):
    page = await sit_down(reader, ward, ward.technician)
    page = await reader.submit(page, "/laboratory/scan", code="123456789012")
    assert page.status == 422
    assert page.says("条码不对")


async def test_a_blank_result_is_not_taken(ward, reader):
    order = await ward.received()
    at = f"/laboratory/orders/{order.id}/measure"
    await sit_down(reader, ward, ward.technician)
    page = await in_hand(reader, ward, order)
    page = await post(reader, page, at, **values(page, at, "4.2", ""))
    assert page.status == 422
    assert page.says("缺少结果")


async def test_a_critical_value_is_called_from_the_page_and_read_back(ward, reader):
    """TEL-14"""
    order = await ward.verified(potassium="6.8")
    at = f"/laboratory/orders/{order.id}/call"
    await sit_down(reader, ward, ward.second)
    page = await in_hand(reader, ward, order)
    assert page.says("危急值，请立即电话报告")
    told = {"receiver": str(ward.doctor.post_id)}
    page = await post(reader, page, at, **values(page, at, "8.6", **told))
    assert page.status == 422
    assert page.says("复述的数值与结果不一致", "（不一致）")
    page = await post(reader, page, at, **values(page, at, "6.8", **told))
    assert page.says("已审核，待发布")


async def test_the_bench_asks_the_same_for_one_order_and_for_many(ward, app):
    await ward.received()
    one, _ = await statements(app, ward.technician, laboratory_desk.bench)
    for _ in range(3):
        await ward.received()
    many, seen = await statements(app, ward.technician, laboratory_desk.bench)
    assert len(seen.waiting) == 4
    assert one == many <= MOST
