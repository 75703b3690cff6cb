"""Online visits on the workbench: going online, the queue, the talk, the note (在线复诊)."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from types import NoneType
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.accounts.errors import Resting
from lianyi.accounts.model import CODE_DIGITS
from lianyi.consult.errors import MayNotEnd, NotVerified
from lianyi.consult.model import Reason
from lianyi.journeys import follow_up, online_desk
from lianyi.kernel.refusal import Conflict, Invalid, NotFound, Refused
from lianyi.kernel.text import words
from lianyi.kernel.work import Tx, reading, within
from lianyi.people.errors import MayNotPractise
from lianyi.web import acts, answer, forms, uploads
from lianyi.web.doctor import visit as sheets
from lianyi.web.forms import Filled
from lianyi.web.i18n import mark
from lianyi.web.session import app_of, current, user

DESK = "/clinic/online"
ONE = DESK + "/{visit:uuid}"
SAID_HERE = (Invalid, Conflict, NotFound, NotVerified)
Why = Annotated[str, msgspec.Meta(min_length=2, max_length=500)]
Code = Annotated[
    str, msgspec.Meta(pattern=rf"^\d{{{CODE_DIGITS}}}$", description=mark("验证码是 6 位数字。"))
]
F = TypeVar("F", bound=forms.Form)


class Act(StrEnum):
    SAVE = "save"
    SIGN = "sign"


class Proving(forms.Form, frozen=True):
    code: Code


class Deciding(forms.Form, frozen=True):
    why: Why


class Turning(forms.Form, frozen=True):
    reason: Reason
    target: Why


class Saying(forms.Form, frozen=True):
    text: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class Writing(sheets.Noted, frozen=True):
    act: Act = Act.SAVE


async def desk(request: Request) -> Response:
    return await _desk(request)


async def go_online(request: Request) -> Response:
    """Prove anew who sits here. Without a key: the code works once, and must not be kept."""
    try:
        form = await forms.read(request, Proving)
        session = current(request)
        proven = await within(
            app_of(request),
            user(request),
            lambda tx: follow_up.go_online(tx, account_id=session.account.id, code=form.code),
        )
    except forms.BadForm as bad:
        return await _desk(request, bad.form)
    except (MayNotPractise, Resting) as refused:
        return await _desk(request, await forms.kept(request, **{"": _why(request, refused)}))
    if not proven:
        wrong = mark("验证码不对或已用过。请等下一个验证码。")
        return await _desk(request, await forms.kept(request, code=wrong))
    return answer.go(request, DESK)


async def go_offline(request: Request) -> Response:
    form = await forms.read(request, forms.Form)
    once = forms.once(request, form, NoneType)
    await within(app_of(request), user(request), follow_up.go_offline, once=once)
    return answer.go(request, DESK)


async def one(request: Request) -> Response:
    return await _one(request)


async def say(request: Request) -> Response:
    pictures = await uploads.contents(request, "pictures")

    async def verb(tx: Tx, form: Saying) -> None:
        await follow_up.say(tx, visit_id=_visit(request), text=form.text, pictures=pictures)

    return await _act(request, Saying, verb)


async def turn_offline(request: Request) -> Response:
    async def verb(tx: Tx, form: Turning) -> None:
        id = _visit(request)
        await follow_up.turn_offline(tx, visit_id=id, reason=form.reason, target=form.target)

    return await _act(request, Turning, verb)


async def write(request: Request) -> Response:
    async def verb(tx: Tx, form: Writing) -> None:
        act = follow_up.end if form.act is Act.SIGN else follow_up.save
        await act(tx, visit_id=_visit(request), note=sheets.written(form))

    return await _act(request, Writing, verb)


async def picture(request: Request) -> Response:
    file_id = request.path_params["file"]
    found = await reading(
        app_of(request),
        user(request),
        lambda tx: online_desk.picture(tx, visit_id=_visit(request), file_id=file_id),
    )
    return uploads.as_file(found)


def _deciding(decide: Callable[..., Awaitable[None]]) -> Callable[[Request], Awaitable[Response]]:
    """Return the handler of a yes or no, whose reason the patient reads."""

    async def decided(request: Request) -> Response:
        async def verb(tx: Tx, form: Deciding) -> None:
            await decide(tx, visit_id=_visit(request), why=form.why)

        return await _act(request, Deciding, verb)

    return decided


def _plain(move: Callable[..., Awaitable[None]]) -> Callable[[Request], Awaitable[Response]]:
    """Return the handler of a move that needs nothing but the press of a button."""

    async def moved(request: Request) -> Response:
        async def verb(tx: Tx, _: forms.Form) -> None:
            await move(tx, visit_id=_visit(request))

        return await _act(request, forms.Form, verb)

    return moved


async def _act(
    request: Request, struct: type[F], verb: Callable[[Tx, F], Awaitable[None]]
) -> Response:
    """Do one act of the visit and show it again; a refusal stands above it."""
    return await acts.act(
        request,
        struct,
        verb,
        page=_one,
        said=SAID_HERE,
        then=f"{DESK}/{_visit(request)}",
        wrong=lambda refused: {"act": _why(request, refused)},
    )


def _why(request: Request, refused: Refused) -> str | Refused:
    if not isinstance(refused, MayNotEnd | MayNotPractise):
        return refused
    return " ".join(words(each.code, request.state.language) for each in refused.findings)


async def _desk(request: Request, form: Filled | None = None) -> Response:
    view = await reading(app_of(request), user(request), online_desk.desk)
    return answer.page(request, "doctor/online.html", view, 422 if form else 200, form=form)


async def _one(request: Request, form: Filled | None = None) -> Response:
    view = await reading(
        app_of(request), user(request), lambda tx: online_desk.hand(tx, visit_id=_visit(request))
    )
    return answer.page(request, "doctor/online_visit.html", view, 422 if form else 200, form=form)


def _visit(request: Request) -> UUID:
    visit_id: UUID = request.path_params["visit"]
    return visit_id


ROUTES = (
    Route(DESK, desk, methods=["GET"]),
    Route(DESK + "/on", go_online, methods=["POST"]),
    Route(DESK + "/off", go_offline, methods=["POST"]),
    Route(ONE, one, methods=["GET"]),
    Route(ONE + "/admit", _deciding(follow_up.admit), methods=["POST"]),
    Route(ONE + "/refuse", _deciding(follow_up.refuse), methods=["POST"]),
    Route(ONE + "/take", _plain(follow_up.take), methods=["POST"]),
    Route(ONE + "/decide", _deciding(follow_up.decide), methods=["POST"]),
    Route(ONE + "/say", say, methods=["POST"]),
    Route(ONE + "/turn-offline", turn_offline, methods=["POST"]),
    Route(ONE + "/note", write, methods=["POST"]),
    Route(ONE + "/end-counsel", _plain(follow_up.end_counsel), methods=["POST"]),
    Route(ONE + "/files/{file:uuid}", picture, methods=["GET"]),
)
