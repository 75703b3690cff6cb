"""Writing a prescription on the workbench: drugs, the check beside them, the signature (开方)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import prescribe, prescription_desk, prescription_form, stopped
from lianyi.journeys.note_form import diagnosed
from lianyi.journeys.prescribe import Paper
from lianyi.journeys.prescription_desk import Safety
from lianyi.kernel.refusal import Conflict, Invalid, NotFound, Unavailable
from lianyi.kernel.work import Tx, reading
from lianyi.terminology import queries as terminology
from lianyi.web import acts, answer, forms
from lianyi.web.forms import Filled
from lianyi.web.session import app_of, user

F = TypeVar("F", bound=forms.Form)
SAID_HERE = (Invalid, Conflict, NotFound, Unavailable)  # beside the form, with what was typed
SUGGESTED = 8
ADD, REMOVE, MEND = "add:", "remove:", "mend:"
SIGN = "sign"


class Beginning(forms.Form, frozen=True):
    diagnosis: list[str]


class Writing(forms.Form, frozen=True):
    """The fixed part; the numbered fields of the lines are read by `prescription_form`."""

    version: int
    act: str = "save"


class Deciding(forms.Form, frozen=True):
    reason: Annotated[str, msgspec.Meta(min_length=2, max_length=200)]


async def page(request: Request) -> Response:
    return await _page(request)


async def begin(request: Request) -> Response:
    async def verb(tx: Tx, form: Beginning) -> None:
        codes = tuple(diagnosed(text).code for text in form.diagnosis)
        await prescribe.begin(tx, visit_id=_visit(request), paper=Paper(diagnoses=codes))

    return await _act(request, Beginning, verb)


async def write(request: Request) -> Response:
    """Do what the pressed button says with the whole form: save, add, remove, mend or sign."""

    async def verb(tx: Tx, form: Writing) -> None:
        await _write(request, form, await _texts(request), tx)

    return await _act(request, Writing, verb)


async def check(request: Request) -> Response:
    """Answer what the check says of the form as it is now; nothing is kept."""
    await forms.read(request, Writing)
    try:
        view = await reading(
            app_of(request), user(request), partial(_safety, request, await _texts(request))
        )
    except SAID_HERE as refused:
        form = await forms.kept(request, act=refused)
        return answer.page(request, "doctor/safety.html", None, form=form, block="safety")
    return answer.page(request, "doctor/safety.html", view, block="safety")


def _deciding(decide: Callable[..., Awaitable[None]]) -> Callable[[Request], Awaitable[Response]]:
    """Return the handler of what its doctor decides about a signed prescription, with a reason."""

    async def decided(request: Request) -> Response:
        async def verb(tx: Tx, form: Deciding) -> None:
            await decide(tx, prescription_id=_prescription(request), reason=form.reason)

        return await _act(request, Deciding, verb)

    return decided


async def _act(
    request: Request, struct: type[F], verb: Callable[[Tx, F], Awaitable[object]]
) -> Response:
    kind = "online" if _is_online(request) else "visits"
    then = f"/clinic/{kind}/{_visit(request)}/prescription"
    return await acts.act(request, struct, verb, page=_page, said=SAID_HERE, then=then)


async def drugs(request: Request) -> Response:
    """Answer the drugs of the master that fit what is typed so far."""
    user(request)
    found = terminology.search_drugs(request.query_params.get("q", ""))[:SUGGESTED]
    return answer.page(request, "doctor/drugs.html", {"found": found}, block="found")


async def _write(
    request: Request, form: Writing, texts: Mapping[str, Sequence[str]], tx: Tx
) -> None:
    screen = prescription_form.screen_as_typed(texts)
    paper = prescription_form.paper_of(screen)
    given = {"visit_id": _visit(request), "prescription_id": _prescription(request)}
    if form.act.startswith(ADD):
        paper = prescription_form.added(paper, form.act.removeprefix(ADD))
    elif form.act.startswith(REMOVE):
        paper = prescription_form.removed(paper, form.act.removeprefix(REMOVE))
    elif form.act.startswith(MEND):
        sheet, findings = await prescribe.check(tx, **given, paper=paper)
        key = form.act.removeprefix(MEND)
        paper = prescription_form.mended(paper, sheet, findings, key)
    verb = prescribe.sign if form.act == SIGN else prescribe.write
    await verb(tx, **given, version=form.version, paper=paper)


async def _safety(request: Request, texts: Mapping[str, Sequence[str]], tx: Tx) -> Safety:
    screen = prescription_form.screen_as_typed(texts)
    return await prescription_desk.safety(
        tx, visit_id=_visit(request), prescription_id=_prescription(request), screen=screen
    )


async def _texts(request: Request) -> Mapping[str, Sequence[str]]:
    return (await forms.kept(request)).texts


async def _page(request: Request, form: Filled | None = None) -> Response:
    """Show the prescriptions of a visit in person, or of an online visit."""
    app, hat, status = app_of(request), user(request), 422 if form else 200
    texts = form.texts if form else {}
    if _is_online(request):
        online = partial(prescription_desk.online, visit_id=_visit(request), texts=texts)
        hand = await reading(app, hat, online)
        return answer.page(request, "doctor/online_prescription.html", hand, status, form=form)
    verb = partial(prescription_desk.page, appointment_id=_visit(request), texts=texts)
    view = await reading(app, hat, verb)
    return answer.page(request, "doctor/prescription.html", view, status, form=form)


def _is_online(request: Request) -> bool:
    return request.url.path.startswith("/clinic/online/")


def _visit(request: Request) -> UUID:
    visit_id: UUID = request.path_params["visit_id"]
    return visit_id


def _prescription(request: Request) -> UUID:
    prescription_id: UUID = request.path_params["prescription_id"]
    return prescription_id


PAGES = ("/clinic/visits/{visit_id:uuid}", "/clinic/online/{visit_id:uuid}")


def _routes(visit: str) -> tuple[Route, ...]:
    here = f"{visit}/prescription"
    one = f"{here}/{{prescription_id:uuid}}"
    return (
        Route(here, page, methods=["GET"]),
        Route(here, begin, methods=["POST"]),
        Route(one, write, methods=["POST"]),
        Route(f"{one}/check", check, methods=["POST"]),
        Route(f"{one}/revoke", _deciding(prescribe.revoke), methods=["POST"]),
        Route(f"{one}/withhold", _deciding(stopped.withhold), methods=["POST"]),
        Route(f"{one}/resume", _deciding(stopped.resume), methods=["POST"]),
    )


ROUTES = (
    Route("/clinic/drugs", drugs, methods=["GET"]),
    *(route for visit in PAGES for route in _routes(visit)),
)
