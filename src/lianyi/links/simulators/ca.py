"""A certification authority (CA) that keeps its holders' SM2 keys and lets a PIN open them.

POST /v1/acts, GET /v1/acts/{key}   signed both ways, see `links.signed`
GET /root                           the authority's own certificate
"""

import base64
import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from sqlite3 import Row
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from lianyi.kernel import sm2
from lianyi.kernel.config import Config
from lianyi.kernel.errand import Outcome
from lianyi.links import ca
from lianyi.links.authority import ACTS, Asked, Said
from lianyi.links.ca import Certificate, Signed, Stamped, Unlocked
from lianyi.links.simulators import door, x509
from lianyi.links.simulators.door import Door
from lianyi.links.simulators.machine import Faults, Machine

SCHEMA = """
CREATE TABLE IF NOT EXISTS certificate (
  serial TEXT PRIMARY KEY, private BLOB NOT NULL, pin BLOB NOT NULL, salt BLOB NOT NULL,
  wrong INTEGER NOT NULL DEFAULT 0, expires_at TEXT NOT NULL, revoked TEXT);
CREATE TABLE IF NOT EXISTS unlocked (
  token TEXT PRIMARY KEY, serial TEXT NOT NULL REFERENCES certificate, until TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS act (key TEXT PRIMARY KEY, request BLOB NOT NULL, said BLOB NOT NULL)
"""
NAME = x509.name("联医演示 CA", "联医演示", ca.TEST)
VALID = timedelta(days=2 * 365)
ROOT_VALID = timedelta(days=20 * 365)
TRIES = 5  # wrong PINs before a certificate is blocked


class Refusal(Exception):
    """A code of the authority's own list."""


def app(config: Config) -> ASGIApp:
    return Office(Machine(config, "ca", f"{door.SCHEMA};{SCHEMA}", Faults())).app()


