"""The courier's phone: each parcel to its door, with proof, and nothing known of what is inside."""

import pytest

from lianyi.journeys import courier_desk, hand_over
from lianyi.kernel.lifecycle import WrongState
from tests.journeys.test_fill import market as market  # noqa: PLC0414 - a fixture
from tests.pharmacy.make import HOME
from tests.web.counting import statements
from tests.web.reader import reading, wearing

MOST = 12  # statements a page


@pytest.fixture
async def reader(app):
    async with reading(app) as reader:
        yield reader


@pytest.fixture
async def store(market):
    return await market.seller()


async def parcel(market, store):
    """Return a sale that waits to be fetched, and where its page is."""
    sale = await market.ready(store, delivery=HOME)
    return sale, f"/deliveries/{sale.id}"


async def set_out(reader, market, store):
    """Return the page of a parcel its courier has just taken over."""
    sale, at = await parcel(market, store)
    await wearing(reader, store.place, store.courier)
    return sale, at, await reader.submit(await reader.get(at), f"{at}/send")


async def test_a_parcel_goes_from_the_counter_to_the_door(market, store, reader):
    """CAP-54, DS-16: fetched, tried, missed, tried again, taken by a proxy with both papers."""
    sale, at, page = await set_out(reader, market, store)
    assert page.says("配送中", HOME.address, HOME.phone)
    page = await reader.submit(page, f"{at}/miss", reason="nobody_home")
    assert page.says("未投递成功", "再次配送")
    page = await reader.submit(page, f"{at}/send")
    page = await reader.submit(page, f"{at}/deliver", number=market.number)
    assert page.says("已送达")
    assert not page.says(HOME.address)
    assert (await market.state(sale))[0] == "handed_over"


async def test_what_is_inside_is_nobodys_business_on_the_way(market, store, reader):
    _, _, page = await set_out(reader, market, store)
    assert not page.says("氨氯地平")
    assert not page.says("高血压")


async def test_nothing_is_left_with_a_stranger(market, store, reader):
    """DS-16, INS-02"""
    sale, at, page = await set_out(reader, market, store)
    for given, said in (
        ({}, "证件或健康卡与患者不符"),
        ({"number": "370102199003072316"}, "证件或健康卡与患者不符"),
        ({"number": market.number, "proxy_name": "李强"}, "代取人须出示身份证"),
    ):
        page = await reader.submit(page, f"{at}/deliver", **given)
        assert page.status == 422
        assert page.says(said)
    assert (await market.state(sale))[0] == "on_the_way"


async def test_a_parcel_refused_at_the_door_is_paid_back(market, store, reader):
    sale, at, page = await set_out(reader, market, store)
    page = await reader.submit(page, f"{at}/refuse", reason="damaged")
    assert page.says("已登记拒收", "没有在途的包裹")
    assert (await market.state(sale))[:2] == ("refused", "refunded")
    assert (await reader.get(at)).status == 404


async def test_what_is_collected_is_no_couriers(market, store, reader):
    sale = await market.ready(store)
    await wearing(reader, store.place, store.courier)
    assert (await reader.get(f"/deliveries/{sale.id}")).status == 404


async def test_another_sellers_courier_and_other_roles_learn_nothing(market, store, reader):
    _, at = await parcel(market, store)
    other = await market.seller()
    await wearing(reader, other.place, other.courier)
    assert (await reader.get(at)).status == 404
    await wearing(reader, store.place, store.pharmacist)
    assert (await reader.get(at)).status == 403


async def test_con_14_nothing_is_sent_before_it_is_ready(market, store):
    """CON-14: a parcel that isn't picked, checked and paid isn't a parcel."""
    sale = await market.accepted(store, await market.practice.approved(), delivery=HOME)
    seen = await store.place.ask(store.courier, courier_desk.deliveries)
    assert seen.fetch == ()
    with pytest.raises(WrongState):
        await store.place.do(store.courier, hand_over.send, sale_id=sale.id)


async def test_the_round_asks_the_same_for_one_parcel_and_for_many(market, app, store):
    sale, _ = await parcel(market, store)

    def look(tx):
        return courier_desk.deliveries(tx, sale_id=sale.id)

    one, _ = await statements(app, store.courier, look)
    store.packs = await store.receive(many=5)
    await parcel(market, store)
    many, seen = await statements(app, store.courier, look)
    assert len(seen.fetch) == 2
    assert one == many <= MOST
