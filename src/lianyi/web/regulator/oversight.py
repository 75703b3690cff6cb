"""The network in numbers, on the desk and on the big screen; every number opens its list."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import oversight_desk
from lianyi.journeys.oversight_desk import Choice
from lianyi.kernel.work import reading
from lianyi.supervision.model import Kind, State
from lianyi.web import answer, asked
from lianyi.web.session import app_of, user

DESK = "/regulator"


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
    choice, before = _choice(request), asked.id_in(request, "before")
    view = await reading(
        app_of(request),
        user(request),
        lambda tx: oversight_desk.listed(tx, choice=choice, before=before),
    )
    return answer.page(request, "regulator/reports.html", view)


def address(**wanted: object) -> str:
    """Return where a list is that shows these reports."""
    given = {name: str(value) for name, value in wanted.items() if value not in {None, False, ""}}
    return f"{DESK}/reports?{urlencode(given)}"


def _choice(request: Request) -> Choice:
    """Read what an address asks for; what it says wrongly is as if it weren't said."""
    return Choice(
        kind=asked.one_of(Kind, request.query_params.get("kind", "")),
        state=asked.one_of(State, request.query_params.get("state", "")),
        day=asked.day_in(request, "day"),
        late="late" in request.query_params,
        institution_id=asked.id_in(request, "institution"),
        receipt=request.query_params.get("receipt", "").strip() or None,
    )


ROUTES = (
    Route(DESK, desk, methods=["GET"]),
    Route(DESK + "/screen", screen, methods=["GET"]),
    Route(DESK + "/licences", licences, methods=["GET"]),
    Route(DESK + "/reports", reports, methods=["GET"]),
)
