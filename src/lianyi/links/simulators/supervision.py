"""A province's supervision platform: it knows who is licensed, and takes reports of nobody else.

POST /v1/reports, GET /v1/reports/{key}, GET /v1/tallies/{institution}/{day}
                       signed both ways, see `links.signed`
POST /strike           {"licence": …}: forget a professional, as a slip in the register would
GET  /books            how many reports of each kind and institution were taken
"""

import secrets
from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from lianyi.kernel.config import Config
from lianyi.kernel.crypto import sm3
from lianyi.kernel.errand import Outcome
from lianyi.links.inspectorate import REPORTS, TALLIES, Said, Sent
from lianyi.links.simulators import door
from lianyi.links.simulators.door import Door
from lianyi.links.simulators.machine import Count, Faults, Machine, answer, form
from lianyi.links.supervision import Receipt, Report, Tally, digest, tally_digest

SCHEMA = """
CREATE TABLE IF NOT EXISTS said (key TEXT PRIMARY KEY, request BLOB NOT NULL, said BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS held (
  institution TEXT NOT NULL, kind TEXT NOT NULL, number TEXT NOT NULL, edition INTEGER NOT NULL,
  day TEXT NOT NULL, content BLOB NOT NULL, receipt TEXT NOT NULL,
  PRIMARY KEY (institution, kind, number));
CREATE TABLE IF NOT EXISTS institution (code TEXT PRIMARY KEY, until TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS practitioner (
  licence TEXT NOT NULL, institution TEXT NOT NULL, PRIMARY KEY (licence, institution))
"""
LICENCE, PRACTITIONER = "licence", "practitioner"
# What a report of each kind must say, and which of it names a professional.
WANTED: Mapping[str, tuple[str, ...]] = {
    LICENCE: ("name", "kind", "licence", "until"),
    PRACTITIONER: ("licence", "role"),
    "visit": ("patient", "doctor", "began", "ended", "end"),
    "prescription": ("patient", "doctor", "visit", "lines", "document"),
    "review": ("prescription", "pharmacist", "decision"),
    "dispense": ("prescription", "patient", "pharmacist", "packs"),
}
# What a visit must say besides, by how it ended.
WANTED_AT_END: Mapping[str, tuple[str, ...]] = {
    "recorded": ("diagnoses", "note"),
    "counselled": (),
    "offline": ("reasons",),
    "refused": (),
    "unanswered": (),
    "stopped": ("reasons",),
}
NAMES = ("doctor", "pharmacist")


class Refusal(Exception):
    """A code of the platform's own list, and what of the report it is about."""

    def __init__(self, code: str, about: str = "") -> None:
        super().__init__(code)
        self.code, self.about = code, about


class Struck(msgspec.Struct, frozen=True):
    licence: str


def app(config: Config) -> ASGIApp:
    return Platform(Machine(config, "supervision", f"{door.SCHEMA};{SCHEMA}", Gaps())).app()


class Gaps(Faults):
    unheard: Count = 0  # known and answered, but a gateway on the way says that nobody was there


