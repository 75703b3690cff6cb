"""The other end of a wire that is signed both ways (`links.signed`)."""

import hmac
import secrets
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from lianyi.links import signed
from lianyi.links.signed import Customer
from lianyi.links.simulators.machine import F, Machine, answer

SCHEMA = "CREATE TABLE IF NOT EXISTS nonce (nonce TEXT PRIMARY KEY)"
FRESH = timedelta(minutes=5)


class Door:
    """Knows the one customer, whose papers it makes at the first start."""

    def __init__(self, machine: Machine[F]) -> None:
        self._books = machine.books
        for name in ("id", "secret"):
            self._books.set(name, self._books.setting(name, secrets.token_hex(16)))
        self._customer = Customer(self._books.setting("id", ""), self._books.setting("secret", ""))
        machine.give(self._customer)

    def is_signed(self, request: Request, body: bytes) -> bool:
        """Return whether our customer has signed this request now, and for the first time."""
        told = request.headers
        time, nonce = told.get(signed.TIME, ""), told.get(signed.NONCE, "")
        expected = signed.of_request(
            self._customer.secret,
            method=request.method,
            path=request.url.path,
            time=time,
            nonce=nonce,
            body=body,
        )
        return (
            told.get(signed.CUSTOMER) == self._customer.id
            and hmac.compare_digest(expected, told.get(signed.SIGNATURE, ""))
            and abs(datetime.now(UTC) - datetime.fromisoformat(time)) < FRESH
            and self._books.run("INSERT OR IGNORE INTO nonce VALUES (?)", nonce) == 1
        )

    def say(self, request: Request, said: object, status: HTTPStatus = HTTPStatus.OK) -> Response:
        response = answer(said, status)
        nonce = request.headers.get(signed.NONCE, "")
        response.headers[signed.SIGNATURE] = signed.of_answer(
            self._customer.secret, nonce, status, bytes(response.body)
        )
        return response
