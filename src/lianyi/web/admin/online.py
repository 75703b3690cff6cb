"""What the institution's doctors offer online (线上服务开通)."""

from typing import Annotated
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.consult.model import Kind
from lianyi.journeys import online_offers_desk
from lianyi.kernel.refusal import Conflict, Invalid, NotFound
from lianyi.kernel.work import Tx, reading
from lianyi.web import acts, answer, forms
from lianyi.web.forms import Filled
from lianyi.web.session import app_of, user

PAGE = "/admin/online"
SAID_HERE = (Conflict, Invalid, NotFound)


class Terms(forms.Form, frozen=True):
    post: UUID
    kind: Kind
    item: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    minutes: Annotated[int, msgspec.Meta(ge=5, le=2880)]
    rounds: Annotated[int, msgspec.Meta(ge=1, le=100)]


async def offers(request: Request) -> Response:
    return await _page(request)


async def set_terms(request: Request) -> Response:
    async def verb(tx: Tx, form: Terms) -> None:
        await online_offers_desk.set_terms(
            tx,
            post_id=form.post,
            kind=form.kind,
            item=form.item,
            minutes=form.minutes,
            rounds=form.rounds,
        )

    above = acts.beside("")
    return await acts.act(request, Terms, verb, page=_page, said=SAID_HERE, then=PAGE, wrong=above)


async def _page(request: Request, form: Filled | None = None) -> Response:
    view = await reading(app_of(request), user(request), online_offers_desk.page)
    return answer.page(request, "admin/online.html", view, 422 if form else 200, form=form)


ROUTES = (Route(PAGE, offers, methods=["GET"]), Route(PAGE, set_terms, methods=["POST"]))
