"""Create, update and delete, also on conditions (FHIR R4, 3.1.0.5 to 3.1.0.8)."""

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC
from email.utils import format_datetime
from functools import partial
from typing import TypeVar
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from lianyi.fhir import answers, bodies, outcomes
from lianyi.fhir.answers import Body, Turned
from lianyi.fhir.places import base_of, relative
from lianyi.fhir.reading import named, typed
from lianyi.journeys import fhir_writes
from lianyi.journeys.fhir_acts import Act, Done, Outcome, Verb
from lianyi.kernel.headers import header
from lianyi.kernel.once import Once
from lianyi.kernel.work import looking, within

T = TypeVar("T")
TAG = re.compile(r'(?:W/)?"?(\d{1,9})"?')
KEY_MOST = 200  # characters of an Idempotency-Key
STATUS = {Outcome.CREATED: 201, Outcome.UPDATED: 200, Outcome.SAME: 200, Outcome.DELETED: 204}
PREFERRED = re.compile(r"return=(minimal|representation|OperationOutcome)")
OF_FORM = frozenset({"_format", "_pretty"})  # how an answer is written, and no condition
RETURN = "representation"  # where nobody says


async def create(request: Request) -> Response:
    type = typed(request)
    body = _of_type(await bodies.read(request), type)
    asked = request.headers.get("if-none-exist")
    criteria = _in_address(request) if asked is None else read_criteria(asked, base_of(request))
    return await answer(request, Act(Verb.CREATE, type, body=body, criteria=criteria))


async def update(request: Request) -> Response:
    type, fhir_id = named(request)
    body = _of_type(await bodies.read(request), type)
    if body.get("id") != fhir_id:
        raise Turned(400, "invalid", "fhir.other_id")
    act = Act(
        Verb.UPDATE, type, fhir_id, body, match=match_of(request), only_new=_only_new(request)
    )
    return await answer(request, act)


async def update_where(request: Request) -> Response:
    type = typed(request)
    body = _of_type(await bodies.read(request), type)
    criteria = read_criteria(request.url.query, base_of(request))
    act = Act(Verb.UPDATE, type, body=body, criteria=criteria, match=match_of(request))
    return await answer(request, act)


async def delete(request: Request) -> Response:
    type, fhir_id = named(request)
    return await answer(request, Act(Verb.DELETE, type, fhir_id, match=match_of(request)))


async def delete_where(request: Request) -> Response:
    criteria = read_criteria(request.url.query, base_of(request))
    return await answer(request, Act(Verb.DELETE, typed(request), criteria=criteria))


async def perform(
    request: Request, acts: Sequence[Act], once: Once[list[Done]] | None
) -> list[Done]:
    """Do it as whoever asks, in one transaction."""
    base = f"{base_of(request)}/"
    return await within(
        request.app.state.lianyi,
        request.scope["user"],
        lambda tx: fhir_writes.perform(tx, acts=acts, base=base),
        once=once,
    )


async def _done(request: Request, act: Act) -> Done:
    once = once_of(request, act, list[Done])
    if once is None:
        app, base = request.app.state.lianyi, f"{base_of(request)}/"
        creating = partial(fhir_writes.creating, act=act, base=base)
        if done := await looking(app, request.scope["user"], creating):
            return done
    done, *_ = await perform(request, [act], once)
    return done


def once_of(request: Request, asked: object, answer: type[T], *, part: str = "") -> Once[T] | None:
    """Return the key that makes a repeated request, or a part of it, get the first answer."""
    key = header(request.scope, b"idempotency-key")
    if not key:
        return None
    if len(key) > KEY_MOST:
        raise Turned(400, "value", "fhir.key_too_long", {"most": KEY_MOST})
    text = f"{request.method} {request.url.path} {asked!r}"
    whose = request.scope["user"].app_id or ""  # no app of a user gets another one's answer
    return Once(f"{whose}{key}{part}", hashlib.sha256(text.encode()).hexdigest(), answer)


def read_criteria(text: str, base: str) -> tuple[tuple[str, str], ...]:
    """Read what a condition asks, as a search would."""
    query = text.rpartition("?")[2]
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100)
    except ValueError as wrong:
        raise Turned(400, "value", "fhir.criteria") from wrong
    return tuple((name, relative(base, value)) for name, value in pairs)


def version_of(tag: str) -> int:
    """Read the version an ETag names."""
    found = TAG.fullmatch(tag.strip())
    if found is None:
        raise Turned(400, "value", "fhir.tag")
    return int(found[1])


def wanted(request: Request) -> str:
    """Return how much the answer to a write should hold."""
    found = PREFERRED.search(header(request.scope, b"prefer"))
    return found[1] if found else ""


def location(base: str, done: Done) -> str:
    return f"{base}/{done.type}/{done.fhir_id}/_history/{done.version}"


async def answer(request: Request, act: Act) -> Response:
    """Do one act and tell what became of it, as the request prefers."""
    done = await _done(request, act)
    status = STATUS[done.outcome]
    headers = {**answers.PRIVATE}
    if done.version:
        at = format_datetime(done.at.astimezone(UTC), usegmt=True)
        headers |= {"etag": f'W/"{done.version}"', "last-modified": at}
    if done.outcome is Outcome.DELETED:
        return Response(status_code=status, headers=headers)
    headers["location"] = location(base_of(request), done)
    match wanted(request) or RETURN:
        case "minimal":
            return Response(status_code=status, headers=headers)
        case "OperationOutcome":
            return answers.written(request, said(request, done), status, headers)
    stored = answers.stamped(done.body, done.version, done.at)
    return answers.written(request, stored, status, headers)


def said(request: Request, done: Done) -> Body:
    """Return the outcome that tells what was done."""
    text = answers.said(request, f"fhir.done.{done.outcome}")
    return outcomes.outcome([outcomes.issue("informational", text, "information")])


def _of_type(body: Body, type: str) -> Body:
    if body.get("resourceType") != type:
        raise Turned(400, "invalid", "fhir.other_type", {"type": type})
    return body


def _in_address(request: Request) -> tuple[tuple[str, str], ...] | None:
    """Return the condition of a create that stands in its address, as some software puts it."""
    if not request.scope["query_string"]:
        return None
    pairs = read_criteria(request.url.query, base_of(request))
    return tuple(pair for pair in pairs if pair[0] not in OF_FORM) or None


def match_of(request: Request) -> int | None:
    """Return the version that must be there, where the request names one (INT-08)."""
    tag = request.headers.get("if-match")
    return None if tag is None else version_of(tag)


def _only_new(request: Request) -> bool:
    return request.headers.get("if-none-match", "").strip() == "*"
