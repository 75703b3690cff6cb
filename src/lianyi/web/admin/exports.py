"""What apps take from an institution in bulk, which two administrators agree to (批量导出)."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.access.service import exports
from lianyi.journeys import bulk_desk
from lianyi.kernel.refusal import Conflict, Invalid, NotAllowed, NotFound
from lianyi.kernel.work import Tx, reading
from lianyi.web import acts, answer, forms
from lianyi.web.forms import Filled
from lianyi.web.session import app_of, user

PAGE = "/admin/exports"
SAID_HERE = (Conflict, Invalid, NotFound, NotAllowed)
F = TypeVar("F", bound=forms.Form)


class Agreeing(forms.Form, frozen=True):
    """PRI-11, PRI-20: what for, after which assessment, and whether it stays in the country."""

    purpose: Annotated[str, msgspec.Meta(min_length=4, max_length=200)]
    assessment: Annotated[str, msgspec.Meta(min_length=4, max_length=100)]
    abroad: str


class Reasoned(forms.Form, frozen=True):
    reason: Annotated[str, msgspec.Meta(min_length=2, max_length=200)]


async def listed(request: Request) -> Response:
    return await _page(request)


async def approve(request: Request) -> Response:
    export_id: UUID = request.path_params["export"]

    async def verb(tx: Tx, form: Agreeing) -> None:
        await exports.approve(
            tx,
            export_id=export_id,
            why=form.purpose,
            assessment=form.assessment,
            abroad=form.abroad != "no",
        )

    return await _act(request, Agreeing, verb)


async def refuse(request: Request) -> Response:
    export_id: UUID = request.path_params["export"]

    async def verb(tx: Tx, form: Reasoned) -> None:
        await exports.refuse(tx, export_id=export_id, why=form.reason)

    return await _act(request, Reasoned, verb)


async def cancel(request: Request) -> Response:
    export_id: UUID = request.path_params["export"]

    async def verb(tx: Tx, form: Reasoned) -> None:
        await exports.cancel(tx, export_id=export_id, why=form.reason)

    return await _act(request, Reasoned, verb)


async def _act(
    request: Request, struct: type[F], verb: Callable[[Tx, F], Awaitable[object]]
) -> Response:
    """Do one act; a refusal stands above the list."""
    above = acts.beside("")
    return await acts.act(request, struct, verb, page=_page, said=SAID_HERE, then=PAGE, wrong=above)


async def _page(request: Request, form: Filled | None = None) -> Response:
    view = await reading(app_of(request), user(request), bulk_desk.house)
    return answer.page(request, "admin/exports.html", view, 422 if form else 200, form=form)


ROUTES = (
    Route(PAGE, listed, methods=["GET"]),
    Route(PAGE + "/{export:uuid}/approve", approve, methods=["POST"]),
    Route(PAGE + "/{export:uuid}/refuse", refuse, methods=["POST"]),
    Route(PAGE + "/{export:uuid}/cancel", cancel, methods=["POST"]),
)
