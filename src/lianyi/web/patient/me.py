"""Oneself: phone, proof of identity, insurance, preferences, signing out (我的)."""

from collections.abc import Awaitable, Callable
from types import NoneType

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import resident_desk, settle
from lianyi.kernel.work import Tx, within
from lianyi.people.model import GUEST
from lianyi.web import answer, forms
from lianyi.web.patient.shell import show
from lianyi.web.session import app_of, user

INSURANCE = "/me/insurance"


async def me(request: Request) -> Response:
    if user(request).role == GUEST:
        return answer.page(request, "patient/me.html")
    return await show(request, "patient/me.html", resident_desk.me)


async def insurance(request: Request) -> Response:
    return await show(request, "patient/insurance.html", resident_desk.insured)


async def bind(request: Request) -> Response:
    return await _do(request, settle.bind)


async def unbind(request: Request) -> Response:
    return await _do(request, settle.unbind)


async def _do(request: Request, verb: Callable[[Tx], Awaitable[None]]) -> Response:
    form = await forms.read(request, forms.Form)
    once = forms.once(request, form, NoneType)
    await within(app_of(request), user(request), verb, once=once)
    return answer.go(request, INSURANCE)


ROUTES = (
    Route("/me", me, methods=["GET"]),
    Route(INSURANCE, insurance, methods=["GET"]),
    Route(INSURANCE + "/bind", bind, methods=["POST"]),
    Route(INSURANCE + "/unbind", unbind, methods=["POST"]),
)
