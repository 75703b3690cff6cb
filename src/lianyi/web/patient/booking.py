"""Book a doctor, keep the number, come on the day, wait with a place in the queue (预约挂号)."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from functools import partial
from types import NoneType
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.booking.model import Appointment, Wish
from lianyi.booking.model.ending import Reason
from lianyi.booking.model.kept import Booked
from lianyi.journeys import book, booking_desk, queue
from lianyi.kernel.db import Statement
from lianyi.kernel.moment import Moment
from lianyi.kernel.named import Part
from lianyi.kernel.once import Once
from lianyi.kernel.refusal import Conflict
from lianyi.kernel.work import Tx, within
from lianyi.web import acts, answer, forms
from lianyi.web.i18n import mark
from lianyi.web.patient.shell import show
from lianyi.web.session import app_of, user

T = TypeVar("T")
Endpoint = Callable[[Request], Awaitable[Response]]


class Hold(forms.Form, frozen=True):
    session: UUID
    starts_at: Annotated[datetime, msgspec.Meta(tz=True, description=mark("请选择一个时间。"))]


class Move(forms.Form, frozen=True):
    session: UUID
    starts_at: Annotated[datetime, msgspec.Meta(tz=True, description=mark("请选择一个时间。"))]
    appointment: UUID


class Cancel(forms.Form, frozen=True):
    reason: Reason


class Wait(forms.Form, frozen=True):
    session: UUID


async def hospitals(request: Request) -> Response:
    return await show(request, "patient/book_hospitals.html", booking_desk.hospitals)


async def departments(request: Request) -> Response:
    view = partial(booking_desk.departments, institution_id=request.path_params["institution"])
    return await show(request, "patient/book_departments.html", view)


async def schedule(request: Request) -> Response:
    view = partial(
        booking_desk.schedule,
        institution_id=request.path_params["institution"],
        department_id=request.path_params["department"],
        day=_day(request),
    )
    return await show(request, "patient/book_schedule.html", view)


async def times(request: Request) -> Response:
    return await _times(request, request.path_params["session"])


async def hold(request: Request) -> Response:
    """Keep a number. If somebody was faster, the same page says so with the numbers left now."""
    session = request.path_params["session"]
    try:
        got = await acts.rush(request, Hold, Booked, _hold_at_once, _hold)
    except forms.BadForm as bad:
        return await _times(request, session, bad.form)
    except Conflict as refused:
        return await _times(request, session, await forms.kept(request, starts_at=refused))
    return answer.go(request, f"/appointments/{got.appointment_id}")


async def confirm(request: Request) -> Response:
    id = request.path_params["id"]
    await acts.rush(
        request,
        forms.Form,
        Booked,
        lambda at, _, once, still: book.confirm_at_once(at, once, still, appointment_id=id),
        lambda tx, _: _confirm(tx, id),
    )
    return answer.go(request, f"/appointments/{id}")


async def own(request: Request) -> Response:
    return await show(request, "patient/appointments.html", booking_desk.own)


async def one(request: Request) -> Response:
    return await _one(request)


async def cancel(request: Request) -> Response:
    id = request.path_params["id"]
    return await acts.act(
        request,
        Cancel,
        lambda tx, form: book.cancel(tx, appointment_id=id, reason=form.reason),
        page=_one,
        said=(),
        then=f"/appointments/{id}",
        kind=bool,
    )


async def reschedule(request: Request) -> Response:
    """Move to another number; what forbids it is said beside the times that are left."""
    return await acts.act(
        request,
        Move,
        lambda tx, form: book.reschedule(
            tx, appointment_id=form.appointment, session_id=form.session, starts_at=form.starts_at
        ),
        page=_times_again,
        said=(Conflict,),
        wrong=acts.beside("starts_at"),
        then=lambda form, _: f"/appointments/{form.appointment}",
        kind=Appointment,
    )


def _moving(verb: Callable[..., Awaitable[T]], kind: type[T]) -> Endpoint:
    """Return the handler of a move of one's own appointment, which answers with `kind`."""

    async def move(request: Request) -> Response:
        form, id = await forms.read(request, forms.Form), request.path_params["id"]
        await within(
            app_of(request),
            user(request),
            lambda tx: verb(tx, appointment_id=id),
            once=forms.once(request, form, kind),
        )
        return answer.go(request, f"/appointments/{id}")

    return move


