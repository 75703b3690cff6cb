"""One's record: who may read it, and who has (档案)."""

from collections.abc import Awaitable, Callable
from functools import partial
from types import NoneType
from typing import Protocol
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import consent, notes_desk, resident_desk
from lianyi.kernel.work import Tx, within
from lianyi.web import answer, forms
from lianyi.web.patient.shell import show
from lianyi.web.session import app_of, user


class Answered(forms.Form, frozen=True):
    consent: UUID


class Verb(Protocol):
    def __call__(self, tx: Tx, *, consent_id: UUID) -> Awaitable[None]: ...


async def record(request: Request) -> Response:
    return await show(request, "patient/record.html", resident_desk.consents)


async def readings(request: Request) -> Response:
    verb = partial(resident_desk.readings, cursor=request.query_params.get("cursor", ""))
    return await show(request, "patient/readings.html", verb)


async def notes(request: Request) -> Response:
    return await show(request, "patient/notes.html", notes_desk.notes)


async def note(request: Request) -> Response:
    verb = partial(notes_desk.note, visit_id=request.path_params["visit_id"])
    return await show(request, "patient/note.html", verb)


def _answering(verb: Verb) -> Callable[[Request], Awaitable[Response]]:
    async def answered(request: Request) -> Response:
        form = await forms.read(request, Answered)
        await within(
            app_of(request),
            user(request),
            lambda tx: verb(tx, consent_id=form.consent),
            once=forms.once(request, form, NoneType),
        )
        return answer.go(request, "/record")

    return answered


ROUTES = (
    Route("/record", record, methods=["GET"]),
    Route("/record/notes", notes, methods=["GET"]),
    Route("/record/notes/{visit_id:uuid}", note, methods=["GET"]),
    Route("/record/readings", readings, methods=["GET"]),
    Route("/record/consents/agree", _answering(consent.agree), methods=["POST"]),
    Route("/record/consents/refuse", _answering(consent.refuse), methods=["POST"]),
    Route("/record/consents/withdraw", _answering(consent.withdraw), methods=["POST"]),
)
