"""Builds the site: the ground of this package, and the pages and sessions it is given."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from lianyi.accounts.errors import SignedOut
from lianyi.kernel.live import Hub
from lianyi.kernel.refusal import Refused
from lianyi.kernel.work import App
from lianyi.web import (
    answer,
    demo,
    health,
    jinja,
    live,
    middleware,
    preferences,
    session,
    static_files,
)
from lianyi.web.doors import Doors
from lianyi.web.limits import Limit

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]
GROUND: tuple[BaseRoute, ...] = (
    static_files.ROUTE,
    live.ROUTE,
    preferences.ROUTE,
    *health.ROUTES,
    *demo.ROUTES,
)
SCANS = 30  # a minute, of papers by one address
TOKENS = 300  # a minute, asked for by one address: an app's server asks for many people
REGISTRATIONS = 20  # of apps, an hour, by one address
CODES = 120  # to phones, an hour, by one address: a clinic's waiting room shares one
# A socket that is still open has answered a ping since: one comes each 20 seconds, and its answer
# must come within 20.
PROVEN = timedelta(seconds=45)
READERS = (Middleware(session.Sessions),)


def site(
    app: App | None,
    hub: Hub,
    routes: Sequence[BaseRoute],
    *,
    lifespan: Lifespan | None = None,
    sessions: Sequence[Middleware] = READERS,
    templates: Sequence[Path] = (),
) -> Starlette:
    """Return the faces. `sessions` put an Actor, or None, at `user` of the scope."""
    starlette = middleware.Site(
        routes=[Doors([*GROUND, *routes])],
        exception_handlers={
            SignedOut: session.lead_in,
            Refused: answer.refuse,
            HTTPException: answer.turn_away,
        },
        middleware=middleware.stack(*sessions),
        lifespan=lifespan,
    )
    starlette.state.lianyi = app
    starlette.state.live = hub
    starlette.state.scans = Limit(SCANS, timedelta(minutes=1))
    starlette.state.tokens = Limit(TOKENS, timedelta(minutes=1))
    starlette.state.registrations = Limit(REGISTRATIONS, timedelta(hours=1))
    starlette.state.codes = Limit(CODES, timedelta(hours=1))
    starlette.state.proven = PROVEN
    starlette.state.templates = jinja.environment(*templates)
    return starlette
