"""What the institution's doctors offer online (线上服务开通)."""

from functools import partial
from types import NoneType
from typing import Annotated
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.consult.model import Kind
from lianyi.journeys import online_offers_desk
from lianyi.kernel.refusal import Conflict, Invalid, NotFound
from lianyi.kernel.work import reading, within
from lianyi.web import answer, forms
from lianyi.web.forms import Filled
from lianyi.web.session import app_of, user

PAGE = "/admin/online"


class Terms(forms.Form, frozen=True):
    post: UUID
    kind: Kind
    item: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    minutes: Annotated[int, msgspec.Meta(ge=5, le=2880)]
    rounds: Annotated[int, msgspec.Meta(ge=1, le=100)]


async def offers(request: Request) -> Response:
    return await _page(request)


async def set_terms(request: Request) -> Response:
    try:
        form = await forms.read(request, Terms)
        verb = partial(
            online_offers_desk.set_terms,
            post_id=form.post,
            kind=form.kind,
            item=form.item,
            minutes=form.minutes,
            rounds=form.rounds,
        )
        once = forms.once(request, form, NoneType)
        await within(app_of(request), user(request), verb, once=once)
    except forms.BadForm as bad:
        return await _page(request, bad.form)
    except (Conflict, Invalid, NotFound) as refused:
        return await _page(request, await forms.kept(request, **{"": refused}))
    return answer.go(request, PAGE)


async def _page(request: Request, form: Filled | None = None) -> Response:
    view = await reading(app_of(request), user(request), online_offers_desk.page)
    return answer.page(request, "admin/online.html", view, 422 if form else 200, form=form)


ROUTES = (Route(PAGE, offers, methods=["GET"]), Route(PAGE, set_terms, methods=["POST"]))
