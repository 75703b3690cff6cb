"""A visit in person, on the workbench (接诊)."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import visit_desk
from lianyi.kernel.work import reading
from lianyi.web import answer
from lianyi.web.session import app_of, user

VISIT = "/clinic/visits/{appointment_id:uuid}"


async def visit(request: Request) -> Response:
    view = await reading(
        app_of(request),
        user(request),
        lambda tx: visit_desk.visit(tx, appointment_id=_appointment(request)),
    )
    return answer.page(request, "doctor/visit.html", view)


def _appointment(request: Request) -> UUID:
    appointment_id: UUID = request.path_params["appointment_id"]
    return appointment_id


ROUTES = (Route(VISIT, visit, methods=["GET"]),)
