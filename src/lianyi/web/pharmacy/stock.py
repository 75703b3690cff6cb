"""The pharmacy's shelves: what is there and until when, goods in, what is locked away."""

from collections.abc import Awaitable, Callable
from datetime import date
from functools import partial
from typing import Annotated
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import pharmacy_desk
from lianyi.kernel.refusal import Conflict, Invalid
from lianyi.kernel.work import Tx, reading
from lianyi.pharmacy import service as pharmacy
from lianyi.web import acts, answer, forms
from lianyi.web.forms import Filled
from lianyi.web.session import app_of, user

PAGE = "/pharmacy/stock"
SAID_HERE = (Invalid, Conflict)
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


class Receiving(forms.Form, frozen=True):
    """`codes` as a scanner types them: one to a line."""

    lot: Line
    maker: Line
    expires_on: date
    codes: Annotated[str, msgspec.Meta(min_length=1, max_length=40_000)]


class Moving(forms.Form, frozen=True):
    reason: Annotated[str, msgspec.Meta(min_length=2, max_length=200)]


async def shelves(request: Request) -> Response:
    near, text = "near" in request.query_params, request.query_params.get("text", "")
    verb = partial(pharmacy_desk.shelves, near=near, text=text)
    view = await reading(app_of(request), user(request), verb)
    return answer.page(request, "pharmacy/stock.html", view)


async def batch(request: Request) -> Response:
    return await _batch(request)


async def goods_in(request: Request) -> Response:
    return await _goods_in(request)


async def receive(request: Request) -> Response:
    """Take packs in, and show the batch that they are of now."""
    return await acts.act(
        request,
        Receiving,
        lambda tx, form: _receive(tx, request.path_params["code"], form),
        page=_goods_in,
        said=SAID_HERE,
        then=lambda _, batch_id: f"{PAGE}/batches/{batch_id}",
        kind=UUID,
    )


async def quarantine(request: Request) -> Response:
    return await _move(request, pharmacy.quarantine)


async def release(request: Request) -> Response:
    return await _move(request, pharmacy.release)


async def destroy(request: Request) -> Response:
    return await _move(request, pharmacy.destroy)


async def _receive(tx: Tx, code: str, form: Receiving) -> UUID:
    batch = await pharmacy.receive(
        tx,
        code=code,
        lot=form.lot,
        maker=form.maker,
        expires_on=form.expires_on,
        trace_codes=form.codes.split(),
    )
    return batch.id


async def _move(request: Request, move: Callable[..., Awaitable[None]]) -> Response:
    batch_id = request.path_params["batch"]

    async def verb(tx: Tx, form: Moving) -> None:
        await move(tx, batch_id=batch_id, reason=form.reason)

    then = f"{PAGE}/batches/{batch_id}"
    return await acts.act(request, Moving, verb, page=_batch, said=SAID_HERE, then=then)


async def _batch(request: Request, form: Filled | None = None) -> Response:
    verb = partial(pharmacy_desk.batch, batch_id=request.path_params["batch"])
    view = await reading(app_of(request), user(request), verb)
    return answer.page(request, "pharmacy/batch.html", view, 422 if form else 200, form=form)


async def _goods_in(request: Request, form: Filled | None = None) -> Response:
    text, code = request.query_params.get("text", ""), request.path_params.get("code", "")
    verb = partial(pharmacy_desk.goods_in, text=text, code=code)
    view = await reading(app_of(request), user(request), verb)
    return answer.page(request, "pharmacy/goods_in.html", view, 422 if form else 200, form=form)


BATCH = f"{PAGE}/batches/{{batch:uuid}}"
ROUTES = (
    Route(PAGE, shelves, methods=["GET"]),
    Route(f"{PAGE}/in", goods_in, methods=["GET"]),
    Route(f"{PAGE}/in/{{code}}", goods_in, methods=["GET"]),
    Route(f"{PAGE}/in/{{code}}", receive, methods=["POST"]),
    Route(BATCH, batch, methods=["GET"]),
    Route(f"{BATCH}/quarantine", quarantine, methods=["POST"]),
    Route(f"{BATCH}/release", release, methods=["POST"]),
    Route(f"{BATCH}/destroy", destroy, methods=["POST"]),
)
