"""`$export`: asked for, looked after, fetched, cancelled.

Source: HL7 FHIR Bulk Data Access IG 2.0.0 (hl7.org/fhir/uv/bulkdata/STU2/export.html).
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from lianyi.access.errors import NoSuchExport
from lianyi.access.model.exports import Export, ExportState, Level
from lianyi.fhir import answers, asking, outcomes
from lianyi.fhir.answers import PRIVATE, Body, Turned
from lianyi.fhir.asking import Given
from lianyi.fhir.places import base_of
from lianyi.fhir.writing import once_of
from lianyi.journeys import bulk_export
from lianyi.journeys.bulk_export import ELEMENTS, FILTER, Asked, Standing
from lianyi.kernel.work import Tx, within
from lianyi.records.fhir.versions import instant
from lianyi.records.model.parts import GONE, Part
from lianyi.records.service.parts import Content

DEFINED = "http://hl7.org/fhir/uv/bulkdata"
INSTANTIATES = f"{DEFINED}/CapabilityStatement/bulk-data"
# What is told of it, by the type it is asked of; of none, of all the server has.
TOLD = {
    type: {"name": "export", "definition": f"{DEFINED}/OperationDefinition/{name}"}
    for type, name in {"": "export", "Patient": "patient-export", "Group": "group-export"}.items()
}
NDJSON = "application/fhir+ndjson"
FORMATS = frozenset({NDJSON, "application/ndjson", "ndjson"})
PATIENT = "patient"
KNOWN = frozenset({"_outputFormat", "_since", "_type", FILTER, ELEMENTS})
OF_PATIENTS = KNOWN | {PATIENT}
STATUS, FILE = "$export-status", "$export-file"
SOON, WAITING = 2, 60  # seconds until it is worth asking again
RANGE = re.compile(r"bytes=(\d{1,15})-(\d{1,15})?")
OVER = {
    ExportState.CANCELLED: (404, "not-found"),
    ExportState.EXPIRED: (404, "not-found"),
    ExportState.REFUSED: (403, "forbidden"),
    ExportState.FAILED: (500, "exception"),
}


async def of_system(request: Request) -> Response:
    """Begin an export of all that a service may see. Raises as `bulk_export.ask` does."""
    return await _kick_off(request, Level.SYSTEM)


async def of_patients(request: Request) -> Response:
    """Begin an export of what is its patients'."""
    return await _kick_off(request, Level.PATIENT)


async def of_group(request: Request) -> Response:
    """Begin an export of what is the patients' of a group: an institution's are one."""
    return await _kick_off(request, Level.GROUP, request.path_params["id"])


async def status(request: Request) -> Response:
    """Tell how far an export is, or where its files are.

    :raises NoSuchExport, GroundGone:
    """
    look = partial(bulk_export.standing, export_id=request.path_params["export"])
    found = await within(request.app.state.lianyi, request.scope["user"], look)
    export = found.export
    if export.state in OVER:
        return _over(request, export)
    if export.state is not ExportState.READY:
        return _progress(request, found)
    if export.due_at <= request.app.state.lianyi.clock():
        raise NoSuchExport(id=export.id)
    expires = format_datetime(export.due_at.astimezone(UTC), usegmt=True)
    return answers.written(request, _manifest(request, found), headers={"expires": expires})


def _over(request: Request, export: Export) -> Response:
    status, code = OVER[export.state]
    said = answers.said(request, f"fhir.export.{export.state}", {"why": export.ended_why})
    return answers.outcome(request, status, code, said)


async def cancel(request: Request) -> Response:
    """End an export. Raises NoSuchExport, WrongState."""
    verb = partial(bulk_export.cancel, export_id=request.path_params["export"])
    await within(request.app.state.lianyi, request.scope["user"], verb)
    said = answers.said(request, "fhir.export.cancelled")
    body = outcomes.outcome([outcomes.issue("informational", said, "information")])
    return answers.written(request, body, 202)


async def fetch(request: Request) -> Response:
    """Hand out a file, compressed for who takes that, from any byte on (RFC 9110, section 14).

    :raises NoSuchExport, NoSuchPart, GroundGone:
    """
    packed = "gzip" in request.headers.get("accept-encoding", "")
    n: int = request.path_params["n"]
    wanted = _range(request, _tag(request.path_params["export"], n, packed=packed))
    export_id: UUID = request.path_params["export"]
    verb = partial(bulk_export.fetch, export_id=export_id, n=n, first_byte=wanted[0])
    content = await within(request.app.state.lianyi, request.scope["user"], verb)
    return _file(request, content, packed=packed, wanted=wanted)


