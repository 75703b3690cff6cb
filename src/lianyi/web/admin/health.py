"""Dead letters and the health of links: what waits for a person, and sending it on its way."""

from dataclasses import dataclass
from types import NoneType
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import health_desk
from lianyi.journeys.health_desk import Health
from lianyi.kernel.work import reading, within
from lianyi.web import answer, forms
from lianyi.web.session import user

PAGE = "/admin/health"


class Skip(forms.Form, frozen=True):
    reason: Annotated[str, msgspec.Meta(min_length=4, max_length=200)]


@dataclass(frozen=True, slots=True)
class Page:
    """`wrong` is the event whose form came back with something wrong in it."""

    health: Health
    wrong: int = 0

    def form(self, seq: int, form: forms.Filled) -> forms.Filled:
        return form if seq == self.wrong else form.blank()


async def health(request: Request) -> Response:
    return await _page(request)


async def resend(request: Request) -> Response:
    form = await forms.read(request, forms.Form)
    line = request.path_params
    await within(
        request.app.state.lianyi,
        user(request),
        lambda tx: health_desk.resend(tx, owner=line["owner"], seq=line["seq"]),
        once=forms.once(request, form, NoneType),
    )
    return answer.go(request, PAGE)


async def skip(request: Request) -> Response:
    line = request.path_params
    try:
        form = await forms.read(request, Skip)
    except forms.BadForm as bad:
        return await _page(request, wrong=line["seq"], form=bad.form)
    await within(
        request.app.state.lianyi,
        user(request),
        lambda tx: health_desk.skip(tx, owner=line["owner"], seq=line["seq"], why=form.reason),
        once=forms.once(request, form, NoneType),
    )
    return answer.go(request, PAGE)


async def _page(request: Request, *, wrong: int = 0, form: forms.Filled | None = None) -> Response:
    view = await reading(request.app.state.lianyi, user(request), health_desk.health)
    status = 422 if form else 200
    return answer.page(request, "admin/health.html", Page(view, wrong), status, form=form)


ROUTES = (
    Route(PAGE, health, methods=["GET"]),
    Route(PAGE + "/{owner:uuid}/{seq:int}/resend", resend, methods=["POST"]),
    Route(PAGE + "/{owner:uuid}/{seq:int}/skip", skip, methods=["POST"]),
)
