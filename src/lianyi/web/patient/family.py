"""One's family: who acts for whom, asking, answering and ending it (家属)."""

from collections.abc import Awaitable, Callable
from types import NoneType
from typing import Annotated
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.access.model import Scope
from lianyi.journeys import family, resident_desk
from lianyi.kernel.refusal import Refused
from lianyi.kernel.work import Tx, within
from lianyi.people.errors import BadName, BadNumber, FamilyAlready, NotAChild, NotAnAdult
from lianyi.web import answer, forms
from lianyi.web.forms import Filled
from lianyi.web.i18n import mark
from lianyi.web.patient.card import Name, Number
from lianyi.web.patient.shell import lead_away, read
from lianyi.web.session import app_of, user

Scopes = Annotated[
    list[Scope], msgspec.Meta(min_length=1, description=mark("请至少选择一项可代办的事。"))
]
SCOPES = tuple(Scope)


class Child(forms.Form, frozen=True):
    name: Name
    number: Number


class Invitation(forms.Form, frozen=True):
    name: Name
    number: Number
    scopes: Scopes


class Yes(forms.Form, frozen=True):
    kin: UUID
    scopes: Scopes


class Which(forms.Form, frozen=True):
    kin: UUID


class Ending(forms.Form, frozen=True):
    kin: UUID
    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""


async def page(request: Request, form: Filled | None = None) -> Response:
    elsewhere = lead_away(request)
    if elsewhere is not None:
        return elsewhere
    view = await read(request, resident_desk.family)
    return answer.page(request, "patient/family.html", view, 422 if form else 200, form=form)


async def show(request: Request) -> Response:
    return await page(request)


async def child(request: Request) -> Response:
    return lead_away(request) or _child(request)


async def claim_child(request: Request) -> Response:
    try:
        form = await forms.read(request, Child)
        await _do(
            request,
            form,
            lambda tx: family.claim_child(tx, name=form.name, number=form.number),
            UUID,
        )
    except forms.BadForm as bad:
        return _child(request, bad.form)
    except (BadName, BadNumber, NotAChild, FamilyAlready) as refused:
        return _child(request, await _at_field(request, refused))
    return answer.go(request, "/family")


async def invitation(request: Request) -> Response:
    return lead_away(request) or _invitation(request)


async def invite(request: Request) -> Response:
    try:
        form = await forms.read(request, Invitation)
        scopes = frozenset(form.scopes)
        await _do(
            request,
            form,
            lambda tx: family.invite(tx, name=form.name, number=form.number, scopes=scopes),
            UUID,
        )
    except forms.BadForm as bad:
        return _invitation(request, bad.form)
    except (BadName, BadNumber, NotAnAdult, FamilyAlready) as refused:
        return _invitation(request, await _at_field(request, refused))
    return answer.go(request, "/family")


async def accept(request: Request) -> Response:
    try:
        form = await forms.read(request, Yes)
    except forms.BadForm as bad:
        return await page(request, bad.form)
    scopes = frozenset(form.scopes)
    await _do(request, form, lambda tx: family.accept(tx, kin_id=form.kin, scopes=scopes), NoneType)
    return answer.go(request, "/family")


async def decline(request: Request) -> Response:
    form = await forms.read(request, Which)
    await _do(request, form, lambda tx: family.decline(tx, kin_id=form.kin), NoneType)
    return answer.go(request, "/family")


async def end(request: Request) -> Response:
    form = await forms.read(request, Ending)
    await _do(request, form, lambda tx: family.end(tx, kin_id=form.kin, why=form.reason), NoneType)
    return answer.go(request, "/family")


async def _do(
    request: Request, form: forms.Form, verb: Callable[[Tx], Awaitable[object]], kind: type[object]
) -> None:
    await within(app_of(request), user(request), verb, once=forms.once(request, form, kind))


async def _at_field(request: Request, refused: Refused) -> Filled:
    """Say a refusal where it can be mended."""
    field = "name" if isinstance(refused, BadName) else "number"
    return await forms.kept(request, **{field: refused})


def _child(request: Request, form: Filled | None = None) -> Response:
    return answer.page(request, "patient/child.html", None, 422 if form else 200, form=form)


def _invitation(request: Request, form: Filled | None = None) -> Response:
    return answer.page(request, "patient/invite.html", SCOPES, 422 if form else 200, form=form)


ROUTES = (
    Route("/family", show, methods=["GET"]),
    Route("/family/child", child, methods=["GET"]),
    Route("/family/child", claim_child, methods=["POST"]),
    Route("/family/invite", invitation, methods=["GET"]),
    Route("/family/invite", invite, methods=["POST"]),
    Route("/family/accept", accept, methods=["POST"]),
    Route("/family/decline", decline, methods=["POST"]),
    Route("/family/end", end, methods=["POST"]),
)
