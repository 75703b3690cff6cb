"""The agency's counter: every message is checked, done once, and answered signed."""

import hashlib
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from lianyi.kernel.config import Config
from lianyi.links import insurer
from lianyi.links.agency import MESSAGES, SUCCESS, Message, Reply
from lianyi.links.simulators import door
from lianyi.links.simulators.door import Door
from lianyi.links.simulators.insurer import ledger
from lianyi.links.simulators.insurer.clerk import Clerk
from lianyi.links.simulators.insurer.ledger import Refusal
from lianyi.links.simulators.machine import Count, Faults, Machine, answer, form

FAILURE = -1
NEWEST = 200  # settlements shown to whoever runs the demo


class AgencyFaults(Faults):
    closed: Count = 0  # of the next messages: not taken at all, and said so
    settle_unheard: Count = 0  # of the next settlements: made, and the answer never arrives
    refuse_settlement: Count = 0  # of the next settlements: refused by a code of the agency's
    split_differently: Count = 0  # of the next settlements: one cent less is the pool's


class Insured(msgspec.Struct, frozen=True):
    """Somebody in a scheme. `balance_fen` is what the personal account holds at first.

    `spent_fen` is what they have paid of this year's threshold where we don't know of it;
    `credential` an e-credential they have had for long.
    """

    psn_no: str
    number: str
    name: str
    scheme: str
    type: str
    state: str = insurer.INSURED
    area: str = "370100"
    aided: bool = False
    balance_fen: int = 0
    spent_fen: int = 0
    credential: str = ""


class Designated(msgspec.Struct, frozen=True):
    """An institution with an agreement; `online` is the supplement for follow-ups (INS-16)."""

    code: str
    name: str
    online: bool = False


class Entry(msgspec.Struct, frozen=True):
    code: str
    level: str
    first_share: Decimal = Decimal(0)
    standard_fen: int | None = None
    is_drug: bool = False


def app(config: Config) -> ASGIApp:
    schema = f"{door.SCHEMA};{ledger.SCHEMA}"
    return Office(Machine(config, "insurer", schema, AgencyFaults())).app()


class Office:
    def __init__(self, machine: Machine[AgencyFaults]) -> None:
        self._machine = machine
        self._books = machine.books
        self._door = Door(machine)
        self._clerk = Clerk(machine.books, machine.now, machine.goes_wrong)

    def app(self) -> ASGIApp:
        return self._machine.app(
            signed=[Route(MESSAGES, self._message, methods=["POST"])],
            demo=[
                Route("/people", self._enrol, methods=["POST"]),
                Route("/institutions", self._designate, methods=["POST"]),
                Route("/items", self._list, methods=["POST"]),
                Route("/ended", self._end, methods=["POST"]),
                Route("/settlements", self._show),
            ],
        )

    async def _message(self, request: Request) -> Response:
        body = await request.body()
        if not self._door.is_signed(request, body):
            return self._door.say(request, {}, HTTPStatus.UNAUTHORIZED)
        if self._machine.goes_wrong("closed"):
            return self._door.say(request, {}, HTTPStatus.SERVICE_UNAVAILABLE)
        message = msgspec.json.decode(body, type=Message)
        reply = self._answered(message)
        if self._machine.goes_wrong("duplicate"):
            reply = self._answered(message)
        if _is_settling(message) and self._machine.goes_wrong("settle_unheard"):
            return self._door.say(request, {}, HTTPStatus.GATEWAY_TIMEOUT)
        return self._door.say(request, reply)

    def _answered(self, message: Message) -> Reply:
        try:
            return Reply(SUCCESS, message.msgid, output=self._done(message))
        except Refusal as refusal:
            return Reply(FAILURE, message.msgid, f"{refusal.code}|{refusal.words}")
        except msgspec.ValidationError:
            return Reply(FAILURE, message.msgid, "BAD_MESSAGE|报文不符合规范")

    def _done(self, message: Message) -> dict[str, Any]:
        """Do a message and keep its answer, both or neither. What is refused changes nothing."""
        digest = hashlib.sha256(msgspec.json.encode([message.infno, message.input])).digest()
        known = self._books.one("SELECT * FROM message WHERE id = ?", message.msgid)
        if known and known["digest"] != digest:
            raise Refusal("MESSAGE_CHANGED", "同一报文号的内容不同")
        if self._books.one("SELECT 1 FROM undone WHERE id = ?", message.msgid):
            raise Refusal("UNDONE", "该交易已冲正")
        if known:
            return msgspec.json.decode(known["output"], type=dict[str, Any])
        self._refuse_on_demand(message)
        with self._books.together():
            output = msgspec.json.encode(self._clerk.act(message))
            self._books.run("INSERT INTO message VALUES (?, ?, ?)", message.msgid, digest, output)
        return msgspec.json.decode(output, type=dict[str, Any])

    def _refuse_on_demand(self, message: Message) -> None:
        wanted = self._machine.goes_wrong("refuse")
        if _is_settling(message) and self._machine.goes_wrong("refuse_settlement"):
            wanted = True
        if wanted:
            raise Refusal("FUND_CONTROL", "基金监管规则不予支付")

    async def _enrol(self, request: Request) -> Response:
        people = await form(request, list[Insured])
        with self._books.together():
            for one in people:
                is_new = self._books.run(
                    "INSERT OR IGNORE INTO person VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    *(one.psn_no, one.number, one.name, one.scheme, one.type, one.state),
                    *(one.area, one.aided, one.balance_fen),
                )
                if one.credential:
                    self._books.run(
                        "INSERT OR IGNORE INTO credential (number, person) VALUES (?, ?)",
                        *(one.credential, one.psn_no),
                    )
                if is_new:
                    self._clerk.settled_elsewhere(one.psn_no, one.scheme, one.spent_fen)
        return answer({"people": len(people)})

    async def _end(self, request: Request) -> Response:
        people = await form(request, list[str])
        for psn_no in people:
            self._books.run("UPDATE credential SET ended = 1 WHERE person = ?", psn_no)
        return answer({"ended": len(people)})

    async def _designate(self, request: Request) -> Response:
        institutions = await form(request, list[Designated])
        with self._books.together():
            for one in institutions:
                self._books.run(
                    "INSERT OR REPLACE INTO institution VALUES (?, ?, ?)",
                    *(one.code, one.name, one.online),
                )
        return answer({"institutions": len(institutions)})

    async def _list(self, request: Request) -> Response:
        items = await form(request, list[Entry])
        with self._books.together():
            for one in items:
                self._books.run(
                    "INSERT OR REPLACE INTO item VALUES (?, ?, ?, ?, ?)",
                    *(one.code, one.level, str(one.first_share), one.standard_fen, one.is_drug),
                )
        return answer({"items": len(items)})

    async def _show(self, _: Request) -> Response:
        rows = self._books.all("SELECT * FROM settlement ORDER BY rowid DESC LIMIT ?", NEWEST)
        return answer([dict(row) for row in rows])


def _is_settling(message: Message) -> bool:
    return message.infno in {"2207", "2102"}
