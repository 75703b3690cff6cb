"""The whole site with one prescription at every stage of its way to the person."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from lianyi import main
from lianyi.insurance import service as insurance
from lianyi.insurance.model import Counter as Used
from lianyi.insurance.model import Found, Level, Scheme
from lianyi.journeys import card, fill, hand_over
from lianyi.kernel.actor import NOWHERE, Actor
from lianyi.kernel.config import Config
from lianyi.kernel.demo import Clock
from lianyi.kernel.ids import Ids
from lianyi.kernel.live import Hub
from lianyi.kernel.witness import Scribe
from lianyi.kernel.work import App
from lianyi.people import service as people
from lianyi.people.model import DOCTOR, PHARMACIST, RESIDENT, Kind
from lianyi.pharmacy.model import Declined, Missed, SellerKind, Withdrawn
from lianyi.web.pages import ROUTES
from lianyi.web.site import site
from tests.conftest import KEYS
from tests.drain import deliver
from tests.journeys.test_fill import Market
from tests.pharmacy.make import AMLODIPINE, HOME
from tests.place import Place
from tests.prescribing.make import Practice
from tests.web.resident import opened

NOW = datetime(2026, 11, 23, 2, 32, tzinfo=UTC)
LABEL = "苯磺酸氨氯地平片 5mg×7片/盒"


def town(dsn, files):
    """Return the site; `state.token` and `state.paths` fill as it starts."""

    @asynccontextmanager
    async def lifespan(starlette):
        async with main.pool(Config(home=Path("/"), database_url=dsn, pool_size=5)) as pool:
            clock = Clock(lambda: NOW, is_demo=True)
            app = App(pool, clock, Ids(), KEYS, Scribe(pool), files)
            market = await open_market(app)
            starlette.state.lianyi = app
            starlette.state.paths = await _purchases(market)
            await _insure(market)
            starlette.state.token = await opened(market.practice.place, market.patient)
            yield

    return site(None, Hub(), ROUTES, lifespan=lifespan)


async def open_market(app):
    practice = await Practice.open(await Place.found(app, short_name="省一院"))
    market = Market(practice)
    identity = people.resident_identity(name="王秀英", number=market.number)
    granted = await practice.place.do(
        await practice.place.clerk(), card.open_at_counter, identity=identity, phone="13755559001"
    )
    await practice.place.relate(granted.person_id, DOCTOR, PHARMACIST)
    practice.patient = Actor(granted.person_id, granted.person_id, NOWHERE, RESIDENT)
    return market


async def _insure(market):
    """Let the insurance be known once all is paid: nobody is there to be asked about it."""
    found = Found("1001", Scheme.EMPLOYEE, "11", "370100", aided=False, credential="EC1001")
    used = Used(deductible_fen=20_000, open_fen=20_000)
    place, person_id = market.practice.place, market.patient.person_id
    await place.do(place.office, insurance.take_over, person_id=person_id, found=found, used=used)


async def _stores(market):
    """Return a hospital's window, two stores, one of them empty, and an online pharmacy."""
    chain = await Place.found(market.app, Kind.PHARMACY_CHAIN, short_name="康和大药房")
    given = {"parent": chain, "insurance_code": "P37010200101"}
    store = await Place.found(market.app, Kind.STORE, short_name="康和人民路店", **given)
    empty = await Place.found(market.app, Kind.STORE, short_name="百草堂柳河店", parent=chain)
    online = await Place.found(
        market.app, Kind.ONLINE_PHARMACY, short_name="康和网上药店", parent=chain
    )
    sellers = (
        await market.seller(SellerKind.HOSPITAL, price="12.50", label=LABEL),
        await market.seller(place=store, price="11.80", many=20, label=LABEL),
        await market.seller(place=empty, price="10", many=0, label=LABEL),
        await market.seller(SellerKind.ONLINE, place=online, price="10.90", many=9, label=LABEL),
    )
    await store.do(
        store.office,
        insurance.set_item,
        code=AMLODIPINE,
        national=AMLODIPINE,
        level=Level.WHOLLY,
        is_drug=True,
    )
    return sellers


async def _purchases(market):
    """Bring one prescription to each stage and return the pages there are."""
    hospital, store, _, online = await _stores(market)
    practice, do = market.practice, store.place.do
    waiting = await practice.approved()
    sellers = f"/prescriptions/{waiting.id}/sellers"
    found = {
        "prescription": f"/prescriptions/{waiting.id}",
        "sellers": sellers,
        "seller": f"{sellers}/{store.place.id}",
        "seller-online": f"{sellers}/{online.place.id}",
    }
    sales = {
        "asked": await market.choose(store, await practice.approved()),
        "unpaid": await market.choose(hospital, await practice.approved()),
        "billed": await market.accepted(store, await practice.approved()),
    }
    await market.pick(store, sales["billed"])
    for name in ("ready", "handed", "withdrawn"):
        sales[name] = await _ready(market, store)
    await do(
        store.pharmacist, hand_over.hand_over, sale_id=sales["handed"].id, shown=market.shown()
    )
    await do(
        market.patient, fill.withdraw, sale_id=sales["withdrawn"].id, reason=Withdrawn.TOO_LONG
    )
    sales["missed"] = missed = await _ready(market, online, delivery=HOME)
    await online.place.do(online.courier, hand_over.send, sale_id=missed.id)
    await online.place.do(
        online.courier, hand_over.miss, sale_id=missed.id, reason=Missed.NOBODY_HOME
    )
    sales["declined"] = declined = await market.choose(store, await practice.approved())
    await do(store.assistant, fill.decline, sale_id=declined.id, reason=Declined.OUT_OF_STOCK)
    await deliver(market.app)
    return found | {name: f"/purchases/{sale.id}" for name, sale in sales.items()}


async def _ready(market, counter, **given):
    counter.packs = await counter.receive(many=1)
    return await market.ready(counter, **given)
