"""The books of the institution beside the provider's (对账): each day, and what differs."""

from dataclasses import dataclass
from types import NoneType
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.billing import service as billing
from lianyi.journeys import cashier_desk
from lianyi.journeys.cashier_desk import Ledger
from lianyi.kernel.work import reading, within
from lianyi.web import answer, forms
from lianyi.web.session import user

PAGE = "/admin/reconciliation"


class Resolve(forms.Form, frozen=True):
    reason: Annotated[str, msgspec.Meta(min_length=2, max_length=200)]


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
    try:
        form = await forms.read(request, Resolve)
    except forms.BadForm as bad:
        return await _page(request, bad.form)
    difference = request.path_params["difference"]
    await within(
        request.app.state.lianyi,
        user(request),
        lambda tx: billing.resolve_difference(tx, difference_id=difference, reason=form.reason),
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
)
