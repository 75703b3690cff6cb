"""The pages of signing, signed notes and scanned papers, as their readers see them."""

from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from lianyi import main
from lianyi.kernel.config import Config
from lianyi.kernel.ids import Ids
from lianyi.kernel.live import Hub
from lianyi.kernel.witness import Scribe
from lianyi.kernel.work import App
from lianyi.people.model import DOCTOR
from lianyi.web.pages import ROUTES
from lianyi.web.site import site as built
from tests.browser import look, serve
from tests.conftest import KEYS, Clock
from tests.journeys.test_notes import amend, opened
from tests.journeys.test_visit import open_ward
from tests.place import Place
from tests.signatures import make
from tests.web.resident import opened as session
from tests.web.staff import token_of
from tests.web.test_papers import Signed

PAGES = {
    "open": ("doctor", "/signing"),
    "closed": ("closed", "/signing"),
    "wrong": ("wrong", "/signing"),
    "new": ("new", "/signing"),
    "signed": ("doctor", "/clinic/persons/{patient}/notes/{visit}"),
    "notes": ("patient", "/record/notes"),
    "note": ("patient", "/record/notes/{visit}"),
    "verify": ("", "/verify/{code}"),
}


def hospital(dsn, home):
    """Return a site with a doctor who signs, one who has yet to, and a patient of theirs."""

    @asynccontextmanager
    async def lifespan(starlette):
        config = Config(home=Path("/"), database_url=dsn, pool_size=5)
        async with main.pool(config) as pool:
            clock = Clock()
            app = App(pool, clock, Ids(), KEYS, Scribe(pool), home / "files")
            starlette.state.lianyi = app
            place = await Place.found(app)
            ward = await open_ward(place, clock)
            async with make.hall(place, home) as hall:
                starlette.state.tokens = await _staff(place, hall, ward)
                starlette.state.ids = await _story(hall, ward)
            starlette.state.tokens["patient"] = await session(place, ward.patient)
            yield

    return built(None, Hub(), ROUTES, lifespan=lifespan)


async def _staff(place, hall, ward):
    await ward.sign()
    await opened(hall, ward)
    await amend(ward)
    await hall.work()
    hats = {name: await place.appoint(DOCTOR) for name in ("closed", "wrong", "new")}
    for name in ("closed", "wrong"):
        await hall.certify(hats[name])
    await hall.unlock(hats["wrong"], pin="000000")
    return {name: await token_of(place, hat) for name, hat in hats.items()} | {
        "doctor": await token_of(place, ward.doctor)
    }


async def _story(hall, ward):
    practice = await Signed.begin(await Place.found(hall.app), hall)
    prescription, _ = await practice.reviewed()
    code = (await practice.paper(prescription)).code
    return {"patient": ward.patient.person_id, "visit": ward.appointment_id, "code": code}


@pytest.fixture(scope="module")
def site(cluster, files):
    with serve.standing(cluster, "signing", hospital, files) as standing:
        yield standing


@pytest.fixture
def visit(seat, site):
    """Open a page as its reader, or as nobody."""
    _, state = site

    def visited(name, **cookies):
        who, path = PAGES[name]
        return seat(who and state.tokens[who], path.format(**state.ids), **cookies)

    return visited


@pytest.mark.parametrize("name", PAGES)
def test_every_page_of_signing_suits_its_readers(visit, name):
    assert look.check(visit(name), f"signing-{name}") == []


@pytest.mark.parametrize("name", ["notes", "note", "verify"])
def test_what_patients_see_fits_in_english_too(visit, name):
    assert look.in_english(visit(name, language="en")) == []
