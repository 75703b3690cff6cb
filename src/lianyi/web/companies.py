"""A company registers its app without signing in (应用登记); an institution decides about it later.

The answer holds a secret. It is kept sealed, and only with the key of the form: whoever sends the
same form again hears the same once more, and no second app is registered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.access.rules import scopes
from lianyi.accounts.errors import BadRegistration
from lianyi.accounts.model.apps import ClientKind, Registered, Registration
from lianyi.journeys import apps
from lianyi.journeys.sharing import HOLDERS
from lianyi.kernel.actor import NOWHERE, system
from lianyi.kernel.work import Tx, reading, within
from lianyi.people import queries as people
from lianyi.people.model import Institution
from lianyi.web import answer, forms
from lianyi.web.forms import Filled
from lianyi.web.i18n import _, mark
from lianyi.web.session import app_of

PAGE = "/apps/register"
DOOR = system("companies", NOWHERE)
Short = Annotated[str, msgspec.Meta(min_length=2, max_length=200)]
SAID = {
    "name": mark("请填写应用名称。"),
    "company": mark("请填写公司全称。"),
    "contact": mark("请填写个人信息保护联系方式。"),
    "credit_code": mark("统一社会信用代码是 18 位，末位是校验码。请核对营业执照。"),
    "scopes": mark("请按 SMART 的写法填写，一个空格隔开一项，例如 patient/Observation.rs。"),
    "redirects": mark("请填写以 https:// 开头的完整地址，一行一个，不能含 * 和 #。"),
    "notifies": mark("请填写以 https:// 开头的完整地址，一行一个。"),
    "launch_url": mark("请填写以 https:// 开头的完整地址。"),
    "institution": mark("请从列表中选择机构。"),
    "about": mark("请只填写文字。"),
    "keys": mark(
        "请粘贴公钥的 JWKS 或填写其地址，二者选一。公钥须有 kid，只收 P-384 或 2048 位以上的 RSA。"
    ),
    "keys_at": mark("请填写以 https:// 开头的完整地址。"),
}


class Registering(forms.Form, frozen=True):
    name: Short
    company: Short
    credit_code: Annotated[str, msgspec.Meta(min_length=18, max_length=18)]
    contact: Short
    kind: ClientKind
    scopes: Annotated[str, msgspec.Meta(min_length=3, max_length=5000)]
    institution: UUID
    redirects: Annotated[str, msgspec.Meta(max_length=5000)] = ""
    notifies: Annotated[str, msgspec.Meta(max_length=5000)] = ""
    keys: Annotated[str, msgspec.Meta(max_length=20_000)] = ""
    keys_at: Annotated[str, msgspec.Meta(max_length=400)] = ""
    launch_url: Annotated[str, msgspec.Meta(max_length=400)] = ""
    about: Annotated[str, msgspec.Meta(max_length=2000)] = ""


@dataclass(frozen=True, slots=True)
class Filing:
    """Whom a company may ask, and what it was told once it has registered."""

    institutions: tuple[Institution, ...] = ()
    done: Registered | None = None


async def form(request: Request) -> Response:
    return await _page(request)


async def register(request: Request) -> Response:
    """Note the app and lay it before the institution; say beside each field what is wrong."""
    app = app_of(request)
    request.app.state.registrations.check(request, app.clock())
    try:
        read = await forms.read(request, Registering)
        asked, wrong = scopes.canonical(read.scopes)
        if wrong:
            raise BadRegistration(fields="scopes")
        filed, asks = _registration(read, asked), [read.institution]
        sealed = await within(
            app, DOOR, lambda tx: _register(tx, filed, asks), once=forms.once(request, read, bytes)
        )
    except forms.BadForm as bad:
        return await _page(request, bad.form)
    except BadRegistration as refused:
        said = {name: _(SAID[name]) for name in refused.fields.split(", ")}
        return await _page(request, await forms.kept(request, **said))
    done = msgspec.json.decode(app.keys.open(sealed), type=Registered)
    return answer.page(request, "public/app_register.html", Filing(done=done))


async def _register(tx: Tx, filed: Registration, asks: Sequence[UUID]) -> bytes:
    done = await apps.register(tx, form=filed, institutions=asks)
    return tx.keys.seal(msgspec.json.encode(done))


def _registration(read: Registering, asked: tuple[str, ...]) -> Registration:
    return Registration(
        name=read.name,
        company=read.company,
        credit_code=read.credit_code,
        contact=read.contact,
        kind=read.kind,
        redirects=tuple(read.redirects.split()),
        scopes=asked,
        keys=read.keys if read.kind is ClientKind.KEY else "",
        keys_at=read.keys_at if read.kind is ClientKind.KEY else "",
        launch_url=read.launch_url,
        about=read.about,
        notifies=tuple(read.notifies.split()),
    )


async def _page(request: Request, form: Filled | None = None) -> Response:
    found = await reading(
        app_of(request), DOOR, lambda tx: people.institutions_of(tx, kinds=HOLDERS)
    )
    view = Filing(tuple(found))
    status = 422 if form else 200
    return answer.page(request, "public/app_register.html", view, status, form=form)


ROUTES = (Route(PAGE, form, methods=["GET"]), Route(PAGE, register, methods=["POST"]))
