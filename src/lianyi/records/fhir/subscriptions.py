"""A subscription as FHIR R4, and what its app is told: requests of R4, Bundles of the Backport."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from lianyi.records.fhir.versions import instant, versioned
from lianyi.records.model.subscriptions import (
    TYPE,
    Channel,
    Content,
    Notice,
    Subscription,
    SubscriptionState,
)

STATUS_PROFILE = (
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
    "backport-subscription-status-r4"
)
TROUBLE = "urn:lianyi:trouble"
JSON = "application/fhir+json"
ORIGIN_ONLY = frozenset({"status", "error", "end"})  # said anew at each reading
Body = dict[str, Any]

_encoder = msgspec.json.Encoder(decimal_format="number")


class Message(NamedTuple):
    """One request to an app's endpoint; `path` goes behind the endpoint's own."""

    method: str
    path: str
    body: str


def kept(body: Mapping[str, Any]) -> str:
    """Return what is stored of a body: no secrets, and nothing that is said anew each time."""
    held = {name: value for name, value in body.items() if name not in ORIGIN_ONLY}
    channel = body["channel"]
    held["channel"] = {
        name: value for name, value in channel.items() if name not in {"header", "_header"}
    }
    return _encoder.encode(held).decode()


def told(one: Subscription, trouble: str) -> str:
    """Return a subscription as its app reads it; `trouble` in words."""
    body = msgspec.json.decode(one.body)
    error = {"error": trouble} if trouble else {}
    body |= {"status": one.state, "end": instant(one.until), **error}
    return _encoder.encode(body).decode()


def message(one: Subscription, notice: Notice) -> Message:
    """Return how one notice is told to an endpoint.

    As R4 has it: nothing, or else the resource is put below the endpoint, or deleted there.
    """
    if one.bundled:
        return Message("POST", "", bundle(one, notice))
    if one.content is Content.EMPTY:
        return Message("POST", "", "")
    path = f"/{notice.type}/{notice.fhir_id}"
    return Message("PUT", path, _resource(notice)) if notice.body else Message("DELETE", path, "")


def ping(id: UUID) -> str:
    """Return what R4 tells a websocket."""
    return f"ping {id}"


def bundle(one: Subscription, notice: Notice) -> str:
    """Return a notice as the Backport has it: a history that begins with how things stand."""
    focus = {"reference": f"{one.base}/{notice.type}/{notice.fhir_id}"}
    about = [] if one.content is Content.EMPTY else [{"name": "focus", "valueReference": focus}]
    event = [
        {"name": "event-number", "valueString": str(notice.number)},
        {"name": "timestamp", "valueInstant": instant(notice.at)},
        *about,
    ]
    status = status_of(one, "event-notification", number=notice.number)
    status["parameter"].append({"name": "notification-event", "part": event})
    entries = [_status_entry(one, status), *_entries(one, notice)]
    body = {"resourceType": "Bundle", "type": "history", "timestamp": instant(notice.at)}
    return _encoder.encode({**body, "entry": entries}).decode()


def status_of(one: Subscription, kind: str, *, number: int) -> Body:
    """Return how a subscription stands, as Parameters of the Backport for R4."""
    state = SubscriptionState.ACTIVE if kind == "event-notification" else one.state
    return {
        "resourceType": "Parameters",
        "meta": {"profile": [STATUS_PROFILE]},
        "parameter": [
            {
                "name": "subscription",
                "valueReference": {"reference": f"{one.base}/{TYPE}/{one.id}"},
            },
            {"name": "status", "valueCode": state},
            {"name": "type", "valueCode": kind},
            {"name": "events-since-subscription-start", "valueString": str(number)},
            *_troubles(one),
        ],
    }


def _troubles(one: Subscription) -> list[Body]:
    """Return what is wrong, or from when to when nothing was told (`missed`)."""
    if not one.trouble:
        return []
    code, _, detail = one.trouble.partition(" ")
    text = {"text": detail} if detail else {}
    concept = {"coding": [{"system": TROUBLE, "code": code}], **text}
    return [{"name": "error", "valueCodeableConcept": concept}]


def _status_entry(one: Subscription, status: Body) -> Body:
    request = {"method": "GET", "url": f"{one.base}/{TYPE}/{one.id}/$status"}
    return {"resource": status, "request": request, "response": {"status": "200"}}


def _entries(one: Subscription, notice: Notice) -> list[Body]:
    if one.content is Content.EMPTY:
        return []
    url = f"{notice.type}/{notice.fhir_id}"
    method = "DELETE" if not notice.body else "POST" if notice.version == 1 else "PUT"
    request = {"method": method, "url": notice.type if method == "POST" else url}
    status = {"POST": "201", "PUT": "200", "DELETE": "204"}[method]
    entry: Body = {
        "fullUrl": f"{one.base}/{url}",
        "request": request,
        "response": {"status": status},
    }
    if one.content is Content.FULL and notice.body:
        entry["resource"] = msgspec.Raw(_resource(notice).encode())
    return [entry]


def _resource(notice: Notice) -> str:
    read = versioned(notice.body, notice.version, notice.at)
    return _encoder.encode(read).decode()


def is_pinged(one: Subscription) -> bool:
    """Tell whether one word stands for all there is to tell: as R4 tells a websocket."""
    return one.channel is Channel.WEBSOCKET and not one.bundled


def binding(token: str, until: datetime, one: Subscription, url: str) -> Body:
    """Return by what a websocket may be bound, as the Backport has it."""
    return {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "token", "valueString": token},
            {"name": "expiration", "valueDateTime": instant(until)},
            {"name": "subscription", "valueString": str(one.id)},
            {"name": "websocket-url", "valueUrl": url},
        ],
    }
