"""The page on which a pharmacist answers for the knowledge base (知识库)."""

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import knowledge
from lianyi.kernel.refusal import Conflict, Invalid, NotFound
from lianyi.kernel.work import reading
from lianyi.web import acts, answer, forms, nav
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
    return await acts.act(
        request,
        Approving,
        lambda tx, form: knowledge.approve(tx, version=form.version, note=form.note),
        page=_page,
        said=SAID_HERE,
        then=PAGE,
        wrong=acts.beside("note"),
    )


async def _page(request: Request, form: Filled | None = None) -> Response:
    desk = await reading(app_of(request), user(request), knowledge.desk)
    view = {"desk": desk, "rail": nav.RAILS[user(request).role]}
    return answer.page(request, "admin/knowledge.html", view, 422 if form else 200, form=form)


ROUTES = (Route(PAGE, page, methods=["GET"]), Route(PAGE, approve, methods=["POST"]))
