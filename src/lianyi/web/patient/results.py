"""One's results, abnormal ones first (检查检验结果)."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import results_desk
from lianyi.web.patient.shell import show


async def results(request: Request) -> Response:
    return await show(request, "patient/results.html", results_desk.results)


ROUTES = (Route("/results", results, methods=["GET"]),)
