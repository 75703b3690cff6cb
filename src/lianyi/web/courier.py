"""The courier's phone: parcels to fetch and to bring, each to its door and no further (DS-16)."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import courier_desk, hand_over
from lianyi.kernel.refusal import Conflict, Invalid
from lianyi.kernel.work import Tx, reading
from lianyi.pharmacy.model import Missed, Refused
from lianyi.web import acts, answer, forms
from lianyi.web.forms import Filled
from lianyi.web.pharmacy.counter import Taking
from lianyi.web.session import app_of, user

PAGE = "/deliveries"
SAID_HERE = (Invalid, Conflict)


class Missing(forms.Form, frozen=True):
    reason: Missed


class Refusing(forms.Form, frozen=True):
    reason: Refused


F = TypeVar("F", bound=forms.Form)


async def deliveries(request: Request) -> Response:
    return await _round(request)


async def send(request: Request) -> Response:
    async def verb(tx: Tx, _: forms.Form) -> None:
        await hand_over.send(tx, sale_id=_sale(request))

    return await _act(request, forms.Form, verb)


async def deliver(request: Request) -> Response:
    async def verb(tx: Tx, form: Taking) -> None:
        await hand_over.deliver(tx, sale_id=_sale(request), shown=form.shown())

    return await _act(request, Taking, verb)


async def miss(request: Request) -> Response:
    async def verb(tx: Tx, form: Missing) -> None:
        await hand_over.miss(tx, sale_id=_sale(request), reason=form.reason)

    return await _act(request, Missing, verb)


async def refuse(request: Request) -> Response:
    async def verb(tx: Tx, form: Refusing) -> None:
        await hand_over.refuse(tx, sale_id=_sale(request), reason=form.reason)

    return await _act(request, Refusing, verb, then=f"{PAGE}?done=refused")


async def _act(
    request: Request, struct: type[F], verb: Callable[[Tx, F], Awaitable[None]], *, then: str = ""
) -> Response:
    """Do one act on the parcel in hand; a refused one's chart has closed, so go on to the list."""
    then = then or f"{PAGE}/{_sale(request)}"
    return await acts.act(request, struct, verb, page=_round, said=SAID_HERE, then=then)


async def _round(request: Request, form: Filled | None = None) -> Response:
    verb = partial(courier_desk.deliveries, sale_id=request.path_params.get("sale"))
    view = await reading(app_of(request), user(request), verb)
    return answer.page(request, "pharmacy/deliveries.html", view, 422 if form else 200, form=form)


def _sale(request: Request) -> UUID:
    id: UUID = request.path_params["sale"]
    return id


ONE = f"{PAGE}/{{sale:uuid}}"
ROUTES = (
    Route(PAGE, deliveries, methods=["GET"]),
    Route(ONE, deliveries, methods=["GET"]),
    Route(f"{ONE}/send", send, methods=["POST"]),
    Route(f"{ONE}/deliver", deliver, methods=["POST"]),
    Route(f"{ONE}/miss", miss, methods=["POST"]),
    Route(f"{ONE}/refuse", refuse, methods=["POST"]),
)
