"""Results of the hospital's other software that wait for a doctor to explain them (待发布结果)."""

from functools import partial
from typing import Annotated
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import withheld, withheld_desk
from lianyi.kernel.refusal import NotFound
from lianyi.kernel.work import Tx, reading
from lianyi.web import acts, answer, forms
from lianyi.web.forms import Filled
from lianyi.web.i18n import mark
from lianyi.web.session import app_of, user

PAGE = "/clinic/results"
WANTED = mark("请勾选已向患者说明的结果。")
Result = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z]{1,64}/[A-Za-z0-9.-]{1,64}$")]


class Releasing(forms.Form, frozen=True):
    """What was explained: a type and an id each."""

    result: Annotated[list[Result], msgspec.Meta(min_length=1, description=WANTED)]


async def listed(request: Request) -> Response:
    return await _page(request)


async def release(request: Request) -> Response:
    person_id: UUID = request.path_params["person"]

    async def verb(tx: Tx, form: Releasing) -> None:
        results = [(type, id) for type, _, id in (one.partition("/") for one in form.result)]
        await withheld.release(tx, person_id=person_id, results=results)

    then = f"{PAGE}/{person_id}"
    return await acts.act(request, Releasing, verb, page=_page, said=(NotFound,), then=then)


async def _page(request: Request, form: Filled | None = None) -> Response:
    person_id: UUID | None = request.path_params.get("person")
    verb = partial(
        withheld_desk.page, person_id=person_id, cursor=request.query_params.get("cursor", "")
    )
    view = await reading(app_of(request), user(request), verb)
    return answer.page(request, "doctor/withheld.html", view, 422 if form else 200, form=form)


ROUTES = (
    Route(PAGE, listed, methods=["GET"]),
    Route(f"{PAGE}/{{person:uuid}}", listed, methods=["GET"]),
    Route(f"{PAGE}/{{person:uuid}}/release", release, methods=["POST"]),
)
