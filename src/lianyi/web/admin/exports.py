"""What apps take from an institution in bulk, which two administrators agree to (批量导出)."""

from functools import partial
from typing import Annotated
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.access.service import exports
from lianyi.journeys import bulk_desk
from lianyi.kernel.refusal import Conflict, Invalid, NotAllowed, NotFound
from lianyi.kernel.work import Tx, reading
from lianyi.web import answer, forms
from lianyi.web.admin.deciding import Reasoned, on_row
from lianyi.web.forms import Filled
from lianyi.web.session import app_of, user

PAGE = "/admin/exports"
SAID_HERE = (Conflict, Invalid, NotFound, NotAllowed)


class Agreeing(forms.Form, frozen=True):
    """PRI-11, PRI-20: what for, after which assessment, and whether it stays in the country."""

    purpose: Annotated[str, msgspec.Meta(min_length=4, max_length=200)]
    assessment: Annotated[str, msgspec.Meta(min_length=4, max_length=100)]
    abroad: str


async def listed(request: Request) -> Response:
    return await _page(request)


async def _page(request: Request, form: Filled | None = None) -> Response:
    view = await reading(app_of(request), user(request), bulk_desk.house)
    return answer.page(request, "admin/exports.html", view, 422 if form else 200, form=form)


async def _approve(tx: Tx, id: UUID, form: Agreeing) -> None:
    abroad = form.abroad != "no"
    given = {"why": form.purpose, "assessment": form.assessment}
    await exports.approve(tx, export_id=id, abroad=abroad, **given)


async def _refuse(tx: Tx, id: UUID, form: Reasoned) -> None:
    await exports.refuse(tx, export_id=id, why=form.reason)


async def _cancel(tx: Tx, id: UUID, form: Reasoned) -> None:
    await exports.cancel(tx, export_id=id, why=form.reason)


_act = partial(on_row, page=_page, said=SAID_HERE, then=PAGE)
ROW = f"{PAGE}/{{id:uuid}}"
ROUTES = (
    Route(PAGE, listed, methods=["GET"]),
    Route(f"{ROW}/approve", _act(Agreeing, _approve), methods=["POST"]),
    Route(f"{ROW}/refuse", _act(Reasoned, _refuse), methods=["POST"]),
    Route(f"{ROW}/cancel", _act(Reasoned, _cancel), methods=["POST"]),
)
