"""Which apps of companies an institution lets in, what for and how long (应用审批)."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar
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
from lianyi.web.forms import Filled
from lianyi.web.session import app_of, user

PAGE = "/admin/apps"
SAID_HERE = (Conflict, Invalid, NotFound)
F = TypeVar("F", bound=forms.Form)


class Bringing(forms.Form, frozen=True):
    client: Annotated[str, msgspec.Meta(min_length=36, max_length=36)]


class Approving(forms.Form, frozen=True):
    """PRI-11: nothing is approved without the id of the assessment made before."""

    purpose: Purpose
    scopes: Annotated[str, msgspec.Meta(min_length=3, max_length=5000)]
    assessment: Annotated[str, msgspec.Meta(min_length=4, max_length=100)]
    days: Annotated[int, msgspec.Meta(ge=1, le=730)]


class Reasoned(forms.Form, frozen=True):
    reason: Annotated[str, msgspec.Meta(min_length=2, max_length=200)]


async def listed(request: Request) -> Response:
    return await _page(request)


async def bring(request: Request) -> Response:
    async def verb(tx: Tx, form: Bringing) -> None:
        await apps.take_up(tx, client_id=form.client)

    return await _act(request, Bringing, verb)


async def approve(request: Request) -> Response:
    approval_id: UUID = request.path_params["approval"]

    async def verb(tx: Tx, form: Approving) -> None:
        await apps.approve(
            tx,
            approval_id=approval_id,
            purpose=form.purpose,
            text=form.scopes,
            assessment=form.assessment,
            days=form.days,
        )

    return await _act(request, Approving, verb)


async def refuse(request: Request) -> Response:
    approval_id: UUID = request.path_params["approval"]

    async def verb(tx: Tx, form: Reasoned) -> None:
        await approvals.refuse(tx, approval_id=approval_id, why=form.reason)

    return await _act(request, Reasoned, verb)


async def withdraw(request: Request) -> Response:
    approval_id: UUID = request.path_params["approval"]

    async def verb(tx: Tx, form: Reasoned) -> None:
        await apps.withdraw_approval(tx, approval_id=approval_id, why=form.reason)

    return await _act(request, Reasoned, verb)


async def _act(
    request: Request, struct: type[F], verb: Callable[[Tx, F], Awaitable[object]]
) -> Response:
    """Do one act; a refusal stands above the list."""
    above = acts.beside("")
    return await acts.act(request, struct, verb, page=_page, said=SAID_HERE, then=PAGE, wrong=above)


async def _page(request: Request, form: Filled | None = None) -> Response:
    view = await reading(app_of(request), user(request), app_desk.house)
    return answer.page(request, "admin/apps.html", view, 422 if form else 200, form=form)


ROUTES = (
    Route(PAGE, listed, methods=["GET"]),
    Route(PAGE, bring, methods=["POST"]),
    Route(PAGE + "/{approval:uuid}/approve", approve, methods=["POST"]),
    Route(PAGE + "/{approval:uuid}/refuse", refuse, methods=["POST"]),
    Route(PAGE + "/{approval:uuid}/withdraw", withdraw, methods=["POST"]),
)
