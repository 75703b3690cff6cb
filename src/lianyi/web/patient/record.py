"""One's record: who may read it, and who has (档案)."""

from collections.abc import Awaitable, Callable
from datetime import date
from functools import partial
from types import NoneType
from typing import Annotated, Protocol
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.access.model import Sensitive
from lianyi.journeys import export, notes_desk, permits_desk, sharing
from lianyi.journeys.sharing import Extent
from lianyi.kernel.refusal import Invalid
from lianyi.kernel.work import Tx, reading, within
from lianyi.web import answer, forms
from lianyi.web.patient.shell import show
from lianyi.web.session import app_of, user

FILE = {"content-disposition": 'attachment; filename="record.json"', "cache-control": "no-store"}


class Answered(forms.Form, frozen=True):
    consent: UUID


class Sharing(forms.Form, frozen=True):
    holder: UUID
    receiver: UUID
    classes: list[Sensitive]
    days: Annotated[int, msgspec.Meta(ge=1, le=365)]
    since: date | None = None
    until: date | None = None


class Verb(Protocol):
    def __call__(self, tx: Tx, *, consent_id: UUID) -> Awaitable[None]: ...


async def record(request: Request) -> Response:
    return await show(request, "patient/record.html", permits_desk.consents)


async def share(request: Request) -> Response:
    return await show(request, "patient/share.html", permits_desk.sharing)


async def give(request: Request) -> Response:
    """Share without being asked; a refusal stands above the form, with what was chosen kept."""
    try:
        form = await forms.read(request, Sharing)
        once = forms.once(request, form, UUID)
        await within(app_of(request), user(request), lambda tx: _give(tx, form), once=once)
    except forms.BadForm as bad:
        return await show(request, "patient/share.html", permits_desk.sharing, form=bad.form)
    except Invalid as refused:
        kept = await forms.kept(request, **{"": refused})
        return await show(request, "patient/share.html", permits_desk.sharing, form=kept)
    return answer.go(request, "/record")


async def _give(tx: Tx, form: Sharing) -> UUID:
    extent = Extent(form.days, form.since, form.until, frozenset(form.classes))
    wanted = sharing.share_of(tx, holder_id=form.holder, receiver_id=form.receiver, extent=extent)
    return await sharing.give(tx, share=wanted)


async def download(request: Request) -> Response:
    """Give the person all of their record, as one file that other systems read (EMR-12, PRI-14)."""
    content = await reading(app_of(request), user(request), export.own)
    return Response(content, media_type="application/fhir+json", headers=FILE)


async def readings(request: Request) -> Response:
    verb = partial(permits_desk.readings, cursor=request.query_params.get("cursor", ""))
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
    Route("/record/share", share, methods=["GET"]),
    Route("/record/share", give, methods=["POST"]),
    Route("/record/export", download, methods=["GET"]),
    Route("/record/consents/agree", _answering(sharing.agree), methods=["POST"]),
    Route("/record/consents/refuse", _answering(sharing.refuse), methods=["POST"]),
    Route("/record/consents/withdraw", _answering(sharing.withdraw), methods=["POST"]),
)
