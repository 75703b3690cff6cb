"""How FHIR answers: resources with their version, bundles, and outcomes for what is refused.

Source: FHIR R4, 3.1.0 (RESTful API).
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import format_datetime
from typing import Any, TypeAlias

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lianyi.kernel.actor import Actor
from lianyi.kernel.refusal import Conflict, Invalid, NotAllowed, NotFound, Refused, Unavailable
from lianyi.kernel.text import words
from lianyi.records.errors import NotSearchable
from lianyi.records.fhir.terms import Why

LOG = logging.getLogger(__name__)
JSON = "application/fhir+json; charset=utf-8"
PRIVATE = {"cache-control": "no-store", "vary": "Cookie, Authorization, Accept"}
ACCEPTED = ("json", "*/*", "application/*", "text/html")  # a browser is shown JSON too
REFUSALS: tuple[tuple[type[Refused], int, str], ...] = (
    (NotFound, 404, "not-found"),
    (NotAllowed, 403, "forbidden"),
    (Invalid, 400, "invalid"),
    (Conflict, 409, "business-rule"),
    (Unavailable, 503, "transient"),
)

Body: TypeAlias = dict[str, Any]
Written: TypeAlias = Body | msgspec.Raw
Handler: TypeAlias = Callable[[Request], Awaitable[Response]]

_decoder = msgspec.json.Decoder(float_hook=Decimal)  # 1.50 stays 1.50
_encoder = msgspec.json.Encoder(decimal_format="number")


def answered(handle: Handler, *, to_anybody: bool = False) -> Handler:
    """Return what answers like `handle`, and every trouble of its as an OperationOutcome."""

    async def answer(request: Request) -> Response:
        if not _takes_json(request):
            return outcome(request, 406, "not-supported", _said(request, "fhir.json_only"))
        if not to_anybody and not isinstance(request.scope.get("user"), Actor):
            return outcome(request, 401, "login", _said(request, "accounts.SignedOut"))
        try:
            return await handle(request)
        except NotSearchable as refused:
            return _not_searchable(request, refused)
        except Refused as refused:
            return _refused(request, refused)
        except Exception:
            LOG.exception("a bug, told as %s", request.state.request_id)
            said = _said(request, "fhir.bug", {"support": request.state.request_id})
            return outcome(request, 500, "exception", said)

    return answer


def resource(request: Request, body: str, version: int, at: datetime) -> Response:
    """Answer one resource as it is in a version; nothing, if the reader has that one already."""
    tag = f'W/"{version}"'
    headers = {"etag": tag, "last-modified": format_datetime(at.astimezone(UTC), usegmt=True)}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={**PRIVATE, **headers})
    return written(request, stamped(body, version, at), headers=headers)


def stamped(body: str, version: int, at: datetime) -> msgspec.Raw:
    """Return what `versioned` does as text, which most bodies need not be read for."""
    if '"meta"' in body:
        return msgspec.Raw(_encoder.encode(versioned(body, version, at)))
    meta = f'"meta":{{"versionId":"{version}","lastUpdated":"{instant(at)}"}}'
    return msgspec.Raw(f"{{{meta},{body.lstrip()[1:]}".encode())


def versioned(body: str, version: int, at: datetime) -> Body:
    """Return a stored body with the version and the time that the record gave it."""
    read: Body = _decoder.decode(body)
    meta = {**read.get("meta", {}), "versionId": str(version), "lastUpdated": instant(at)}
    head = {name: read.pop(name) for name in ("resourceType", "id")}
    return {**head, **read, "meta": meta}


def instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def written(
    request: Request, body: Written, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    raw = _encoder.encode(body)
    if request.query_params.get("_pretty") == "true":
        raw = msgspec.json.format(raw, indent=2)
    return Response(raw, status, {**PRIVATE, **(headers or {})}, JSON)


def outcome(request: Request, status: int, code: str, said: str) -> Response:
    return written(request, _outcome([_issue(code, said)]), status)


def ignored(request: Request, name: str, why: Why) -> Body:
    """Return the outcome that tells a reader which parameter of a search was left out."""
    said = _said(request, f"records.search.{why}", {"name": name})
    return _outcome([_issue("not-supported", said, "warning")])


def not_supported(request: Request) -> Response:
    return outcome(request, 405, "not-supported", _said(request, "fhir.read_only"))


def _not_searchable(request: Request, refused: NotSearchable) -> Response:
    issues = [
        _issue(
            "value" if one.why is Why.VALUE else "not-supported",
            _said(request, one.code, {"name": one.name}),
        )
        for one in refused.troubles
    ]
    return written(request, _outcome(issues), 400)


def _refused(request: Request, refused: Refused) -> Response:
    status, code = next((s, c) for kind, s, c in REFUSALS if isinstance(refused, kind))
    return outcome(request, status, code, _said(request, refused.code, refused.details))


def _outcome(issues: list[Body]) -> Body:
    return {"resourceType": "OperationOutcome", "issue": issues}


def _issue(code: str, said: str, severity: str = "error") -> Body:
    return {"severity": severity, "code": code, "diagnostics": said}


def _said(request: Request, code: str, details: Mapping[str, object] | None = None) -> str:
    return words(code, request.state.language, details)


def _takes_json(request: Request) -> bool:
    wanted = request.query_params.get("_format") or request.headers.get("accept", "*/*")
    return any(kind in wanted for kind in ACCEPTED)
