"""How a member of staff signs: certificate, key opened by PIN, what is still owed (电子签名)."""

from dataclasses import dataclass
from functools import partial
from types import NoneType
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import notes, notes_desk, sign, signing_desk
from lianyi.journeys.signing_desk import Standing
from lianyi.kernel.actor import Role
from lianyi.kernel.work import reading, within
from lianyi.web import answer, forms, nav
from lianyi.web.i18n import mark
from lianyi.web.nav import Place
from lianyi.web.session import app_of, user

PAGE = "/signing"
Pin = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{6}$", description=mark("签名密码是 6 位数字。"))]


class Unlock(forms.Form, frozen=True):
    pin: Pin


class NewPin(forms.Form, frozen=True):
    new: Pin
    again: Pin

    def __post_init__(self) -> None:
        if self.new != self.again:
            raise ValueError(mark("两次填写的签名密码不一致。"))


@dataclass(frozen=True, slots=True)
class Page:
    desk: Standing
    role: Role

    @property
    def rail(self) -> tuple[Place, ...]:
        return nav.RAILS.get(self.role, ())


async def signing(request: Request) -> Response:
    return await _page(request)


async def unlock(request: Request) -> Response:
    """Open the key, without a key of the form: its fingerprint would hold the PIN.

    A second press finds the first: a post opens one key at a time.
    """
    try:
        form = await forms.read(request, Unlock)
    except forms.BadForm as bad:
        return await _page(request, bad.form)
    await within(app_of(request), user(request), partial(sign.unlock, pin=form.pin))
    return answer.go(request, PAGE)


async def ask(request: Request) -> Response:
    """Ask for a certificate, without a key of the form, as above."""
    try:
        form = await forms.read(request, NewPin)
    except forms.BadForm as bad:
        return await _page(request, bad.form)
    await within(app_of(request), user(request), partial(sign.ask_certificate, pin=form.new))
    return answer.go(request, PAGE)


async def lock(request: Request) -> Response:
    form = await forms.read(request, forms.Form)
    once = forms.once(request, form, NoneType)
    await within(app_of(request), user(request), sign.lock, once=once)
    return answer.go(request, PAGE)


async def sign_owed(request: Request) -> Response:
    form = await forms.read(request, forms.Form)
    once = forms.once(request, form, int)
    await within(app_of(request), user(request), notes.sign_owed, once=once)
    return answer.go(request, PAGE)


async def note(request: Request) -> Response:
    """Show every version of somebody's note, with who signed it."""
    hat, asked = user(request), request.path_params
    view = await reading(
        app_of(request),
        hat,
        partial(notes_desk.at_bedside, person_id=asked["person_id"], visit_id=asked["visit_id"]),
    )
    return answer.page(request, "doctor/signed.html", view)


async def _page(request: Request, form: forms.Filled | None = None) -> Response:
    hat = user(request)
    page = Page(await reading(app_of(request), hat, signing_desk.desk), hat.role)
    return answer.page(request, "account/signing.html", page, 422 if form else 200, form=form)


ROUTES = (
    Route(PAGE, signing, methods=["GET"]),
    Route(PAGE + "/unlock", unlock, methods=["POST"]),
    Route(PAGE + "/lock", lock, methods=["POST"]),
    Route(PAGE + "/certificate", ask, methods=["POST"]),
    Route(PAGE + "/owed", sign_owed, methods=["POST"]),
    Route("/clinic/persons/{person_id:uuid}/notes/{visit_id:uuid}", note, methods=["GET"]),
)
