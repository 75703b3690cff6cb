"""The pharmacy's counter: answer, review, pick by scanning, check, hand over, take back."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import fill, hand_over, pharmacy_desk
from lianyi.journeys.hand_over import Shown
from lianyi.kernel.refusal import Conflict, Invalid, NotAllowed, NotFound
from lianyi.kernel.work import Tx, reading
from lianyi.people import service as people
from lianyi.pharmacy.model import Check, Declined, Defect
from lianyi.web import acts, answer, forms
from lianyi.web.forms import Filled
from lianyi.web.session import app_of, user

PAGE = "/pharmacy"
SAID_HERE = (Invalid, Conflict, NotAllowed, NotFound)  # beside the sale in hand
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Scan(forms.Form, frozen=True):
    code: Code


class Declining(forms.Form, frozen=True):
    reason: Declined


class Shorting(forms.Form, frozen=True):
    number: int


class Checking(forms.Form, frozen=True):
    """PH-05: what was compared by eye."""

    check: list[Check] = msgspec.field(default_factory=list)


class Taking(forms.Form, frozen=True):
    """Who takes the medicines: the patient's card or number, and a proxy's paper (INS-02)."""

    code: Annotated[str, msgspec.Meta(max_length=200)] = ""
    number: Annotated[str, msgspec.Meta(max_length=18)] = ""
    proxy_name: Annotated[str, msgspec.Meta(max_length=60)] = ""
    proxy_number: Annotated[str, msgspec.Meta(max_length=18)] = ""

    def shown(self) -> Shown:
        return Shown(self.code, self.number, self.proxy_name, self.proxy_number)


class Returning(forms.Form, frozen=True):
    reason: Defect


F = TypeVar("F", bound=forms.Form)


async def counter(request: Request) -> Response:
    return await _counter(request)


async def find(request: Request) -> Response:
    """Lead to the sale of a prescription's number or of a pack."""
    try:
        form = await forms.read(request, Scan)
        verb = partial(pharmacy_desk.find, text=form.code)
        sale_id = await reading(app_of(request), user(request), verb)
    except forms.BadForm as bad:
        return await _counter(request, bad.form)
    except SAID_HERE as refused:
        return await _counter(request, await forms.kept(request, code=refused))
    return answer.go(request, f"{PAGE}/sales/{sale_id}")


async def go_on_duty(request: Request) -> Response:
    return await _duty(request, people.go_on_duty)


async def go_off_duty(request: Request) -> Response:
    return await _duty(request, people.go_off_duty)


async def accept(request: Request) -> Response:
    async def verb(tx: Tx, _: forms.Form) -> None:
        await fill.accept(tx, sale_id=_sale(request))

    return await _act(request, forms.Form, verb)


async def decline(request: Request) -> Response:
    async def verb(tx: Tx, form: Declining) -> None:
        await fill.decline(tx, sale_id=_sale(request), reason=form.reason)

    return await _act(request, Declining, verb, then=f"{PAGE}?done=declined")


async def approve(request: Request) -> Response:
    async def verb(tx: Tx, _: forms.Form) -> None:
        await hand_over.approve(tx, sale_id=_sale(request))

    return await _act(request, forms.Form, verb)


async def scan(request: Request) -> Response:
    async def verb(tx: Tx, form: Scan) -> None:
        await hand_over.scan(tx, sale_id=_sale(request), text=form.code)

    return await _act(request, Scan, verb, at="code")


async def mark_short(request: Request) -> Response:
    async def verb(tx: Tx, form: Shorting) -> None:
        await hand_over.mark_short(tx, sale_id=_sale(request), number=form.number)

    return await _act(request, Shorting, verb)


async def check(request: Request) -> Response:
    """PH-05: confirm what was compared by eye, and answer for the whole."""

    async def verb(tx: Tx, form: Checking) -> None:
        await hand_over.tick(tx, sale_id=_sale(request), checks=form.check)
        await fill.check(tx, sale_id=_sale(request))

    return await _act(request, Checking, verb)


async def give(request: Request) -> Response:
    async def verb(tx: Tx, form: Taking) -> None:
        await hand_over.hand_over(tx, sale_id=_sale(request), shown=form.shown())

    return await _act(request, Taking, verb)


async def take_back(request: Request) -> Response:
    async def verb(tx: Tx, form: Returning) -> None:
        await hand_over.take_back(tx, sale_id=_sale(request), reason=form.reason)

    return await _act(request, Returning, verb, then=f"{PAGE}?done=returned")


async def labels(request: Request) -> Response:
    """Show the labels that go with the medicines, made to be printed (PH-09)."""
    return await _counter(request, template="pharmacy/labels.html")


async def _duty(request: Request, duty: Callable[[Tx], Awaitable[None]]) -> Response:
    async def verb(tx: Tx, _: forms.Form) -> None:
        await duty(tx)

    return await _act(request, forms.Form, verb, then=PAGE)


async def _act(
    request: Request,
    struct: type[F],
    verb: Callable[[Tx, F], Awaitable[None]],
    *,
    at: str = "act",
    then: str = "",
) -> Response:
    """Do one act on the sale in hand and show it again; a refusal stands beside it.

    With the end of a sale its chart has closed: `then` is where to go on instead.
    """
    then, wrong = then or f"{PAGE}/sales/{_sale(request)}", acts.beside(at)
    return await acts.act(
        request, struct, verb, page=_counter, said=SAID_HERE, then=then, wrong=wrong
    )


async def _counter(
    request: Request, form: Filled | None = None, template: str = "pharmacy/counter.html"
) -> Response:
    """Draw the counter. What this hat may not know of at all answers as not found."""
    verb = partial(pharmacy_desk.terminal, sale_id=request.path_params.get("sale"))
    view = await reading(app_of(request), user(request), verb)
    return answer.page(request, template, view, 422 if form else 200, form=form)


def _sale(request: Request) -> UUID:
    id: UUID = request.path_params["sale"]
    return id


ONE = f"{PAGE}/sales/{{sale:uuid}}"
ROUTES = (
    Route(PAGE, counter, methods=["GET"]),
    Route(f"{PAGE}/find", find, methods=["POST"]),
    Route(f"{PAGE}/on-duty", go_on_duty, methods=["POST"]),
    Route(f"{PAGE}/off-duty", go_off_duty, methods=["POST"]),
    Route(ONE, counter, methods=["GET"]),
    Route(f"{ONE}/labels", labels, methods=["GET"]),
    Route(f"{ONE}/accept", accept, methods=["POST"]),
    Route(f"{ONE}/decline", decline, methods=["POST"]),
    Route(f"{ONE}/approve", approve, methods=["POST"]),
    Route(f"{ONE}/scan", scan, methods=["POST"]),
    Route(f"{ONE}/short", mark_short, methods=["POST"]),
    Route(f"{ONE}/check", check, methods=["POST"]),
    Route(f"{ONE}/hand-over", give, methods=["POST"]),
    Route(f"{ONE}/take-back", take_back, methods=["POST"]),
)
