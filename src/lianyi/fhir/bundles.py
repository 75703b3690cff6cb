"""Batches and transactions: many requests in one Bundle (FHIR R4, 3.1.0.11).

A transaction is done whole or not at all, and read from after it is written. In a batch each entry
stands for itself. Answers stand in the order of the entries.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import msgspec
from msgspec import structs
from starlette.requests import Request
from starlette.responses import Response

from lianyi.fhir import answers, bodies, gets, inside, marking, patching, writing
from lianyi.fhir.answers import Body, Turned, Written
from lianyi.fhir.deeds import Did
from lianyi.fhir.gets import Get, status
from lianyi.fhir.inside import Called
from lianyi.fhir.places import base_of
from lianyi.fhir.reading import ID, ask
from lianyi.journeys import fhir_writes
from lianyi.journeys.fhir_acts import Act, Done, EntryRefused, Outcome, Verb
from lianyi.kernel.refusal import Refused
from lianyi.kernel.work import Tx, within
from lianyi.records import service as records
from lianyi.records.errors import NotFhir
from lianyi.records.fhir.index import parameters
from lianyi.records.fhir.versions import instant
from lianyi.records.model import Finding

MOST = 5000  # entries
ASIDE = 100  # entries; more are read in a thread
# In the order that the standard demands.
METHODS = {
    "DELETE": Verb.DELETE,
    "POST": Verb.CREATE,
    "PUT": Verb.UPDATE,
    "PATCH": Verb.PATCH,
    "GET": None,
}
BRINGING = (Verb.CREATE, Verb.UPDATE)  # a resource as it shall be
KINDS = ("batch", "transaction")
Came: TypeAlias = tuple[Iterator[Done], Iterator[Did], Iterator[msgspec.Raw]]  # in their orders


class Asked(msgspec.Struct, frozen=True):
    """What the address of a write names."""

    type: str
    fhir_id: str
    query: str


class Step(msgspec.Struct, frozen=True):
    """One entry with its place in the bundle, and what it asks: to write, to do or to read."""

    place: str
    act: Act | None = None
    called: Called | None = None
    get: Get | None = None

    @property
    def does(self) -> bool:
        """Tell whether it is done after the writes: an operation that is no write itself."""
        return self.called is not None and self.act is None


@dataclass(frozen=True, slots=True)
class Whole:
    """What became of a transaction: of its writes and operations, what it read, in their orders."""

    written: list[Done]
    did: list[Did]
    read: list[msgspec.Raw]


async def bundle(request: Request) -> Response:
    """Do what a Bundle asks.

    :raises Turned: it is no batch and no transaction, or says of an entry what makes no sense.
    """
    body = await bodies.read(request)
    kind = body.get("type")
    entries = body.get("entry", [])
    if body.get("resourceType") != "Bundle" or kind not in KINDS or not isinstance(entries, list):
        raise Turned(400, "invalid", "fhir.no_bundle")
    if len(entries) > MOST:
        raise Turned(413, "too-long", "fhir.too_many_entries", {"most": MOST})
    await _check_whole(body, entries)
    do = _transaction if kind == "transaction" else _batch
    told = {"resourceType": "Bundle", "type": f"{kind}-response"}
    return answers.written(request, {**told, "entry": await do(request, entries)})


async def _check_whole(body: Body, entries: Sequence[object]) -> None:
    """See that a Bundle says nothing that isn't heard, and that no two entries are called alike.

    :raises NotFhir:
    """
    look = partial(records.strange, body)
    wrong = await asyncio.to_thread(look) if len(entries) > ASIDE else look()
    called: set[str] = set()
    for n, entry in enumerate(entries):
        address = entry.get("fullUrl") if isinstance(entry, dict) else None
        if isinstance(address, str):
            alike = (Finding("invariant", f"Bundle.entry[{n}].fullUrl", "bdl-7"),)
            wrong += alike if address in called else ()
            called.add(address)
    if wrong:
        raise NotFhir(findings=wrong)


async def _transaction(request: Request, entries: Sequence[object]) -> list[Written]:
    look = partial(_steps, f"{base_of(request)}/", entries)
    steps = await asyncio.to_thread(look) if len(entries) > ASIDE else look()
    steps = [_joined(step) for step in steps]
    acts = [step.act for step in steps if step.act]
    whole = await within(
        request.app.state.lianyi,
        request.scope["user"],
        lambda tx: _whole(tx, request, steps, acts),
        once=writing.once_of(request, steps, Whole),
    )
    base = base_of(request)
    came = iter(whole.written), iter(whole.did), iter(whole.read)
    return [_told(request, base, step, came) for step in steps]


def _told(request: Request, base: str, step: Step, came: Came) -> Written:
    written, did, read = came
    if step.act:
        done = next(written)
        entry = _done(request, base, done)
        return {**entry, "resource": marking.told(done)} if step.called else entry
    if step.called and (deed := inside.deed(step.called)):
        return {"resource": deed.tell(request, next(did)), "response": {"status": status(200)}}
    return next(read)


def _joined(step: Step) -> Step:
    """Take an operation into a transaction: as a write, or to be done after them.

    :raises Turned: it only looks, or what it is asked with makes no sense.
    """
    if step.called is None:
        return step
    try:
        if inside.deed(step.called):
            return step
        match = writing.version_of(step.called.match) if step.called.match else None
        act = structs.replace(inside.act(step.called, match), place=step.place)
        return structs.replace(step, act=act)
    except Turned as away:
        away.place = f"{step.place}.request"
        raise


async def _whole(tx: Tx, request: Request, steps: Sequence[Step], acts: Sequence[Act]) -> Whole:
    base = f"{base_of(request)}/"
    written = await fhir_writes.perform(tx, acts=acts, base=base) if acts else []
    did = [await _do(tx, step) for step in steps if step.does]
    return Whole(written, did, [await _read(tx, request, step) for step in steps if step.get])


async def _do(tx: Tx, step: Step) -> Did:
    deed = inside.deed(step.called) if step.called else None
    assert deed is not None  # noqa: S101 - what is no deed has become an act
    try:
        return await deed.verb(tx)
    except Refused as trouble:
        raise EntryRefused(place=step.place, trouble=trouble) from trouble


async def _batch(request: Request, entries: Sequence[object]) -> list[Written]:
    """Do entry after entry, in the order of a transaction; a refusal concerns its own alone."""
    told: dict[int, Written] = {}
    base = f"{base_of(request)}/"
    for n in sorted(range(len(entries)), key=lambda n: _rank(entries[n])):
        try:
            told[n] = await _alone(request, _step(base, n, entries[n]))
        except Exception as trouble:  # noqa: BLE001 - every trouble has its answer
            code, outcome = answers.told(request, trouble)
            told[n] = {"response": {"status": status(code), "outcome": outcome}}
    return [told[n] for n in range(len(entries))]


async def _alone(request: Request, step: Step) -> Written:
    if step.called:
        code, answer = await inside.alone(request, step.called, step.place)
        return {"resource": answer, "response": {"status": status(code)}}
    if step.act is None:
        return await ask(request, lambda tx: _read(tx, request, step))
    once = writing.once_of(request, step, list[Done], part=f" {step.place}")
    (done,) = await writing.perform(request, [step.act], once)
    return _done(request, base_of(request), done)


async def _read(tx: Tx, request: Request, step: Step) -> msgspec.Raw:
    assert step.get is not None  # noqa: S101 - what neither acts nor calls anything reads
    try:
        return await gets.answered(tx, request, step.get)
    except Refused as trouble:
        raise EntryRefused(place=step.place, trouble=trouble) from trouble


def _rank(entry: object) -> int:
    asked = entry.get("request") if isinstance(entry, dict) else None
    method = str(asked.get("method")) if isinstance(asked, dict) else ""
    return [*METHODS].index(method) if method in METHODS else len(METHODS)


def _steps(base: str, entries: Sequence[object]) -> list[Step]:
    return [_step(base, n, entry) for n, entry in enumerate(entries)]


def _step(base: str, n: int, entry: object) -> Step:
    """Read what one entry asks.

    :raises Turned:
    """
    place = f"Bundle.entry[{n}]"
    given = entry.get("request") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(given, dict):
        raise Turned(400, "required", "fhir.no_request", place=f"{place}.request")
    method, url = str(given.get("method")), str(given.get("url", ""))
    path, _, query = url.removeprefix(base).partition("?")
    if inside.MARK in path:
        return _calling(place, path.strip("/"), query, entry)
    if method not in METHODS:
        raise Turned(405, "not-supported", "fhir.read_only", place=f"{place}.request.method")
    try:
        verb = METHODS[method]
        if verb is None:
            return Step(place, get=gets.asked(path.strip("/"), query, given))
        type, _, fhir_id = path.strip("/").partition("/")
        return Step(place, _act(verb, Asked(type, fhir_id, query), entry, base, place))
    except Turned as away:
        away.place = ".".join(filter(None, (place, "request", away.place)))
        raise


def _calling(place: str, path: str, query: str, entry: Mapping[str, Any]) -> Step:
    try:
        called = inside.called(path, query, entry)
    except Turned as away:
        away.place = f"{place}.request"
        raise
    if called is None or (called.type not in parameters()):
        raise Turned(404, "not-found", "records.NoSuchResource", place=f"{place}.request.url")
    return Step(place, called=called)


def _act(verb: Verb, asked: Asked, entry: Mapping[str, Any], base: str, place: str) -> Act:
    if asked.type not in parameters() or (asked.fhir_id and not ID.fullmatch(asked.fhir_id)):
        raise Turned(404, "not-found", "records.NoSuchResource", place="url")
    request = entry["request"]
    tag, address = request.get("ifMatch"), entry.get("fullUrl")
    patch = patching.in_binary(entry.get("resource")) if verb is Verb.PATCH else ()
    match = None if tag is None else writing.version_of(str(tag))
    condition = None if asked.fhir_id else asked.query
    if verb is Verb.CREATE:
        condition = request.get("ifNoneExist")
    return Act(
        verb,
        asked.type,
        asked.fhir_id,
        _body(entry, asked.type, asked.fhir_id) if verb in BRINGING else None,
        patch,
        criteria=None if condition is None else writing.read_criteria(str(condition), base),
        match=patching.match(match, patch),
        only_new=verb is Verb.UPDATE and request.get("ifNoneMatch") == "*",
        address=address if isinstance(address, str) else "",
        place=place,
    )


def _body(entry: Mapping[str, Any], type: str, fhir_id: str) -> Body:
    body = entry.get("resource")
    if not isinstance(body, dict) or body.get("resourceType") != type:
        raise Turned(400, "invalid", "fhir.other_type", {"type": type})
    if fhir_id and body.get("id") != fhir_id:
        raise Turned(400, "invalid", "fhir.other_id")
    return body


def _done(request: Request, base: str, done: Done) -> Body:
    response = {"status": status(writing.STATUS[done.outcome])}
    if done.version:
        response |= {"etag": f'W/"{done.version}"', "lastModified": instant(done.at)}
    entry: Body = {"response": response}
    if done.outcome is Outcome.DELETED:
        return entry
    response["location"] = writing.location(base, done)
    match writing.wanted(request):
        case "representation":
            entry["fullUrl"] = f"{base}/{done.type}/{done.fhir_id}"
            entry["resource"] = answers.stamped(done.body, done.version, done.at)
        case "OperationOutcome":
            entry["response"] = {**response, "outcome": writing.said(request, done)}
    return entry
