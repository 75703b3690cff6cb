"""Where specimens are taken, as a nurse stands there."""

from functools import partial

import pytest

from lianyi.journeys import laboratory_desk
from lianyi.orders.model import TAKING, State
from tests.journeys.test_visit import ward as ward  # noqa: PLC0414 - a fixture
from tests.web.counting import statements
from tests.web.reader import reading, wearing

BORN = "SELECT birth_date FROM people.person WHERE id = $1"


@pytest.fixture
async def nurse(ward, app):
    async with reading(app) as reader:
        await wearing(reader, ward.place, ward.nurse)
        yield reader


async def said(ward, **given):
    ((born,),) = await ward.place.rows(BORN, ward.patient.person_id)
    return {"name": "王秀英", "born": born.isoformat(), **given}


async def test_a_label_is_printed_and_the_tube_filled_from_who_says_the_right_name(ward, nurse):
    order = await ward.paid()
    page = await nurse.get("/taking")
    assert page.says("待采集 1 份", "电解质", "王*英")
    page = await nurse.get(page.link("电解质"))
    page = await nurse.submit(page, "/label")
    assert page.says("已打印条码")
    page = await nurse.submit(page, "/take", **await said(ward))
    assert page.says("已采集，请送检验科")
    assert await ward.state(order) is State.TAKEN


@pytest.mark.parametrize("wrong", [{"name": "李秀英"}, {"born": "1901-01-01"}])
async def test_who_says_another_name_or_birthday_is_not_taken_from(ward, nurse, wrong):
    order, _ = await ward.labelled()
    page = await nurse.get(f"/taking/orders/{order.id}")
    page = await nurse.submit(page, "/take", **await said(ward, **wrong))
    assert (page.status, page.says("条码与面前的患者不符")) == (422, True)
    assert await ward.state(order) is State.LABELLED


async def test_what_is_not_paid_is_not_on_the_list(ward, nurse):
    """CAP-14"""
    await ward.order()
    assert (await nurse.get("/taking")).says("没有待采集的标本")


async def test_taking_asks_the_same_for_one_order_and_for_many(ward, app):
    view = partial(laboratory_desk.bench, states=TAKING)
    await ward.paid()
    one, _ = await statements(app, ward.nurse, view)
    await ward.paid()
    many, seen = await statements(app, ward.nurse, view)
    assert len(seen.waiting) == 2
    assert one == many <= 12
