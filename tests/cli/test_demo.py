from datetime import UTC, datetime

import pytest

from lianyi.billing import queries as billing
from lianyi.cli.demo import laboratory, money, network, seed
from lianyi.cli.demo.seed import SEEDER
from lianyi.kernel.work import reading
from lianyi.people import queries as people
from lianyi.people import rules
from lianyi.people.model import DOCTOR, Kind


@pytest.fixture(autouse=True)
def _in_the_year_of_the_demo(clock):
    """The licences of the demo's institutions end before the day of the other tests."""
    clock.now = datetime(2026, 11, 23, 1, tzinfo=UTC)


def test_every_number_of_the_network_is_valid_and_nobody_is_there_twice():
    all = network.load()
    numbers = [one.id_number for one in (*all.staff, *all.resident)]
    assert len(set(numbers)) == len(numbers)
    assert all_valid(numbers)
    assert {one.guardian for one in all.resident} - {""} <= {one.key for one in all.resident}


def all_valid(numbers):
    return all(rules.resident_identity("张秀英", number) for number in numbers)


async def test_the_network_comes_in_once(app):
    assert await seed.seed(app)
    assert not await seed.seed(app)
    hospitals = await reading(
        app, SEEDER, lambda tx: people.institutions_of(tx, kinds=[Kind.INTERNET_INDEPENDENT])
    )
    (qinghe,) = (one for one in hospitals if one.name == "青禾互联网医院")
    posts = await reading(app, SEEDER, lambda tx: people.staff_of(tx, institution_id=qinghe.id))
    assert {post.name for post in posts if post.role == DOCTOR} == {
        "吴国栋",
        "郑雪梅",
        "高洁",
        "许诺",
    }


def test_every_place_with_a_price_takes_money_into_an_account_of_its_own():
    prices, places = money.load(), {place.key for place in network.load().institution}
    payees = {payee.institution for payee in prices.payee}
    assert {key for price in prices.price for key in price.at} <= payees <= places
    assert len({payee.merchant for payee in prices.payee}) == len(payees)


async def test_an_online_follow_up_has_its_price(app):
    await seed.seed(app)
    hospitals = await reading(
        app, SEEDER, lambda tx: people.institutions_of(tx, kinds=[Kind.INTERNET_INDEPENDENT])
    )
    prices = await reading(
        app,
        SEEDER,
        lambda tx: billing.prices(tx, institution_id=hospitals[0].id, codes=["online_follow_up"]),
    )
    assert prices["online_follow_up"].unit_price == 15


def test_everything_a_laboratory_offers_has_a_price_there():
    prices = {(price.code, place) for price in money.load().price for place in price.at}
    offered = {(item.code, place) for item in laboratory.load().item for place in item.at}
    assert offered - prices == set()