class Office:
    def __init__(self, machine: Machine[Faults]) -> None:
        self._machine = machine
        self._books = machine.books
        self._door = Door(machine)
        self._key, self._root = self._own()
        machine.give_file(ca.ROOT, self._root.encode())

    def _own(self) -> tuple[bytes, str]:
        """Return the authority's own key and certificate, made at the first start."""
        if not self._books.setting("key", ""):
            key, now = sm2.new_key(), self._machine.now()
            public = sm2.public_key(key, der=True)
            draft = x509.Draft(
                1, NAME, NAME, public, public, now, now + ROOT_VALID, is_authority=True
            )
            with self._books.together():
                self._books.set("key", key.decode())
                self._books.set("root", x509.signed(draft, key))
        return self._books.setting("key", "").encode(), self._books.setting("root", "")

    def app(self) -> ASGIApp:
        return self._machine.app(
            signed=[Route(ACTS, self._act, methods=["POST"]), Route(ACTS + "/{key}", self._show)],
            demo=[Route("/root", self._show_root)],
        )

    async def _act(self, request: Request) -> Response:
        body = await request.body()
        if not self._door.is_signed(request, body):
            return self._door.say(request, {}, HTTPStatus.UNAUTHORIZED)
        if self._machine.goes_wrong("refuse"):
            return self._door.say(request, {}, HTTPStatus.FORBIDDEN)
        asked, digest = msgspec.json.decode(body, type=Asked), hashlib.sha256(body).digest()
        known = self._books.one("SELECT * FROM act WHERE key = ?", asked.key)
        if known is None:
            return self._door.say(request, self._done(asked, digest))
        if known["request"] != digest:
            return self._door.say(request, {}, HTTPStatus.CONFLICT)
        return self._door.say(request, msgspec.Raw(known["said"]))

    async def _show(self, request: Request) -> Response:
        if not self._door.is_signed(request, b""):
            return self._door.say(request, {}, HTTPStatus.UNAUTHORIZED)
        known = self._books.one("SELECT * FROM act WHERE key = ?", request.path_params["key"])
        if known is None:
            return self._door.say(request, {}, HTTPStatus.NOT_FOUND)
        return self._door.say(request, msgspec.Raw(known["said"]))

    async def _show_root(self, _: Request) -> Response:
        return PlainTextResponse(self._root)

    def _done(self, asked: Asked, digest: bytes) -> Said:
        """Do an act and keep what was said to it, both or neither."""
        with self._books.together():
            said = self._do(asked.act)
            self._books.run(
                "INSERT INTO act VALUES (?, ?, ?)", asked.key, digest, msgspec.json.encode(said)
            )
        return said

    def _do(self, act: ca.Act) -> Said:
        acts: dict[type, Callable[[Any], object]] = {
            ca.Issue: self._issue,
            ca.Unlock: self._unlock,
            ca.Sign: self._sign,
            ca.Revoke: self._revoke,
            ca.Stamp: lambda stamp: self._stamp(stamp.digest),
        }
        try:
            return Said(Outcome.YES, msgspec.to_builtins(acts[type(act)](act)))
        except Refusal as refusal:
            return Said(Outcome.NO, {"code": str(refusal)})

    def _issue(self, act: ca.Issue) -> Certificate:
        key, serial, now = sm2.new_key(), secrets.randbits(120) + 1, self._machine.now()
        draft = x509.Draft(
            serial,
            NAME,
            x509.name(act.name, act.organization, act.holder.hex),
            sm2.public_key(key, der=True),
            sm2.public_key(self._key, der=True),
            now,
            now + VALID,
        )
        issued = Certificate(
            f"{serial:X}",
            x509.signed(draft, self._key),
            sm2.public_key(key).decode(),
            draft.ends_at,
        )
        salt = secrets.token_bytes(16)
        self._books.run(
            "INSERT INTO certificate (serial, private, pin, salt, expires_at)"
            " VALUES (?, ?, ?, ?, ?)",
            issued.serial,
            key,
            _stretched(act.pin, salt),
            salt,
            issued.expires_at.isoformat(),
        )
        return issued

    def _unlock(self, act: ca.Unlock) -> Unlocked:
        certificate = self._live(act.serial)
        if certificate["wrong"] >= TRIES:
            raise Refusal("PIN_BLOCKED")
        if not secrets.compare_digest(_stretched(act.pin, certificate["salt"]), certificate["pin"]):
            self._books.run("UPDATE certificate SET wrong = wrong + 1 WHERE serial = ?", act.serial)
            raise Refusal("PIN_WRONG")
        self._books.run("UPDATE certificate SET wrong = 0 WHERE serial = ?", act.serial)
        until = self._machine.now() + timedelta(hours=act.hours)
        unlocked = Unlocked(secrets.token_urlsafe(24), until)
        self._books.run(
            "INSERT INTO unlocked VALUES (?, ?, ?)", unlocked.token, act.serial, until.isoformat()
        )
        return unlocked

    def _sign(self, act: ca.Sign) -> Signed:
        certificate = self._live(act.serial)
        unlocked = self._books.one(
            "SELECT until FROM unlocked WHERE token = ? AND serial = ?", act.token, act.serial
        )
        if unlocked is None or _has_passed(unlocked["until"], self._machine.now()):
            raise Refusal("LOCKED")
        signature = sm2.sign(certificate["private"], bytes.fromhex(act.digest))
        return Signed(base64.b64encode(signature).decode(), self._stamp(act.digest))

    def _revoke(self, act: ca.Revoke) -> dict[str, str]:
        """Revoke at once and for ever: the key can't be opened again."""
        self._live(act.serial)
        self._books.run(
            "UPDATE certificate SET revoked = ? WHERE serial = ?", act.reason, act.serial
        )
        return {}

    def _live(self, serial: str) -> Row:
        certificate = self._books.one("SELECT * FROM certificate WHERE serial = ?", serial)
        if certificate is None:
            raise Refusal("NO_CERTIFICATE")
        if certificate["revoked"] is not None:
            raise Refusal("REVOKED")
        if _has_passed(certificate["expires_at"], self._machine.now()):
            raise Refusal("EXPIRED")
        return certificate

    def _stamp(self, digest: str) -> Stamped:
        at = self._machine.now()
        stamp = sm2.sign(self._key, ca.stamped(digest, at))
        public = sm2.public_key(self._key).decode()
        return Stamped(at, base64.b64encode(stamp).decode(), public)


def _stretched(pin: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", pin.encode(), salt, 100_000)


def _has_passed(text: str, now: datetime) -> bool:
    return datetime.fromisoformat(text) <= now
