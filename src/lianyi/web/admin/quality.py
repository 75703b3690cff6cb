"""The quality of what the institution does for its patients, in numbers (服务质量)."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import quality_desk
from lianyi.kernel.work import reading
from lianyi.web import answer
from lianyi.web.session import app_of, user

PAGE = "/admin/quality"


async def quality(request: Request) -> Response:
    asked = request.query_params.get("days", "")
    days = int(asked) if asked.isdecimal() and asked.isascii() else 0
    view = await reading(
        app_of(request), user(request), lambda tx: quality_desk.quality(tx, days=days)
    )
    return answer.page(request, "admin/quality.html", view)


ROUTES = (Route(PAGE, quality, methods=["GET"]),)
