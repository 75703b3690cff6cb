"""kill -9 in the middle of a storm: what was acknowledged stands, and stands once."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from lianyi import main
from lianyi.accounts import service as accounts
from lianyi.accounts.model import Account
from lianyi.booking.model import Payment
from lianyi.cli.tour.browser import Browser
from lianyi.kernel import postgres
from lianyi.kernel.config import Config
from lianyi.kernel.live import Hub
from tests.billing.make import Till
from tests.booking.make import Clinic
from tests.cli import homes
from tests.cli.installation import Installation
from tests.cli.storm import BALANCE, PATIENCE, ask, drained, look, received, storm
from tests.place import Place

PEOPLE = 40
NUMBERS = 30  # fewer than people: some are told that it is full
VICTIMS = ("web 0", "worker", "postgres", "web 0")
PAYERS, PAID_NUMBERS, FEE = 24, 16, 2500
PAID_VICTIMS = ("simulator payment", "worker", "postgres", "simulator payment", "web 0")
STANDING = """SELECT person_id, number FROM booking.appointment
              WHERE session_id = $1 AND state = 'confirmed'"""
BILLS = """SELECT a.person_id, a.state AS number, b.state AS bill,
             (SELECT coalesce(sum(fen), 0) FROM billing.payment p
              WHERE p.bill_id = b.id AND p.state = 'paid')::int AS paid,
             (SELECT coalesce(sum(fen), 0) FROM billing.refund r
              WHERE r.bill_id = b.id AND r.state = 'done')::int AS returned
           FROM booking.appointment a JOIN billing.bill b ON b.subject_id = a.id
           WHERE a.session_id = $1"""


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

    async def book_and_pay(self, address, session_id):
        async with Browser(address) as browser:
            browser.cookies["lianyi"] = self.token
            page = await ask(lambda: browser.get(f"/book/sessions/{session_id}"))
            while form := _times(page):
                first = form.choices["starts_at"][0]
                page = await ask(partial(browser.send, page, form, starts_at=first))
            if page.says("去支付"):
                await self._pay(browser, page.link("去支付") + "/pay")

    async def _pay(self, browser, till):
        """Press whatever the page offers until it says that the money has arrived."""
        async with asyncio.timeout(PATIENCE):
            while not (page := await ask(lambda: browser.get(till))).says("支付成功"):
                for action in ("/pay/demo", "/pay"):
                    if any(form.action.endswith(action) for form in page.forms):
                        await ask(partial(browser.submit, page, action))
                        break
                await asyncio.sleep(0.1)
        self.acknowledged = True


def _times(page):
    """Return the form with the times that are left, if the page has one."""
    return next((form for form in page.forms if form.choices.get("starts_at")), None)


async def prepare(app, people=PEOPLE, numbers=NUMBERS, **given):
    """Return an open session, and people who are signed in."""
    place = await Place.found(app)
    clinic = await Clinic.open(place)
    await Till.open(place)
    starts_at = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    session_id = await clinic.publish(
        starts_at=starts_at + timedelta(days=3, hours=1),
        numbers_per_slot=numbers // 2,
        releases_at=app.clock() - timedelta(minutes=1),
        **given,
    )
    return session_id, [await _person(place) for _ in range(people)]


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


async def test_what_was_acknowledged_in_a_storm_of_deaths_stands_once(shared):
    with homes.seeded(shared) as home, Installation(home) as running:
        config = Config(home=Path(home), database_url=postgres.url(Path(home)), demo=True)
        async with main.running(config, Hub()) as app:
            session_id, people = await prepare(app)
            acts = [one.book(running.address, session_id) for one in people]
            await storm(running, acts, VICTIMS)
            await drained(app)
            standing = await look(app, STANDING, session_id)
    assert {one.id for one in people if one.acknowledged} == {row["person_id"] for row in standing}
    assert len({row["number"] for row in standing}) == len(standing) == NUMBERS


async def test_money_that_moved_in_a_storm_of_deaths_is_settled_or_returned_and_never_doubled(
    shared,
):
    with homes.seeded(shared) as home, Installation(home) as running:
        config = Config(home=Path(home), database_url=postgres.url(Path(home)), demo=True)
        async with main.running(config, Hub()) as app:
            session_id, people = await prepare(
                app, PAYERS, PAID_NUMBERS, payment=Payment.PREPAY, fee_fen=FEE
            )
            acts = [one.book_and_pay(running.address, session_id) for one in people]
            await storm(running, acts, PAID_VICTIMS)
            await drained(app)
            bills = await look(app, BILLS, session_id)
            (balance,) = await look(app, BALANCE)
        taken, returned = received(home)
    kept = [row for row in bills if row["number"] == "confirmed"]
    assert {one.id for one in people if one.acknowledged} == {row["person_id"] for row in kept}
    assert [(row["bill"], row["paid"] - row["returned"]) for row in kept] == [("paid", FEE)] * len(
        kept
    )
    assert all(row["paid"] == row["returned"] for row in bills if row not in kept)
    assert len(kept) == PAID_NUMBERS
    assert taken - returned == FEE * PAID_NUMBERS
    assert balance["debit"] == balance["credit"]
