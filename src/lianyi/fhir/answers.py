"""How FHIR answers: resources with their version, bundles, and outcomes for what is refused.

Source: FHIR R4, 3.1.0 (RESTful API).
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache, update_wrapper
from typing import Any, TypeAlias

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from lianyi.accounts.errors import SignedOut
from lianyi.fhir import outcomes
from lianyi.journeys import fhir_along
from lianyi.kernel import presumed
from lianyi.kernel.actor import Actor
from lianyi.kernel.headers import header
from lianyi.kernel.presumed import PRESUMED
from lianyi.kernel.refusal import Refused
from lianyi.kernel.text import words
from lianyi.records.fhir.terms import Why
from lianyi.records.fhir.versions import instant, versioned
from lianyi.records.model import LIVE

LOG = logging.getLogger(__name__)
JSON = "application/fhir+json; charset=utf-8"
PRIVATE = {
    "cache-control": "no-store",
    "vary": "Cookie, Authorization, Accept",
    # No page: a browser that shows it runs and fetches nothing (OWASP, REST Security).
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
SINCE = b"if-modified-since"
ACCEPTED = ("json", "*/*", "application/*", "text/html")  # a browser is shown JSON too
Body: TypeAlias = dict[str, Any]
Written: TypeAlias = Body | msgspec.Raw
Handler: TypeAlias = Callable[[Request], Awaitable[Response]]

_encoder = msgspec.json.Encoder(decimal_format="number")


class Turned(Exception):
    """A request is turned away before anybody acts on it; `said` is the code of the words."""

    def __init__(
        self,
        status: int,
        code: str,
        said: str,
        details: Mapping[str, object] | None = None,
        *,
        place: str = "",
    ) -> None:
        super().__init__(said)
        self.status, self.code, self.said, self.place = status, code, said, place
        self.details = details or {}


class Answered:
    """Answers like `handle`, and every trouble of its as an OperationOutcome.

    It is asked by the server itself, not by way of the framework's own handling of troubles.
    `proves` says that it asks by itself whether who asks is who they were.
    """

    def __init__(self, handle: Handler, *, to_anybody: bool = False, proves: bool = False) -> None:
        update_wrapper(self, handle)  # a page is counted and logged by its name
        self._handle, self._to_anybody, self._proves = handle, to_anybody, proves

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self.answer(Request(scope, receive, send))
        await response(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        if not _takes_json(request):
            return outcome(request, 406, "not-supported", said(request, "fhir.json_only"))
        try:
            if not (self._to_anybody or (self._proves and request.scope.get(PRESUMED))):
                await prove(request)
            return await _tried(self._handle, request)
        except SignedOut:
            return _signed_out(request)
        except Exception as trouble:  # noqa: BLE001 - every trouble has its answer
            status, body = told(request, trouble)
            return written(request, body, status)


async def _tried(handle: Handler, request: Request) -> Response:
    """Answer like `handle`; what is wrong with a request is told to who still may ask."""
    try:
        return await handle(request)
    except Exception:
        if request.scope.get(PRESUMED):
            await prove(request)
        raise


async def prove(request: Request) -> None:
    """Find out who asks, if nobody has yet.

    :raises SignedOut:
    """
    await presumed.prove(request.scope)
    if not isinstance(request.scope.get("user"), Actor):
        raise SignedOut


def told(request: Request, trouble: Exception) -> tuple[int, Body]:
    """Return the status of a trouble, and the words for it. What nobody foresaw is logged."""
    if isinstance(trouble, Refused):
        return outcomes.told(trouble, request.state.language)
    if isinstance(trouble, Turned):
        text = said(request, trouble.said, trouble.details)
        one = outcomes.issue(trouble.code, text, place=trouble.place)
        return trouble.status, outcomes.outcome([one])
    LOG.error("a bug, told as %s", request.state.request_id, exc_info=trouble)
    text = said(request, "fhir.bug", {"support": request.state.request_id})
    return 500, outcomes.outcome([outcomes.issue("exception", text)])


def resource(
    request: Request, tell: Callable[[], msgspec.Raw], version: int, at: datetime
) -> Response:
    """Answer one resource as it is in a version; nothing, if the reader has that one already."""
    if version == LIVE:  # of which no reader can have the newest
        return written(request, tell())
    tag = f'W/"{version}"'
    headers = {"etag": tag, "last-modified": _http_date(at)}
    known, since = (header(request.scope, name) for name in (b"if-none-match", SINCE))
    if is_known(tag, at, known, since):
        return Response(status_code=304, headers={**PRIVATE, **headers})
    return written(request, tell(), headers=headers)


@lru_cache(1000)
def _http_date(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC), usegmt=True)


def is_known(tag: str, at: datetime, known: str, since: str) -> bool:
    """Tell whether the reader has this version; a tag says it more exactly than a time."""
    if known:
        return tag in {one.strip() for one in known.split(",")}
    try:
        return bool(since) and at.replace(microsecond=0) <= _moment(since)
    except (TypeError, ValueError):  # no date, which is then no condition
        return False


def _moment(text: str) -> datetime:
    """Read a time as HTTP writes it, or as an entry of a bundle does (an `instant`)."""
    return datetime.fromisoformat(text) if text[:1].isdigit() else parsedate_to_datetime(text)


def stamped(body: str, version: int, at: datetime) -> msgspec.Raw:
    """Return what `versioned` does as it is written out."""
    return msgspec.Raw(stamped_text(body, version, at).encode())


def stamped_text(body: str, version: int, at: datetime) -> str:
    """Return the same as text, which most bodies need not be read for."""
    if version == LIVE:
        return body
    if '"meta"' in body:
        return text(versioned(body, version, at))
    meta = f'"meta":{{"versionId":"{version}","lastUpdated":"{instant(at)}"}}'
    return f"{{{meta},{body.lstrip()[1:]}"


def text(told: Body | str) -> str:
    """Write out what is told."""
    return _encoder.encode(told).decode()


def raw(body: Body) -> msgspec.Raw:
    return msgspec.Raw(_encoder.encode(body))


def written(
    request: Request, body: Written, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    raw = _encoder.encode(body)
    if _parameter(request, "_pretty") == "true":
        raw = msgspec.json.format(raw, indent=2)
    return Response(raw, status, {**PRIVATE, **(headers or {})}, JSON)


def outcome(request: Request, status: int, code: str, said: str) -> Response:
    return written(request, outcomes.outcome([outcomes.issue(code, said)]), status)


def ignored(request: Request, name: str, why: Why) -> Body:
    """Return the outcome that tells a reader which parameter of a search was left out."""
    text = said(request, f"records.search.{why}", {"name": name})
    return outcomes.outcome([outcomes.issue("not-supported", text, "warning")])


def cut(request: Request, along: fhir_along.Along) -> Body:
    """Return the outcome that tells a reader that not all came along, and what to do."""
    most = {"most": fhir_along.MOST, "rounds": fhir_along.ROUNDS}
    code = "fhir.along_rest" if along.rest else "fhir.along_cut"
    said_so = said(request, code, {**most, "rest": " , ".join(along.rest)})
    return outcomes.outcome([outcomes.issue("too-costly", said_so, "warning")])


def _signed_out(request: Request) -> Response:
    """Ask for a token; one that was given is none, or is none any more (RFC 6750, section 3)."""
    answer = outcome(request, 401, "login", said(request, "accounts.SignedOut"))
    given = "authorization" in request.headers
    asked = 'Bearer realm="lianyi"' + (', error="invalid_token"' if given else "")
    answer.headers["www-authenticate"] = asked
    return answer


def not_supported(request: Request) -> Response:
    return outcome(request, 405, "not-supported", said(request, "fhir.read_only"))


def said(request: Request, code: str, details: Mapping[str, object] | None = None) -> str:
    return words(code, request.state.language, details)


def _takes_json(request: Request) -> bool:
    wanted = _parameter(request, "_format") or header(request.scope, b"accept") or "*/*"
    return any(kind in wanted for kind in ACCEPTED)


def _parameter(request: Request, name: str) -> str | None:
    """Return a parameter of the address, which need not be read if it can't be among them."""
    raw = request.scope["query_string"]
    return request.query_params.get(name) if name.encode() in raw or b"%" in raw else None
