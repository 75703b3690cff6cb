"""A hospital with a visit under way, somebody at home with a cuff, and every face of the site."""

from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

from lianyi import main
from lianyi.fhir import routes as fhir
from lianyi.kernel.config import Config
from lianyi.kernel.ids import Ids
from lianyi.kernel.live import Hub
from lianyi.kernel.witness import Scribe
from lianyi.kernel.work import App
from lianyi.people.model import DOCTOR
from lianyi.records import service as records
from lianyi.smart import routes as smart
from lianyi.web.pages import ROUTES
from lianyi.web.site import READERS, site
from tests.conftest import KEYS, Clock
from tests.drain import deliver
from tests.journeys.test_visit import open_ward
from tests.place import Place
from tests.records import make
from tests.web.resident import opened
from tests.web.staff import token_of

PRESSURES = ((148, 92), (142, 90), (136, 86), (132, 84), (128, 82))
DAYS = range(1, 6)


def town(dsn, files):
    """Return the site; `state.cookies` and `visit` are there once it has started."""

    @asynccontextmanager
    async def lifespan(starlette):
        async with main.pool(Config(home=Path("/"), database_url=dsn, pool_size=5)) as pool:
            clock = Clock()
            app = App(pool, clock, Ids(), KEYS, Scribe(pool), files)
            ward = await open_ward(await Place.found(app), clock)
            home = await ward.place.patient(DOCTOR, name="林小满")
            for hat in (home, ward.patient):
                await _measure(ward, hat.person_id)
            await deliver(app)  # the directory knows them
            starlette.state.lianyi = app
            starlette.state.hospital = str(ward.place.id)
            starlette.state.visit = f"/clinic/visits/{ward.appointment_id}"
            starlette.state.cookies = {
                "home": await opened(ward.place, home),
                "doctor": await token_of(ward.place, ward.doctor),
                "admin": await token_of(ward.place, await ward.place.admin()),
            }
            yield

    faces = (*ROUTES, *smart.ROUTES, *fhir.ROUTES)
    return site(None, Hub(), faces, lifespan=lifespan, sessions=(*READERS, *smart.READERS))


async def _measure(ward, person_id):
    bodies = [_panel(person_id, day, *both) for day, both in zip(DAYS, PRESSURES, strict=True)]
    await ward.do(ward.doctor, records.publish_all, owner=person_id, bodies=bodies)


def _panel(person_id, day, systolic, diastolic):
    return make.body(
        "Observation",
        person_id,
        status="final",
        code=make.concept(make.LOINC, "85354-9", "血压"),
        effectiveDateTime=f"2029-12-0{day}T08:00:00+08:00",
        component=[_part("8480-6", systolic), _part("8462-4", diastolic)],
    )


def _part(code, value):
    quantity = {"value": Decimal(value), "unit": "mmHg", "code": "mm[Hg]"}
    return {
        "code": make.concept(make.LOINC, code, code),
        "valueQuantity": {**quantity, "system": "http://unitsofmeasure.org"},
    }
