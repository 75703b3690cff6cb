"""The whole site with a shop's counter, shelves and courier in the middle of a working day."""

from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from lianyi import main
from lianyi.journeys import fill, hand_over
from lianyi.kernel.config import Config
from lianyi.kernel.demo import Clock
from lianyi.kernel.ids import Ids
from lianyi.kernel.live import Hub
from lianyi.kernel.witness import Scribe
from lianyi.kernel.work import App
from lianyi.people.model import Kind
from lianyi.web.pages import ROUTES
from lianyi.web.site import site
from tests.browser.market import LABEL, open_market
from tests.conftest import KEYS
from tests.drain import deliver
from tests.pharmacy.make import HOME, SIMVASTATIN
from tests.place import Place
from tests.web.resident import opened
from tests.web.staff import token_of

NOW = datetime(2026, 11, 23, 2, 32, tzinfo=UTC)
SOON = date(2027, 2, 10)


def town(dsn, files):
    """Return the site; `state.tokens` and `state.paths` fill as it starts."""

    @asynccontextmanager
    async def lifespan(starlette):
        async with main.pool(Config(home=Path("/"), database_url=dsn, pool_size=5)) as pool:
            clock = Clock(lambda: NOW, is_demo=True)
            app = App(pool, clock, Ids(), KEYS, Scribe(pool), files)
            bazaar = await open_market(app)
            store = await _store(bazaar)
            starlette.state.lianyi = app
            starlette.state.market, starlette.state.store = bazaar, store
            starlette.state.paths = await _day(bazaar, store)
            starlette.state.tokens = {
                "pharmacist": await token_of(store.place, store.pharmacist),
                "second": await token_of(store.place, store.second),
                "assistant": await token_of(store.place, store.assistant),
                "courier": await token_of(store.place, store.courier),
                "patient": await opened(bazaar.practice.place, bazaar.patient),
            }
            await deliver(app)
            yield

    return site(None, Hub(), ROUTES, lifespan=lifespan)


async def _store(bazaar):
    chain = await Place.found(bazaar.app, Kind.PHARMACY_CHAIN, short_name="康和堂")
    place = await Place.found(bazaar.app, Kind.STORE, parent=chain, short_name="康和堂人民路店")
    store = await bazaar.seller(place=place, price="11.80", many=30, label=LABEL)
    store.soon = await store.batch(SIMVASTATIN, many=4, lot="260211", expires_on=SOON)
    return store


async def _day(bazaar, store):
    """Bring one prescription to each stage and return the pages there are."""
    practice, do = bazaar.practice, store.place.do
    sales = {"asked": await bazaar.choose(store, await practice.approved())}
    sales["accepted"] = await bazaar.choose(store, await practice.approved())
    await do(store.assistant, fill.accept, sale_id=sales["accepted"].id)
    sales["picking"] = await bazaar.accepted(store, await practice.approved())
    sales["scanned"] = scanned = await bazaar.accepted(store, await practice.approved())
    for code in await store.receive(many=scanned.lines[0].packs):
        await do(store.assistant, hand_over.scan, sale_id=scanned.id, text=code)
    sales["ready"] = await _ready(bazaar, store)
    sales["handed"] = handed = await _ready(bazaar, store)
    await do(store.pharmacist, hand_over.hand_over, sale_id=handed.id, shown=bazaar.shown())
    sales["missing"] = await _ready(bazaar, store)
    fetch = await _ready(bazaar, store, delivery=HOME)
    carried = await _ready(bazaar, store, delivery=HOME)
    await do(store.courier, hand_over.send, sale_id=carried.id)
    return {
        "counter": "/pharmacy",
        **{name: f"/pharmacy/sales/{sale.id}" for name, sale in sales.items()},
        "bought": f"/purchases/{sales['missing'].id}",
        "labels": f"/pharmacy/sales/{handed.id}/labels",
        "stock": "/pharmacy/stock",
        "batch": f"/pharmacy/stock/batches/{store.soon.id}",
        "goods-in": "/pharmacy/stock/in?text=xsfttp",
        "goods": "/pharmacy/stock/in/valsartan-cap-80mg",
        "day": "/pharmacy/day",
        "deliveries": "/deliveries",
        "fetch": f"/deliveries/{fetch.id}",
        "carried": f"/deliveries/{carried.id}",
    }


async def _ready(bazaar, store, **given):
    store.packs = await store.receive(many=3)
    return await bazaar.ready(store, **given)
