"""Who asks, where a token says it: the hat that an app wears, or nobody's.

Only FHIR takes tokens. A request that brings one is never asked for its cookie; a page never for
a token.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from starlette.datastructures import MutableHeaders, State
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lianyi.accounts import queries as accounts
from lianyi.journeys import app_tokens
from lianyi.kernel.actor import NOWHERE, Actor, system
from lianyi.kernel.headers import header
from lianyi.kernel.presumed import PRESUMED, PresumedHat, Tokens
from lianyi.kernel.work import App, reading
from lianyi.smart import places

DOOR = system("smart", NOWHERE)
ASKING = frozenset({"http", "websocket"})
MOST = 10_000  # tokens known to have been
CROSSING = (places.FHIR + "/", places.TOKEN, places.REVOKE)  # what pages of apps may ask
# What every page may: there one finds out what there is, and nobody is told anything of anyone.
OPEN = frozenset({*places.DISCOVERED, f"{places.FHIR}/metadata"})
ALLOWED = {
    "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE",
    "access-control-allow-headers": (
        "authorization, content-type, accept, prefer, if-match, if-none-match, if-modified-since,"
        " if-none-exist, idempotency-key"
    ),
    "access-control-max-age": "600",
}
EXPOSED = "etag, last-modified, location, content-location, www-authenticate, x-request-id"


class Bearers:
    """Stands inside the sessions: what a token says takes the place of what a cookie said."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._tokens: Tokens[Actor] = Tokens(_hats, most=MOST)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ASKING and scope["path"].startswith(places.FHIR):
            if scope["type"] == "websocket":  # which no cookie ever opens
                scope["user"] = None
            scheme, _, token = header(scope, b"authorization").partition(" ")
            if scheme:
                scope["session"] = scope["user"] = scope[PRESUMED] = None
                if scheme.lower() == "bearer":
                    await self._read(scope, token)
        await self.app(scope, receive, send)

    async def _read(self, scope: Scope, token: str) -> None:
        """Say whose token it is: presumed, of one that has been here."""
        seen = self._tokens.seen(token) if scope["type"] == "http" else None
        if seen is None:
            await self._prove(scope, token)
            return
        still, prove = partial(accounts.still_held, token=token), partial(self._prove, scope, token)
        scope[PRESUMED] = PresumedHat(_asking(scope, seen), still, prove)

    async def _prove(self, scope: Scope, token: str) -> None:
        hat = await self._tokens.ask(scope["app"].state, token)
        scope[PRESUMED], scope["user"] = None, hat and _asking(scope, hat)


class Origins:
    """INT-05: pages of registered apps may ask FHIR and for tokens; no others, and no cookies.

    Whatever page it is may find out what there is.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = header(scope, b"origin") if _crosses(scope) else ""
        if not origin:
            await self.app(scope, receive, send)
            return
        allowed = await _allowed(scope, origin)
        if scope["method"] == "OPTIONS" and header(scope, b"access-control-request-method"):
            given = {**ALLOWED, **_opened(allowed)} if allowed else {}
            await PlainTextResponse("", 204 if allowed else 403, given)(scope, receive, send)
            return

        async def opened(message: Message) -> None:
            if message["type"] == "http.response.start" and allowed:
                MutableHeaders(scope=message).update(_opened(allowed))
            await send(message)

        await self.app(scope, receive, opened)


def _crosses(scope: Scope) -> bool:
    if scope["type"] != "http":
        return False
    path: str = scope["path"]
    return path == places.FHIR or path.startswith(CROSSING) or path in OPEN


async def _allowed(scope: Scope, origin: str) -> str:
    """Return which pages may read the answer: this origin's, all, or (nothing) none."""
    if scope["path"] in OPEN:
        return "*"
    app: App = scope["app"].state.lianyi
    known = await reading(app, DOOR, lambda tx: accounts.knows_origin(tx, origin=origin))
    return origin if known else ""


def _opened(origin: str) -> dict[str, str]:
    return {
        "access-control-allow-origin": origin,
        "access-control-expose-headers": EXPOSED,
        "vary": "Origin, Cookie, Authorization, Accept",
        "cross-origin-resource-policy": "cross-origin",
    }


def _asking(scope: Scope, hat: Actor) -> Actor:
    return replace(hat, request_id=scope.get("state", {}).get("request_id", ""))


async def _hats(state: State, tokens: Sequence[str]) -> dict[str, Actor]:
    app: App = state.lianyi
    return await reading(app, DOOR, lambda tx: app_tokens.hats(tx, tokens=list(tokens)))
