"""Tokens over HTTP: given, asked about, taken back."""

from base64 import b64decode
from binascii import Error
from collections.abc import Mapping
from functools import partial
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.access.errors import BeyondApproval
from lianyi.accounts.model.apps import Held, Proof
from lianyi.journeys import app_tokens
from lianyi.journeys.app_tokens import ASSERTED, Asked, Denied, Given
from lianyi.kernel.actor import NOWHERE, system
from lianyi.kernel.work import App, within
from lianyi.smart import answers, places
from lianyi.smart.proving import proven

DOOR = system("smart", NOWHERE)
BIGGEST = 20_000  # bytes of a form
FIELDS = 30


async def token(request: Request) -> Response:
    app = _counted(request)
    form = await _form(request)
    if form is None:
        return answers.error("invalid_request")
    asked = _asked(request, form)
    try:
        given = await proven(
            request,
            asked.proof,
            lambda: within(app, DOOR, lambda tx: app_tokens.token(tx, asked=asked)),
        )
    except BeyondApproval as refused:
        return answers.refused(request, "invalid_scope", refused)
    return answers.error(given.error) if isinstance(given, Denied) else answers.said(_told(given))


async def introspect(request: Request) -> Response:
    """Tell a confidential app what one of its own tokens is worth (RFC 7662)."""
    app = _counted(request)
    form = await _form(request) or {}
    proof, endpoint = _proof(request, form), places.issuer(request) + places.INTROSPECT
    about = form.get("token", "")
    look = partial(app_tokens.inspect, proof=proof, endpoint=endpoint, token=about)
    held = await proven(request, proof, lambda: within(app, DOOR, look))
    if isinstance(held, Denied):
        return answers.error(held.error)
    return answers.said({"active": False} if held is None else _worth(request, held))


async def revoke(request: Request) -> Response:
    """End a token; what is none is ended already (RFC 7009)."""
    app = _counted(request)
    form = await _form(request) or {}
    proof, endpoint = _proof(request, form), places.issuer(request) + places.REVOKE
    about = form.get("token", "")
    end = partial(app_tokens.revoke, proof=proof, endpoint=endpoint, token=about)
    denied = await proven(request, proof, lambda: within(app, DOOR, end))
    return answers.error(denied.error) if denied else answers.said({})


def _counted(request: Request) -> App:
    """Return the kernel's app, to an address that does not ask too often."""
    app: App = request.app.state.lianyi
    request.app.state.tokens.check(request, app.clock())
    return app


async def _form(request: Request) -> dict[str, str] | None:
    """Read a form; None: it is none, it is too big, or it says something twice (RFC 6749, 3.2)."""
    if "application/x-www-form-urlencoded" not in request.headers.get("content-type", ""):
        return None
    raw = await request.body()
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=FIELDS)
    except ValueError:
        return None
    form = dict(pairs)
    return form if len(form) == len(pairs) and len(raw) <= BIGGEST else None


def _asked(request: Request, form: Mapping[str, str]) -> Asked:
    issuer = places.issuer(request)
    return Asked(
        grant=form.get("grant_type", ""),
        proof=_proof(request, form),
        endpoint=issuer + places.TOKEN,
        server=places.server(request),
        issuer=issuer,
        code=form.get("code", ""),
        redirect=form.get("redirect_uri", ""),
        verifier=form.get("code_verifier", ""),
        refresh=form.get("refresh_token", ""),
        scope=form.get("scope", ""),
        institution=form.get("institution", ""),
    )


def _proof(request: Request, form: Mapping[str, str]) -> Proof:
    app: App = request.app.state.lianyi
    at, assertion = app.machine_time(), form.get("client_assertion", "")
    if assertion and form.get("client_assertion_type") != ASSERTED:
        return app_tokens.proof_of("-", "", "", at=at)
    name, secret = _basic(request.headers.get("authorization", "")) or (
        form.get("client_id", ""),
        form.get("client_secret", ""),
    )
    return app_tokens.proof_of(name, secret, assertion, at=at)


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, given = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = b64decode(given, validate=True).decode().partition(":")
    except (Error, ValueError):
        return "-", ""
    return unquote_plus(name), unquote_plus(secret)


def _told(given: Given) -> dict[str, object]:
    issued, lease = given.issued, given.lease
    told: dict[str, object] = {
        "access_token": issued.access,
        "token_type": "Bearer",
        "expires_in": given.seconds,
        "scope": " ".join(given.scopes),
    }
    more = {
        "refresh_token": issued.refresh,
        "id_token": given.identity,
        "patient": given.patient,
        "encounter": lease.encounter,
        "fhirUser": app_tokens.user_of(lease.hat) if "fhirUser" in given.scopes else "",
    }
    told |= {name: value for name, value in more.items() if value}
    return {**told, "need_patient_banner": True} if given.patient else told


def _worth(request: Request, held: Held) -> dict[str, object]:
    hat = held.lease.hat
    told: dict[str, object] = {
        "active": True,
        "scope": " ".join(held.scopes),
        "client_id": str(held.lease.client_id),
        "exp": int(held.expires_at.timestamp()),
        "iss": places.issuer(request),
        "sub": str(hat.person_id),
        "token_type": "Bearer" if held.kind == "access" else "refresh_token",
    }
    more = {
        "patient": app_tokens.patient_of(hat),
        "encounter": held.lease.encounter,
        "fhirUser": f"{places.server(request)}/{user}" if (user := app_tokens.user_of(hat)) else "",
    }
    return told | {name: value for name, value in more.items() if value}


ROUTES = (
    Route(places.TOKEN, token, methods=["POST"], name="smart.token"),
    Route(places.INTROSPECT, introspect, methods=["POST"], name="smart.introspect"),
    Route(places.REVOKE, revoke, methods=["POST"], name="smart.revoke"),
)
