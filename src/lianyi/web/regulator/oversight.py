"""The network in numbers, on the desk and on the big screen; every number opens its list."""

from datetime import date
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import oversight_desk
from lianyi.journeys.oversight_desk import Choice
from lianyi.kernel.work import reading
from lianyi.supervision.model import Kind, State
from lianyi.web import answer
from lianyi.web.session import app_of, user

DESK = "/regulator"
E = TypeVar("E", bound=StrEnum)


async def desk(request: Request) -> Response:
    view = await reading(app_of(request), user(request), oversight_desk.oversight)
    return answer.page(request, "regulator/desk.html", view)


async def screen(request: Request) -> Response:
    view = await reading(app_of(request), user(request), oversight_desk.oversight)
    return answer.page(request, "regulator/screen.html", view)


async def licences(request: Request) -> Response:
    view = await reading(app_of(request), user(request), oversight_desk.oversight)
    return answer.page(request, "regulator/licences.html", view)


async def reports(request: Request) -> Response:
    choice, before = _choice(request), _id(request, "before")
    view = await reading(
        app_of(request),
        user(request),
        lambda tx: oversight_desk.listed(tx, choice=choice, before=before),
    )
    return answer.page(request, "regulator/reports.html", view)


def address(**asked: object) -> str:
    """Return where a list is that shows these reports."""
    given = {name: str(value) for name, value in asked.items() if value not in {None, False, ""}}
    return f"{DESK}/reports?{urlencode(given)}"


def _choice(request: Request) -> Choice:
    """Read what an address asks for; what it says wrongly is as if it weren't said."""
    return Choice(
        kind=_one_of(Kind, request.query_params.get("kind", "")),
        state=_one_of(State, request.query_params.get("state", "")),
        day=_day(request.query_params.get("day", "")),
        late="late" in request.query_params,
        institution_id=_id(request, "institution"),
    )


def _one_of(codes: type[E], text: str) -> E | None:
    return next((code for code in codes if code == text), None)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _id(request: Request, name: str) -> UUID | None:
    try:
        return UUID(request.query_params.get(name, ""))
    except ValueError:
        return None


ROUTES = (
    Route(DESK, desk, methods=["GET"]),
    Route(DESK + "/screen", screen, methods=["GET"]),
    Route(DESK + "/licences", licences, methods=["GET"]),
    Route(DESK + "/reports", reports, methods=["GET"]),
)
