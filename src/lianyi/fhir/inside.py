"""Operations as entries of a bundle (FHIR R4, 3.1.0.11.2).

In a batch every one of them stands for itself and answers as it does by its own address. In a
transaction are only those that change something: they are done in it, after the writes and before
the reads, all or nothing. What only looks would see neither what the transaction writes nor wait
for it, and is refused there.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.types import Message

from lianyi.fhir import answers, asking, marking
from lianyi.fhir.answers import Turned
from lianyi.fhir.deeds import Deed
from lianyi.fhir.operations import OPERATIONS, Operation
from lianyi.fhir.places import ROOT
from lianyi.journeys.fhir_acts import Act

KEPT = frozenset({b"accept", b"accept-language", b"prefer", b"host"})  # headers of the bundle
MARK = "$"


@dataclass(frozen=True, slots=True)
class Called:
    """One operation that an entry asks for, and what it is asked with."""

    method: str
    path: str
    type: str
    fhir_id: str
    query: str
    body: Mapping[str, Any] | None
    match: str
    operation: Operation = field(repr=False)

    @property
    def given(self) -> asking.Given:
        return asking.given(parse_qsl(self.query, keep_blank_values=True), self.body)


def called(path: str, query: str, entry: Mapping[str, Any]) -> Called | None:
    """Read which operation an entry asks for; None: it asks for none.

    :raises Turned: there is no such one, or it is asked for otherwise.
    """
    *named, last = path.split("/")
    if not last.startswith(MARK):
        return None
    type, fhir_id = [*named, "", ""][:2]
    found = _operation(type, last.removeprefix(MARK), is_of_instance=bool(fhir_id))
    request = entry["request"]
    method, match = str(request.get("method")), str(request.get("ifMatch", ""))
    if found is None or len(named) > len((type, fhir_id)) or method not in found.methods:
        raise Turned(405, "not-supported", "fhir.read_only")
    body = entry.get("resource") if method == "POST" else None
    if method == "POST" and not isinstance(body, dict):
        raise Turned(400, "invalid", "fhir.other_type", {"type": "Parameters"})
    return Called(method, path, type, fhir_id, query, body, match, found)


def deed(one: Called) -> Deed | None:
    """Return what an operation does in a transaction; None: it is done as a write.

    :raises Turned: it only looks.
    """
    if one.operation.deed:
        return one.operation.deed(one.fhir_id, one.given)
    if one.operation.name in marking.CHANGES:
        return None
    raise Turned(422, "not-supported", "fhir.only_in_batch", {"name": one.operation.name})


def act(one: Called, version: int | None) -> Act:
    """Return a change of marks as a write among others."""
    is_gone = marking.CHANGES[one.operation.name]
    return marking.act(one.type, one.fhir_id, one.given, version, is_gone=is_gone)


async def alone(request: Request, one: Called, place: str) -> tuple[int, msgspec.Raw]:
    """Do an operation by itself, as if it had come by its own address. Raises as it does then."""
    raw = b"" if one.body is None else bytes(answers.raw(dict(one.body)))
    scope = {
        **request.scope,
        "method": one.method,
        "path": f"{ROOT}/{one.path}",
        "raw_path": f"{ROOT}/{one.path}".encode(),
        "query_string": one.query.encode(),
        "path_params": {"type": one.type, **({"id": one.fhir_id} if one.fhir_id else {})},
        "headers": _headers(request, one, place),
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": raw, "more_body": False}

    answer = await one.operation.handle(Request(scope, receive))
    return answer.status_code, msgspec.Raw(answer.body)


def _headers(request: Request, one: Called, place: str) -> list[tuple[bytes, bytes]]:
    """Return what of the bundle's headers is the entry's too; its key is a part of the bundle's."""
    told = [pair for pair in request.scope["headers"] if pair[0] in KEPT]
    if one.body is not None:
        told.append((b"content-type", b"application/fhir+json"))
    if one.match:
        told.append((b"if-match", one.match.encode()))
    if key := request.headers.get("idempotency-key", ""):
        told.append(
            (b"idempotency-key", hashlib.sha256(f"{key} {place}".encode()).hexdigest().encode())
        )
    return told


def _operation(type: str, name: str, *, is_of_instance: bool) -> Operation | None:
    for one in OPERATIONS:
        there = one.of_instance if is_of_instance else one.of_type
        if one.name == name and there and (not one.types or type in one.types):
            return one
    return None
