"""What only a demo has: its clock on every page, the way to move it, and everybody's inbox."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.accounts import service as sessions
from lianyi.journeys import demo as accounts
from lianyi.kernel import demo
from lianyi.kernel.demo import Clock, NotADemo
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import within
from lianyi.people.model import OPERATOR
from lianyi.web import answer, forms
from lianyi.web.session import app_of, user

DAYS = 60  # the furthest one step goes
Back = Annotated[str, msgspec.Meta(pattern=r"^/(?![/\\])[\x21-\x7e]*$")]


class Message(msgspec.Struct, frozen=True):
    """A text message as a phone of the demo received it."""

    at: datetime
    text: str


Inbox = Callable[[str], Awaitable[Sequence[Message]]]
Payer = Callable[[str], Awaitable[bool]]  # pays what a code asks for; False when that was refused


class Shown(msgspec.Struct, frozen=True):
    """What the bar of a demo says."""

    now: datetime
    operator: bool


class Found(msgspec.Struct, frozen=True):
    """What the inbox shows: a phone's messages, or the code on a demo login's phone app."""

    phone: str = ""
    login: str = ""
    code: str = ""
    messages: Sequence[Message] = ()


class Forward(forms.Form, frozen=True):
    minutes: Annotated[int, msgspec.Meta(ge=1, le=DAYS * 24 * 60)]
    back: Back = "/"


def bar(request: Request) -> Shown | None:
    """Return what every page of a demo says; elsewhere there is no bar."""
    if (clock := _clock(request.app.state)) is None:
        return None
    hat = request.scope.get("user")
    return Shown(clock(), hat is not None and hat.role == OPERATOR)


async def inbox(request: Request) -> Response:
    """Show what a phone of the demo received. There is no such page anywhere else."""
    clock = _demo_clock(request)
    phone, login = request.query_params.get("phone", ""), request.query_params.get("login", "")
    read: Inbox = request.app.state.inbox
    messages = await read(phone) if phone else ()
    code = accounts.code(login, clock()) if login else ""
    return answer.page(request, "demo/inbox.html", Found(phone, login, code, messages))


async def forward(request: Request) -> Response:
    form = await forms.read(request, Forward)
    if user(request).role != OPERATOR:
        raise WrongRole(verb="forward", role=user(request).role)
    clock, by = _demo_clock(request), timedelta(minutes=form.minutes)
    await within(app_of(request), user(request), lambda tx: sessions.skip(tx, by=by))
    async with app_of(request).pool.acquire() as db:
        await demo.forward(db, clock, by=by)
    await within(app_of(request), user(request), accounts.keep_up)
    return answer.go(request, form.back)


def is_one(request: Request) -> bool:
    """Return whether nobody real lives here."""
    return _clock(request.app.state) is not None


def _demo_clock(request: Request) -> Clock:
    clock = _clock(request.app.state)
    if clock is None:
        raise NotADemo
    return clock


def _clock(state: object) -> Clock | None:
    """Return the clock of a demo, or None where real people live."""
    clock = getattr(getattr(state, "lianyi", None), "clock", None)
    return clock if isinstance(clock, Clock) and clock.is_demo else None


ROUTES = (
    Route("/demo/inbox", inbox, methods=["GET"]),
    Route("/demo/clock", forward, methods=["POST"]),
)
