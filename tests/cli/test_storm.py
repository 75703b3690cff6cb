"""kill -9 in the middle of a booking storm: what was acknowledged stands, and stands once."""

import asyncio
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx

from lianyi import main
from lianyi.accounts import service as accounts
from lianyi.accounts.model import Account
from lianyi.cli.tour.browser import Browser
from lianyi.kernel import postgres
from lianyi.kernel.config import Config
from lianyi.kernel.live import Hub
from lianyi.kernel.work import GONE
from tests.booking.make import Clinic
from tests.cli.installation import Installation
from tests.place import Place

PEOPLE = 40
NUMBERS = 30  # fewer than people: some are told that it is full
PATIENCE = 60.0  # seconds for one person, deaths included
VICTIMS = ("web 0", "worker", "postgres", "web 0")
STANDING = """SELECT person_id, number FROM booking.appointment
              WHERE session_id = $1 AND state = 'confirmed'"""
WAITING = "SELECT seq FROM kernel.outbox WHERE delivered_at IS NULL LIMIT 1"


@dataclass
class Person:
    """Somebody who presses again, with the same form, until an answer comes."""

    id: object
    token: str
    acknowledged: bool = False

    async def book(self, address, session_id):
        async with Browser(address) as browser:
            browser.cookies["lianyi"] = self.token
            page = await ask(lambda: browser.get(f"/book/sessions/{session_id}"))
            while form := _times(page):  # whoever was too slow chooses again
                first = form.choices["starts_at"][0]
                page = await ask(partial(browser.send, page, form, starts_at=first))
            if page.says("号源已为您保留"):
                page = await ask(partial(browser.submit, page, "/confirm"))
            self.acknowledged = page.says("已预约")


def _times(page):
    """Return the form with the times that are left, if the page has one."""
    return next((form for form in page.forms if form.choices.get("starts_at")), None)


async def ask(press):
    """Press until there is an answer that is neither silence nor 'try again shortly'."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                page = await press()
            except httpx.TransportError:
                page = None
            if page is not None and page.status not in {500, 503}:
                return page
            await asyncio.sleep(0.05)


async def look(app, sql, *values):
    """Ask the database, which may just be getting up."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await app.pool.fetch(sql, *values)
            except GONE:
                await asyncio.sleep(0.1)


async def prepare(app):
    """Return an open session of this afternoon's numbers, and people who are signed in."""
    place = await Place.found(app)
    clinic = await Clinic.open(place)
    starts_at = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    session_id = await clinic.publish(
        starts_at=starts_at + timedelta(days=3, hours=1),
        numbers_per_slot=NUMBERS // 2,
        releases_at=app.clock() - timedelta(minutes=1),
    )
    return session_id, [await _person(place) for _ in range(PEOPLE)]


async def _person(place):
    hat = await place.resident()
    phone = f"1{3 + hat.person_id.int % 7}{hat.person_id.int % 10**9:09d}"

    async def sign_in(tx):
        await accounts.move_phone(tx, person_id=hat.person_id, phone=phone)
        id = await tx.db.fetchval(
            "SELECT id FROM accounts.account WHERE person_id = $1", hat.person_id
        )
        return await accounts.open_session(
            tx, account=Account(id, hat.person_id, staff=False), hat=hat
        )

    opened = await place.do(place.office, sign_in)
    return Person(hat.person_id, opened.token)


async def storm(running, session_id, people):
    booked = asyncio.gather(*(one.book(running.address, session_id) for one in people))
    for victim in VICTIMS:
        await asyncio.to_thread(running.kill, victim)
    await booked


async def drained(app):
    """Return when every event has been handed on."""
    deadline = time.monotonic() + PATIENCE
    while await look(app, WAITING):
        assert time.monotonic() < deadline, "the outbox does not drain"


async def test_what_was_acknowledged_in_a_storm_of_deaths_stands_once():
    with tempfile.TemporaryDirectory(prefix="lianyi-home-") as home, Installation(home) as running:
        config = Config(home=Path(home), database_url=postgres.url(Path(home)), demo=True)
        async with main.running(config, Hub()) as app:
            session_id, people = await prepare(app)
            await storm(running, session_id, people)
            await drained(app)
            standing = await look(app, STANDING, session_id)
    assert {one.id for one in people if one.acknowledged} == {row["person_id"] for row in standing}
    assert len({row["number"] for row in standing}) == len(standing) == NUMBERS
