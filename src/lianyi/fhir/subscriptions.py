"""Subscriptions of apps: asked for, read, changed, started again, and forgotten.

Source: FHIR R4, http://hl7.org/fhir/R4/subscription.html; `$status` and `$get-ws-binding-token` as
Subscriptions R5 Backport 1.1.0 has them.
"""

from collections.abc import Callable, Mapping
from datetime import UTC
from email.utils import format_datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from lianyi.fhir import answers, bodies, pages, patching, writing
from lianyi.fhir.answers import Body, Turned
from lianyi.fhir.places import ROOT, base_of
from lianyi.fhir.reading import ask
from lianyi.journeys import fhir_subscriptions
from lianyi.kernel.text import words
from lianyi.kernel.work import within
from lianyi.records.errors import NotSearchable
from lianyi.records.fhir import subscriptions as mapping
from lianyi.records.fhir.terms import Trouble, Why
from lianyi.records.model import Hit
from lianyi.records.model.subscriptions import TYPE, Subscription
from lianyi.records.service.subscribing import BINDING_LIFE

PATH = f"{ROOT}/{TYPE}"
SOCKET = f"{ROOT}/websocket"
OF_FORM = frozenset({"_format", "_pretty", "_count", "_total"})
BEGINS = "criteria"  # the only text among what is looked for
SEARCHED: Mapping[str, Callable[[Subscription], str]] = {
    "_id": lambda one: str(one.id),
    "criteria": lambda one: one.criteria,
    "status": lambda one: one.state,
    "type": lambda one: one.channel,
    "url": lambda one: one.endpoint,
}


async def create(request: Request) -> Response:
    if "if-none-exist" in request.headers or request.url.query:
        raise Turned(405, "not-supported", "fhir.read_only")
    body = await _body(request)
    one = await within(
        request.app.state.lianyi,
        request.scope["user"],
        lambda tx: fhir_subscriptions.create(tx, body=body, base=base_of(request)),
        once=writing.once_of(request, body, Subscription),
    )
    return _answer(request, one, 201)


async def update(request: Request) -> Response:
    fhir_id, body = request.path_params["id"], await _body(request)
    if body.get("id") != fhir_id:
        raise Turned(400, "invalid", "fhir.other_id")
    base, match = base_of(request), writing.match_of(request)
    one = await within(
        request.app.state.lianyi,
        request.scope["user"],
        lambda tx: fhir_subscriptions.update(
            tx, fhir_id=fhir_id, body=body, base=base, match=match
        ),
    )
    return _answer(request, one)


async def patch(request: Request) -> Response:
    fhir_id, operations = request.path_params["id"], await patching.read(request)
    base, match = base_of(request), patching.match(writing.match_of(request), operations)
    one = await within(
        request.app.state.lianyi,
        request.scope["user"],
        lambda tx: fhir_subscriptions.patch(
            tx, fhir_id=fhir_id, operations=operations, base=base, match=match
        ),
    )
    return _answer(request, one)


async def delete(request: Request) -> Response:
    fhir_id, match = request.path_params["id"], writing.match_of(request)
    await within(
        request.app.state.lianyi,
        request.scope["user"],
        lambda tx: fhir_subscriptions.delete(tx, fhir_id=fhir_id, match=match),
    )
    return Response(status_code=204, headers=answers.PRIVATE)


async def read(request: Request) -> Response:
    one = await _read(request)
    tell = partial(answers.stamped, _told(request, one), one.version, one.at)
    return answers.resource(request, tell, one.version, one.at)


async def search(request: Request) -> Response:
    """Answer the app's own, of which there are never more than one page."""
    pairs = [pair for pair in request.query_params.multi_items() if pair[0] not in OF_FORM]
    if wrong := [Trouble(name, Why.UNKNOWN) for name, _ in pairs if name not in SEARCHED]:
        raise NotSearchable(troubles=tuple(wrong))
    own = await ask(request, fhir_subscriptions.owned)
    found = [one for one in own if all(_answers(one, *pair) for pair in pairs)]
    base = base_of(request)
    entries = [pages.entry(base, _hit(request, one), pages.MATCH) for one in found]
    links = pages.links(f"{base}/{TYPE}", request.query_params.multi_items(), "")
    body = {"resourceType": "Bundle", "type": "searchset", "total": len(found), "link": links}
    return answers.written(request, {**body, **pages.entries(entries)})


async def status(request: Request) -> Response:
    """Answer how one stands, and how much of it has been told."""
    one = await _read(request)
    told = mapping.status_of(one, "query-status", number=one.told)
    base = base_of(request)
    entry = {"fullUrl": f"{base}/{TYPE}/{one.id}/$status", "resource": told}
    body = {"resourceType": "Bundle", "type": "searchset", "total": 1}
    return answers.written(request, {**body, "entry": [{**entry, "search": {"mode": "match"}}]})


async def binding(request: Request) -> Response:
    """Answer a token that binds a websocket once, for programs that can send it no headers."""
    fhir_id = request.path_params["id"]
    one, token = await within(
        request.app.state.lianyi,
        request.scope["user"],
        lambda tx: fhir_subscriptions.open_binding(tx, fhir_id=fhir_id),
    )
    until = request.app.state.lianyi.clock() + BINDING_LIFE
    return answers.written(request, mapping.binding(token, until, one, socket_of(request)))


def socket_of(request: Request) -> str:
    """Return the address where websockets are bound."""
    return base_of(request).replace("http", "ws", 1).removesuffix(ROOT) + SOCKET


async def _body(request: Request) -> Body:
    body = await bodies.read(request)
    if body.get("resourceType") != TYPE:
        raise Turned(400, "invalid", "fhir.other_type", {"type": TYPE})
    return body


async def _read(request: Request) -> Subscription:
    fhir_id = request.path_params["id"]
    return await within(
        request.app.state.lianyi,
        request.scope["user"],
        lambda tx: fhir_subscriptions.read(tx, fhir_id=fhir_id),
    )


def _answers(one: Subscription, name: str, text: str) -> bool:
    held = SEARCHED[name](one)
    wanted = text.split(",") if name != BEGINS else [text]
    if name == BEGINS:
        return held.casefold().startswith(text.casefold())
    return held in {each.rpartition("|")[2] for each in wanted}


def _hit(request: Request, one: Subscription) -> Hit:
    return Hit(TYPE, str(one.id), one.version, one.at, one.id, _told(request, one))


def _told(request: Request, one: Subscription) -> str:
    code, _, detail = one.trouble.partition(" ")
    said = f"records.trouble.{code}"
    text = words(said, request.state.language, {"detail": detail}) if code else ""
    return mapping.told(one, text)


def _answer(request: Request, one: Subscription, status: int = 200) -> Response:
    base = base_of(request)
    headers = {
        "etag": f'W/"{one.version}"',
        "last-modified": format_datetime(one.at.astimezone(UTC), usegmt=True),
        "location": f"{base}/{TYPE}/{one.id}/_history/{one.version}",
    }
    if writing.wanted(request) == "minimal":
        return Response(status_code=status, headers={**answers.PRIVATE, **headers})
    stored = answers.stamped(_told(request, one), one.version, one.at)
    return answers.written(request, stored, status, headers)
