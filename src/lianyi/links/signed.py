"""HMAC-SHA256 on both ways of a wire, for neighbours whose provinces agreed on nothing better.

A request is signed over method, path, time, nonce and body; its answer over the same nonce, the
status and the body, so that an old answer can't be passed off as a new one.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import httpx
import msgspec

from lianyi.links import client, wire

T = TypeVar("T")

CUSTOMER, TIME, NONCE, SIGNATURE = ("x-customer", "x-time", "x-nonce", "x-signature")


class Customer(msgspec.Struct, frozen=True):
    """What a provider gives a customer."""

    id: str
    secret: str


def of_request(secret: str, *, method: str, path: str, time: str, nonce: str, body: bytes) -> str:
    return _sign(secret, method, path, time, nonce, hashlib.sha256(body).hexdigest())


def of_answer(secret: str, nonce: str, status: int, body: bytes) -> str:
    return _sign(secret, nonce, str(status), hashlib.sha256(body).hexdigest())


def _sign(secret: str, *parts: str) -> str:
    return hmac.new(secret.encode(), "\n".join(parts).encode(), "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class SignedWire:
    client: httpx.AsyncClient
    url: str
    papers: Path
    real: Callable[[], datetime]

    async def get(self, path: str, kind: type[T]) -> tuple[int, T | None]:
        return await self._call("GET", path, b"", kind)

    async def post(self, path: str, body: object, kind: type[T]) -> tuple[int, T | None]:
        """Return the status and, on success, the answer.

        :raises OSError: also when the answer isn't the neighbour's.
        """
        return await self._call("POST", path, msgspec.json.encode(body), kind)

    async def _call(
        self, method: str, path: str, body: bytes, kind: type[T]
    ) -> tuple[int, T | None]:
        customer = wire.papers(self.papers, Customer)
        time, nonce = self.real().isoformat(), uuid4().hex
        headers = {
            CUSTOMER: customer.id,
            TIME: time,
            NONCE: nonce,
            SIGNATURE: of_request(
                customer.secret, method=method, path=path, time=time, nonce=nonce, body=body
            ),
        }
        request = self.client.build_request(method, self.url + path, content=body, headers=headers)
        answer = await client.send(self.client, request)
        expected = of_answer(customer.secret, nonce, answer.status_code, answer.content)
        if not hmac.compare_digest(expected, answer.headers.get(SIGNATURE, "")):
            raise wire.Unanswered
        said = wire.read(answer.content, kind) if answer.is_success else None
        return answer.status_code, said
