"""`$import`: an institution's own system hands its files in, has them taken in, and hears of it.

The server fetches nothing from anywhere: whoever may name an address may let a server knock at its
own neighbours' doors. Files are put here, in as many requests as it takes.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from functools import partial

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from lianyi.fhir import answers, outcomes
from lianyi.fhir.answers import PRIVATE, Body, Turned
from lianyi.fhir.exporting import NDJSON, SOON
from lianyi.fhir.places import base_of
from lianyi.journeys import bulk_import
from lianyi.journeys.bulk_import import Standing
from lianyi.kernel import crypto, frames
from lianyi.kernel.work import reading, within
from lianyi.records.errors import DeliveryFull
from lianyi.records.fhir.versions import instant
from lianyi.records.model import Refusal
from lianyi.records.model.bringing import BringingState, Piece
from lianyi.records.service import delivering

STATUS, FILE, ERRORS = "$import-status", "$import-file", "$import-errors"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
SPAN = re.compile(r"bytes (\d{1,15})-(?:\d{1,15})/(?:\d{1,15}|\*)")
OFFSET = "upload-offset"
PAGE = 500  # refusals that are read at once


async def begin(request: Request) -> Response:
    """Begin an import. Raises ManyImports, WrongRole, OutOfScope."""
    id = await within(request.app.state.lianyi, request.scope["user"], bulk_import.ask)
    where = f"{base_of(request)}/{STATUS}/{id}"
    said = answers.said(request, "fhir.import.begun")
    body = outcomes.outcome([outcomes.issue("informational", said, "information")])
    return answers.written(request, body, 201, {"location": where, "content-location": where})


async def look(request: Request) -> Response:
    """Tell where a file goes on. Raises NoSuchImport, WrongState."""
    name = _name(request)
    verb = partial(
        bulk_import.check_offset, import_id=request.path_params["import"], name=name, first=None
    )
    offset = await within(request.app.state.lianyi, request.scope["user"], verb)
    return Response(status_code=204, headers={**PRIVATE, OFFSET: str(offset)})


async def put(request: Request) -> Response:
    """Take a file, or what of it comes next; what has come before a line broke is kept.

    :raises NoSuchImport, OtherOffset, DeliveryFull, WrongState:
    """
    app, hat = request.app.state.lianyi, request.scope["user"]
    import_id, name = request.path_params["import"], _name(request)
    given = {"import_id": import_id, "name": name}
    first = _first(request)
    await within(app, hat, partial(bulk_import.check_offset, first=first, **given))
    key = crypto.new_key()
    writer = delivering.writer(app.files, import_id, key)
    whole = await _received(request, writer, first)
    offset = first
    if writer.size:
        piece = Piece(first, writer.size, key)
        offset = await within(app, hat, partial(bulk_import.keep, piece=piece, **given))
    if not whole:
        raise ClientDisconnect
    return Response(status_code=204, headers={**PRIVATE, OFFSET: str(offset)})


async def start(request: Request) -> Response:
    """Have it taken in. Raises NoSuchImport, NothingBrought, WrongState."""
    verb = partial(bulk_import.start, import_id=request.path_params["import"])
    await within(request.app.state.lianyi, request.scope["user"], verb)
    where = {"content-location": f"{base_of(request)}/{STATUS}/{request.path_params['import']}"}
    said = answers.said(request, "fhir.import.started")
    body = outcomes.outcome([outcomes.issue("informational", said, "information")])
    return answers.written(request, body, 202, where)


async def status(request: Request) -> Response:
    """Tell how far it is, or what became of it all. Raises NoSuchImport."""
    verb = partial(bulk_import.standing, import_id=request.path_params["import"])
    found = await reading(request.app.state.lianyi, request.scope["user"], verb)
    state = found.bringing.state
    if state is BringingState.CANCELLED:
        said = answers.said(request, "fhir.import.cancelled")
        return answers.outcome(request, 404, "not-found", said)
    if state in {BringingState.DONE, BringingState.FAILED}:
        return answers.written(request, _report(request, found))
    how_far = f"{found.bringing.tally.read} resources, {found.whole} of {len(found.files)} files"
    waits = "waiting for files" if state is BringingState.OPEN else how_far
    headers = {**PRIVATE, "retry-after": str(SOON), "x-progress": waits}
    return Response(status_code=202, headers=headers)


async def cancel(request: Request) -> Response:
    """Take nothing more in. Raises NoSuchImport, WrongState."""
    verb = partial(bulk_import.cancel, import_id=request.path_params["import"])
    await within(request.app.state.lianyi, request.scope["user"], verb)
    said = answers.said(request, "fhir.import.cancelled")
    body = outcomes.outcome([outcomes.issue("informational", said, "information")])
    return answers.written(request, body, 202)


async def errors(request: Request) -> Response:
    """Tell what was refused and why, a line each. Raises NoSuchImport."""
    ask = partial(bulk_import.refusals, import_id=request.path_params["import"], limit=PAGE)
    app, hat = request.app.state.lianyi, request.scope["user"]
    first = await reading(app, hat, partial(ask, after=0))

    async def lines() -> AsyncIterator[bytes]:
        page = first
        while page:
            yield b"".join(_told(request, one) for _, one in page)
            page = await reading(app, hat, partial(ask, after=page[-1][0]))

    return StreamingResponse(lines(), 200, PRIVATE, NDJSON)


def _name(request: Request) -> str:
    name: str = request.path_params["name"]
    if not NAME.fullmatch(name):
        raise Turned(400, "value", "fhir.import.name")
    return name


def _first(request: Request) -> int:
    """Read where what comes begins (RFC 9110, Content-Range); all of a file begins at its head."""
    if (text := request.headers.get("content-range")) is None:
        return 0
    if (found := SPAN.fullmatch(text)) is None:
        raise Turned(400, "value", "fhir.import.range")
    return int(found[1])


async def _received(request: Request, writer: frames.Writer, first: int) -> bool:
    """Put what comes on the disk, and return whether its sender got to the end."""
    whole = True
    try:
        async for part in request.stream():
            if first + writer.size + len(part) > delivering.MOST_SIZE:
                raise DeliveryFull(most=delivering.MOST_SIZE)
            await asyncio.to_thread(writer.write, part)
    except ClientDisconnect:
        whole = False
    except BaseException:
        writer.abandon()
        raise
    await asyncio.to_thread(writer.close)
    return whole


def _report(request: Request, found: Standing) -> Body:
    """Say what became of it all; the four add up to what was read."""
    one, tally = found.bringing, found.bringing.tally
    base = base_of(request)
    refused = {"type": "OperationOutcome", "url": f"{base}/{ERRORS}/{one.id}"}
    return {
        "transactionTime": instant(one.ended_at or one.asked_at),
        "request": f"{base}/$import",
        "requiresAccessToken": True,
        "state": one.state,
        "count": {
            "read": tally.read,
            "stored": tally.stored,
            "changed": tally.changed,
            "duplicate": tally.duplicate,
            "refused": tally.refused,
        },
        "balanced": tally.balanced,
        "input": [{"name": file.name, "size": file.size} for file in found.files],
        "error": [{**refused, "count": tally.refused}] if tally.refused else [],
    }


def _told(request: Request, one: Refusal) -> bytes:
    whose = f"{one.type}/{one.fhir_id}" if one.fhir_id else one.type
    issues = [
        {**outcomes.of_finding(found, request.state.language), "location": [whose or "?"]}
        for found in one.findings
    ]
    return msgspec.json.encode(outcomes.outcome(issues)) + b"\n"
