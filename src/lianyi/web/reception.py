"""The reception counter: scan a card or read a document, then act for whoever stands there."""

from collections.abc import Awaitable, Callable
from datetime import date
from functools import partial
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import book, card, counter, queue, reception_desk
from lianyi.kernel.refusal import Conflict, Invalid, NotFound, Refused
from lianyi.kernel.work import Tx, reading, within
from lianyi.people.errors import BadDate, BadName, DocumentMissing
from lianyi.web import acts, answer, forms
from lianyi.web.forms import Filled
from lianyi.web.i18n import mark
from lianyi.web.session import app_of, user

PAGE = "/reception"
MENDED_HERE = (Invalid, Conflict, NotFound)  # said on the page, beside what was typed
ELSEWHERE = {"freeze": "reason", "arrive": "appointment", "add": "session"}  # fields of acts
Number = Annotated[
    str, msgspec.Meta(min_length=15, max_length=20, description=mark("请填写 18 位身份证号码。"))
]
Document = Annotated[
    str, msgspec.Meta(min_length=2, max_length=100, description=mark("请填写证明的名称和编号。"))
]


class Scan(forms.Form, frozen=True):
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Reading(forms.Form, frozen=True):
    name: Annotated[str, msgspec.Meta(min_length=2, max_length=40)]
    number: Number
    compared: bool = False


class Finding(forms.Form, frozen=True):
    own_name: Annotated[str, msgspec.Meta(min_length=2, max_length=80)]
    record: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Opening(forms.Form, frozen=True):
    open_number: Number


class Admitting(forms.Form, frozen=True):
    card: UUID
    admit_number: Number


class Thawing(forms.Form, frozen=True):
    thaw_number: Number


class Freezing(forms.Form, frozen=True):
    reason: Annotated[str, msgspec.Meta(min_length=2, max_length=200)]


class Papers(forms.Form, frozen=True):
    kin: UUID
    child_number: Number
    child_document: Document


class Arriving(forms.Form, frozen=True):
    appointment: UUID
    urgent: bool = False


class Adding(forms.Form, frozen=True):
    session: UUID
    add_reason: Annotated[
        str, msgspec.Meta(min_length=2, max_length=200, description=mark("请写明加号的原因。"))
    ]


class Death(forms.Form, frozen=True):
    death_number: Number
    died_on: date
    death_document: Document


F = TypeVar("F", bound=forms.Form)


async def desk(request: Request) -> Response:
    return await _desk(request)


async def scan(request: Request) -> Response:
    try:
        form = await forms.read(request, Scan)
        person_id = await within(
            app_of(request),
            user(request),
            lambda tx: counter.scan(tx, code=form.code),
            once=forms.once(request, form, UUID),
        )
    except forms.BadForm as bad:
        return await _desk(request, bad.form)
    except MENDED_HERE as refused:
        return await _desk(request, await forms.kept(request, code=refused))
    return answer.go(request, f"{PAGE}/people/{person_id}")


async def read_document(request: Request) -> Response:
    try:
        form = await forms.read(request, Reading)
        if not form.compared:
            unseen = mark("请核对证件原件与本人后勾选。")
            return await _desk(request, await forms.kept(request, compared=unseen))
        person_id = await within(
            app_of(request),
            user(request),
            lambda tx: counter.read_document(tx, name=form.name, number=form.number),
            once=forms.once(request, form, UUID),
        )
    except forms.BadForm as bad:
        return await _desk(request, bad.form)
    except MENDED_HERE as refused:
        field = "name" if isinstance(refused, BadName) else "number"
        return await _desk(request, await forms.kept(request, **{field: refused}))
    return answer.go(request, f"{PAGE}/people/{person_id}")


async def find_own(request: Request) -> Response:
    """Find somebody by the number the institution's own system has for them."""
    try:
        form = await forms.read(request, Finding)
        verb = partial(counter.find_own, name=form.own_name, number=form.record)
        once = forms.once(request, form, UUID)
        person_id = await within(app_of(request), user(request), verb, once=once)
    except forms.BadForm as bad:
        return await _desk(request, bad.form)
    except MENDED_HERE as refused:
        return await _desk(request, await forms.kept(request, record=refused))
    return answer.go(request, f"{PAGE}/people/{person_id}")


async def visitor(request: Request) -> Response:
    return await _visitor(request)


async def open_card(request: Request) -> Response:
    def verb(tx: Tx, form: Opening) -> Awaitable[None]:
        return counter.open_card(tx, person_id=_person(request), number=form.open_number)

    return await _act(request, Opening, verb, "open")


