"""The authorities' morning: a visit reported, a name opened, a pack sold, a claim settled."""

from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from lianyi import main
from lianyi.access.errors import NoSuchPerson
from lianyi.access.model import Purpose
from lianyi.access.model.exports import Level
from lianyi.access.service import exports
from lianyi.accounts.model.apps import ClientKind, Registration
from lianyi.journeys import apps, bulk_export, hand_over, inspect
from lianyi.journeys.bulk_export import Asked
from lianyi.kernel.actor import system
from lianyi.kernel.config import Config
from lianyi.kernel.ids import Ids
from lianyi.kernel.live import Hub
from lianyi.kernel.witness import Scribe
from lianyi.kernel.work import App
from lianyi.people.model import (
    ADMIN,
    CLERK,
    DOCTOR,
    DRUG_AUTHORITY,
    HEALTH_COMMISSION,
    INSURER,
    Kind,
)
from lianyi.supervision.model import Opens
from lianyi.web.pages import ROUTES
from lianyi.web.site import site
from lianyi.worker import bulk
from tests.apps import Program
from tests.conftest import KEYS, Clock
from tests.fhir.test_exporting import MANY, YES
from tests.identity import id_number
from tests.insurance.make import Desk
from tests.journeys.test_fill import Market
from tests.journeys.test_report import linked, office
from tests.journeys.test_visit import ELECTROLYTES, open_ward
from tests.links import provider as providers
from tests.place import Place
from tests.prescribing.make import Practice
from tests.web.staff import token_of

SERVICE = Registration(
    name="病种质量分析",
    company="青山数字健康有限公司",
    credit_code="91370102MA3Q7A1B20",
    contact="privacy@app.test",
    kind=ClientKind.PUBLIC,
    redirects=("https://app.test/cb",),
    scopes=("system/*.rs",),
)
LOOKED_AT = "司马青", id_number()  # who stands at the counter and asks
REASON = "投诉核查，案号 2030-017"


def town(dsn, files):
    """Return the site; `state.tokens` and `state.paths` fill as it starts."""

    @asynccontextmanager
    async def lifespan(starlette):
        with TemporaryDirectory() as home:
            async with (
                main.pool(Config(home=Path("/"), database_url=dsn, pool_size=5)) as pool,
                providers.running(Path(home) / "supervision", "supervision") as platform,
                providers.running(Path(home) / "insurer", "insurer") as engine,
            ):
                clock = Clock()
                app = App(pool, clock, Ids(), KEYS, Scribe(pool), files)
                starlette.state.lianyi = app
                await _fill(app, starlette.state, linked(app, platform), engine)
                yield

    return site(None, Hub(), ROUTES, lifespan=lifespan)


async def _fill(app, state, province, engine):
    agency = await office(app, Kind.INSURANCE_AGENCY, INSURER)
    ward = await open_ward(await Place.found(app), app.clock)
    await ward.paid(ELECTROLYTES)
    await ward.sign()
    await _looked_at(ward)
    app.clock.forward(seconds=1)
    packs = await _sold(app)
    await province.work()
    claim_id = await _claimed(app, engine)
    one, other, cases = await _cases(app, ward.appointment_id)
    authority = await office(app, Kind.DRUG_AUTHORITY, DRUG_AUTHORITY)
    hats = {
        "commission": one,
        "second": other,
        "authority": authority,
        "agency": agency,
        "office": await ward.place.admin(),
    }
    state.tokens = {name: await token_of(ward.place, hat) for name, hat in hats.items()}
    state.paths = {
        "visit": f"/regulator/visits/{ward.appointment_id}",
        "cases": "/regulator/cases",
        "opened": f"/regulator/cases/{cases[0]}",
        "trace": f"/regulator/trace?code={packs[0]}",
        "claims": "/insurer",
        "claim": f"/insurer/{claim_id}",
        "desk": "/regulator",
        "reports": "/regulator/reports",
        "screen": "/regulator/screen",
        "licences": "/regulator/licences",
        "sales": "/regulator",
        "uploads": "/admin/reports",
        "exports": "/admin/exports",
        "compliance": "/admin/compliance",
        "looks": "/admin/looks",
    }
    await _exports(ward.place)


async def _looked_at(ward):
    """Let a doctor open somebody's record, and a clerk try in vain."""
    asking = await ward.place.patient(DOCTOR, name=LOOKED_AT[0], number=LOOKED_AT[1])
    for _ in range(3):
        await ward.place.open(ward.doctor, asking.person_id, Purpose.TREAT)
    with suppress(NoSuchPerson):
        await ward.place.open(await ward.place.hat(CLERK), asking.person_id, Purpose.RECEIVE)


async def _sold(app):
    place = await Place.found(app)
    market = Market(await Practice.open(place))
    market.practice.patient = await place.patient("doctor", "pharmacist", number=market.number)
    store = await market.seller()
    sale = await market.ready(store)
    await store.place.do(
        store.pharmacist, hand_over.hand_over, sale_id=sale.id, shown=market.shown()
    )
    return store.packs


async def _exports(place):
    """Let a company take few persons' data, and wait for those of many."""
    admin = await place.admin()
    client = await place.do(admin, apps.register, form=SERVICE)
    program = Program(place, client.id)
    approval = await program.approved("system/*.rs")
    service = program.service(approval, "system/*.rs lianyi/purpose.treat")
    asked = Asked("/Patient/$export", Level.PATIENT)
    await place.do(service, bulk_export.ask, asked=asked)
    while await bulk.step(place.app):
        pass
    await place.app.pool.fetch(MANY, place.id, place.app.clock(), 600)
    waiting = await place.do(service, bulk_export.ask, asked=asked)
    second = await place.appoint(ADMIN, name="李四")
    await place.do(second, exports.approve, export_id=waiting.id, **YES)


async def _claimed(app, engine):
    desk = await Desk.open(app, engine)
    await desk.insured()
    return (await desk.view(await desk.settled())).claim.id


async def _cases(app, visit_id):
    """Return two of a commission, and a case that is open and one that waits."""
    one = await office(app, Kind.HEALTH_COMMISSION, HEALTH_COMMISSION)
    place = Place(app, one.institution_id, system("office", one.institution_id))
    other = await place.appoint(HEALTH_COMMISSION, name="白桦")
    given = {"visit_id": visit_id, "opens": Opens.CHAT, "reason": REASON}
    cases = [await place.do(one, inspect.ask, **given) for _ in range(2)]
    await place.do(other, inspect.approve, case_id=cases[0])
    return one, other, cases
