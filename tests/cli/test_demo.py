from datetime import UTC, datetime

import pytest

from lianyi.billing import queries as billing
from lianyi.cli.demo import laboratory, money, network, pharmacies, seed
from lianyi.cli.demo.seed import SEEDER
from lianyi.kernel.work import reading
from lianyi.people import queries as people
from lianyi.people import rules
from lianyi.people.model import COURIER, DOCTOR, PHARMACIST, Kind
from lianyi.pharmacy import queries as stock
from lianyi.terminology import queries as terminology
from tests.journeys.test_book import pass_time

WORKING_DAYS = 11  # from a Monday morning to the Monday in two weeks


@pytest.fixture(scope="module")
def dsn(cluster, worker_id):
    """Lend a database that no other test sees: what falls due there is years before their day."""
    with cluster.clone(f"{worker_id}_demo") as url:
        yield url


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


async def test_a_demo_left_standing_always_has_numbers(app, clock):
    """CAP-11: the schedule goes on by itself, also after weeks in which nobody looked."""
    await seed.seed(app)
    days = """SELECT count(DISTINCT day) FROM booking.session
              WHERE state = 'scheduled' OR state = 'open' AND ends_at > $1"""
    for weeks in (0, 1, 5):
        await pass_time(app, clock, weeks=weeks)
        assert await app.pool.fetchval(days, clock()) == WORKING_DAYS, weeks


def test_everything_a_laboratory_offers_has_a_price_there():
    prices = {(price.code, place) for price in money.load().price for place in price.at}
    offered = {(item.code, place) for item in laboratory.load().item for place in item.at}
    assert offered - prices == set()


async def sold_by(app, key):
    """Return the shelves of a seller, by the drugs' codes."""
    place = next(one for one in network.load().institution if one.key == key)
    here = await reading(app, SEEDER, lambda tx: people.institutions_of(tx, kinds=[place.kind]))
    (id,) = (one.id for one in here if one.name == place.name)
    codes = [code for price in pharmacies.load().price for code in price.codes]
    shelves = await reading(
        app, SEEDER, lambda tx: stock.free(tx, institution_ids=[id], codes=codes)
    )
    return {code: shelf for (_, code), shelf in shelves.items()}


async def test_every_seller_has_what_it_may_sell_and_not_what_it_lacks(app):
    await seed.seed(app)
    hospital, store, online = [
        await sold_by(app, key) for key in ("province", "baicao_jiefang", "kanghe_online")
    ]
    assert hospital["amlodipine-tab-5mg"].free == 12  # not the batch that expires in days
    assert "codeine-tab-30mg" in hospital
    assert "codeine-tab-30mg" not in store  # DS-02
    assert "simvastatin-tab-20mg" in hospital.keys() & online.keys() - store.keys()
    assert "warfarin-tab-2-5mg" in store.keys() - online.keys()  # DS-04


def test_every_drug_of_the_master_has_one_price_in_the_market():
    market = pharmacies.load()
    priced = sorted(code for price in market.price for code in price.codes)
    assert priced == sorted(terminology.snapshot().drugs)
    known = set(priced)
    assert all(shop.lacks | shop.near | shop.stale <= known for shop in market.seller)


def test_every_seller_has_an_account_a_pharmacist_and_who_delivers():
    staff = network.load().staff
    at = {
        role: {key for one in staff if one.role == role for key in (one.institution, *one.also_at)}
        for role in (PHARMACIST, COURIER)
    }
    sellers = {shop.institution for shop in pharmacies.load().seller}
    assert sellers <= at[PHARMACIST] & at[COURIER] & {one.institution for one in money.load().payee}
    assert len([one for one in staff if one.role == PHARMACIST]) == 5
