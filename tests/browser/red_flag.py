"""A red flag, as the counter that keeps medicines back, their doctor and their person see it."""

from contextlib import asynccontextmanager
from pathlib import Path

from lianyi import main
from lianyi.accounts.model import Account
from lianyi.kernel.config import Config
from lianyi.kernel.ids import Ids
from lianyi.kernel.live import Hub
from lianyi.kernel.witness import Scribe
from lianyi.kernel.work import App
from lianyi.web.pages import ROUTES
from lianyi.web.site import site
from tests.conftest import KEYS, Clock
from tests.journeys.test_red_flag import Ward
from tests.web.resident import opened
from tests.web.staff import token_of


def town(dsn, files):
    """Return the site; `state.tokens` and `state.paths` fill as it starts, by the page's name."""

    @asynccontextmanager
    async def lifespan(starlette):
        async with main.pool(Config(home=Path("/"), database_url=dsn, pool_size=5)) as pool:
            app = App(pool, Clock(), Ids(), KEYS, Scribe(pool), files)
            ward = await Ward.open(app)
            revoked = await ward.practice.approved()
            counter, sale = await ward.held()
            starlette.state.lianyi = app
            starlette.state.paths = _paths(ward, sale, revoked)
            starlette.state.tokens = await _tokens(ward, counter)
            yield

    return site(None, Hub(), ROUTES, lifespan=lifespan)


def _paths(ward, sale, revoked):
    visit = f"/clinic/online/{ward.visit.id}"
    return {
        "counter": f"/pharmacy/sales/{sale.id}",
        "queue": "/clinic/online",
        "visit": visit,
        "decision": f"{visit}/prescription",
        "purchase": f"/purchases/{sale.id}",
        "held": f"/prescriptions/{sale.slip.prescription_id}",
        "revoked": f"/prescriptions/{revoked.id}",
    }


async def _tokens(ward, counter):
    account_id, _ = await ward.clinic.account()
    account = Account(account_id, ward.clinic.doctor.person_id, staff=True)
    doctor = await token_of(ward.place, ward.clinic.doctor, account)
    patient = await opened(ward.place, ward.clinic.patient)
    return {
        "counter": await token_of(counter.place, counter.pharmacist),
        **dict.fromkeys(("queue", "visit", "decision"), doctor),
        **dict.fromkeys(("purchase", "held", "revoked"), patient),
    }
