"""A doctor's morning: somebody in the room with a history, others who wait, and their nurse."""

from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from lianyi import main
from lianyi.access.model import Purpose, Share
from lianyi.journeys import queue, sharing, visit
from lianyi.kernel.config import Config
from lianyi.kernel.ids import Ids
from lianyi.kernel.live import Hub
from lianyi.kernel.witness import Scribe
from lianyi.kernel.work import App
from lianyi.people.model import DOCTOR
from lianyi.records import service as records
from lianyi.web.pages import ROUTES
from lianyi.web.site import site
from tests.booking.make import START, Clinic
from tests.conftest import KEYS, Clock
from tests.journeys.test_visit import open_ward
from tests.place import Place
from tests.records import make
from tests.web.staff import token_of

SESSION = "SELECT session_id FROM booking.appointment WHERE id = $1"
RESULTS = (
    ("13457-7", "低密度脂蛋白胆固醇", "3.9", "mmol/L", "H", "2030-01-02"),
    ("2823-3", "钾", "3.2", "mmol/L", "L", "2030-01-02"),
    ("2823-3", "钾", "3.6", "mmol/L", "N", "2029-11-02"),
    ("718-7", "血红蛋白", "128", "g/L", "N", "2030-01-02"),
    ("29463-7", "体重", "58", "kg", "", "2030-01-02"),
)


def town(dsn, files):
    """Return the site; `state.tokens` and `state.paths` fill as it starts."""

    @asynccontextmanager
    async def lifespan(starlette):
        async with main.pool(Config(home=Path("/"), database_url=dsn, pool_size=5)) as pool:
            clock = Clock()
            app = App(pool, clock, Ids(), KEYS, Scribe(pool), files)
            ward = await open_ward(await Place.found(app), clock)
            await _history(ward)
            await _withheld(ward)
            starlette.state.lianyi = app
            starlette.state.paths = await _visits(ward, clock)
            starlette.state.tokens = {"doctor": await token_of(ward.place, ward.doctor)}
            yield

    return site(None, Hub(), ROUTES, lifespan=lifespan)


async def _history(ward):
    person_id = ward.patient.person_id
    bodies = [_observation(person_id, *each) for each in RESULTS]
    await ward.do(ward.doctor, records.publish_all, owner=person_id, bodies=bodies)
    await ward.verified(potassium="6.8")
    await ward.order()
    elsewhere = await Place.found(ward.app, short_name="省立医院")
    share = Share(elsewhere.id, ward.place.id, Purpose.TREAT, ward.app.clock() + timedelta(days=30))
    await ward.do(ward.patient, sharing.give, share=share)
    await elsewhere.relate(person_id, DOCTOR)
    other = make.condition(person_id, "E11.900", "2 型糖尿病")
    await elsewhere.do(await elsewhere.doctor(), records.publish, owner=person_id, body=other)
    await ward.sign(allergies=(visit.allergen("penicillins", reaction="皮疹"),))


async def _withheld(ward):
    """Let results wait that the hospital's old system had, one of them critical."""
    person_id = ward.patient.person_id
    told = (
        ("2823-3", "钾", "6.9", "mmol/L", "HH", "2029-10-02"),
        ("7917-8", "HIV 抗体", "0.1", "S/CO", "N", "2029-10-02"),
    )
    bodies = [_observation(person_id, *each) for each in told]
    given = {"owner": person_id, "bodies": bodies, "released": False}
    await ward.do(ward.doctor, records.publish_all, **given)
    keys = [("Observation", body["id"]) for body in bodies]
    await ward.do(ward.doctor, records.await_release, keys=keys)


async def _visits(ward, clock):
    """Let two more wait, one of them urgently, and one be late."""
    ((session_id,),) = await ward.place.rows(SESSION, ward.appointment_id)
    clinic = Clinic(ward.place, ward.doctor)
    for starts_at in (START, START + timedelta(minutes=30)):
        await clinic.arrived(session_id, starts_at=starts_at)
    clock.forward(minutes=11)
    turn = await ward.do(ward.doctor, queue.call_next, session_id=session_id)
    await ward.do(ward.doctor, visit.begin, appointment_id=turn.appointment_id)
    seen, inside = (f"/clinic/visits/{id}" for id in (ward.appointment_id, turn.appointment_id))
    return {
        "queue": "/clinic",
        "note": inside,
        "signed": seen,
        "orders": f"{seen}/orders",
        "past": f"{seen}/past",
        "permits": f"{seen}/permits",
        "withheld": f"/clinic/results/{ward.patient.person_id}",
    }


def _observation(person_id, code, text, value, unit, level, day):
    said = {"interpretation": [{"coding": [{"code": level}]}]} if level else {}
    return make.body(
        "Observation",
        person_id,
        status="final",
        code=make.concept(make.LOINC, code, text),
        effectiveDateTime=f"{day}T09:00:00+08:00",
        valueQuantity={"value": Decimal(value), "unit": unit},
        **said,
    )
