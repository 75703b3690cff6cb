"""The page on which a pharmacist answers for the knowledge base (知识库)."""

from types import NoneType
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import knowledge
from lianyi.kernel.refusal import Conflict, Invalid, NotFound
from lianyi.kernel.work import Tx, reading, within
from lianyi.web import answer, forms, nav
from lianyi.web.forms import Filled
from lianyi.web.session import app_of, user

PAGE = "/knowledge"
SAID_HERE = (Invalid, Conflict, NotFound)


class Approving(forms.Form, frozen=True):
    version: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    note: Annotated[str, msgspec.Meta(min_length=2, max_length=500)]


async def page(request: Request) -> Response:
    return await _page(request)


async def approve(request: Request) -> Response:
    async def verb(tx: Tx) -> None:
        await knowledge.approve(tx, version=form.version, note=form.note)

    try:
        form = await forms.read(request, Approving)
        once = forms.once(request, form, NoneType)
        await within(app_of(request), user(request), verb, once=once)
    except forms.BadForm as bad:
        return await _page(request, bad.form)
    except SAID_HERE as refused:
        return await _page(request, await forms.kept(request, note=refused))
    return answer.go(request, PAGE)


async def _page(request: Request, form: Filled | None = None) -> Response:
    desk = await reading(app_of(request), user(request), knowledge.desk)
    view = {"desk": desk, "rail": nav.RAILS[user(request).role]}
    return answer.page(request, "admin/knowledge.html", view, 422 if form else 200, form=form)


ROUTES = (Route(PAGE, page, methods=["GET"]), Route(PAGE, approve, methods=["POST"]))
