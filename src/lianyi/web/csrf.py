"""No other site can make a browser act here: where a request comes from, and a token per form.

`SameSite` asks the browser whether the page that sends a request is ours. The token is the second
lock, for browsers too old to say: a random cookie, drawn masked into every form (another mask each
time, so that compression of the page tells nothing about it) and compared when the form returns.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from contextvars import ContextVar
from hmac import compare_digest
from secrets import token_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

COOKIE = FIELD = "csrf"
SIZE = 16
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

secret: ContextVar[bytes] = ContextVar("csrf")


def token() -> str:
    """Return the secret of this browser under a fresh mask, for one form."""
    mask = token_bytes(SIZE)
    return urlsafe_b64encode(mask + _xor(mask, secret.get())).decode()


def matches(given: str) -> bool:
    """Tell whether a form was drawn for this browser: one that sent no cookie has drawn none."""
    try:
        raw = urlsafe_b64decode(given)
    except (Error, ValueError):
        return False
    return compare_digest(_xor(raw[:SIZE], raw[SIZE:]), secret.get())


def encode(own: bytes) -> str:
    return own.hex()


def decode(cookie: str) -> bytes | None:
    try:
        own = bytes.fromhex(cookie)
    except ValueError:
        return None
    return own if len(own) == SIZE else None


def _xor(left: bytes, right: bytes) -> bytes:
    size = min(len(left), len(right))
    mixed = int.from_bytes(left[:size], "big") ^ int.from_bytes(right[:size], "big")
    return mixed.to_bytes(size, "big")


def comes_from_us(scope: Scope) -> bool:
    """Return whether an unsafe request was sent by a page of this site or by no page at all.

    Without a cookie a request has nothing to abuse: machines with tokens pass from anywhere.
    """
    if scope["method"] in SAFE:
        return True
    headers = dict(reversed(scope["headers"]))  # of several of a name the first counts
    if b"cookie" not in headers:
        return True
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        return site in (b"same-origin", b"none")
    origin = headers.get(b"origin")
    return origin is None or origin == scope["scheme"].encode() + b"://" + headers.get(b"host", b"")


class SameSite:
    """Refuses before anything is read; its answer has no page, being for no reader of ours."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not comes_from_us(scope):
            await _forbid(send)
        else:
            await self.app(scope, receive, send)


async def _forbid(send: Send) -> None:
    headers = [(b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": b"cross-site request"})
