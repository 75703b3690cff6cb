"""The doctor's consulting room: call, start, finish, mark who did not come (接诊台)."""

from collections.abc import Awaitable, Callable
from functools import partial
from types import NoneType
from typing import TypeVar
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.booking.model import Appointment, Turn
from lianyi.journeys import clinic_desk, queue
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
        partial(clinic_desk.clinic, session_id=request.path_params.get("session")),
    )
    return answer.page(request, "doctor/clinic.html", view)


async def call_next(request: Request) -> Response:
    form = await forms.read(request, Calling)
    await within(
        app_of(request),
        user(request),
        lambda tx: queue.call_next(tx, session_id=form.session),
        once=forms.once(request, form, Turn),
    )
    return answer.go(request, f"{DESK}/{form.session}")


def _moving(verb: Callable[..., Awaitable[T]], kind: type[T]) -> Endpoint:
    """Return the handler of a move of one appointment, which answers with `kind`."""

    async def move(request: Request) -> Response:
        form = await forms.read(request, Moving)
        await within(
            app_of(request),
            user(request),
            lambda tx: verb(tx, appointment_id=form.appointment),
            once=forms.once(request, form, kind),
        )
        return answer.go(request, f"{DESK}/{form.session}")

    return move


ROUTES = (
    Route(DESK, clinic, methods=["GET"]),
    Route(DESK + "/call", call_next, methods=["POST"]),
    Route(DESK + "/call-again", _moving(queue.call_again, NoneType), methods=["POST"]),
    Route(DESK + "/missed", _moving(queue.mark_missed, NoneType), methods=["POST"]),
    Route(DESK + "/start", _moving(queue.start, Appointment), methods=["POST"]),
    Route(DESK + "/finish", _moving(queue.finish, Appointment), methods=["POST"]),
    Route(DESK + "/{session:uuid}", clinic, methods=["GET"]),
)
