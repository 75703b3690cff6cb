"""The way of one pack by its trace code: received, sold, handed over, returned (药品追溯)."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import trace_desk
from lianyi.kernel.work import reading
from lianyi.web import answer
from lianyi.web.session import app_of, user

PAGE = "/regulator/trace"
MOST = 60  # characters of a code


async def trace(request: Request) -> Response:
    code = request.query_params.get("code", "").strip()[:MOST]
    view = await reading(app_of(request), user(request), partial(trace_desk.traced, code=code))
    return answer.page(request, "regulator/trace.html", view)


ROUTES = (Route(PAGE, trace, methods=["GET"]),)