async def join_waiting(request: Request) -> Response:
    form, hat = await forms.read(request, Wait), user(request)
    await within(
        app_of(request),
        hat,
        lambda tx: book.join_waiting(tx, session_id=form.session, person_id=hat.subject_id),
        once=forms.once(request, form, UUID),
    )
    return answer.go(request, f"/book/sessions/{form.session}?waiting=1")


async def leave_waiting(request: Request) -> Response:
    form, hat = await forms.read(request, Wait), user(request)
    await within(
        app_of(request),
        hat,
        lambda tx: book.leave_waiting(tx, session_id=form.session, person_id=hat.subject_id),
        once=forms.once(request, form, NoneType),
    )
    return answer.go(request, f"/book/sessions/{form.session}")


def _hold_at_once(at: Moment, form: Hold, once: Once[Booked], still: Part) -> Statement:
    wish = Wish(form.session, form.starts_at, at.actor.subject_id)
    return book.hold_at_once(at, once, still, wish=wish)


async def _hold(tx: Tx, form: Hold) -> Booked:
    person_id = tx.actor.subject_id
    got = await book.hold(
        tx, session_id=form.session, starts_at=form.starts_at, person_id=person_id
    )
    return Booked(got.appointment_id, got.number)


async def _confirm(tx: Tx, id: UUID) -> Booked:
    got = await book.confirm(tx, appointment_id=id)
    return Booked(got.appointment_id, got.number)


async def _times(request: Request, session_id: UUID, form: forms.Filled | None = None) -> Response:
    view = partial(booking_desk.sitting, session_id=session_id)
    return await show(request, "patient/book_times.html", view, form=form)


async def _times_again(request: Request, form: forms.Filled) -> Response:
    """Draw the times of the session that the form asked for; without one, all appointments."""
    try:
        session_id = UUID(form.text("session"))
    except ValueError:
        return answer.go(request, "/appointments")
    return await _times(request, session_id, form)


async def _one(request: Request, form: forms.Filled | None = None) -> Response:
    view = partial(booking_desk.booked, appointment_id=request.path_params["id"])
    return await show(request, "patient/appointment.html", view, form=form)


def _day(request: Request) -> date | None:
    """Return the day asked for; what is no day shows the first with numbers."""
    try:
        return date.fromisoformat(request.query_params.get("day", ""))
    except ValueError:
        return None


ROUTES = (
    Route("/book", hospitals, methods=["GET"]),
    Route("/book/sessions/{session:uuid}", times, methods=["GET"]),
    Route("/book/sessions/{session:uuid}", hold, methods=["POST"]),
    Route("/book/waiting", join_waiting, methods=["POST"]),
    Route("/book/waiting/leave", leave_waiting, methods=["POST"]),
    Route("/book/move", reschedule, methods=["POST"]),
    Route("/book/{institution:uuid}", departments, methods=["GET"]),
    Route("/book/{institution:uuid}/{department:uuid}", schedule, methods=["GET"]),
    Route("/appointments", own, methods=["GET"]),
    Route("/appointments/{id:uuid}", one, methods=["GET"], name="appointment"),
    Route("/appointments/{id:uuid}/confirm", confirm, methods=["POST"]),
    Route("/appointments/{id:uuid}/cancel", cancel, methods=["POST"]),
    Route("/appointments/{id:uuid}/check-in", _moving(queue.check_in, NoneType), methods=["POST"]),
    Route("/appointments/{id:uuid}/re-enter", _moving(queue.re_enter, NoneType), methods=["POST"]),
    Route(
        "/appointments/{id:uuid}/come-back", _moving(queue.come_back, NoneType), methods=["POST"]
    ),
)
