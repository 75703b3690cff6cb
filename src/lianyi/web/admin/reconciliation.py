"""The institution's books beside the provider's and the insurer's (对账), and what differs."""

from dataclasses import dataclass
from types import NoneType
from typing import Annotated, Protocol
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.billing import service as billing
from lianyi.insurance import service as insurance
from lianyi.journeys import cashier_desk
from lianyi.journeys.cashier_desk import Ledger
from lianyi.kernel.work import Tx, reading, within
from lianyi.web import answer, forms
from lianyi.web.session import user

PAGE = "/admin/reconciliation"


class Resolve(forms.Form, frozen=True):
    reason: Annotated[str, msgspec.Meta(min_length=2, max_length=200)]


class Resolving(Protocol):
    """How a room has a difference of its books resolved."""

    async def __call__(self, tx: Tx, *, difference_id: UUID, reason: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Page:
    """`wrong` is the address of the form that came back with something wrong in it."""

    ledger: Ledger
    wrong: str = ""

    def form(self, action: str, form: forms.Filled) -> forms.Filled:
        return form if action == self.wrong else form.blank()


async def books(request: Request) -> Response:
    return await _page(request)


async def resolve(request: Request) -> Response:
    """Explain where the payment provider's books and ours differ."""
    return await _resolve(request, billing.resolve_difference)


async def resolve_claim(request: Request) -> Response:
    """Explain where the insurance agency's books and ours differ."""
    return await _resolve(request, insurance.resolve_difference)


async def _resolve(request: Request, verb: Resolving) -> Response:
    try:
        form = await forms.read(request, Resolve)
    except forms.BadForm as bad:
        return await _page(request, bad.form)
    difference = request.path_params["difference"]
    await within(
        request.app.state.lianyi,
        user(request),
        lambda tx: verb(tx, difference_id=difference, reason=form.reason),
        once=forms.once(request, form, NoneType),
    )
    return answer.go(request, PAGE)


async def _page(request: Request, form: forms.Filled | None = None) -> Response:
    view = await reading(request.app.state.lianyi, user(request), cashier_desk.ledger)
    page = Page(view, request.url.path if form else "")
    status = 422 if form else 200
    return answer.page(request, "admin/reconciliation.html", page, status, form=form)


ROUTES = (
    Route(PAGE, books, methods=["GET"]),
    Route(PAGE + "/{difference:uuid}", resolve, methods=["POST"]),
    Route(PAGE + "/insurance/{difference:uuid}", resolve_claim, methods=["POST"]),
)
