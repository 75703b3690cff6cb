"""Who of the institution has opened a person's data, for who asks at the counter (访问核查)."""

from functools import partial
from typing import Annotated, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import overseen_desk
from lianyi.kernel.work import reading
from lianyi.web import answer, forms
from lianyi.web.i18n import mark
from lianyi.web.session import app_of, user

PAGE = "/admin/looks"


class Asking(forms.Form, frozen=True):
    """Whose data; the number is in a body, never in an address, which logs would keep."""

    name: Annotated[str, msgspec.Meta(min_length=2, max_length=40)]
    number: Annotated[
        str, msgspec.Meta(pattern=r"^\d{17}[\dXx]$", description=mark("请填写 18 位身份证号码。"))
    ]
    days: Literal[30, 90, 365] = 30


async def looks(request: Request) -> Response:
    cursor = request.query_params.get("cursor", "")
    verb = partial(overseen_desk.older, cursor=cursor) if cursor else overseen_desk.form
    view = await reading(app_of(request), user(request), verb)
    return answer.page(request, "admin/looks.html", view)


async def asked(request: Request) -> Response:
    try:
        form = await forms.read(request, Asking)
    except forms.BadForm as bad:
        view = await reading(app_of(request), user(request), overseen_desk.form)
        return answer.page(request, "admin/looks.html", view, 422, form=bad.form)
    verb = partial(overseen_desk.of_person, name=form.name, number=form.number, days=form.days)
    view = await reading(app_of(request), user(request), verb)
    return answer.page(request, "admin/looks.html", view, form=await forms.kept(request))


ROUTES = (Route(PAGE, looks, methods=["GET"]), Route(PAGE, asked, methods=["POST"]))
