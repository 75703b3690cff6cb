"""The pharmacist's desk: go on duty, read what doctors have signed, agree or send back (药师)."""

import re
from collections.abc import Awaitable, Callable
from functools import partial
from types import NoneType
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import pharmacist_desk, review
from lianyi.kernel.refusal import Conflict, Invalid, NotAllowed
from lianyi.kernel.work import Tx, reading, within
from lianyi.people import service as people
from lianyi.prescribing.model import ReturnReason
from lianyi.prescribing.model.review import Answer, Item, Opinion
from lianyi.web import acts, answer, forms
from lianyi.web.forms import Filled
from lianyi.web.i18n import mark
from lianyi.web.session import app_of, user

PAGE = "/review"
ANSWER = re.compile(f"({'|'.join(Item)}):({'|'.join(Answer)})")
SAID_HERE = (Invalid, Conflict, NotAllowed)  # beside the prescription in hand


class Approving(forms.Form, frozen=True):
    """Each answer says of which item it is: `dose:pass`."""

    document: UUID
    answer: list[str]
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""

    def __post_init__(self) -> None:
        if not all(ANSWER.fullmatch(each) for each in self.answer):
            raise ValueError(mark("请从列表中选择审核结论。"))

    def opinion(self) -> Opinion:
        pairs = (each.split(":") for each in self.answer)
        answers = {Item(item): Answer(answer) for item, answer in pairs}
        return Opinion(self.document, answers, self.note)


class Returning(forms.Form, frozen=True):
    document: UUID
    reason: ReturnReason
    note: Annotated[str, msgspec.Meta(min_length=2, max_length=500)]
    serious: bool = False

    def opinion(self) -> Opinion:
        return Opinion(self.document, {}, self.note, self.reason, self.serious)


F = TypeVar("F", bound=forms.Form)
A = TypeVar("A")


async def desk(request: Request) -> Response:
    view = await reading(app_of(request), user(request), pharmacist_desk.desk)
    return answer.page(request, "pharmacist/review.html", view)


async def go_on_duty(request: Request) -> Response:
    form = await forms.read(request, forms.Form)
    once = forms.once(request, form, NoneType)
    await within(app_of(request), user(request), people.go_on_duty, once=once)
    return answer.go(request, PAGE)


async def go_off_duty(request: Request) -> Response:
    form = await forms.read(request, forms.Form)
    once = forms.once(request, form, NoneType)
    await within(app_of(request), user(request), people.go_off_duty, once=once)
    return answer.go(request, PAGE)


async def hand(request: Request) -> Response:
    return await _hand(request)


async def claim(request: Request) -> Response:
    async def verb(tx: Tx, _: forms.Form) -> None:
        await review.claim(tx, prescription_id=_prescription(request))

    return await _act(request, forms.Form, NoneType, verb, then=_here(request))


async def release(request: Request) -> Response:
    async def verb(tx: Tx, _: forms.Form) -> None:
        await review.release(tx, prescription_id=_prescription(request))

    return await _act(request, forms.Form, NoneType, verb, then=PAGE)


async def approve(request: Request) -> Response:
    async def verb(tx: Tx, form: Approving) -> UUID:
        id = _prescription(request)
        return await review.approve(tx, prescription_id=id, opinion=form.opinion())

    return await _act(request, Approving, UUID, verb, then=_here(request))


async def send_back(request: Request) -> Response:
    async def verb(tx: Tx, form: Returning) -> None:
        id = _prescription(request)
        await review.send_back(tx, prescription_id=id, opinion=form.opinion())

    return await _act(request, Returning, NoneType, verb, then=_here(request))


async def _act(
    request: Request,
    struct: type[F],
    kind: type[A],
    verb: Callable[[Tx, F], Awaitable[A]],
    *,
    then: str,
) -> Response:
    """Do one act on the prescription in hand; a refusal stands beside it."""
    return await acts.act(request, struct, verb, page=_hand, said=SAID_HERE, then=then, kind=kind)


async def _hand(request: Request, form: Filled | None = None) -> Response:
    verb = partial(pharmacist_desk.hand, prescription_id=_prescription(request))
    view = await reading(app_of(request), user(request), verb)
    return answer.page(request, "pharmacist/review.html", view, 422 if form else 200, form=form)


def _prescription(request: Request) -> UUID:
    id: UUID = request.path_params["prescription"]
    return id


def _here(request: Request) -> str:
    return f"{PAGE}/{_prescription(request)}"


ONE = f"{PAGE}/{{prescription:uuid}}"
ROUTES = (
    Route(PAGE, desk, methods=["GET"]),
    Route(f"{PAGE}/on-duty", go_on_duty, methods=["POST"]),
    Route(f"{PAGE}/off-duty", go_off_duty, methods=["POST"]),
    Route(ONE, hand, methods=["GET"]),
    Route(f"{ONE}/claim", claim, methods=["POST"]),
    Route(f"{ONE}/release", release, methods=["POST"]),
    Route(f"{ONE}/approve", approve, methods=["POST"]),
    Route(f"{ONE}/send-back", send_back, methods=["POST"]),
)
