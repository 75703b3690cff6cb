"""The whole site with a doctor's morning on the schedule, and sessions of all who deal with it."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lianyi import main
from lianyi.journeys import queue, routines
from lianyi.kernel.config import Config
from lianyi.kernel.demo import Clock
from lianyi.kernel.ids import Ids
from lianyi.kernel.live import Hub
from lianyi.kernel.witness import Scribe
from lianyi.kernel.work import App
from lianyi.people.model import DOCTOR
from lianyi.web.pages import ROUTES
from lianyi.web.site import site
from tests.booking.make import Clinic
from tests.conftest import KEYS
from tests.journeys.test_routines import pattern
from tests.place import Place
from tests.web.resident import opened
from tests.web.staff import token_of

NOW = datetime(2026, 11, 23, 23, 32, tzinfo=UTC)  # half past seven of the 24th in Shanghai
MORNING = datetime(2026, 11, 24, 0, tzinfo=UTC)


def town(dsn, files):
    """Return the site; `state.tokens` and `state.paths` fill as it starts."""

    @asynccontextmanager
    async def lifespan(starlette):
        async with main.pool(Config(home=Path("/"), database_url=dsn, pool_size=5)) as pool:
            clock = Clock(lambda: NOW, is_demo=True)
            app = App(pool, clock, Ids(), KEYS, Scribe(pool), files)
            clinic = await Clinic.open(await Place.found(app))
            starlette.state.lianyi = app
            starlette.state.paths, starlette.state.tokens = await _day(clinic)
            yield

    return site(None, Hub(), ROUTES, lifespan=lifespan)


async def _day(clinic):
    """Publish a day, let some book and arrive, and return the pages and their readers."""
    place = clinic.place
    released = NOW - timedelta(hours=1)
    session_id = await clinic.publish(starts_at=MORNING, releases_at=released, numbers_per_slot=6)
    full = await clinic.publish(
        starts_at=MORNING + timedelta(days=1), releases_at=released, numbers_per_slot=1
    )
    await _every_week(clinic)
    held, waiting, called = [await place.resident() for _ in range(3)]
    kept = await clinic.hold(held, session_id, starts_at=MORNING)
    await _fill(clinic, full)
    ids = [
        (await clinic.booked(session_id, hat, starts_at=MORNING))[1] for hat in (called, waiting)
    ]
    for id, hat in zip(ids, (called, waiting), strict=True):
        await place.do(hat, queue.check_in, appointment_id=id)
    await place.do(clinic.doctor, queue.call_next, session_id=session_id)
    here = f"/book/{place.id}"
    paths = {
        "hospitals": "/book",
        "departments": here,
        "schedule": f"{here}/{place.department_id}",
        "times": f"/book/sessions/{session_id}",
        "full": f"/book/sessions/{full}",
        "own": "/appointments",
        "held": f"/appointments/{kept.appointment_id}",
        "waiting": f"/appointments/{ids[1]}",
        "called": f"/appointments/{ids[0]}",
        "clinic": "/clinic",
        "plan": f"/admin/schedule?department={place.department_id}",
    }
    tokens = {
        "held": await opened(place, held),
        "waiting": await opened(place, waiting),
        "called": await opened(place, called),
        "clinic": await token_of(place, clinic.doctor),
        "plan": await token_of(place, await place.admin()),
    }
    return paths, tokens


async def _every_week(clinic):
    """Let two sit week by week, one of them until a licence ends; a day is closed."""
    place, first = clinic.place, MORNING.date()
    goes_on, ends = [await place.appoint(DOCTOR, name=name) for name in ("周宁", "欧阳文博")]
    last = first + timedelta(days=5)
    await place.license(ends.person_id, DOCTOR, valid_until=last)
    admin = await place.admin()
    for hat, weekdays in ((goes_on, (1, 3, 5)), (ends, (1, 2, 3, 4, 5, 6, 7))):
        sits = pattern(clinic, post_id=hat.post_id, weekdays=weekdays, first=first)
        await place.do(admin, routines.set_up, pattern=sits)
    day = first + timedelta(days=9)
    await place.do(admin, routines.close_day, day=day, reason="院庆，门诊停诊一天")


async def _fill(clinic, session_id):
    day = timedelta(days=1)
    for minutes in (0, 30):
        at = MORNING + day + timedelta(minutes=minutes)
        await clinic.booked(session_id, starts_at=at)
