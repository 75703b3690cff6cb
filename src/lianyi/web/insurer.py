"""Pages of the insurance agency: claims with all their lines, and the days compared (医保经办)."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.insurance.model import ClaimState
from lianyi.journeys import insurer_desk
from lianyi.journeys.insurer_desk import Choice
from lianyi.kernel.work import reading
from lianyi.web import answer, asked
from lianyi.web.session import app_of, user

PAGE = "/insurer"


async def claims(request: Request) -> Response:
    choice = Choice(
        institution_id=asked.id_in(request, "institution"),
        state=asked.one_of(ClaimState, request.query_params.get("state", "")),
        day=asked.day_in(request, "day"),
    )
    before = asked.id_in(request, "before")
    verb = partial(insurer_desk.claims, choice=choice, before=before)
    view = await reading(app_of(request), user(request), verb)
    return answer.page(request, "insurer/claims.html", view)


async def claim(request: Request) -> Response:
    verb = partial(insurer_desk.claim, claim_id=request.path_params["claim"])
    view = await reading(app_of(request), user(request), verb)
    return answer.page(request, "insurer/claim.html", view)


ROUTES = (
    Route(PAGE, claims, methods=["GET"]),
    Route(PAGE + "/{claim:uuid}", claim, methods=["GET"]),
)
