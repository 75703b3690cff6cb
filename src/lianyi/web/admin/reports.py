"""What the institution reports to the province: receipts, refusals, the day's counts (监管上报)."""

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Annotated
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import reports_desk
from lianyi.journeys.reports_desk import Reports
from lianyi.kernel.work import reading
from lianyi.supervision import service as supervision
from lianyi.supervision.errors import ReasonMissing
from lianyi.web import acts, answer, forms
from lianyi.web.session import app_of, user

PAGE = "/admin/reports"


class Resend(forms.Form, frozen=True):
    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Compare(forms.Form, frozen=True):
    day: date


@dataclass(frozen=True, slots=True)
class Page:
    """`wrong` is the report whose form came back with something wrong in it."""

    reports: Reports
    wrong: UUID | None = None

    def form(self, upload_id: UUID, form: forms.Filled) -> forms.Filled:
        return form if upload_id == self.wrong else form.blank()


async def reports(request: Request) -> Response:
    return await _page(request)


async def resend(request: Request) -> Response:
    upload_id: UUID = request.path_params["upload"]
    return await acts.act(
        request,
        Resend,
        lambda tx, form: supervision.resend(tx, upload_id=upload_id, reason=form.reason),
        page=partial(_page, wrong=upload_id),
        said=(ReasonMissing,),
        then=PAGE,
        wrong=acts.beside("reason"),
    )


async def compare(request: Request) -> Response:
    return await acts.act(
        request,
        Compare,
        lambda tx, form: supervision.ask_tally(tx, day=form.day),
        page=_page,
        said=(),
        then=PAGE,
    )


async def _page(
    request: Request, form: forms.Filled | None = None, wrong: UUID | None = None
) -> Response:
    view = await reading(app_of(request), user(request), reports_desk.reports)
    status = 422 if form else 200
    return answer.page(request, "admin/reports.html", Page(view, wrong), status, form=form)


ROUTES = (
    Route(PAGE, reports, methods=["GET"]),
    Route(PAGE + "/compare", compare, methods=["POST"]),
    Route(PAGE + "/{upload:uuid}/resend", resend, methods=["POST"]),
)
