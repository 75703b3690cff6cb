"""Where specimens are taken: print the label, ask who sits there, fill the tube (采样)."""

from collections.abc import Awaitable, Callable
from datetime import date
from functools import partial
from types import NoneType
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import laboratory, laboratory_desk
from lianyi.kernel.work import Tx, reading
from lianyi.orders.model import TAKING, Specimen
from lianyi.web import acts, answer, forms
from lianyi.web.forms import Filled
from lianyi.web.laboratory import SAID_HERE, Scan
from lianyi.web.session import app_of, user

PAGE = "/taking"
F = TypeVar("F", bound=forms.Form)
A = TypeVar("A")


class Taking(forms.Form, frozen=True):
    name: Annotated[str, msgspec.Meta(min_length=2, max_length=60)]
    born: date


async def taking(request: Request) -> Response:
    return await _taking(request)


async def scan(request: Request) -> Response:
    try:
        form = await forms.read(request, Scan)
        order_id = await reading(
            app_of(request), user(request), lambda tx: laboratory.scan(tx, barcode=form.code)
        )
    except forms.BadForm as bad:
        return await _taking(request, bad.form)
    except SAID_HERE as refused:
        return await _taking(request, await forms.kept(request, code=refused))
    return answer.go(request, f"{PAGE}/orders/{order_id}")


async def label(request: Request) -> Response:
    def verb(tx: Tx, _: forms.Form) -> Awaitable[Specimen]:
        return laboratory.label(tx, order_id=_order(request))

    return await _act(request, forms.Form, verb, Specimen)


async def take(request: Request) -> Response:
    def verb(tx: Tx, form: Taking) -> Awaitable[None]:
        return laboratory.take_from(
            tx, order_id=_order(request), name=form.name, birth_date=form.born
        )

    return await _act(request, Taking, verb, NoneType)


async def _act(
    request: Request, struct: type[F], verb: Callable[[Tx, F], Awaitable[A]], kind: type[A]
) -> Response:
    """Do one act on the order in hand and show it again; a refusal stands beside it."""
    then = f"{PAGE}/orders/{_order(request)}"
    return await acts.act(request, struct, verb, page=_taking, said=SAID_HERE, then=then, kind=kind)


async def _taking(request: Request, form: Filled | None = None) -> Response:
    order_id = request.path_params.get("order_id")
    verb = partial(laboratory_desk.bench, order_id=order_id, states=TAKING)
    view = await reading(app_of(request), user(request), verb)
    return answer.page(request, "laboratory/taking.html", view, 422 if form else 200, form=form)


def _order(request: Request) -> UUID:
    order_id: UUID = request.path_params["order_id"]
    return order_id


ORDER = f"{PAGE}/orders/{{order_id:uuid}}"
ROUTES = (
    Route(PAGE, taking, methods=["GET"]),
    Route(f"{PAGE}/scan", scan, methods=["POST"]),
    Route(ORDER, taking, methods=["GET"]),
    Route(f"{ORDER}/label", label, methods=["POST"]),
    Route(f"{ORDER}/take", take, methods=["POST"]),
)
