"""The pharmacist's desk: go on duty, review prescriptions (药师)."""

from types import NoneType

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import pharmacist_desk
from lianyi.kernel.work import reading, within
from lianyi.people import service as people
from lianyi.web import answer, forms
from lianyi.web.session import app_of, user

PAGE = "/review"


async def desk(request: Request) -> Response:
    view = await reading(app_of(request), user(request), pharmacist_desk.desk)
    return answer.page(request, "pharmacist/review.html", view)


async def go_on_duty(request: Request) -> Response:
    form = await forms.read(request, forms.Form)
    once = forms.once(request, form, NoneType)
    await within(app_of(request), user(request), people.go_on_duty, once=once)
    return answer.go(request, PAGE)


async def go_off_duty(request: Request) -> Response:
    form = await forms.read(request, forms.Form)
    once = forms.once(request, form, NoneType)
    await within(app_of(request), user(request), people.go_off_duty, once=once)
    return answer.go(request, PAGE)


ROUTES = (
    Route(PAGE, desk, methods=["GET"]),
    Route(f"{PAGE}/on-duty", go_on_duty, methods=["POST"]),
    Route(f"{PAGE}/off-duty", go_off_duty, methods=["POST"]),
)
