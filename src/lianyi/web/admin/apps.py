"""Which apps of companies an institution lets in, what for and how long (应用审批)."""

from functools import partial
from typing import Annotated
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.access.model import Purpose
from lianyi.access.service import apps as approvals
from lianyi.journeys import app_desk, apps
from lianyi.kernel.refusal import Conflict, Invalid, NotFound
from lianyi.kernel.work import Tx, reading
from lianyi.web import acts, answer, forms
from lianyi.web.admin.deciding import ABOVE, Reasoned, on_row
from lianyi.web.forms import Filled
from lianyi.web.session import app_of, user

PAGE = "/admin/apps"
SAID_HERE = (Conflict, Invalid, NotFound)


class Bringing(forms.Form, frozen=True):
    client: Annotated[str, msgspec.Meta(min_length=36, max_length=36)]


class Approving(forms.Form, frozen=True):
    """PRI-11: nothing is approved without the id of the assessment made before."""

    purpose: Purpose
    scopes: Annotated[str, msgspec.Meta(min_length=3, max_length=5000)]
    assessment: Annotated[str, msgspec.Meta(min_length=4, max_length=100)]
    days: Annotated[int, msgspec.Meta(ge=1, le=730)]


async def listed(request: Request) -> Response:
    return await _page(request)


async def bring(request: Request) -> Response:
    async def verb(tx: Tx, form: Bringing) -> None:
        await apps.take_up(tx, client_id=form.client)

    return await acts.act(
        request, Bringing, verb, page=_page, said=SAID_HERE, then=PAGE, wrong=ABOVE
    )


async def _page(request: Request, form: Filled | None = None) -> Response:
    view = await reading(app_of(request), user(request), app_desk.house)
    return answer.page(request, "admin/apps.html", view, 422 if form else 200, form=form)


async def _approve(tx: Tx, id: UUID, form: Approving) -> None:
    await apps.approve(
        tx,
        approval_id=id,
        purpose=form.purpose,
        text=form.scopes,
        assessment=form.assessment,
        days=form.days,
    )


async def _refuse(tx: Tx, id: UUID, form: Reasoned) -> None:
    await approvals.refuse(tx, approval_id=id, why=form.reason)


async def _withdraw(tx: Tx, id: UUID, form: Reasoned) -> None:
    await apps.withdraw_approval(tx, approval_id=id, why=form.reason)


_act = partial(on_row, page=_page, said=SAID_HERE, then=PAGE)
ROW = f"{PAGE}/{{id:uuid}}"
ROUTES = (
    Route(PAGE, listed, methods=["GET"]),
    Route(PAGE, bring, methods=["POST"]),
    Route(f"{ROW}/approve", _act(Approving, _approve), methods=["POST"]),
    Route(f"{ROW}/refuse", _act(Reasoned, _refuse), methods=["POST"]),
    Route(f"{ROW}/withdraw", _act(Reasoned, _withdraw), methods=["POST"]),
)
