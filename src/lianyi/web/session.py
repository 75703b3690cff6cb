"""Who is asking: the browser's cookie becomes a hat, or nobody's.

The cookie holds a random token and nothing else; all that is known about a session lives in the
database. This stands inside the other middleware, so that its troubles are answered as pages.
"""

from dataclasses import replace
from urllib.parse import quote

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from lianyi.accounts import queries as accounts
from lianyi.accounts.errors import SignedOut
from lianyi.accounts.model import SESSION_LIFE, Opened, Session
from lianyi.kernel.actor import NOWHERE, Actor, system
from lianyi.kernel.work import App, reading
from lianyi.web import answer

COOKIE = "lianyi"
OPEN = ("/static/", "/healthz", "/readyz", "/metrics", "/preferences")  # asked by nobody
DOOR = system("door", NOWHERE)


class Sessions:
    """Puts `user` (an Actor or None) and `session` into the scope of every request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(OPEN):
            session = await _find(HTTPConnection(scope))
            scope["session"] = session
            scope["user"] = session and _hat(scope, session)
        await self.app(scope, receive, send)


async def _find(connection: HTTPConnection) -> Session | None:
    token = connection.cookies.get(COOKIE)
    if not token:
        return None
    app: App = connection.app.state.lianyi
    return await reading(app, DOOR, lambda tx: accounts.session(tx, token=token))


def _hat(scope: Scope, session: Session) -> Actor:
    return replace(session.hat, request_id=scope["state"]["request_id"])


def user(connection: HTTPConnection) -> Actor:
    """Return the hat that asks.

    :raises SignedOut:
    """
    hat: Actor | None = connection.scope.get("user")
    if hat is None:
        raise SignedOut
    return hat


def current(connection: HTTPConnection) -> Session:
    """Return the session that asks.

    :raises SignedOut:
    """
    session: Session | None = connection.scope.get("session")
    if session is None:
        raise SignedOut
    return session


def app_of(request: Request) -> App:
    """Return the kernel's app, which every unit of work needs."""
    app: App = request.app.state.lianyi
    return app


def give(request: Request, response: Response, opened: Opened) -> None:
    """Hand the browser its token."""
    response.set_cookie(
        COOKIE,
        opened.token,
        max_age=int(SESSION_LIFE.total_seconds()),
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def take_away(response: Response) -> None:
    response.delete_cookie(COOKIE)


async def lead_in(request: Request, trouble: Exception) -> Response:
    """Lead a reader who is not signed in to the sign-in page, and from there back."""
    if request.method == "GET" and not answer.wants_json(request):
        return answer.go(request, f"/sign-in?back={quote(request.url.path, safe='/')}")
    return await answer.refuse(request, trouble)
