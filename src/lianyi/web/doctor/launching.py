"""Apps of companies beside a visit, each started in a tab of its own (从工作台打开应用)."""

from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import app_launch
from lianyi.kernel.work import reading, within
from lianyi.web import answer, doors, forms
from lianyi.web.session import app_of, user

PERSON, ONLINE = "/clinic/visits/{visit:uuid}/apps", "/clinic/online/{visit:uuid}/apps"


class Starting(forms.Form, frozen=True):
    app: UUID


async def listed(request: Request) -> Response:
    """Draw the apps beside a visit; pages of visits ask for them after all else."""
    view = await reading(app_of(request), user(request), app_launch.startable)
    return answer.page(request, "doctor/apps.html", view)


async def from_visit(request: Request) -> Response:
    return await _start(request, app_launch.from_visit)


async def from_talk(request: Request) -> Response:
    return await _start(request, app_launch.from_talk)


async def _start(request: Request, verb: Callable[..., Awaitable[str]]) -> Response:
    """Lead into the app. Without a key: each press starts it anew, and no token of it is kept.

    The page leads on by itself, since the policy lets no form lead to another site.
    """
    form = await forms.read(request, Starting)
    given = {"visit_id": request.path_params["visit"], "client_id": form.app}
    start = partial(verb, **given, server=doors.address(request, "fhir"))
    url = await within(app_of(request), user(request), start)
    return answer.page(request, "apps/starting.html", url)


ROUTES = (
    Route(PERSON, listed, methods=["GET"]),
    Route(PERSON, from_visit, methods=["POST"]),
    Route(ONLINE, listed, methods=["GET"]),
    Route(ONLINE, from_talk, methods=["POST"]),
)
