"""The pharmacy's day: what was handed over, what came back, what it came to."""

from datetime import date
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import pharmacy_desk
from lianyi.kernel.work import reading
from lianyi.web import answer
from lianyi.web.session import app_of, user


async def day(request: Request) -> Response:
    """Show a day, today where the address names none that is one."""
    try:
        asked = date.fromisoformat(request.query_params.get("day", ""))
    except ValueError:
        asked = None
    view = await reading(app_of(request), user(request), partial(pharmacy_desk.day, day=asked))
    return answer.page(request, "pharmacy/day.html", view)


ROUTES = (Route("/pharmacy/day", day, methods=["GET"]),)
