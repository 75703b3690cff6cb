"""What the staff opened in an emergency, judged by somebody else within a day (紧急调阅复核)."""

from enum import StrEnum
from functools import partial
from typing import Annotated
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.access.errors import OwnGlass
from lianyi.journeys import admin_desk, sharing
from lianyi.kernel.refusal import Conflict, Invalid
from lianyi.kernel.work import Tx, reading
from lianyi.web import answer, forms
from lianyi.web.admin.deciding import on_row
from lianyi.web.forms import Filled
from lianyi.web.session import app_of, user

PAGE = "/admin/glasses"
SAID_HERE = (Conflict, Invalid, OwnGlass)


class Verdict(StrEnum):
    JUSTIFIED = "justified"
    OBJECTED = "objected"


class Judging(forms.Form, frozen=True):
    verdict: Verdict
    note: Annotated[str, msgspec.Meta(min_length=4, max_length=500)]


async def glasses(request: Request) -> Response:
    return await _page(request)


async def _page(request: Request, form: Filled | None = None) -> Response:
    view = await reading(app_of(request), user(request), admin_desk.glasses)
    return answer.page(request, "admin/glasses.html", view, 422 if form else 200, form=form)


async def _judge(tx: Tx, id: UUID, form: Judging) -> None:
    justified = form.verdict is Verdict.JUSTIFIED
    await sharing.review_glass(tx, glass_id=id, justified=justified, note=form.note)


_act = partial(on_row, page=_page, said=SAID_HERE, then=PAGE)
ROUTES = (
    Route(PAGE, glasses, methods=["GET"]),
    Route(f"{PAGE}/{{id:uuid}}", _act(Judging, _judge), methods=["POST"]),
)
