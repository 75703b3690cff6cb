"""The report that an audit of personal data asks of an institution (合规审计)."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import compliance_desk
from lianyi.kernel.work import reading
from lianyi.web import answer
from lianyi.web.session import app_of, user

PAGE = "/admin/compliance"


async def report(request: Request) -> Response:
    asked = request.query_params.get("days", "")
    days = int(asked[:9]) if asked.isdecimal() and asked.isascii() else 0
    view = await reading(
        app_of(request), user(request), lambda tx: compliance_desk.report(tx, days=days)
    )
    return answer.page(request, "admin/compliance.html", view)


ROUTES = (Route(PAGE, report, methods=["GET"]),)