async def admit(request: Request) -> Response:
    def verb(tx: Tx, form: Admitting) -> Awaitable[None]:
        return counter.admit(
            tx, person_id=_person(request), number=form.admit_number, card_id=form.card
        )

    return await _act(request, Admitting, verb, "admit")


async def check_in(request: Request) -> Response:
    def verb(tx: Tx, form: Arriving) -> Awaitable[None]:
        return queue.check_in(tx, appointment_id=form.appointment, urgent=form.urgent)

    return await _act(request, Arriving, verb, "arrive")


async def re_enter(request: Request) -> Response:
    def verb(tx: Tx, form: Arriving) -> Awaitable[None]:
        return queue.re_enter(tx, appointment_id=form.appointment)

    return await _act(request, Arriving, verb, "arrive")


async def add(request: Request) -> Response:
    async def verb(tx: Tx, form: Adding) -> None:
        await book.add(
            tx, session_id=form.session, person_id=_person(request), reason=form.add_reason
        )

    return await _act(request, Adding, verb, "add")


async def thaw(request: Request) -> Response:
    def verb(tx: Tx, form: Thawing) -> Awaitable[None]:
        return counter.thaw(tx, person_id=_person(request), number=form.thaw_number)

    return await _act(request, Thawing, verb, "thaw")


async def freeze(request: Request) -> Response:
    def verb(tx: Tx, form: Freezing) -> Awaitable[None]:
        return card.freeze(tx, person_id=_person(request), why=form.reason)

    return await _act(request, Freezing, verb, "freeze")


async def papers(request: Request) -> Response:
    def verb(tx: Tx, form: Papers) -> Awaitable[None]:
        return counter.confirm_child(
            tx,
            person_id=_person(request),
            kin_id=form.kin,
            number=form.child_number,
            document=form.child_document,
        )

    return await _act(request, Papers, verb, "child")


async def death(request: Request) -> Response:
    def verb(tx: Tx, form: Death) -> Awaitable[None]:
        return counter.record_death(
            tx,
            person_id=_person(request),
            number=form.death_number,
            died_on=form.died_on,
            document=form.death_document,
        )

    return await _act(request, Death, verb, "death")


async def _act(
    request: Request, struct: type[F], verb: Callable[[Tx, F], Awaitable[None]], act: str
) -> Response:
    """Do one act for the visitor and show them again; a refusal stands where it can be mended."""
    return await acts.act(
        request,
        struct,
        verb,
        page=_visitor,
        said=MENDED_HERE,
        then=f"{PAGE}/people/{_person(request)}",
        wrong=lambda refused: {_field(act, refused): refused},
    )


def _field(act: str, refused: Refused) -> str:
    if isinstance(refused, BadDate):
        return "died_on"
    if act in ELSEWHERE:
        return ELSEWHERE[act]
    return f"{act}_document" if isinstance(refused, DocumentMissing) else f"{act}_number"


async def _desk(request: Request, form: Filled | None = None) -> Response:
    view = await reading(app_of(request), user(request), reception_desk.counter)
    return answer.page(request, "reception/desk.html", view, 422 if form else 200, form=form)


async def _visitor(request: Request, form: Filled | None = None) -> Response:
    person_id = _person(request)
    view = await reading(
        app_of(request), user(request), lambda tx: reception_desk.visitor(tx, person_id=person_id)
    )
    return answer.page(request, "reception/visitor.html", view, 422 if form else 200, form=form)


def _person(request: Request) -> UUID:
    person_id: UUID = request.path_params["person_id"]
    return person_id


VISITOR = f"{PAGE}/people/{{person_id:uuid}}"
ROUTES = (
    Route(PAGE, desk, methods=["GET"]),
    Route(f"{PAGE}/scan", scan, methods=["POST"]),
    Route(f"{PAGE}/document", read_document, methods=["POST"]),
    Route(f"{PAGE}/record", find_own, methods=["POST"]),
    Route(VISITOR, visitor, methods=["GET"]),
    Route(f"{VISITOR}/card", open_card, methods=["POST"]),
    Route(f"{VISITOR}/check-in", check_in, methods=["POST"]),
    Route(f"{VISITOR}/re-enter", re_enter, methods=["POST"]),
    Route(f"{VISITOR}/add", add, methods=["POST"]),
    Route(f"{VISITOR}/admit", admit, methods=["POST"]),
    Route(f"{VISITOR}/thaw", thaw, methods=["POST"]),
    Route(f"{VISITOR}/freeze", freeze, methods=["POST"]),
    Route(f"{VISITOR}/papers", papers, methods=["POST"]),
    Route(f"{VISITOR}/death", death, methods=["POST"]),
)
