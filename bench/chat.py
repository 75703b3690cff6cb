"""How soon what one side of an online visit writes stands on the other side's screen.

Two hundred conversations are open, each with a live page on either side. The visits get the rows
that asking, paying and taking would have written; the messages go the whole way: a form, the
worker, the live name, and the fragment that the other page then asks for.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle, islice
from typing import Any
from uuid import UUID, uuid4

import msgspec
import uvloop

from bench import crowd, running
from bench.figures import percentiles, say
from bench.http import Client
from bench.running import Running
from lianyi.access import service as access
from lianyi.access.model import DOCTOR
from lianyi.accounts import service as accounts
from lianyi.accounts.model import Account
from lianyi.consult.model import Course, Intake, Kind, State
from lianyi.journeys import demo, follow_up
from lianyi.kernel import bulk
from lianyi.kernel.actor import NOWHERE, Actor, system
from lianyi.kernel.work import App, Tx, within

ROOMS, MESSAGES, PAUSE = 200, 400, 0.05  # seconds between two messages of the whole house
PATIENCE = 30.0  # seconds until a message is lost
SLOWEST = 1000.0  # milliseconds at p99 until a message is read
RESIDENTS = """SELECT DISTINCT a.person_id FROM accounts.account a
               JOIN people.card c ON c.person_id = a.person_id
               WHERE a.login IS NULL AND c.state = 'active'"""
DOCTORS = """SELECT p.id AS post_id, p.person_id AS doctor_id, p.institution_id, p.department_id,
               d.code AS subject, a.login, a.id AS account_id
             FROM people.post p JOIN people.department d ON d.id = p.department_id
             JOIN accounts.account a ON a.person_id = p.person_id AND a.login IS NOT NULL
             WHERE p.role = 'doctor' AND d.online AND p.ended_at IS NULL"""
TEXT = "两天来血压平稳，早晚各测一次，今晨 128/80。"


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: where they write, what they look at, and their two connections."""

    room: str
    part: str  # of the page, which shows what was said
    page: Client
    stream: Client


def run() -> None:
    with running.home() as home, running.demo(home) as site:
        uvloop.run(measure(site))


async def measure(site: Running) -> None:
    async with crowd.app_of(site) as app:
        rooms = await _rooms(app, site.address)
    await asyncio.gather(*(_open(side, id) for id, sides in rooms for side in sides))
    took = await _talk(rooms)
    middle, slow = percentiles(took)
    say(f"chat p50, {len(rooms)} rooms open", middle, "ms", limit=SLOWEST, of="law")
    say(f"chat p99, {len(rooms)} rooms open", slow, "ms", limit=SLOWEST, of="law")


async def _talk(rooms: Sequence[tuple[UUID, tuple[Side, Side]]]) -> list[float]:
    """Let one side after the other write, in one room after the other."""
    said = []
    for number in range(MESSAGES):
        id, (patient, doctor) = rooms[number % len(rooms)]
        pair = (patient, doctor) if number // len(rooms) % 2 == 0 else (doctor, patient)
        said.append(asyncio.create_task(_message(id, *pair)))
        await asyncio.sleep(PAUSE)
    return await asyncio.gather(*said)


async def _message(id: UUID, writer: Side, reader: Side) -> float:
    begun, text = time.perf_counter(), f"{TEXT}{uuid4().hex}"
    reader.stream.forget()
    told = asyncio.create_task(reader.stream.hear(f"consult/{id}"))
    answer = await writer.page.post(f"{writer.room}/say", once=uuid4().hex, text=text)
    if not answer.location:
        raise RuntimeError(f"{answer.status}: nothing was said")
    async with asyncio.timeout(PATIENCE):
        await told
    shown = await reader.page.fragment(reader.room, reader.part)
    if text.encode() not in shown.body:
        raise RuntimeError(f"{shown.status}: the message is not there")
    return time.perf_counter() - begun


async def _open(side: Side, id: UUID) -> None:
    await side.stream.follow(f"/live?topics=consult/{id}")


async def _rooms(app: App, address: str) -> list[tuple[UUID, tuple[Side, Side]]]:
    """Return open visits of demo residents with demo doctors, with both sides' browsers."""
    residents = [row["person_id"] for row in await app.pool.fetch(RESIDENTS)]
    doctors = await app.pool.fetch(DOCTORS)
    posts = {row["post_id"]: await _doctor(app, row) for row in doctors}
    tokens = {one: await crowd.session_of(app, one) for one in residents}
    pairs = list(islice(zip(cycle(doctors), cycle(residents), strict=False), ROOMS))
    ids = await within(app, system("bench", NOWHERE), lambda tx: _visits(tx, pairs))
    return [
        (
            id,
            (
                _side(address, f"/follow-up/visits/{id}", "room", tokens[person_id]),
                _side(address, f"/clinic/online/{id}", "talk", posts[post["post_id"]]),
            ),
        )
        for id, (post, person_id) in zip(ids, pairs, strict=True)
    ]


def _side(address: str, room: str, part: str, token: str) -> Side:
    return Side(room, part, Client(address, token), Client(address, token))


async def _doctor(app: App, post: Mapping[str, Any]) -> str:
    """Let a doctor go online, and return the token of their browser."""
    hat = Actor(post["doctor_id"], post["post_id"], post["institution_id"], DOCTOR)
    account = Account(post["account_id"], hat.person_id, staff=True)

    async def sign_in(tx: Tx) -> str:
        code = demo.code(post["login"], tx.now)
        await follow_up.go_online(tx, account_id=account.id, code=code)
        return (await accounts.open_session(tx, account=account, hat=hat)).token

    return await within(app, hat, sign_in)


async def _visits(tx: Tx, pairs: Sequence[tuple[Mapping[str, Any], UUID]]) -> list[UUID]:
    rows = [_visit(tx, post, person_id) for post, person_id in pairs]
    await bulk.copy(tx.db, "consult.visit", rows)
    for row in rows:
        await access.open_relation(
            tx,
            person_id=row["person_id"],
            institution_id=row["institution_id"],
            roles=frozenset({DOCTOR}),
            cause_id=row["id"],
        )
    return [row["id"] for row in rows]


def _visit(tx: Tx, post: Mapping[str, Any], person_id: UUID) -> dict[str, Any]:
    taken = ("institution_id", "department_id", "subject", "doctor_id", "post_id")
    return {
        "id": tx.new_id(person_id),
        "state": State.WITH_DOCTOR,
        **{name: post[name] for name in taken},
        "kind": Kind.COUNSEL,
        "item": "online_counsel",
        "minutes": 60,
        "person_id": person_id,
        "asked_by": person_id,
        "guardian_present": False,
        "code": "",
        "name": "",
        "classes": [],
        "fen": 1500,
        "rounds": MESSAGES,
        "intake": tx.keys.seal(msgspec.json.encode(Intake("咨询血压", Course.STABLE))),
        "at": tx.now,
        "due_at": tx.now + timedelta(hours=1),
        "began_at": tx.now,
    }
