"""The schedule: a department's days, sessions once or every week, what is stopped (排班、停诊)."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Annotated
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.booking.errors import (
    BadPlan,
    DayClosed,
    DayPast,
    ReasonMissing,
    RoutineOverlaps,
    SlotTooLong,
)
from lianyi.booking.model import Half, Kind, Pattern, Payment, Plan
from lianyi.journeys import book, routines, schedule_desk
from lianyi.kernel import money, profile
from lianyi.kernel.work import Tx, reading
from lianyi.web import acts, answer, forms
from lianyi.web.i18n import mark
from lianyi.web.session import app_of, user

PAGE = "/admin/schedule"
DEAREST = 1000  # yuan
FEES = {
    Kind.ORDINARY: ("110200001-1", "普通门诊诊察费"),
    Kind.EXPERT: ("110200001-3", "专家门诊诊察费"),
    Kind.ONLINE: ("110200001-9", "互联网复诊诊察费"),
}


class Sitting(forms.Form, frozen=True):
    """A session as typed. The fee is in yuan; `releases` is how many days before it opens.

    With `weekdays` (Monday is 1) it is sat on these week by week, from `day` on.
    """

    department: UUID
    doctor: UUID
    day: date
    half: Half
    kind: Kind
    begins: time
    ends: time
    minutes: Annotated[int, msgspec.Meta(ge=5, le=60, description=mark("每个时段 5 至 60 分钟。"))]
    numbers: Annotated[int, msgspec.Meta(ge=1, le=50, description=mark("每个时段 1 至 50 个号。"))]
    fee: Decimal
    payment: Payment
    releases: Annotated[int, msgspec.Meta(ge=0, le=30)] = 7
    room: Annotated[str, msgspec.Meta(max_length=40)] = ""
    weekdays: list[Annotated[int, msgspec.Meta(ge=1, le=7)]] = msgspec.field(default_factory=list)

    def __post_init__(self) -> None:
        if not 0 <= self.fee <= DEAREST:
            raise ValueError(mark("诊察费应在 0 至 1000 元之间。"))


class Stopping(forms.Form, frozen=True):
    session: UUID
    department: UUID
    day: date
    reason: Annotated[
        str, msgspec.Meta(min_length=2, max_length=200, description=mark("请写明停诊原因。"))
    ]


class Ending(forms.Form, frozen=True):
    routine: UUID
    department: UUID
    day: date
    ending: Annotated[
        str, msgspec.Meta(min_length=2, max_length=200, description=mark("请写明停止的原因。"))
    ]


class Closing(forms.Form, frozen=True):
    department: UUID
    shown: date
    closed: date
    why: Annotated[
        str, msgspec.Meta(min_length=2, max_length=200, description=mark("请写明停诊原因。"))
    ]


class Reopening(forms.Form, frozen=True):
    closure: UUID
    department: UUID
    day: date


async def schedule(request: Request) -> Response:
    return await _draw(request, _uuid(request.query_params.get("department")), _day(request))


async def publish(request: Request) -> Response:
    return await acts.act(
        request,
        Sitting,
        _publish,
        page=_again,
        said=(BadPlan, SlotTooLong, RoutineOverlaps),
        then=lambda form, _: _there(form.department, form.day),
        wrong=acts.beside("minutes"),
    )


async def stop(request: Request) -> Response:
    return await acts.act(
        request,
        Stopping,
        lambda tx, form: book.stop(tx, session_id=form.session, reason=form.reason),
        page=_again,
        said=(ReasonMissing,),
        then=lambda form, _: _there(form.department, form.day),
        wrong=acts.beside("reason"),
        kind=int,
    )


async def end(request: Request) -> Response:
    return await acts.act(
        request,
        Ending,
        lambda tx, form: routines.end(tx, routine_id=form.routine, reason=form.ending),
        page=_again,
        said=(ReasonMissing,),
        then=lambda form, _: _there(form.department, form.day),
        wrong=acts.beside("ending"),
    )


async def close(request: Request) -> Response:
    return await acts.act(
        request,
        Closing,
        lambda tx, form: routines.close_day(tx, day=form.closed, reason=form.why),
        page=partial(_again, day="shown"),
        said=(DayClosed, DayPast, ReasonMissing),
        then=lambda form, _: _there(form.department, form.shown),
        wrong=lambda refused: {"why" if isinstance(refused, ReasonMissing) else "closed": refused},
        kind=int,
    )


async def reopen(request: Request) -> Response:
    return await acts.act(
        request,
        Reopening,
        lambda tx, form: routines.reopen_day(tx, closure_id=form.closure),
        page=_again,
        said=(),
        then=lambda form, _: _there(form.department, form.day),
    )


async def _publish(tx: Tx, form: Sitting) -> None:
    if form.weekdays:
        await routines.set_up(tx, pattern=_pattern(form))
    else:
        await book.publish(tx, plans=[_plan(form, tx.now)])


def _pattern(form: Sitting) -> Pattern:
    code, label = FEES[form.kind]
    return Pattern(
        department_id=form.department,
        post_id=form.doctor,
        weekdays=tuple(sorted(set(form.weekdays))),
        first=form.day,
        half=form.half,
        kind=form.kind,
        begins=form.begins,
        ends=form.ends,
        slot_minutes=form.minutes,
        numbers_per_slot=form.numbers,
        fee_code=code,
        fee_label=label,
        fee_fen=money.to_fen(form.fee),
        payment=form.payment,
        release_days=form.releases,
        room=form.room,
    )


def _plan(form: Sitting, now: datetime) -> Plan:
    zone = profile.at(now).zone
    begins = datetime.combine(form.day, form.begins, zone)
    code, label = FEES[form.kind]
    return Plan(
        department_id=form.department,
        post_id=form.doctor,
        day=form.day,
        half=form.half,
        kind=form.kind,
        starts_at=begins,
        ends_at=datetime.combine(form.day, form.ends, zone),
        slot_minutes=form.minutes,
        numbers_per_slot=form.numbers,
        fee_code=code,
        fee_label=label,
        fee_fen=money.to_fen(form.fee),
        payment=form.payment,
        releases_at=max(now, begins - timedelta(days=form.releases)),
        room=form.room,
    )


async def _draw(
    request: Request, department_id: UUID | None, day: date | None, form: forms.Filled | None = None
) -> Response:
    view = await reading(
        app_of(request),
        user(request),
        partial(schedule_desk.schedule, department_id=department_id, day=day),
    )
    return answer.page(request, "admin/schedule.html", view, 422 if form else 200, form=form)


async def _again(request: Request, form: forms.Filled, *, day: str = "day") -> Response:
    """Draw the page the form was on, with what is wrong in it."""
    return await _draw(request, _uuid(form.text("department")), _read_day(form.text(day)), form)


def _there(department_id: UUID, day: date) -> str:
    return f"{PAGE}?department={department_id}&day={day}"


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _day(request: Request) -> date | None:
    return _read_day(request.query_params.get("day", ""))


def _read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


ROUTES = (
    Route(PAGE, schedule, methods=["GET"]),
    Route(PAGE, publish, methods=["POST"]),
    Route(PAGE + "/stop", stop, methods=["POST"]),
    Route(PAGE + "/end", end, methods=["POST"]),
    Route(PAGE + "/close", close, methods=["POST"]),
    Route(PAGE + "/reopen", reopen, methods=["POST"]),
)
