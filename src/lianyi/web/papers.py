"""A prescription's paper to take along, and the page that says whether one is authentic."""

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import papers
from lianyi.kernel.actor import NOWHERE, system
from lianyi.kernel.work import reading
from lianyi.web import answer, demo, doors, printing
from lianyi.web.session import app_of, user

VERIFY = "/verify/{code}"
SCANNER = system("verify", NOWHERE)


async def paper(request: Request) -> Response:
    """Answer with the PDF of a prescription as it stands now."""
    prescription_id = request.path_params["prescription_id"]
    found = await reading(
        app_of(request), user(request), lambda tx: papers.paper(tx, prescription_id=prescription_id)
    )
    found = replace(found, is_demo=demo.is_one(request))
    content = await printing.PRINTER.printed(found, address(request, found.code))
    headers = {
        "content-disposition": f'inline; filename="{prescription_id}.pdf"',
        "cache-control": "no-store",
    }
    return Response(content, media_type="application/pdf", headers=headers)


async def verify(request: Request) -> Response:
    """Tell anybody who scans a paper, and nobody who only guesses."""
    app = app_of(request)
    request.app.state.scans.check(request, app.clock())
    code = request.path_params["code"]
    view = await reading(app, SCANNER, lambda tx: papers.verify(tx, code=code))
    return answer.page(request, "public/verify.html", view, 200 if view else 404)


def address(request: Request, code: str) -> str:
    """Return where anybody who scans a paper is led."""
    return doors.address(request, "verify", code=code)


ROUTES = (
    Route("/prescriptions/{prescription_id:uuid}.pdf", paper, methods=["GET"]),
    Route(VERIFY, verify, methods=["GET"]),
)
