"""The laboratory's bench: scan a tube, receive or reject it, enter, verify, call."""

from collections.abc import Awaitable, Callable
from decimal import Decimal, InvalidOperation
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import laboratory, laboratory_desk
from lianyi.kernel.refusal import Conflict, Invalid, NotAllowed, NotFound
from lianyi.kernel.work import Tx, reading
from lianyi.orders.model import Reading, Rejection
from lianyi.web import acts, answer, forms
from lianyi.web.forms import Filled
from lianyi.web.session import app_of, user

PAGE = "/laboratory"
SAID_HERE = (Invalid, Conflict, NotFound, NotAllowed)  # beside the order in hand
Reason = Annotated[str, msgspec.Meta(min_length=2, max_length=200)]


class Scan(forms.Form, frozen=True):
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class Rejecting(forms.Form, frozen=True):
    rejection: Rejection


class Measuring(forms.Form, frozen=True):
    observation: list[str]
    value: list[str]


class SendingBack(forms.Form, frozen=True):
    reason: Reason


class Calling(forms.Form, frozen=True):
    receiver: UUID
    observation: list[str]
    value: list[Decimal]


F = TypeVar("F", bound=forms.Form)


async def bench(request: Request) -> Response:
    return await _bench(request)


async def scan(request: Request) -> Response:
    try:
        form = await forms.read(request, Scan)
        order_id = await reading(
            app_of(request), user(request), lambda tx: laboratory.scan(tx, barcode=form.code)
        )
    except forms.BadForm as bad:
        return await _bench(request, bad.form)
    except SAID_HERE as refused:
        return await _bench(request, await forms.kept(request, code=refused))
    return answer.go(request, f"{PAGE}/orders/{order_id}")


async def receive(request: Request) -> Response:
    async def verb(tx: Tx, _: forms.Form) -> None:
        await laboratory.receive(tx, order_id=_order(request))

    return await _act(request, forms.Form, verb)


async def reject(request: Request) -> Response:
    async def verb(tx: Tx, form: Rejecting) -> None:
        await laboratory.reject(tx, order_id=_order(request), reason=form.rejection)

    return await _act(request, Rejecting, verb)


async def measure(request: Request) -> Response:
    async def verb(tx: Tx, form: Measuring) -> None:
        await laboratory.measure(tx, order_id=_order(request), readings=_readings(form))

    return await _act(request, Measuring, verb)


async def send_back(request: Request) -> Response:
    async def verb(tx: Tx, form: SendingBack) -> None:
        await laboratory.send_back(tx, order_id=_order(request), reason=form.reason)

    return await _act(request, SendingBack, verb)


async def verify(request: Request) -> Response:
    async def verb(tx: Tx, _: forms.Form) -> None:
        await laboratory.verify(tx, order_id=_order(request))

    return await _act(request, forms.Form, verb)


async def call(request: Request) -> Response:
    async def verb(tx: Tx, form: Calling) -> None:
        read_back = dict(zip(form.observation, form.value, strict=False))
        await laboratory.call(
            tx, order_id=_order(request), receiver_id=form.receiver, read_back=read_back
        )

    return await _act(request, Calling, verb)


def _readings(form: Measuring) -> list[Reading]:
    """Take a number as a number and anything else as words; a blank leaves its place empty.

    Blank fields don't arrive, so fewer values than observations can't be told apart: none counts.
    """
    if len(form.value) != len(form.observation):
        return []
    return [_reading(*each) for each in zip(form.observation, form.value, strict=True)]


def _reading(observation: str, text: str) -> Reading:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return Reading(observation, words=text)
    return Reading(observation, value) if value.is_finite() else Reading(observation, words=text)


async def _act(
    request: Request, struct: type[F], verb: Callable[[Tx, F], Awaitable[None]]
) -> Response:
    """Do one act on the order in hand and show it again; a refusal stands beside it."""
    then = f"{PAGE}/orders/{_order(request)}"
    return await acts.act(request, struct, verb, page=_bench, said=SAID_HERE, then=then)


async def _bench(request: Request, form: Filled | None = None) -> Response:
    order_id = request.path_params.get("order_id")
    view = await reading(
        app_of(request), user(request), lambda tx: laboratory_desk.bench(tx, order_id=order_id)
    )
    return answer.page(request, "laboratory/bench.html", view, 422 if form else 200, form=form)


def _order(request: Request) -> UUID:
    order_id: UUID = request.path_params["order_id"]
    return order_id


ORDER = f"{PAGE}/orders/{{order_id:uuid}}"
ROUTES = (
    Route(PAGE, bench, methods=["GET"]),
    Route(f"{PAGE}/scan", scan, methods=["POST"]),
    Route(ORDER, bench, methods=["GET"]),
    Route(f"{ORDER}/receive", receive, methods=["POST"]),
    Route(f"{ORDER}/reject", reject, methods=["POST"]),
    Route(f"{ORDER}/measure", measure, methods=["POST"]),
    Route(f"{ORDER}/send-back", send_back, methods=["POST"]),
    Route(f"{ORDER}/verify", verify, methods=["POST"]),
    Route(f"{ORDER}/call", call, methods=["POST"]),
)
