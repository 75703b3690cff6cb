"""What every request gets before and after its page: a support code, a language, strict headers.

From the outside in: `Watch` counts and logs, `Dress` prepares the request and dresses the answer,
`SameSite` turns other sites away, `Rescue` turns every trouble into a page. Sessions come inside,
and innermost `Troubles`, whose answers so get what those outside put on an answer.
"""

import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from functools import cache
from secrets import token_bytes
from time import perf_counter, time
from typing import Any

from prometheus_client import Histogram
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request, cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lianyi.kernel import logs
from lianyi.kernel.refusal import Refused
from lianyi.web import answer, csrf, i18n
from lianyi.web.csrf import SameSite

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: nothing to misread on the phone
DRAWN = 8 * LETTERS.encode()  # which of them each byte is
ANSWERED = "answered"  # with which status, in the scope of a request
YEAR = 31_536_000  # seconds
STRICT = (b"strict-transport-security", f"max-age={YEAR}".encode())
THEMES = ("auto", "light", "dark")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; frame-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(self), geolocation=(), payment=()",
}
DRESS = tuple((name.encode(), value.encode()) for name, value in HEADERS.items())

Header = tuple[bytes, bytes]
Handler = Callable[[Any, Exception], Awaitable[Response]]

log = logging.getLogger("lianyi.web")
request_id: ContextVar[str] = ContextVar("request_id", default="")
seconds = Histogram("lianyi_web_seconds", "Time to answer", ("method", "page", "status"))


def support_code() -> str:
    """Return a code like K3F9-22QD that a person can read out and a log can be searched for."""
    code = token_bytes(8).translate(DRAWN).decode()
    return f"{code[:4]}-{code[4:]}"


class Watch:
    """Counts and logs by the name of the page; paths may hold what belongs to a person."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        since = perf_counter()

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                scope[ANSWERED] = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            took, status = perf_counter() - since, scope.get(ANSWERED, 500)
            name = page_name(scope)
            _of(scope["method"], name, status).observe(took)
            code = scope.get("state", {}).get("request_id", "")
            logs.note(log, f"{scope['method']} {name} {status} {took * 1000:.0f} ms {code}")


@cache
def _of(method: str, page: str, status: int) -> Histogram:
    """Return the histogram of one kind of answer, which costs more to find than to feed."""
    return seconds.labels(method, page, str(status))


def page_name(scope: Scope) -> str:
    """Return the module and function that answered, which are few, unlike paths."""
    endpoint = scope.get("endpoint")
    module = getattr(endpoint, "__module__", "").removeprefix("lianyi.")
    return f"{module}.{getattr(endpoint, '__name__', '')}" if module else "none"


class Dress:
    """Gives the request its code, language and looks, and the answer its headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        fresh = _prepare(scope)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _dressed(message["headers"], scope, fresh)
            await send(message)

        await self.app(scope, receive, dressed)


def _prepare(scope: Scope) -> str:
    """Fill in what pages read from `request.state`; return a cookie to set, if there is none."""
    cookies, asked = _sent(scope)
    own = csrf.decode(cookies.get(csrf.COOKIE, ""))
    theme = cookies.get("theme", "")
    code = support_code()
    language = i18n.preferred(cookies.get("language", ""), asked)
    scope.setdefault("state", {}).update(
        request_id=code,
        began=time(),
        cookies=cookies,
        language=language,
        elder=cookies.get("elder") == "1",
        theme=theme if theme in THEMES else THEMES[0],
    )
    request_id.set(code)
    i18n.language.set(language)
    secret = own or token_bytes(csrf.SIZE)
    csrf.secret.set(secret)
    return "" if own else csrf.encode(secret)


def _sent(scope: Scope) -> tuple[dict[str, str], str]:
    """Return the cookies, and which languages are asked for."""
    cookies: dict[str, str] = {}
    languages = ""
    for name, value in scope["headers"]:
        if name == b"cookie":
            cookies.update(cookie_parser(value.decode("latin-1")))
        elif name == b"accept-language":
            languages = languages or value.decode("latin-1")
    return cookies, languages


def _dressed(headers: Sequence[Header], scope: Scope, fresh: str) -> list[Header]:
    given = {name for name, _ in headers}
    code = (b"x-request-id", scope["state"]["request_id"].encode())
    worn = [*headers, *(pair for pair in DRESS if pair[0] not in given), code]
    if scope["scheme"] == "https" and STRICT[0] not in given:
        worn.append(STRICT)
    if fresh and _is_page(headers):
        cookie = f"{csrf.COOKIE}={fresh}; Path=/; Secure; HttpOnly; SameSite=Lax"
        worn.append((b"set-cookie", cookie.encode()))
    return worn


def _is_page(headers: Sequence[Header]) -> bool:
    return any(name == b"content-type" and kind.startswith(b"text/html") for name, kind in headers)


class Rescue:
    """Answers a refusal raised before any page was found, and every bug, by its support code."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        except Exception as trouble:
            if scope["type"] != "http" or ANSWERED in scope:
                raise
            response = await _rescue(Request(scope, receive), trouble)
            await response(scope, receive, send)


class Troubles(ExceptionMiddleware):
    """Answers what is refused, inside all others; whether an answer has begun `Watch` has noted."""

    def __init__(self, app: ASGIApp, handlers: Mapping[Any, Handler]) -> None:
        super().__init__(app, handlers)
        self._handlers = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        try:
            await self.app(scope, receive, send)
        except Exception as trouble:
            kinds = (self._handlers.get(kind) for kind in type(trouble).__mro__)
            handler = next(filter(None, kinds), None)
            if handler is None or ANSWERED in scope:
                raise
            response = await handler(Request(scope, receive), trouble)
            await response(scope, receive, send)


class Site(Starlette):
    """An application without the framework's last resort, which is ours: see `Rescue`."""

    def build_middleware_stack(self) -> ASGIApp:
        inner = Middleware(Troubles, handlers=self.exception_handlers)
        app: ASGIApp = self.router
        for cls, args, named in reversed([*self.user_middleware, inner]):
            app = cls(app, *args, **named)
        return app


async def _rescue(request: Request, trouble: Exception) -> ASGIApp:
    if isinstance(trouble, Refused):
        return await answer.refuse(request, trouble)
    if isinstance(trouble, HTTPException):
        return await answer.turn_away(request, trouble)
    report(trouble, request.state.request_id)
    return answer.broken(request)


def report(bug: BaseException, code: str) -> None:
    """Log a bug by type and place only: its message may quote a person's data."""
    frames = traceback.extract_tb(bug.__traceback__)
    places = "\n".join(f"  {f.filename}:{f.lineno} {f.name}" for f in frames)
    log.error("bug %s %s\n%s", code, type(bug).__qualname__, places)


def stack(*inside: Middleware) -> list[Middleware]:
    """Return the middleware of the pages, with the given ones (sessions) innermost."""
    return [Middleware(Watch), Middleware(Dress), Middleware(SameSite), Middleware(Rescue), *inside]
