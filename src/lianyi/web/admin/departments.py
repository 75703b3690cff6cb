"""The institution's licence and departments: what is licensed, what is online, who is behind."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import admin_desk
from lianyi.kernel.work import reading
from lianyi.web import answer
from lianyi.web.session import user


async def departments(request: Request) -> Response:
    view = await reading(request.app.state.lianyi, user(request), admin_desk.departments)
    return answer.page(request, "admin/departments.html", view)


ROUTES = (Route("/admin/departments", departments, methods=["GET"]),)
