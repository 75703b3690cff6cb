"""The account of a member of staff: posts, password, and where one is signed in."""

import asyncio
from dataclasses import dataclass
from types import NoneType
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.accounts import service as accounts
from lianyi.accounts.errors import WeakPassword, WrongPassword
from lianyi.accounts.model import CODE_DIGITS
from lianyi.journeys import account as journey
from lianyi.journeys.account import Account
from lianyi.kernel.actor import Role
from lianyi.kernel.work import reading, within
from lianyi.web import answer, forms, nav
from lianyi.web.i18n import mark
from lianyi.web.nav import Place
from lianyi.web.session import app_of, current, take_away, user

PAGE = "/account"
Typed = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Code = Annotated[
    str, msgspec.Meta(pattern=rf"^\d{{{CODE_DIGITS}}}$", description=mark("验证码是 6 位数字。"))
]


class NewPassword(forms.Form, frozen=True):
    old: Typed
    new: Typed
    again: Typed
    code: Code

    def __post_init__(self) -> None:
        if self.new != self.again:
            raise ValueError(mark("两次填写的新密码不一致。"))
        if self.new == self.old:
            raise ValueError(mark("新密码与旧密码相同。请换一个。"))


@dataclass(frozen=True, slots=True)
class Page:
    account: Account
    role: Role
    changed: bool

    @property
    def rail(self) -> tuple[Place, ...]:
        return nav.RAILS.get(self.role, ())


async def account(request: Request) -> Response:
    return await _page(request)


async def change_password(request: Request) -> Response:
    """Change it without a key: its fingerprint would hold the passwords, and a code works once."""
    try:
        form = await forms.read(request, NewPassword)
    except forms.BadForm as bad:
        return await _page(request, bad.form)
    try:
        changed = await _change(request, form)
    except WeakPassword as refused:
        return await _page(request, await forms.kept(request, new=refused))
    if not changed:
        return await _page(request, await forms.kept(request, old=WrongPassword()))
    return answer.go(request, f"{PAGE}?changed=1")


async def _change(request: Request, form: NewPassword) -> bool:
    """Check the old and hash the new in threads, since either takes a core 0.1 s."""
    app, session = app_of(request), current(request)
    view = await reading(app, user(request), lambda tx: journey.account(tx, session=session))
    right = await asyncio.to_thread(accounts.is_password, view.own.password_hash, form.old)
    hashed = await asyncio.to_thread(accounts.hash_password, form.new)
    return await within(
        app,
        user(request),
        lambda tx: accounts.change_password(
            tx, session=session, password=right, code=form.code, password_hash=hashed
        ),
    )


async def sign_out_everywhere(request: Request) -> Response:
    form, hat = await forms.read(request, forms.Form), user(request)
    await within(
        app_of(request),
        hat,
        lambda tx: accounts.sign_out_everywhere(tx, person_id=hat.person_id),
        once=forms.once(request, form, NoneType),
    )
    response = answer.go(request, "/sign-in/staff")
    take_away(response)
    return response


async def _page(request: Request, form: forms.Filled | None = None) -> Response:
    session, hat = current(request), user(request)
    view = await reading(app_of(request), hat, lambda tx: journey.account(tx, session=session))
    page = Page(view, hat.role, "changed" in request.query_params)
    return answer.page(request, "account/account.html", page, 422 if form else 200, form=form)


ROUTES = (
    Route(PAGE, account, methods=["GET"]),
    Route(PAGE + "/password", change_password, methods=["POST"]),
    Route(PAGE + "/sign-out-everywhere", sign_out_everywhere, methods=["POST"]),
)
