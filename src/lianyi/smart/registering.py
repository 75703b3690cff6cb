"""Anybody may register an app; it can do nothing until an institution approves it (RFC 7591).

It takes no Idempotency-Key: nobody is known here, and whoever guessed a program's key would be told
its secret. Who hears no answer registers again; what nobody lays claim to is never approved.
"""

from typing import Any
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.access.rules import scopes
from lianyi.accounts.errors import BadRegistration
from lianyi.accounts.model.apps import ClientKind, Registered, Registration
from lianyi.journeys import apps
from lianyi.kernel.actor import NOWHERE, system
from lianyi.kernel.work import App, within
from lianyi.smart import answers, places

DOOR = system("smart", NOWHERE)
BIGGEST = 50_000  # bytes
KINDS = {
    "none": ClientKind.PUBLIC,
    "client_secret_basic": ClientKind.SECRET,
    "client_secret_post": ClientKind.SECRET,
    "private_key_jwt": ClientKind.KEY,
}


class Document(msgspec.Struct, frozen=True):
    """What a company sends. `company` and what follows it are our own; the rest is the standard's.

    Keys are given by value, or by the address where they lie.
    """

    client_name: str
    company: str
    credit_code: str
    contacts: list[str]
    scope: str
    redirect_uris: list[str] = []
    token_endpoint_auth_method: str = "client_secret_basic"  # noqa: S105 - a way
    jwks: dict[str, Any] | None = None
    jwks_uri: str = ""
    initiate_login_uri: str = ""
    notification_uris: list[str] = []
    description: str = ""
    institutions: list[UUID] = []


async def register(request: Request) -> Response:
    """Note an app of a company and tell it its name, and its secret this once."""
    app: App = request.app.state.lianyi
    request.app.state.registrations.check(request, app.clock())
    raw = await request.body()
    try:
        document = msgspec.json.decode(raw[:BIGGEST], type=Document)
    except msgspec.MsgspecError as trouble:
        return answers.error("invalid_client_metadata", str(trouble))
    kind = KINDS.get(document.token_endpoint_auth_method)
    asked, wrong = scopes.canonical(document.scope)
    if kind is None or wrong:
        named = ", ".join(wrong) or "token_endpoint_auth_method"
        return answers.error("invalid_client_metadata", named)
    form = _form(document, kind, asked)
    try:
        done = await within(
            app, DOOR, lambda tx: apps.register(tx, form=form, institutions=document.institutions)
        )
    except BadRegistration as refused:
        code = "redirect_uri" if "redirects" in refused.fields else "client_metadata"
        return answers.refused(request, f"invalid_{code}", refused)
    return answers.said(_told(document, form, done), 201)


def _form(document: Document, kind: ClientKind, asked: tuple[str, ...]) -> Registration:
    keys = msgspec.json.encode(document.jwks).decode() if document.jwks else ""
    return Registration(
        name=document.client_name,
        company=document.company,
        credit_code=document.credit_code,
        contact=", ".join(document.contacts),
        kind=kind,
        redirects=tuple(document.redirect_uris),
        scopes=asked,
        keys=keys,
        keys_at=document.jwks_uri,
        launch_url=document.initiate_login_uri,
        about=document.description[:2000],
        notifies=tuple(document.notification_uris),
    )


def _told(document: Document, form: Registration, done: Registered) -> dict[str, object]:
    told: dict[str, object] = {
        "client_id": str(done.id),
        "client_name": form.name,
        "scope": " ".join(form.scopes),
        "redirect_uris": list(form.redirects),
        "notification_uris": list(form.notifies),
        "token_endpoint_auth_method": document.token_endpoint_auth_method,
    }
    if form.keys_at:
        told["jwks_uri"] = form.keys_at
    return (
        {**told, "client_secret": done.secret, "client_secret_expires_at": 0}
        if done.secret
        else told
    )


ROUTES = (Route(places.REGISTER, register, methods=["POST"], name="smart.register"),)