async def _kick_off(request: Request, reach: Level, group: str = "") -> Response:
    if "respond-async" not in request.headers.get("prefer", ""):
        raise Turned(400, "required", "fhir.export.prefer")
    given = await asking.read(request)
    asked = _asked(request, given, reach, group)
    once = once_of(request, asked, UUID)

    async def verb(tx: Tx) -> UUID:
        return (await bulk_export.ask(tx, asked=asked)).id

    id = await within(request.app.state.lianyi, request.scope["user"], verb, once=once)
    where = {"content-location": f"{base_of(request)}/{STATUS}/{id}"}
    said = answers.said(request, "fhir.export.begun")
    body = outcomes.outcome([outcomes.issue("informational", said, "information")])
    return answers.written(request, body, 202, where)


def _asked(request: Request, given: Given, reach: Level, group: str) -> Asked:
    if "lenient" not in request.headers.get("prefer", ""):
        given.check(KNOWN if reach is Level.SYSTEM else OF_PATIENTS)
    if (kind := given.text("_outputFormat")) and kind not in FORMATS:
        raise asking.wrong("_outputFormat")
    path, query = request.url.path.partition("/R4/")[2], request.url.query
    return Asked(
        request=f"{base_of(request)}/{path}{'?' if query else ''}{query}",
        reach=reach,
        group=group,
        types=_listed_in(given, "_type"),
        filters=tuple(given.texts(FILTER)),
        since=_since(given),
        patients=() if reach is Level.SYSTEM else _patients(given),
        elements=_listed_in(given, ELEMENTS),
    )


def _listed_in(given: Given, name: str) -> tuple[str, ...]:
    return tuple(one for text in given.texts(name) for one in text.split(",") if one)


def _patients(given: Given) -> tuple[UUID, ...]:
    """Read whom an export is narrowed to, each a reference to a Patient of this server."""
    try:
        named = [UUID(one) for one in given.references(PATIENT, "Patient")]
    except ValueError as wrong:
        raise asking.wrong(PATIENT) from wrong
    return tuple(dict.fromkeys(named))


def _since(given: Given) -> datetime | None:
    text = given.text("_since")
    if not text:
        return None
    try:
        since = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise asking.wrong("_since") from wrong
    if since.tzinfo is None:
        raise asking.wrong("_since")
    return since


def _progress(request: Request, found: Standing) -> Response:
    """Say how far it is. Who asks sooner than they were told is turned away."""
    waits = found.export.state.is_waiting
    pause = WAITING if waits else SOON
    now = request.app.state.lianyi.clock()
    after = {"retry-after": str(pause)}
    if found.polled_at and (now - found.polled_at).total_seconds() < pause / 2:
        said = answers.said(request, "fhir.export.too_soon", {"seconds": pause})
        body = outcomes.outcome([outcomes.issue("throttled", said)])
        return answers.written(request, body, 429, after)
    how_far = "waiting for approval" if waits else f"{found.percent}%"
    return Response(status_code=202, headers={**PRIVATE, **after, "x-progress": how_far})


def _manifest(request: Request, found: Standing) -> Body:
    export, base = found.export, base_of(request)
    listed = [(part, _listed(base, export, part)) for part in found.parts if part.count]
    return {
        "transactionTime": instant(export.as_of or export.asked_at),
        "request": export.wanted.request,
        "requiresAccessToken": True,
        "output": [one for part, one in listed if part.type != GONE],
        "deleted": [one for part, one in listed if part.type == GONE],
        "error": [],
    }


def _listed(base: str, export: Export, part: Part) -> Body:
    return {"type": part.type, "url": f"{base}/{FILE}/{export.id}/{part.n}", "count": part.count}


def _range(request: Request, tag: str) -> tuple[int, int | None]:
    """Return from which byte to which is wanted; all of it, where a range is none or of another."""
    found = RANGE.fullmatch(request.headers.get("range", ""))
    if found is None or request.headers.get("if-range", tag) != tag:
        return 0, None
    return int(found[1]), int(found[2]) if found[2] else None


def _file(
    request: Request, content: Content, *, packed: bool, wanted: tuple[int, int | None]
) -> Response:
    part = content.part
    whole = (part.size if packed else part.length) or 0
    first, last = wanted[0], min(whole - 1, whole - 1 if wanted[1] is None else wanted[1])
    tag = _tag(part.export_id, part.n, packed=packed)
    headers = {**PRIVATE, "etag": tag, "accept-ranges": "bytes"}
    headers["vary"] += ", Accept-Encoding"
    if first and first > last:
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{whole}"})
    if packed:
        headers["content-encoding"] = "gzip"
    is_part = (first, last) != (0, whole - 1)
    if is_part:
        headers["content-range"] = f"bytes {first}-{last}/{whole}"
    length = last - first + 1
    headers["content-length"] = str(length)
    pieces = content.packed(first) if packed else content.lines(first)
    return StreamingResponse(_at_most(pieces, length), 206 if is_part else 200, headers, NDJSON)


def _at_most(pieces: Iterator[bytes], length: int) -> Iterator[bytes]:
    for piece in pieces:
        yield piece[:length]
        length -= len(piece)
        if length <= 0:
            return


def _tag(export_id: UUID, n: int, *, packed: bool) -> str:
    return f'"{export_id.hex}-{n}{"-gz" if packed else ""}"'
