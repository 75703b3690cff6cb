"""Who keeps a number and confirms it is presumed, and the statement asks. Decision 0017."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lianyi.access import service as access
from lianyi.access.model import ALL_CLASSES, Mandate, Scope
from lianyi.accounts import service as sessions
from lianyi.accounts.model import IDLE_RESIDENT, TOUCH
from lianyi.kernel.live import Hub
from lianyi.web.pages import ROUTES
from lianyi.web.session import COOKIE
from lianyi.web.site import site
from tests.booking.make import START
from tests.web.counting import Overheard
from tests.web.resident import act_for, browsing, opened
from tests.web.test_booking import clinic, place

__all__ = ["clinic", "place"]

OWN = 'href="/me"'  # in the footer of who is signed in
KEPT = START.isoformat()
DAY = timedelta(days=1)
STATE = "SELECT state FROM booking.appointment WHERE session_id = $1"
WHOSE = "SELECT person_id, state FROM booking.appointment WHERE session_id = $1 ORDER BY number"


@pytest.fixture
async def hat(place):
    return await place.resident()


@pytest.fixture
def said(app):
    """All statements of the faces."""
    return Overheard(app.pool)


@pytest.fixture
async def resident(app, place, hat, said):
    """The browser of a resident who has looked around."""
    faces = site(replace(app, pool=said), Hub(), ROUTES)
    async with browsing(app, await opened(place, hat), faces) as browser:
        await browser.get("/book")
        yield browser


async def posted(browser, page, action, **values):
    """Post a form and return the bare answer."""
    form = page.form(action)
    return await browser.http.post(form.action, data={**form.fields, **values})


async def times(browser, session_id):
    return await browser.get(f"/book/sessions/{session_id}")


async def keep(browser, session_id):
    page = await times(browser, session_id)
    return await browser.submit(page, f"/book/sessions/{session_id}", starts_at=KEPT)


async def states(place, session_id):
    return [row[0] for row in await place.rows(STATE, session_id)]


async def test_who_was_here_before_books_by_two_statements(resident, clinic, said):
    session_id = await clinic.publish()
    page = await times(resident, session_id)
    said.said.clear()
    kept = await posted(resident, page, f"/book/sessions/{session_id}", starts_at=KEPT)
    assert (kept.status_code, len(said.said)) == (303, 1)
    page = await resident.get(kept.headers["location"])
    said.said.clear()
    done = await posted(resident, page, "/confirm")
    assert (done.status_code, len(said.said)) == (303, 1)
    assert await states(clinic.place, session_id) == ["confirmed"]


async def test_who_signed_out_elsewhere_neither_keeps_nor_confirms(resident, clinic, place, hat):
    """SEC-03: what was so a moment ago opens nothing."""
    session_id, other = await clinic.publish(), await clinic.publish(starts_at=START + DAY)
    kept, free = await keep(resident, session_id), await times(resident, other)
    await place.do(hat, sessions.sign_out_everywhere, person_id=hat.person_id)
    for page, action in ((kept, "/confirm"), (free, f"/book/sessions/{other}")):
        late = await posted(resident, page, action, starts_at=(START + DAY).isoformat())
        assert late.status_code == 403
    assert await states(place, session_id) == ["held"]
    assert await states(place, other) == []


async def test_a_session_left_alone_too_long_confirms_nothing(resident, clinic, place, clock):
    """SEC-03"""
    session_id = await clinic.publish()
    kept = await keep(resident, session_id)
    clock.forward(seconds=IDLE_RESIDENT.total_seconds() + 1)
    assert (await posted(resident, kept, "/confirm")).status_code == 403
    assert "confirmed" not in await states(place, session_id)


async def test_to_confirm_keeps_a_session_awake(resident, clinic, clock):
    kept = await keep(resident, await clinic.publish())
    clock.forward(seconds=2 * TOUCH.total_seconds())
    assert (await resident.submit(kept, "/confirm")).says("已预约")
    clock.forward(seconds=IDLE_RESIDENT.total_seconds() - TOUCH.total_seconds())
    assert (await resident.get("/appointments")).says("已预约")


async def test_whose_affairs_have_changed_books_for_the_other(resident, clinic, place, hat):
    """PRI-13: the form was drawn for oneself, but the session acts for the child by now."""
    session_id, child_id = await clinic.publish(), await place.person()
    mandate = Mandate(child_id, hat.person_id, child_id, frozenset(Scope), ALL_CLASSES)
    await place.do(place.office, access.empower, mandate=mandate)
    kept, page = await keep(resident, session_id), await times(resident, session_id)
    await act_for(place, resident.http.cookies[COOKIE], child_id)
    assert (await posted(resident, kept, "/confirm")).status_code == 404
    done = await posted(resident, page, f"/book/sessions/{session_id}", starts_at=KEPT)
    assert done.status_code == 303
    whose = await place.rows(WHOSE, session_id)
    assert whose == [(hat.person_id, "held"), (child_id, "held")]


async def test_what_is_wrong_with_a_form_is_told_to_who_is_signed_in(resident, clinic):
    session_id = await clinic.publish()
    page = await times(resident, session_id)
    wrong = await resident.submit(page, f"/book/sessions/{session_id}", starts_at="soon")
    assert (wrong.status, wrong.says("请选择一个时间")) == (422, True)
    assert OWN in wrong.html
    forged = await resident.http.post(f"/book/sessions/{session_id}", data={"starts_at": KEPT})
    assert forged.status_code == 403
