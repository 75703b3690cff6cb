"""The history of a resource, of a type and of everything, deletions too (FHIR R4, 3.1.0.14).

A link to the next page is a cursor that only whoever asked can use, for that history alone.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lianyi.fhir import answers, pages, shorter
from lianyi.fhir.answers import Body, Turned
from lianyi.fhir.pages import PAGE
from lianyi.fhir.places import base_of
from lianyi.fhir.reading import ask, check_kept, named, typed
from lianyi.fhir.shorter import Form
from lianyi.journeys import fhir_desk
from lianyi.kernel import cursors, profile
from lianyi.kernel.work import Tx
from lianyi.records.fhir import spans
from lianyi.records.fhir.terms import Changes
from lianyi.records.fhir.versions import instant
from lianyi.records.model.writing import Change

USUAL, MOST = 20, 200  # versions on a page


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page begins: behind how many of a series (PRI-11), and behind which version."""

    shown: int
    at: datetime
    seq: int


class Asks(msgspec.Struct, frozen=True):
    """A history as it stands in an address: of one resource, of a type, or of all."""

    type: str
    fhir_id: str
    pairs: tuple[tuple[str, str], ...]


async def history(request: Request) -> Response:
    """Answer what was written: of one resource, of a type, or where none is named of all.

    :raises NoSuchResource, TooManyPersons, WrongRole:
    :raises Turned: a time or a number can't be understood, or there is none of this type.
    """
    asks = Asks(*_which(request), tuple(request.query_params.multi_items()))
    check(asks)
    return answers.written(request, await ask(request, lambda tx: page(tx, request, asks)))


def check(asks: Asks) -> None:
    """Refuse the history of what has none.

    :raises Turned:
    """
    check_kept(asks.type, "history-instance" if asks.fhir_id else "history-type")


async def page(tx: Tx, request: Request, asks: Asks) -> Body:
    """Return the page that is asked for. Raises as `history` does."""
    form = shorter.of_one(asks.pairs)
    found, cursor = await _found(tx, asks)
    return _bundle(request, asks, found, cursor, form)


def _which(request: Request) -> tuple[str, str]:
    given = request.path_params
    if "id" in given:
        return named(request)
    return (typed(request) if "type" in given else ""), ""


async def _found(tx: Tx, asks: Asks) -> tuple[list[Change], str]:
    """Return a page and the cursor of the next one."""
    given = dict(asks.pairs)
    kept = urlencode({name: text for name, text in given.items() if name != PAGE})
    query = f"{asks.type}/{asks.fhir_id}/_history?{kept}"
    text = cursors.read(tx, query, given.get(PAGE, ""))
    place = msgspec.json.decode(text, type=Place) if text else None
    limit, zone = _limit(given.get("_count", "")), profile.at(tx.now).zone
    since, current = _span(given, "_since", zone), _span(given, "_at", zone)
    asked = Changes(
        asks.type,
        asks.fhir_id,
        since=since and since[0],
        current=current,
        after=(place.at, place.seq) if place else None,
    )
    shown = place.shown if place else 0
    found = await fhir_desk.changes(tx, asked=asked, limit=limit + 1, shown=shown)
    if len(found) <= limit:
        return found, ""
    last = found[limit - 1]
    following = Place(shown + limit, last.at, last.seq)
    return found[:limit], cursors.write(tx, query, msgspec.json.encode(following).decode())


def _limit(text: str) -> int:
    limit = pages.limit(text, usual=USUAL, most=MOST)
    if limit is None:
        raise Turned(400, "value", "fhir.time", {"name": "_count"})
    return limit


def _span(given: Mapping[str, str], name: str, zone: ZoneInfo) -> spans.Span | None:
    text = given.get(name)
    if not text:
        return None
    span = spans.read(text, zone) if len(text) >= spans.YEAR else None
    if span is None:
        raise Turned(400, "value", "fhir.time", {"name": name})
    return span


def _bundle(request: Request, asks: Asks, found: Sequence[Change], cursor: str, form: Form) -> Body:
    here = "/".join(filter(None, (base_of(request), asks.type, asks.fhir_id, "_history")))
    links = pages.links(here, asks.pairs, cursor)
    entries = {"entry": [_entry(request, one, form) for one in found]} if found else {}
    return {"resourceType": "Bundle", "type": "history", "link": links, **entries}


def _entry(request: Request, change: Change, form: Form) -> Body:
    """Say which request brought a version: the first one made it, the others changed it."""
    type, fhir_id = change.type, change.fhir_id
    entry: Body = {"fullUrl": f"{base_of(request)}/{type}/{fhir_id}"}
    method, status = ("POST", 201) if change.version == 1 else ("PUT", 200)
    if change.body:
        entry["resource"] = shorter.stamped(change.body, change.version, change.at, form)
    else:
        method, status = "DELETE", 204
    return {
        **entry,
        "request": {"method": method, "url": f"{type}/{fhir_id}"},
        "response": {
            "status": str(status),
            "etag": f'W/"{change.version}"',
            "lastModified": instant(change.at),
        },
    }
