"""A visit in person on the workbench: its note, its orders, the past, who let it be seen (接诊)."""

from collections.abc import Awaitable, Callable
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.access.model import Sensitive
from lianyi.journeys import note_form, visit, visit_desk
from lianyi.journeys.note_form import Asked
from lianyi.journeys.sharing import Extent
from lianyi.kernel.refusal import Conflict, Invalid, NotFound
from lianyi.kernel.work import Tx, reading
from lianyi.records.model import Note
from lianyi.web import acts, answer, forms
from lianyi.web.forms import Filled
from lianyi.web.i18n import mark
from lianyi.web.session import app_of, user

SAID_HERE = (Invalid, Conflict, NotFound)  # beside the form, with what was typed
SUGGESTED = 12
Text = Annotated[str, msgspec.Meta(max_length=4000)]
Reason = Annotated[str, msgspec.Meta(min_length=2, max_length=200)]
F = TypeVar("F", bound=forms.Form)
View = Callable[..., Awaitable[visit_desk.Visit[Any]]]


class Act(StrEnum):
    SAVE = "save"
    SIGN = "sign"
    AMEND = "amend"


class Noted(forms.Form, frozen=True):
    """The outpatient record as it is typed."""

    diagnosis: list[str]
    complaint: Text = ""
    present: Text = ""
    past: Text = ""
    asked: Asked = Asked.UNASKED
    allergens: Text = ""
    findings: Text = ""
    treatment: Text = ""
    advice: Text = ""


class Writing(Noted, frozen=True):
    act: Act = Act.SAVE
    reason: Text = ""


class Ordering(forms.Form, frozen=True):
    code: Annotated[list[str], msgspec.Meta(min_length=1, description=mark("请至少选择一个项目。"))]


class Deciding(forms.Form, frozen=True):
    reason: Reason


class Asking(forms.Form, frozen=True):
    holder: UUID
    classes: list[Sensitive]
    days: Annotated[int, msgspec.Meta(ge=1, le=365)]
    since: date | None = None
    until: date | None = None


class Breaking(forms.Form, frozen=True):
    reason: Annotated[str, msgspec.Meta(min_length=4, max_length=200)]


async def note_page(request: Request) -> Response:
    return await _note(request)


async def orders_page(request: Request) -> Response:
    return await _orders(request)


async def past_page(request: Request) -> Response:
    holder = request.query_params.get("holder", "")
    verb = partial(
        visit_desk.past, holder_id=_uuid(holder), cursor=request.query_params.get("cursor", "")
    )
    return await _page(request, "doctor/past.html", verb)


async def permits_page(request: Request) -> Response:
    return await _permits(request)


async def write(request: Request) -> Response:
    async def verb(tx: Tx, form: Writing) -> None:
        id, note = _appointment(request), written(form)
        if form.act is Act.AMEND:
            await visit.amend(tx, appointment_id=id, note=note, reason=form.reason)
        elif form.act is Act.SIGN:
            await visit.sign(tx, appointment_id=id, note=note)
        else:
            await visit.save(tx, appointment_id=id, note=note)

    return await _act(request, Writing, verb, _note)


async def place(request: Request) -> Response:
    async def verb(tx: Tx, form: Ordering) -> None:
        await visit.order(tx, appointment_id=_appointment(request), codes=form.code)

    return await _act(request, Ordering, verb, _orders, "/orders")


def _deciding(decide: Callable[..., Awaitable[None]]) -> Callable[[Request], Awaitable[Response]]:
    """Return the handler of what a doctor does to an order for a reason."""

    async def decided(request: Request) -> Response:
        async def verb(tx: Tx, form: Deciding) -> None:
            await decide(tx, order_id=_order(request), reason=form.reason)

        return await _act(request, Deciding, verb, _orders, "/orders")

    return decided


async def release(request: Request) -> Response:
    async def verb(tx: Tx, _: forms.Form) -> None:
        await visit.release(tx, order_id=_order(request))

    return await _act(request, forms.Form, verb, _orders, "/orders")


