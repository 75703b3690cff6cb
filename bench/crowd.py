"""People for a measurement: residents with a proven card, signed in, and sessions to book.

Whoever is only counted gets the rows that the product's verbs would write for them, by COPY: a
crowd of thousands must not take longer to make than to measure.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from bench.running import Running
from lianyi import main
from lianyi.access import service as access
from lianyi.access.model import Mandate, Scope
from lianyi.accounts import service as accounts
from lianyi.accounts.model import Account
from lianyi.booking import service as booking
from lianyi.booking.model import Half, Kind, Payment, Plan, Sitter
from lianyi.kernel import crypto, profile
from lianyi.kernel import time as days
from lianyi.kernel.actor import NOWHERE, Actor, Role, system
from lianyi.kernel.work import App, Tx, within
from lianyi.people.model import GUEST, RESIDENT

Row = tuple[UUID, datetime, UUID | None, bytes, bytes]
PATIENCE, LOOK = 120.0, 0.2  # seconds
LEFT = """SELECT EXISTS (SELECT FROM kernel.outbox WHERE delivered_at IS NULL)
            OR EXISTS (SELECT FROM kernel.errand WHERE outcome IS NULL AND next_at <= $1)"""
SLOT = timedelta(minutes=30)
SLOTS, NUMBERS = 8, 5
ACCOUNTS = ("id", "created_at", "person_id", "phone_index", "phone")
SESSIONS = (
    "digest",
    "account_id",
    "person_id",
    "post_id",
    "institution_id",
    "role",
    "started_at",
    "seen_at",
    "expires_at",
)


@dataclass(frozen=True, slots=True)
class SignedIn:
    person_id: UUID
    token: str


@asynccontextmanager
async def app_of(running: Running) -> AsyncIterator[App]:
    """Lend the product's app once what the demo's birth left to do is done."""
    async with main.running(running.config, None) as app:
        async with asyncio.timeout(PATIENCE):
            # Another process does it: there is no event to wait for here.
            while await app.pool.fetchval(LEFT, app.clock()):  # noqa: ASYNC110
                await asyncio.sleep(LOOK)
        yield app


async def residents(app: App, count: int) -> list[SignedIn]:
    """Return people who may book for themselves, each with a browser."""
    office = system("bench", app.ids.new(app.clock()))
    people = await within(app, office, lambda tx: _empower(tx, count))
    signed = await signed_in(app, people)
    await _looked_at(app, "accounts.account", "accounts.session", "access.mandate")
    return signed


async def signed_in(app: App, people: list[UUID]) -> list[SignedIn]:
    """Give each an account of their own and a session in it."""
    now = app.clock()
    rows = [(app.ids.new(now), now, one, *_phone(app, f"bench {one}")) for one in people]
    return await _open(app, rows, RESIDENT)


async def guests(app: App, phones: list[str]) -> list[SignedIn]:
    """Return sessions of phones that were proven and belong to nobody yet."""
    now = app.clock()
    return await _open(app, [(app.ids.new(now), now, None, *_phone(app, p)) for p in phones], GUEST)


async def session_of(app: App, person_id: UUID) -> str:
    """Return the token of one more browser of somebody who has an account."""
    hat = Actor(person_id, person_id, NOWHERE, RESIDENT)

    async def sign_in(tx: Tx) -> str:
        sql = "SELECT id FROM accounts.account WHERE person_id = $1 AND login IS NULL"
        account = Account(await tx.db.fetchval(sql, person_id), person_id, staff=False)
        return (await accounts.open_session(tx, account=account, hat=hat)).token

    return await within(app, hat, sign_in)


def _phone(app: App, phone: str) -> tuple[bytes, bytes]:
    return app.keys.digest(phone), app.keys.seal_text(phone)


async def _open(app: App, rows: list[Row], role: Role) -> list[SignedIn]:
    tokens = [crypto.token() for _ in rows]
    people = [person or id for id, _, person, *_ in rows]
    now = app.clock()
    until = now + timedelta(hours=12)
    sessions = [
        (crypto.sm3(token.encode()), id, person, person, NOWHERE, role, now, now, until)
        for (id, *_), person, token in zip(rows, people, tokens, strict=True)
    ]
    async with app.pool.acquire() as db:
        await db.copy_records_to_table(
            "account", schema_name="accounts", columns=ACCOUNTS, records=rows
        )
        await db.copy_records_to_table(
            "session", schema_name="accounts", columns=SESSIONS, records=sessions
        )
    return [SignedIn(*pair) for pair in zip(people, tokens, strict=True)]


async def sittings(app: App, doctors: int) -> tuple[datetime, list[UUID]]:
    """Publish one session a doctor, of 40 numbers each, and return when they begin."""
    zone = profile.at(app.clock()).zone
    starts_at = days.end_of_day(app.clock(), zone, days=2) + timedelta(hours=8)
    office = system("bench", app.ids.new(app.clock()))
    sessions = await within(app, office, lambda tx: _publish(tx, starts_at, doctors))
    await _looked_at(app, "booking.slot", "booking.session")
    return starts_at, sessions


async def _looked_at(app: App, *tables: str) -> None:
    """Let the planner know at once what it would know in a minute."""
    async with app.pool.acquire() as db:  # only whose tables they are may look at them
        owner, app_role = "SET ROLE NONE", f"SET ROLE {main.ROLE['role']}"
        await db.execute(f"{owner}; ANALYZE {', '.join(tables)}; {app_role}")


async def _empower(tx: Tx, count: int) -> list[UUID]:
    people = [tx.new_id() for _ in range(count)]
    own = [Mandate(id, id, id, frozenset({Scope.BOOK})) for id in people]
    await access.empower_all(tx, mandates=own)
    return people


async def _publish(tx: Tx, starts_at: datetime, doctors: int) -> list[UUID]:
    plan = Plan(
        department_id=tx.new_id(),
        post_id=tx.new_id(),
        day=days.day(starts_at, profile.at(tx.now).zone),
        half=Half.MORNING,
        kind=Kind.ORDINARY,
        starts_at=starts_at,
        ends_at=starts_at + SLOTS * SLOT,
        slot_minutes=30,
        numbers_per_slot=NUMBERS,
        fee_code="registration",
        fee_label="普通门诊诊查费",
        fee_fen=2500,
        payment=Payment.AT_VISIT,
        releases_at=tx.now,
    )
    sitters = (Sitter(tx.new_id(), "张建国", "chief", "内科") for _ in range(doctors))
    return [await booking.publish(tx, plan=plan, sitter=sitter) for sitter in sitters]
