"""A stored body as readers get it: with the version and the time that the record gave it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from lianyi.records.model import LIVE

_decoder = msgspec.json.Decoder(float_hook=Decimal)  # 1.50 stays 1.50
_encoder = msgspec.json.Encoder()
OF_SERVER = ("versionId", "lastUpdated")  # the record's to say, whatever a body says


def versioned(body: str, version: int, at: datetime) -> dict[str, Any]:
    read: dict[str, Any] = _decoder.decode(body)
    if version == LIVE:
        return read
    meta = {**read.get("meta", {}), "versionId": str(version), "lastUpdated": instant(at)}
    head = {name: read.pop(name) for name in ("resourceType", "id")}
    return {**head, **read, "meta": meta}


def unversioned(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave out what only the server says."""
    meta = body.get("meta")
    if not isinstance(meta, dict):
        return body
    kept = {name: value for name, value in meta.items() if name not in OF_SERVER}
    bare = {name: value for name, value in body.items() if name != "meta"}
    return {**bare, "meta": kept} if kept else bare


def instant(at: datetime) -> str:
    """Write a time to the millisecond; the encoder, which leaves out an empty part, is quick."""
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    if not utc.microsecond:
        return f"{utc.isoformat(timespec='milliseconds')[: -len('+00:00')]}Z"
    return f"{_encoder.encode(utc)[1 : 1 + len('2030-01-01T00:00:00.000')].decode()}Z"
