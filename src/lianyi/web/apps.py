"""What an app asks of whoever sits at the browser (应用授权), and what was agreed to before."""

from functools import partial
from types import NoneType
from typing import Annotated, Protocol
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.access.model import Sensitive
from lianyi.journeys import app_desk, apps
from lianyi.journeys.app_patients import NobodyChosen
from lianyi.journeys.apps import Agreed, Offer
from lianyi.kernel.work import Tx, reading, within
from lianyi.people.model import GUEST, RESIDENT
from lianyi.web import acts, answer, forms
from lianyi.web.forms import Filled
from lianyi.web.middleware import HEADERS
from lianyi.web.patient.shell import show
from lianyi.web.session import app_of, current, user

POLICY = "content-security-policy"
LONGEST = 40  # letters of a name that is looked for


class Asking(Protocol):
    """A view of what an app asks."""

    @property
    def offer(self) -> Offer | None: ...


class Agreeing(forms.Form, frozen=True):
    """PRI-02: every sensitive class is a tick of its own, and none is ticked before."""

    classes: list[Sensitive]
    days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 30
    patient: UUID | None = None  # whom staff have chosen


class Withdrawing(forms.Form, frozen=True):
    permission: UUID


async def ask(request: Request) -> Response:
    """Ask a resident, or a member of staff; somebody without a card opens one first."""
    return await _page(request)


async def agree(request: Request) -> Response:
    token, session = request.path_params["token"], current(request).digest

    async def verb(tx: Tx, form: Agreeing) -> str:
        agreed = Agreed(frozenset(form.classes), form.days, form.patient)
        return await apps.agree(tx, token=token, agreed=agreed, session=session)

    return await acts.act(
        request,
        Agreeing,
        verb,
        page=_page,
        said=(NobodyChosen,),
        then=lambda _, url: url,
        wrong=acts.beside("patient"),
        kind=str,
    )


async def refuse(request: Request) -> Response:
    """PRI-04: to refuse is as easy as to agree."""
    form = await forms.read(request, forms.Form)
    url = await within(
        app_of(request),
        user(request),
        lambda tx: apps.refuse(tx, token=request.path_params["token"]),
        once=forms.once(request, form, str),
    )
    return answer.go(request, url)


async def held(request: Request) -> Response:
    return await show(request, "patient/apps.html", app_desk.held)


async def withdraw(request: Request) -> Response:
    form = await forms.read(request, Withdrawing)
    await within(
        app_of(request),
        user(request),
        lambda tx: apps.withdraw_permission(tx, permission_id=form.permission),
        once=forms.once(request, form, NoneType),
    )
    return answer.go(request, "/record/apps")


async def _page(request: Request, form: Filled | None = None) -> Response:
    hat, token = user(request), request.path_params["token"]
    if hat.role == GUEST:
        return answer.go(request, "/")
    if hat.role == RESIDENT:
        verb = partial(app_desk.ask, token=token)
        return await show(request, "patient/app_ask.html", verb, form=form, headers=_letting_back)
    text = request.query_params.get("q", "")[:LONGEST]
    view = await reading(app_of(request), hat, partial(app_desk.ask_staff, token=token, text=text))
    status, own = 422 if form else 200, _letting_back(view)
    return answer.page(request, "apps/ask.html", view, status, form=form, headers=own)


def _letting_back(view: Asking) -> dict[str, str]:
    """Let the page's forms lead to the app, which is another site; the policy forbids others."""
    if view.offer is None:
        return {}
    parts = urlsplit(view.offer.ask.redirect)
    place = f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"
    own = HEADERS[POLICY]
    return {POLICY: own.replace("form-action 'self'", f"form-action 'self' {place}")}


ROUTES = (
    Route("/apps/ask/{token:str}", ask, methods=["GET"]),
    Route("/apps/ask/{token:str}/agree", agree, methods=["POST"]),
    Route("/apps/ask/{token:str}/refuse", refuse, methods=["POST"]),
    Route("/record/apps", held, methods=["GET"]),
    Route("/record/apps/withdraw", withdraw, methods=["POST"]),
)
