"""The first page: the way to a card for a guest, the day for a resident."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import resident_desk
from lianyi.people.model import GUEST
from lianyi.web import answer
from lianyi.web.patient.shell import read, show
from lianyi.web.session import user

CARD = "my_card"  # what an open page draws anew before its code dies


async def home(request: Request) -> Response:
    if user(request).role != GUEST:
        if answer.wanted(request) == CARD:
            return await show(request, "patient/home.html", resident_desk.held)
        return await show(request, "patient/home.html", resident_desk.home)
    view = await read(request, resident_desk.guest)
    return answer.page(request, "patient/welcome.html", view)


ROUTES = (Route("/", home, methods=["GET"]),)