async def ask(request: Request) -> Response:
    async def verb(tx: Tx, form: Asking) -> None:
        id = _appointment(request)
        extent = Extent(form.days, form.since, form.until, frozenset(form.classes))
        await visit.ask_consent(tx, appointment_id=id, holder_id=form.holder, extent=extent)

    return await _act(request, Asking, verb, _permits, "/permits")


async def break_glass(request: Request) -> Response:
    async def verb(tx: Tx, form: Breaking) -> None:
        await visit.break_glass(tx, appointment_id=_appointment(request), reason=form.reason)

    return await _act(request, Breaking, verb, _permits, "/permits")


async def diagnoses(request: Request) -> Response:
    """Answer the choices for what is typed so far, as the options of its list."""
    user(request)
    typed = request.query_params.get("diagnosis", "")
    view = {"typed": typed, "found": note_form.suggestions(typed)[:SUGGESTED]}
    return answer.page(request, "doctor/diagnoses.html", view)


def written(form: Noted) -> Note:
    return Note(
        complaint=form.complaint,
        present=form.present,
        past=form.past,
        allergies=note_form.allergens(form.asked, form.allergens),
        findings=form.findings,
        diagnoses=tuple(note_form.diagnosed(text) for text in form.diagnosis),
        treatment=form.treatment,
        advice=form.advice,
    )


async def _act(
    request: Request,
    struct: type[F],
    verb: Callable[[Tx, F], Awaitable[None]],
    page: Callable[[Request, Filled], Awaitable[Response]],
    tab: str = "",
) -> Response:
    """Do one act of the visit and show its page again; a refusal stands above the form."""
    then = f"/clinic/visits/{_appointment(request)}{tab}"
    return await acts.act(request, struct, verb, page=page, said=SAID_HERE, then=then)


async def _note(request: Request, form: Filled | None = None) -> Response:
    return await _page(request, "doctor/note.html", visit_desk.note, form)


async def _orders(request: Request, form: Filled | None = None) -> Response:
    wanted = request.query_params.get("q", "").strip()
    return await _page(
        request, "doctor/orders.html", partial(visit_desk.orders, wanted=wanted), form
    )


async def _permits(request: Request, form: Filled | None = None) -> Response:
    return await _page(request, "doctor/permits.html", visit_desk.permits, form)


async def _page(
    request: Request, template: str, verb: View, form: Filled | None = None
) -> Response:
    view = await reading(
        app_of(request), user(request), lambda tx: verb(tx, appointment_id=_appointment(request))
    )
    return answer.page(request, template, view, 422 if form else 200, form=form)


def _appointment(request: Request) -> UUID:
    appointment_id: UUID = request.path_params["appointment_id"]
    return appointment_id


def _order(request: Request) -> UUID:
    order_id: UUID = request.path_params["order_id"]
    return order_id


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


VISIT = "/clinic/visits/{appointment_id:uuid}"
ORDER = f"{VISIT}/orders/{{order_id:uuid}}"
ROUTES = (
    Route("/clinic/diagnoses", diagnoses, methods=["GET"]),
    Route(VISIT, note_page, methods=["GET"]),
    Route(f"{VISIT}/note", write, methods=["POST"]),
    Route(f"{VISIT}/orders", orders_page, methods=["GET"]),
    Route(f"{VISIT}/orders", place, methods=["POST"]),
    Route(f"{ORDER}/defer", _deciding(visit.defer), methods=["POST"]),
    Route(f"{ORDER}/cancel", _deciding(visit.cancel), methods=["POST"]),
    Route(f"{ORDER}/release", release, methods=["POST"]),
    Route(f"{VISIT}/past", past_page, methods=["GET"]),
    Route(f"{VISIT}/permits", permits_page, methods=["GET"]),
    Route(f"{VISIT}/permits/ask", ask, methods=["POST"]),
    Route(f"{VISIT}/permits/glass", break_glass, methods=["POST"]),
)
