"""What an entry of a bundle reads: every address that takes a GET, answered as it is by itself."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.requests import Request

from lianyi.fhir import answers, capability, definitions, histories, searching, shorter, writing
from lianyi.fhir.answers import Body, Turned
from lianyi.fhir.places import base_of
from lianyi.fhir.reading import ID, check_kept
from lianyi.fhir.shorter import Form
from lianyi.journeys import fhir_desk
from lianyi.kernel.work import Tx
from lianyi.records.errors import Deleted
from lianyi.records.fhir import compartments
from lianyi.records.fhir.index import parameters
from lianyi.records.fhir.terms import Changes
from lianyi.records.fhir.versions import instant
from lianyi.records.model import LIVE

HISTORY = "_history"


class Kind(StrEnum):
    CAPABILITIES = "capabilities"
    READ = "read"
    VREAD = "vread"
    HISTORY = "history"
    SEARCH = "search"


class Get(msgspec.Struct, frozen=True):
    """What is read. `within` is the compartment that is searched.

    `known` and `since` say what the reader has already.
    """

    kind: Kind
    type: str = ""
    fhir_id: str = ""
    version: int = 0
    within: tuple[str, str] | None = None
    query: str = ""
    known: str = ""
    since: str = ""


def asked(path: str, query: str, request: Mapping[str, Any]) -> Get:
    """Read what the address of an entry names.

    :raises Turned: nothing can be called so, or it has no history.
    """
    get = _named(path.split("/"))
    if get is None:
        raise Turned(404, "not-found", "records.NoSuchResource", place="url")
    if get.kind is Kind.VREAD:
        check_kept(get.type, "vread")
    if get.kind is Kind.HISTORY:
        histories.check(histories.Asks(get.type, get.fhir_id, ()))
    known, since = (str(request.get(name, "")) for name in ("ifNoneMatch", "ifModifiedSince"))
    return msgspec.structs.replace(get, query=query, known=known, since=since)


def _named(steps: list[str]) -> Get | None:
    match steps:
        case ["metadata"]:
            return Get(Kind.CAPABILITIES)
        case ["_history"]:
            return Get(Kind.HISTORY)
        case [type, *rest] if type in parameters():
            return _of_type(type, rest)
    return None


def _of_type(type: str, steps: list[str]) -> Get | None:
    match steps:
        case []:
            return Get(Kind.SEARCH, type)
        case ["_history"]:
            return Get(Kind.HISTORY, type)
        case [id, *rest] if ID.fullmatch(id):
            return _of_resource(type, id, rest)
    return None


def _of_resource(type: str, id: str, steps: list[str]) -> Get | None:
    match steps:
        case []:
            return Get(Kind.READ, type, id)
        case ["_history"]:
            return Get(Kind.HISTORY, type, id)
        case ["_history", version] if version.isascii() and version.isdecimal():
            return Get(Kind.VREAD, type, id, int(version[:9]))
        case [inner] if inner in parameters() and compartments.of(type, id, inner):
            return Get(Kind.SEARCH, inner, within=(type, id))
    return None


async def answered(tx: Tx, request: Request, get: Get) -> msgspec.Raw:
    """Return the entry that answers it.

    :raises: as what is read does by its own address
    """
    match get.kind:
        case Kind.CAPABILITIES:
            return _found(capability.told(request))
        case Kind.SEARCH:
            asks = searching.Asks(get.type, _pairs(request, get), get.within)
            return _found(await searching.page(tx, request, asks))
        case Kind.HISTORY:
            told = histories.Asks(get.type, get.fhir_id, _pairs(request, get))
            return _found(await histories.page(tx, request, told))
        case Kind.VREAD:
            form = shorter.of_one(_pairs(request, get))
            wanted = Changes(get.type, get.fhir_id, version=get.version)
            version, *_ = await fhir_desk.changes(tx, asked=wanted, limit=1)
            if not version.body:
                raise Deleted(type=get.type, fhir_id=get.fhir_id)
            return _resource(get, form, version.body, version.version, version.at)
        case Kind.READ:
            if get.type == definitions.TYPE and (one := definitions.known(get.fhir_id)):
                return _found(definitions.told(request, one))
            form = shorter.of_one(_pairs(request, get))
            hit = await fhir_desk.read(tx, type=get.type, fhir_id=get.fhir_id)
            return _resource(get, form, hit.body, hit.version, hit.recorded_at)


def _pairs(request: Request, get: Get) -> tuple[tuple[str, str], ...]:
    return writing.read_criteria(get.query, base_of(request))


def _resource(get: Get, form: Form, body: str, version: int, at: datetime) -> msgspec.Raw:
    if version == LIVE:
        return _found(shorter.stamped(body, version, at, form))
    tag = f'W/"{version}"'
    told = {"etag": tag, "lastModified": instant(at)}
    if answers.is_known(tag, at, get.known, get.since):
        return answers.raw({"response": {"status": status(304), **told}})
    return _found(shorter.stamped(body, version, at, form), told)


def _found(resource: Body | msgspec.Raw, told: Mapping[str, str] | None = None) -> msgspec.Raw:
    return answers.raw({"resource": resource, "response": {"status": status(200), **(told or {})}})


def status(code: int) -> str:
    return f"{code} {HTTPStatus(code).phrase}"
