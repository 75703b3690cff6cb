"""Oneself: phone, proof of identity, preferences, signing out (我的)."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import resident_desk
from lianyi.people.model import GUEST
from lianyi.web import answer
from lianyi.web.patient.shell import show
from lianyi.web.session import user


async def me(request: Request) -> Response:
    if user(request).role == GUEST:
        return answer.page(request, "patient/me.html")
    return await show(request, "patient/me.html", resident_desk.me)


ROUTES = (Route("/me", me, methods=["GET"]),)
