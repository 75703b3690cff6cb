"""A province's identity check (三要素核验) over a demo's invented population.

POST /v1/checks, GET /v1/checks/{key}   signed both ways, see `links.signed`
POST /people                            [{name, id_number, phone}]: who lives here
"""

import secrets
from http import HTTPStatus

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from lianyi.kernel.config import Config
from lianyi.links.identity import CHECKS, Check, Claim, Result
from lianyi.links.identity import Request as Asked
from lianyi.links.simulators import door
from lianyi.links.simulators.door import Door
from lianyi.links.simulators.machine import Faults, Machine, answer, form

SCHEMA = """
CREATE TABLE IF NOT EXISTS person (
  id_number TEXT NOT NULL, name TEXT NOT NULL, phone TEXT NOT NULL, PRIMARY KEY (id_number, phone));
CREATE TABLE IF NOT EXISTS checked (
  key TEXT PRIMARY KEY, request BLOB NOT NULL, result TEXT NOT NULL, serial TEXT NOT NULL)
"""


def app(config: Config) -> ASGIApp:
    return Registry(Machine(config, "identity", f"{door.SCHEMA};{SCHEMA}", Faults())).app()


class Registry:
    def __init__(self, machine: Machine[Faults]) -> None:
        self._machine = machine
        self._books = machine.books
        self._door = Door(machine)

    def app(self) -> ASGIApp:
        return self._machine.app(
            signed=[
                Route(CHECKS, self._check, methods=["POST"]),
                Route(CHECKS + "/{key}", self._show),
            ],
            demo=[Route("/people", self._people, methods=["POST"])],
        )

    async def _check(self, request: Request) -> Response:
        body = await request.body()
        if not self._door.is_signed(request, body):
            return self._door.say(request, {}, HTTPStatus.UNAUTHORIZED)
        if self._machine.goes_wrong("refuse"):
            return self._door.say(request, {}, HTTPStatus.FORBIDDEN)
        asked = msgspec.json.decode(body, type=Asked)
        self._books.run(
            "INSERT OR IGNORE INTO checked VALUES (?, ?, ?, ?)",
            asked.key,
            body,
            self._result(asked),
            secrets.token_hex(8),
        )
        kept = self._books.one("SELECT * FROM checked WHERE key = ?", asked.key)
        if kept is None or kept["request"] != body:
            return self._door.say(request, {}, HTTPStatus.CONFLICT)
        return self._door.say(request, Check(Result(kept["result"]), kept["serial"]))

    async def _show(self, request: Request) -> Response:
        if not self._door.is_signed(request, b""):
            return self._door.say(request, {}, HTTPStatus.UNAUTHORIZED)
        kept = self._books.one("SELECT * FROM checked WHERE key = ?", request.path_params["key"])
        if kept is None:
            return self._door.say(request, {}, HTTPStatus.NOT_FOUND)
        return self._door.say(request, Check(Result(kept["result"]), kept["serial"]))

    def _result(self, asked: Asked) -> Result:
        rows = self._books.all("SELECT * FROM person WHERE id_number = ?", asked.id_number)
        if not rows:
            return Result.ABSENT
        who = (asked.name, asked.phone)
        matches = any((row["name"], row["phone"]) == who for row in rows)
        return Result.MATCH if matches else Result.MISMATCH

    async def _people(self, request: Request) -> Response:
        people = await form(request, list[Claim])
        with self._books.together():
            for person in people:
                self._books.run(
                    "INSERT OR REPLACE INTO person (id_number, name, phone) VALUES (?, ?, ?)",
                    person.id_number,
                    person.name,
                    person.phone,
                )
        return answer({"people": len(people)})
