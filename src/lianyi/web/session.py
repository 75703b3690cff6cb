"""Who is asking: the browser's cookie becomes a hat, or nobody's.

The cookie holds a random token and nothing else; all that is known about a session lives in the
database. This stands inside the other middleware, so that its troubles are answered as pages.
"""

import re
from collections.abc import Callable, Sequence
from functools import partial
from urllib.parse import quote

from starlette.datastructures import State
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from lianyi.accounts import queries as accounts
from lianyi.accounts.errors import SignedOut
from lianyi.accounts.model import SESSION_LIFE, Opened, Session
from lianyi.kernel.actor import NOWHERE, Actor, system
from lianyi.kernel.moment import Moment
from lianyi.kernel.named import ALWAYS, Part
from lianyi.kernel.presumed import PRESUMED, PresumedHat, Tokens
from lianyi.kernel.work import App, reading
from lianyi.web import answer, nav

COOKIE = "lianyi"
OPEN = ("/static/", "/healthz", "/readyz", "/metrics", "/preferences")  # asked by nobody
# Where answers ask by themselves whether a session still is. To one that forgets it, nobody asks.
PRESUMING = ("/fhir/",)
RUSH = re.compile(r"/book/sessions/[^/]+$|/appointments/[^/]+/confirm$")  # of what is posted
MOST = 10_000  # sessions known to have been
DOOR = system("door", NOWHERE)


class Sessions:
    """Puts `user` (an Actor or None) and `session` into the scope of every request.

    Of one that may be `PRESUMED` neither is there before it is proven.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._tokens: Tokens[Session] = Tokens(_sessions, most=MOST)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(OPEN):
            token = scope["state"]["cookies"].get(COOKIE, "")
            seen = self._tokens.seen(token) if _may_presume(scope) else None
            if seen is None:
                await self._prove(scope, token)
            else:
                hat, prove = _hat(scope, seen), partial(self._prove, scope, token)
                scope["session"] = scope["user"] = None
                scope[PRESUMED] = PresumedHat(hat, partial(accounts.still, session=seen), prove)
        await self.app(scope, receive, send)

    async def _prove(self, scope: Scope, token: str) -> None:
        session = await self._tokens.ask(scope["app"].state, token)
        scope[PRESUMED], scope["session"] = None, session
        scope["user"] = session and _hat(scope, session)


def _may_presume(scope: Scope) -> bool:
    path: str = scope["path"]
    return path.startswith(PRESUMING) or (scope["method"] == "POST" and bool(RUSH.match(path)))


async def _sessions(state: State, tokens: Sequence[str]) -> dict[str, Session]:
    app: App = state.lianyi
    return await reading(app, DOOR, lambda tx: accounts.sessions(tx, tokens=tokens))


def _hat(scope: Scope, session: Session) -> Actor:
    hat = session.hat
    return Actor(
        hat.person_id,
        hat.post_id,
        hat.institution_id,
        hat.role,
        hat.for_person_id,
        request_id=scope["state"]["request_id"],
        session_id=hat.session_id,
    )


def user(connection: HTTPConnection) -> Actor:
    """Return the hat that asks.

    :raises SignedOut:
    """
    hat: Actor | None = connection.scope.get("user")
    if hat is None:
        raise SignedOut
    return hat


def worn(request: Request) -> tuple[Actor, Callable[[Moment], Part]]:
    """Return the hat that asks, and what has to hold if it is presumed.

    :raises SignedOut:
    """
    presumed: PresumedHat | None = request.scope.get(PRESUMED)
    if presumed is None:
        return user(request), lambda _: ALWAYS
    return presumed.actor, lambda at: accounts.still_of_each(presumed.still(at))


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
    """Lead who is not signed in to the sign-in page of their kind, and from there back."""
    if request.method == "GET" and not answer.wants_json(request):
        door = "/sign-in/staff" if nav.is_for_staff(request.url.path) else "/sign-in"
        return answer.go(request, f"{door}?back={quote(request.url.path, safe='/')}")
    return await answer.refuse(request, trouble)
