"""The doctor's queue: call, start, finish, mark who did not come (接诊台)."""

from collections.abc import Awaitable, Callable
from functools import partial
from types import NoneType
from typing import TypeVar
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.booking.model import Appointment, Turn
from lianyi.journeys import queue, visit, workbench_desk
from lianyi.kernel.work import reading, within
from lianyi.web import answer, forms
from lianyi.web.session import app_of, user

DESK = "/clinic"
T = TypeVar("T")
Endpoint = Callable[[Request], Awaitable[Response]]


class Calling(forms.Form, frozen=True):
    session: UUID


class Moving(forms.Form, frozen=True):
    appointment: UUID
    session: UUID


async def clinic(request: Request) -> Response:
    view = await reading(
        app_of(request),
        user(request),
        partial(workbench_desk.workbench, session_id=request.path_params.get("session")),
    )
    return answer.page(request, "doctor/clinic.html", view)


async def call_next(request: Request) -> Response:
    form = await forms.read(request, Calling)
    called = await within(
        app_of(request),
        user(request),
        lambda tx: queue.call_next(tx, session_id=form.session),
        once=forms.once(request, form, Turn),
    )
    return answer.go(request, f"{DESK}/visits/{called.appointment_id}")


def _moving(verb: Callable[..., Awaitable[T]], kind: type[T], *, stays: bool) -> Endpoint:
    """Return the handler of a move of one appointment, which answers with `kind`.

    It leads on to the visit, or back to the queue where the patient has left the room.
    """

    async def move(request: Request) -> Response:
        form = await forms.read(request, Moving)
        await within(
            app_of(request),
            user(request),
            lambda tx: verb(tx, appointment_id=form.appointment),
            once=forms.once(request, form, kind),
        )
        there = f"visits/{form.appointment}" if stays else str(form.session)
        return answer.go(request, f"{DESK}/{there}")

    return move


ROUTES = (
    Route(DESK, clinic, methods=["GET"]),
    Route(f"{DESK}/call", call_next, methods=["POST"]),
    Route(f"{DESK}/call-again", _moving(queue.call_again, NoneType, stays=True), methods=["POST"]),
    Route(f"{DESK}/missed", _moving(queue.mark_missed, NoneType, stays=False), methods=["POST"]),
    Route(f"{DESK}/start", _moving(visit.begin, Appointment, stays=True), methods=["POST"]),
    Route(f"{DESK}/finish", _moving(queue.finish, Appointment, stays=False), methods=["POST"]),
    Route(f"{DESK}/{{session:uuid}}", clinic, methods=["GET"]),
)
