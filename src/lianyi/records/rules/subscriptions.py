"""What a Subscription may ask for, where it may have itself told, and how long it is tried. Pure.

Source: FHIR R4, http://hl7.org/fhir/R4/subscription.html; how much is told, and Bundles, from
Subscriptions R5 Backport 1.1.0, http://hl7.org/fhir/uv/subscriptions-backport.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from lianyi.records.model import Finding
from lianyi.records.model.subscriptions import Channel, Content, Subscription, Wanted

CONTENT = (
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content"
)
PAYLOADS = frozenset({"application/fhir+json", "application/json"})
CRITERIA = re.compile(r"(?P<type>[A-Z][A-Za-z]+)(?:\?(?P<query>\S*))?")
HEADER = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60}): ?([\x21-\x7e][\x20-\x7e]{0,4000})")
# What says how the message is sent, and is ours to say.
OURS = re.compile(
    r"host|connection|keep-alive|te|trailer|upgrade|expect|transfer-encoding|content-.*|proxy-.*"
    r"|sec-.*|accept.*|user-agent|cookie2?|forwarded|x-forwarded-.*",
    re.IGNORECASE,
)
# Of the moment, or of the answer: no change of a resource tells when they come to hold.
NOT_OF_CHANGES = frozenset({"_lastUpdated", "_sort", "_count", "_include", "_revinclude", "_page"})
NOT_OF_CHANGES |= {"_summary", "_elements", "_total", "_contained", "_containedType"}
MOST_HEADERS = 10
LONGEST = timedelta(days=90)  # as a refresh token (INT-14); asking again makes it longer
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=2), timedelta(hours=1)
TRIES_TO_ERROR, TRIES = 4, 18  # in a row: after some seconds, and after seven hours
MOST = 100  # subscriptions of one app in one hat
LONGEST_OFF, MOST_MISSED = timedelta(days=7), 10_000  # until what was missed is not told any more


def read(body: Mapping[str, Any]) -> Wanted | tuple[Finding, ...]:
    """Return what a valid Subscription asks for, or else everything that speaks against it."""
    if found := tuple(_findings(body)):
        return found
    channel = body["channel"]
    type, pairs = asked_of(body["criteria"])
    content = _content(channel)
    return Wanted(
        type=type,
        pairs=pairs,
        criteria=body["criteria"],
        channel=Channel(channel["type"]),
        endpoint=channel.get("endpoint", ""),
        header=tuple(channel.get("header", ())),
        content=_plain(channel) if content is None else Content(content),
        bundled=content is not None,
        end=_instant(body.get("end")),
        is_off=body["status"] == "off",
    )


def asked_of(criteria: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return the type and the parameters of a criteria: `Observation?code=…`."""
    found = CRITERIA.fullmatch(criteria)
    if found is None:
        return "", ()
    query = found["query"] or ""
    return found["type"], tuple(parse_qsl(query, keep_blank_values=True, max_num_fields=50))


def is_within(endpoint: str, addresses: Collection[str]) -> bool:
    """Tell whether an endpoint lies at the origin of a registered address."""
    return _origin(endpoint) in {_origin(one) for one in addresses}


def goes_on(had: Subscription, one: Subscription, *, lent_at: datetime, now: datetime) -> bool:
    """Tell whether one that was off is told what it has missed: if it asks the same, and soon.

    What it rests on must have stood all the time: what was withdrawn closed the doors meanwhile,
    and a new permission or approval is for what comes.
    """
    off_at = had.left_off_at
    if off_at is None or now - off_at > LONGEST_OFF or lent_at > off_at:
        return False
    asked = ("type", "criteria", "base", "about", "approval_id")
    return all(getattr(had, name) == getattr(one, name) for name in asked)


def pause_after(tries: int) -> timedelta:
    """Return how long to wait after so many tries in vain: 2, 4, 8 … seconds, an hour at most."""
    return min(FIRST_PAUSE * (1 << min(tries - 1, 20)), LONGEST_PAUSE)


def _instant(text: str | None) -> datetime | None:
    """Read an instant; a leap second is none here."""
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)


def _findings(body: Mapping[str, Any]) -> Iterator[Finding]:
    channel = body["channel"]
    type, pairs = asked_of(body["criteria"])
    if not type or any(name.partition(":")[0] in NOT_OF_CHANGES for name, _ in pairs):
        yield Finding("subscription.criteria", "Subscription.criteria")
    if "end" in body and _instant(body["end"]) is None:
        yield Finding("subscription.end", "Subscription.end")
    if body["status"] == "error":
        yield Finding("subscription.status", "Subscription.status")
    if channel["type"] not in set(Channel):
        yield Finding("subscription.channel", "Subscription.channel.type", channel["type"])
    if channel.get("payload", "application/fhir+json") not in PAYLOADS:
        yield Finding("subscription.payload", "Subscription.channel.payload", channel["payload"])
    yield from _of_endpoint(channel)
    yield from _of_extensions(channel)


def _of_endpoint(channel: Mapping[str, Any]) -> Iterator[Finding]:
    endpoint, is_hook = channel.get("endpoint", ""), channel["type"] == Channel.REST_HOOK
    if is_hook != bool(endpoint) or (endpoint and not _is_address(endpoint)):
        yield Finding("subscription.endpoint", "Subscription.channel.endpoint")
    header = channel.get("header", [])
    known = [found for one in header if (found := HEADER.fullmatch(one))]
    if len(known) != len(header) or len(header) > MOST_HEADERS or (header and not is_hook):
        yield Finding("subscription.header", "Subscription.channel.header")
    for one in known:
        if OURS.fullmatch(one[1]):
            yield Finding("subscription.header", "Subscription.channel.header", one[1])


def _of_extensions(channel: Mapping[str, Any]) -> Iterator[Finding]:
    """Refuse what would be left out without a word, and contradictions."""
    for one in (*channel.get("extension", ()), *_beside(channel)):
        if one["url"] != CONTENT:
            yield Finding("subscription.extension", "Subscription.channel", one["url"])
    content = _content(channel)
    if content is not None and content not in set(Content):
        yield Finding("subscription.payload", "Subscription.channel.payload", content)
    if content is None and channel["type"] == Channel.WEBSOCKET and "payload" in channel:
        yield Finding("subscription.ping", "Subscription.channel.payload")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        whole = bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False
    bare = parts.username is None and not parts.query and not parts.fragment
    return whole and bare and parts.scheme in {"https", "http"} and url.isascii()


def _content(channel: Mapping[str, Any]) -> str | None:
    """Return how much is asked for as the Backport has it: beside the payload. None: as R4 does."""
    for one in _beside(channel):
        if one["url"] == CONTENT:
            return str(one.get("valueCode", ""))
    return None


def _beside(channel: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    beside: Sequence[Mapping[str, Any]] = (channel.get("_payload") or {}).get("extension", ())
    return beside


def _plain(channel: Mapping[str, Any]) -> Content:
    return Content.FULL if "payload" in channel else Content.EMPTY