class Platform:
    def __init__(self, machine: Machine[Gaps]) -> None:
        self._machine = machine
        self._books = machine.books
        self._door = Door(machine)

    def app(self) -> ASGIApp:
        return self._machine.app(
            signed=[
                Route(REPORTS, self._report, methods=["POST"]),
                Route(REPORTS + "/{key}", self._show),
                Route(TALLIES + "/{institution}/{day}", self._tally),
            ],
            demo=[Route("/strike", self._strike, methods=["POST"]), Route("/books", self._count)],
        )

    async def _report(self, request: Request) -> Response:
        body = await request.body()
        if not self._door.is_signed(request, body):
            return self._door.say(request, {}, HTTPStatus.UNAUTHORIZED)
        sent, asked = msgspec.json.decode(body, type=Sent), sm3(body)
        known = self._books.one("SELECT * FROM said WHERE key = ?", sent.key)
        if known is None:
            return self._told(request, self._heard(sent, asked))
        if known["request"] != asked:
            return self._door.say(request, {}, HTTPStatus.CONFLICT)
        return self._told(request, msgspec.Raw(known["said"]))

    async def _show(self, request: Request) -> Response:
        if not self._door.is_signed(request, b""):
            return self._door.say(request, {}, HTTPStatus.UNAUTHORIZED)
        known = self._books.one("SELECT * FROM said WHERE key = ?", request.path_params["key"])
        if known is None:
            return self._door.say(request, {}, HTTPStatus.NOT_FOUND)
        return self._told(request, msgspec.Raw(known["said"]))

    def _told(self, request: Request, said: Said | msgspec.Raw) -> Response:
        gone = self._machine.goes_wrong("unheard")
        return self._door.say(request, said, HTTPStatus.BAD_GATEWAY if gone else HTTPStatus.OK)

    async def _tally(self, request: Request) -> Response:
        if not self._door.is_signed(request, b""):
            return self._door.say(request, {}, HTTPStatus.UNAUTHORIZED)
        asked = request.path_params
        rows = self._books.all(
            "SELECT kind, number, receipt FROM held WHERE institution = ? AND day = ?",
            asked["institution"],
            asked["day"],
        )
        kinds = [str(row["kind"]) for row in rows]
        counts = {kind: kinds.count(kind) for kind in sorted(set(kinds))}
        held = tally_digest((row["kind"], row["number"], row["receipt"]) for row in rows)
        return self._door.say(request, Tally(counts, held))

    async def _strike(self, request: Request) -> Response:
        struck = await form(request, Struck)
        gone = self._books.run("DELETE FROM practitioner WHERE licence = ?", struck.licence)
        return answer({"struck": gone})

    async def _count(self, _: Request) -> Response:
        rows = self._books.all(
            "SELECT institution, kind, count(*) AS n FROM held GROUP BY institution, kind"
        )
        return answer([{**row} for row in rows])

    def _heard(self, sent: Sent, asked: bytes) -> Said:
        """Take or refuse a report and keep what was said to it, both or neither."""
        with self._books.together():
            said = self._said(sent.report)
            self._books.run(
                "INSERT INTO said VALUES (?, ?, ?)", sent.key, asked, msgspec.json.encode(said)
            )
        return said

    def _said(self, report: Report) -> Said:
        try:
            if self._machine.goes_wrong("refuse"):
                raise Refusal("NOT_ACCEPTED")
            return Said(Outcome.YES, msgspec.to_builtins(self._take(report)))
        except Refusal as refusal:
            return Said(Outcome.NO, {"code": refusal.code, "about": refusal.about})

    def _take(self, report: Report) -> Receipt:
        """Hold the report, in place of an earlier edition.

        :raises Refusal:
        """
        self._check(report)
        receipt = Receipt(secrets.token_hex(8), self._machine.now(), digest(report.content))
        self._books.run(
            "INSERT OR REPLACE INTO held VALUES (?, ?, ?, ?, ?, ?, ?)",
            report.institution,
            report.kind,
            report.number,
            report.edition,
            report.day.isoformat(),
            msgspec.json.encode(report.content),
            receipt.number,
        )
        self._register(report)
        return receipt

    def _check(self, report: Report) -> None:
        for name in _wanted(report):
            if report.content.get(name) in (None, "", []):
                raise Refusal("INCOMPLETE", name)
        if report.kind != LICENCE:
            self._check_institution(report)
        for name in NAMES:
            if name in report.content:
                self._check_practitioner(report, name)
        held = self._books.one(
            "SELECT edition FROM held WHERE institution = ? AND kind = ? AND number = ?",
            report.institution,
            report.kind,
            report.number,
        )
        if held is not None and held["edition"] >= report.edition:
            raise Refusal("OLD_EDITION", "edition")

    def _check_institution(self, report: Report) -> None:
        known = self._books.one("SELECT until FROM institution WHERE code = ?", report.institution)
        if known is None:
            raise Refusal("UNKNOWN_INSTITUTION", "institution")
        if date.fromisoformat(known["until"]) < report.day:
            raise Refusal("LICENCE_EXPIRED", "institution")

    def _check_practitioner(self, report: Report, name: str) -> None:
        known = self._books.one(
            "SELECT 1 FROM practitioner WHERE licence = ? AND institution = ?",
            report.content[name],
            report.institution,
        )
        if known is None:
            raise Refusal("UNKNOWN_PRACTITIONER", name)

    def _register(self, report: Report) -> None:
        """Believe what an institution says of its own licence and of its professionals."""
        said: dict[str, Any] = report.content
        if report.kind == LICENCE:
            self._books.run(
                "INSERT OR REPLACE INTO institution VALUES (?, ?)",
                report.institution,
                said["until"],
            )
        elif report.kind == PRACTITIONER and said.get("ended"):
            self._books.run(
                "DELETE FROM practitioner WHERE licence = ? AND institution = ?",
                said["licence"],
                report.institution,
            )
        elif report.kind == PRACTITIONER:
            self._books.run(
                "INSERT OR IGNORE INTO practitioner VALUES (?, ?)",
                said["licence"],
                report.institution,
            )


def _wanted(report: Report) -> tuple[str, ...]:
    """Return what a report must say, or refuse one of a kind or an end that nobody knows."""
    wanted = WANTED.get(report.kind)
    if wanted is None:
        raise Refusal("INCOMPLETE", "kind")
    if report.kind != "visit":
        return wanted
    end = WANTED_AT_END.get(report.content.get("end", ""))
    if end is None:
        raise Refusal("INCOMPLETE", "end")
    return (*wanted, *end)
