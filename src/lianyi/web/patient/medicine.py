"""One's prescriptions, and how to take what is on them (我的处方)."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import medicine_desk
from lianyi.web import papers
from lianyi.web.patient.shell import show


async def sheets(request: Request) -> Response:
    verb = partial(medicine_desk.sheets, cursor=request.query_params.get("cursor", ""))
    return await show(request, "patient/prescriptions.html", verb)


async def sheet(request: Request) -> Response:
    id = request.path_params["prescription"]
    request.state.address = partial(papers.address, request)
    verb = partial(medicine_desk.sheet, prescription_id=id)
    return await show(request, "patient/prescription.html", verb)


ROUTES = (
    Route("/prescriptions", sheets, methods=["GET"]),
    Route("/prescriptions/{prescription:uuid}", sheet, methods=["GET"]),
)
