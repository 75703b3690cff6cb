"""Open a health card, show it, stop it, and answer who else applied in one's name."""

from types import NoneType
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.accounts import queries as accounts
from lianyi.journeys import card, resident_desk, sign_in
from lianyi.kernel.actor import Actor
from lianyi.kernel.work import within
from lianyi.people.errors import BadName, BadNumber, NoticeMoved, TooManyApplications
from lianyi.people.model import GUEST
from lianyi.web import acts, answer, forms
from lianyi.web.forms import Filled
from lianyi.web.i18n import mark
from lianyi.web.patient.shell import read, show
from lianyi.web.session import app_of, current, user

Name = Annotated[
    str, msgspec.Meta(min_length=2, max_length=40, description=mark("请填写身份证上的姓名。"))
]
Number = Annotated[
    str, msgspec.Meta(min_length=15, max_length=20, description=mark("请填写 18 位身份证号码。"))
]


class Opening(forms.Form, frozen=True):
    name: Name
    number: Number
    notice: Annotated[str, msgspec.Meta(max_length=20)]
    agreed: bool = False


class Freezing(forms.Form, frozen=True):
    reason: Literal["lost", "misused", "other"]


class Answering(forms.Form, frozen=True):
    card: UUID


class Notice(msgspec.Struct, frozen=True):
    """What an applicant agrees to: the version, and the codes of its sentences."""

    phone: str
    version: str = card.NOTICE
    words: tuple[str, ...] = card.NOTICE_WORDS


async def opening(request: Request) -> Response:
    return await _opening(request)


async def open_card(request: Request) -> Response:
    try:
        form = await forms.read(request, Opening)
    except forms.BadForm as bad:
        return await _opening(request, bad.form)
    if not form.agreed:
        unread = await forms.kept(request, agreed=mark("请先阅读并同意，再开通。"))
        return await _opening(request, unread)
    try:
        await _apply(request, form)
    except BadName as refused:
        return await _opening(request, await forms.kept(request, name=refused))
    except BadNumber as refused:
        return await _opening(request, await forms.kept(request, number=refused))
    except (TooManyApplications, NoticeMoved) as refused:
        return await _opening(request, await forms.kept(request, **{"": refused}))
    return answer.go(request, "/")


async def come_in(request: Request) -> Response:
    """Wear one's own hat once the card is open."""
    form = await forms.read(request, forms.Form)
    session = current(request)
    await within(
        app_of(request),
        user(request),
        lambda tx: sign_in.come_in(tx, session=session),
        once=forms.once(request, form, Actor),
    )
    return answer.go(request, "/")


async def show_card(request: Request) -> Response:
    return await _card(request)


async def freeze(request: Request) -> Response:
    person_id = user(request).subject_id
    return await acts.act(
        request,
        Freezing,
        lambda tx, form: card.freeze(tx, person_id=person_id, why=form.reason),
        page=_card,
        said=(),
        then="/card",
    )


async def agree(request: Request) -> Response:
    """Let the card move. This phone leads nowhere from now on, so it is led to the door."""
    form = await forms.read(request, Answering)
    await within(
        app_of(request),
        user(request),
        lambda tx: card.agree(tx, card_id=form.card),
        once=forms.once(request, form, NoneType),
    )
    return answer.go(request, "/sign-in")


async def deny(request: Request) -> Response:
    return await acts.act(
        request,
        Answering,
        lambda tx, form: card.deny(tx, card_id=form.card),
        page=_card,
        said=(),
        then="/card",
    )


async def _card(request: Request, form: Filled | None = None) -> Response:
    return await show(request, "patient/card.html", resident_desk.card, form=form)


async def _opening(request: Request, form: Filled | None = None) -> Response:
    if user(request).role != GUEST:
        return answer.go(request, "/card")
    phone = await _phone(request)
    view = Notice(f"{phone[:3]}****{phone[-4:]}")
    return answer.page(request, "patient/open_card.html", view, 422 if form else 200, form=form)


async def _apply(request: Request, form: Opening) -> UUID:
    phone = await _phone(request)
    return await within(
        app_of(request),
        user(request),
        lambda tx: card.open_card(
            tx, name=form.name, number=form.number, phone=phone, notice=form.notice
        ),
        once=forms.once(request, form, UUID),
    )


async def _phone(request: Request) -> str:
    """Return the phone this session has proven; staff logins have none."""
    account_id = current(request).account.id
    return await read(request, lambda tx: accounts.phone_of(tx, account_id=account_id)) or ""


ROUTES = (
    Route("/card", show_card, methods=["GET"]),
    Route("/card/open", opening, methods=["GET"]),
    Route("/card/open", open_card, methods=["POST"]),
    Route("/card/come-in", come_in, methods=["POST"]),
    Route("/card/freeze", freeze, methods=["POST"]),
    Route("/card/claims/agree", agree, methods=["POST"]),
    Route("/card/claims/deny", deny, methods=["POST"]),
)
