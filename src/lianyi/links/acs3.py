"""ACS3-HMAC-SHA256: how requests to Alibaba Cloud are signed, for the caller and the called.

Source: Alibaba Cloud, "V3 request structure and signature" (V3版本请求体&签名机制), 2025-01-06.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

ALGORITHM = "ACS3-HMAC-SHA256"
DATE = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Call:
    """What is signed. Header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    payload: bytes = b""


def query_string(query: Mapping[str, str]) -> str:
    return "&".join(f"{_encoded(name)}={_encoded(query[name])}" for name in sorted(query))


def headers(
    *, host: str, action: str, version: str, at: datetime, nonce: str, payload: bytes = b""
) -> dict[str, str]:
    """Return the headers every call carries; all of them are signed."""
    return {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": hashlib.sha256(payload).hexdigest(),
        "x-acs-date": at.astimezone(UTC).strftime(DATE),
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }


def authorization(key_id: str, secret: str, call: Call) -> str:
    """Return the Authorization header of a call."""
    signed, signature = ";".join(sorted(call.headers)), sign(secret, call)
    return f"{ALGORITHM} Credential={key_id},SignedHeaders={signed},Signature={signature}"


def sign(secret: str, call: Call) -> str:
    names = sorted(call.headers)
    canonical = [
        call.method,
        call.path,
        query_string(call.query),
        *(f"{name}:{call.headers[name].strip()}" for name in names),
        "",
        ";".join(names),
        hashlib.sha256(call.payload).hexdigest(),
    ]
    digest = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
    return hmac.new(secret.encode(), f"{ALGORITHM}\n{digest}".encode(), "sha256").hexdigest()


def _encoded(text: str) -> str:
    return quote(text, safe="~")
