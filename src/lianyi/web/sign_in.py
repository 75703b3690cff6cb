"""The doors: residents by phone code, staff by password and one-time code; posts; out again."""

import asyncio
from typing import Annotated
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.accounts import queries as accounts
from lianyi.accounts import service as passwords
from lianyi.accounts.errors import BadPhone, TooManyCodes, WrongCode, WrongPassword
from lianyi.accounts.model import CODE_DIGITS, Opened, Session
from lianyi.journeys import sign_in
from lianyi.kernel.work import App, reading, within
from lianyi.people import queries as people
from lianyi.people.model import GUEST
from lianyi.web import answer, forms, nav
from lianyi.web.demo import Back
from lianyi.web.i18n import _, mark
from lianyi.web.session import DOOR, app_of, current, give, take_away, user

AGAIN = 60  # seconds before another code is offered
Phone = Annotated[
    str, msgspec.Meta(min_length=11, max_length=20, description=mark("请填写 11 位手机号。"))
]
Code = Annotated[
    str, msgspec.Meta(pattern=rf"^\d{{{CODE_DIGITS}}}$", description=mark("验证码是 6 位数字。"))
]

TOO_MANY_HERE = mark(
    "从您所在的网络请求的验证码过多，这一条没有发送。请一小时后再试，或换用手机流量。"
)


class AskCode(forms.Form, frozen=True):
    phone: Phone
    back: Back = "/"


class Proof(forms.Form, frozen=True):
    phone: Phone
    code: Code
    back: Back = "/"


class StaffProof(forms.Form, frozen=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    code: Code
    back: Back = "/"


class Chosen(forms.Form, frozen=True):
    post: UUID


class ForWhom(forms.Form, frozen=True):
    person: UUID
    back: Back = "/"


class Door(msgspec.Struct, frozen=True):
    """What the sign-in pages show: the phone a code went to, and where the reader was heading."""

    phone: str = ""
    again_in: int = AGAIN
    back: str = "/"


class Posts(msgspec.Struct, frozen=True):
    name: str
    posts: tuple[object, ...]


async def resident(request: Request) -> Response:
    return answer.page(request, "sign_in/resident.html", Door(back=_back(request)))


async def send_code(request: Request) -> Response:
    try:
        form = await forms.read(request, AskCode)
    except forms.BadForm as bad:
        return _resident(request, Door(back=_back(request)), bad.form)
    app = app_of(request)
    if not request.app.state.codes.allows(request, app.clock()):
        kept = await forms.kept(request, phone=_(TOO_MANY_HERE))
        return _resident(request, Door(back=form.back), kept, status=429)
    try:
        await within(app, DOOR, lambda tx: sign_in.send_code(tx, phone=form.phone))
    except (BadPhone, TooManyCodes) as refused:
        return _resident(request, Door(back=form.back), await forms.kept(request, phone=refused))
    return answer.page(request, "sign_in/resident.html", Door(form.phone, back=form.back))


async def prove_phone(request: Request) -> Response:
    try:
        form = await forms.read(request, Proof)
    except forms.BadForm as bad:
        return _resident(request, Door(bad.form.text("phone"), back=_back(request)), bad.form)
    opened = await within(
        app_of(request), DOOR, lambda tx: sign_in.by_phone(tx, phone=form.phone, code=form.code)
    )
    if opened is None:
        kept = await forms.kept(request, code=WrongCode())
        return _resident(request, Door(form.phone, back=form.back), kept)
    return _welcome(request, opened, form.back)


async def staff(request: Request) -> Response:
    return answer.page(request, "sign_in/staff.html", Door(back=_back(request)))


async def prove_staff(request: Request) -> Response:
    try:
        form = await forms.read(request, StaffProof)
        opened = await _check_staff(app_of(request), form)
    except forms.BadForm as bad:
        return answer.page(request, "sign_in/staff.html", Door(back="/"), 422, form=bad.form)
    if opened is None:
        kept = await forms.kept(request, password=WrongPassword())
        return answer.page(request, "sign_in/staff.html", Door(back=form.back), 422, form=kept)
    return _welcome(request, opened, form.back if form.back != "/" else "/desk")


async def _check_staff(app: App, form: StaffProof) -> Opened | None:
    """Check the password in a thread, since it takes a core 0.1 s, and the rest within."""
    known = await reading(app, DOOR, lambda tx: accounts.credentials(tx, login=form.name))
    hashed = known.password_hash if known else None
    right = await asyncio.to_thread(passwords.is_password, hashed, form.password)
    if known is None:
        return None
    return await within(
        app,
        DOOR,
        lambda tx: sign_in.by_password(
            tx, account_id=known.account_id, password=right, code=form.code
        ),
    )


async def choose_post(request: Request) -> Response:
    session = current(request)
    found = await reading(
        app_of(request), user(request), lambda tx: sign_in.posts(tx, session=session)
    )
    return answer.page(
        request, "sign_in/post.html", Posts(found[0].name if found else "", tuple(found))
    )


async def wear_post(request: Request) -> Response:
    form = await forms.read(request, Chosen)
    session = current(request)
    await within(
        app_of(request),
        user(request),
        lambda tx: sign_in.choose(tx, session=session, post_id=form.post),
    )
    return answer.go(request, "/desk")


async def act_for(request: Request) -> Response:
    form = await forms.read(request, ForWhom)
    session = current(request)
    await within(
        app_of(request),
        user(request),
        lambda tx: sign_in.act_for(tx, session=session, person_id=form.person),
    )
    return answer.go(request, form.back)


async def sign_out(request: Request) -> Response:
    await forms.read(request, forms.Form)
    session: Session | None = request.scope.get("session")
    if session:
        await within(
            app_of(request), user(request), lambda tx: passwords.sign_out(tx, digest=session.digest)
        )
    response = answer.go(request, "/sign-in")
    take_away(response)
    return response


async def desk(request: Request) -> Response:
    """Lead each reader to where their day begins; staff without a hat choose one first."""
    hat = user(request)
    if not current(request).account.staff:
        return answer.go(request, "/")
    if hat.role == GUEST:
        return answer.go(request, "/sign-in/post")
    here = hat.institution_id
    found = await reading(app_of(request), hat, lambda tx: people.institutions(tx, ids=[here]))
    return answer.go(request, nav.desk_of(hat.role, found[here].kind))


def _resident(request: Request, door: Door, form: forms.Filled, *, status: int = 422) -> Response:
    return answer.page(request, "sign_in/resident.html", door, status, form=form)


def _welcome(request: Request, opened: Opened, back: str) -> Response:
    response = answer.go(request, back)
    give(request, response, opened)
    return response


def _back(request: Request) -> str:
    """Return where the reader was heading, if that is on this site."""
    try:
        return msgspec.convert(request.query_params.get("back", "/"), Back)
    except msgspec.ValidationError:
        return "/"


ROUTES = (
    Route("/sign-in", resident, methods=["GET"]),
    Route("/sign-in", prove_phone, methods=["POST"]),
    Route("/sign-in/code", send_code, methods=["POST"]),
    Route("/sign-in/staff", staff, methods=["GET"]),
    Route("/sign-in/staff", prove_staff, methods=["POST"]),
    Route("/sign-in/post", choose_post, methods=["GET"]),
    Route("/sign-in/post", wear_post, methods=["POST"]),
    Route("/act-for", act_for, methods=["POST"]),
    Route("/sign-out", sign_out, methods=["POST"]),
    Route("/desk", desk, methods=["GET"]),
)
