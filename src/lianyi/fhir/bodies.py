"""The body of a request as JSON, read strictly: what two readers could read differently is refused.

A number keeps its digits. A name that stands twice in one object is no JSON that FHIR allows, and
a system before this one may have checked the other of the two.
"""

import asyncio
import json
from collections.abc import Container, Sequence
from decimal import Decimal
from typing import Any, NoReturn

import msgspec
from starlette.requests import Request

from lianyi.fhir.answers import Body, Turned
from lianyi.kernel import members
from lianyi.kernel.headers import header

KINDS = frozenset({"application/fhir+json", "application/json", "text/json"})
MOST = 10 * 1024 * 1024  # bytes
ASIDE = 64 * 1024  # bytes; more is read in a thread
NUL = "\x00"  # which no text of the database can hold


class _Wrong(ValueError):
    """What JSON's own grammar lets pass."""


async def read(request: Request) -> Body:
    """Return the object a request brings.

    :raises Turned: it is of another kind, too large, or no such JSON, with the place.
    """
    check_kind(request)
    raw = await taken(request)
    if len(raw) > ASIDE:
        return await asyncio.to_thread(parsed, raw)
    return parsed(raw)


def check_kind(
    request: Request, kinds: Container[str] = KINDS, said: str = "fhir.json_body"
) -> None:
    """See that a body is said to be JSON, or of the kinds that `said` names.

    :raises Turned:
    """
    kind = header(request.scope, b"content-type").partition(";")[0].strip().lower()
    if kind not in kinds:
        raise Turned(415, "not-supported", said)


async def taken(request: Request) -> bytes:
    """Return the bytes of a body, as long as they are not too many."""
    if int(header(request.scope, b"content-length") or 0) > MOST:
        raise Turned(413, "too-long", "fhir.too_large", {"most": MOST // 1024 // 1024})
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST:
            raise Turned(413, "too-long", "fhir.too_large", {"most": MOST // 1024 // 1024})
        parts.append(part)
    return b"".join(parts)


def parsed(raw: bytes) -> Body:
    """Read one object."""
    read = loaded(raw)
    if not isinstance(read, dict):
        raise Turned(400, "structure", "fhir.not_json", {"line": 1, "column": 1})
    return read


def loaded(raw: bytes) -> Any:  # noqa: ANN401 - JSON
    """Read whatever JSON it is.

    It is read by a fast reader, which is believed where it has lost nothing. Else a slow one reads
    it again, and says what is wrong.

    :raises Turned: it is none, with the place.
    """
    try:
        read = _reader.decode(raw)
        if members.are_all(raw, _writer.encode(read)):
            return read
    except (msgspec.MsgspecError, ValueError, RecursionError):
        pass
    return _strictly(raw)


def _strictly(raw: bytes) -> Any:  # noqa: ANN401 - JSON
    try:
        text = raw.decode()
        read = _decoder.decode(text)
        json.dumps(read, default=str, ensure_ascii=False).encode() if "\\u" in text else None
    except json.JSONDecodeError as wrong:
        place = {"line": wrong.lineno, "column": wrong.colno}
        raise Turned(400, "structure", "fhir.not_json", place) from wrong
    except _Wrong as wrong:
        raise Turned(400, "structure", "fhir.doubled", {"name": str(wrong)}) from wrong
    except (ValueError, RecursionError) as wrong:  # no text, a number nobody can write, too deep
        raise Turned(400, "structure", "fhir.not_json", {"line": 1, "column": 1}) from wrong
    return read


def _object(pairs: Sequence[tuple[str, Any]]) -> Body:
    read = dict(pairs)
    if len(read) != len(pairs):
        names = [name for name, _ in pairs]
        raise _Wrong(next(name for name in names if names.count(name) > 1))
    return read


def _no_constant(_: str) -> NoReturn:
    raise ValueError("NaN")


_reader = msgspec.json.Decoder(float_hook=Decimal)  # 1.50 stays 1.50
_writer = msgspec.json.Encoder(decimal_format="number")
_decoder = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=Decimal, parse_constant=_no_constant
)
