"""What a company may register, and how an app shows that a code was drawn for it. Pure."""

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from hashlib import sha256
from urllib.parse import urlsplit

from stdnum.cn import uscc

from lianyi.accounts.model.apps import Client, ClientKind, Registration
from lianyi.accounts.rules import jwt
from lianyi.kernel import crypto

LOOPBACK = frozenset({"127.0.0.1", "[::1]", "localhost"})  # RFC 8252, section 7.3: a native app
OWN_SCHEME = re.compile(r"[a-z][a-z0-9]*(\.[a-z0-9-]+)+")  # RFC 8252, section 7.1
ADDRESS = re.compile(r"[a-z][a-z0-9.+-]*:[A-Za-z0-9\-._~:/?&=%+@!$\[\],]{1,400}")
VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")  # RFC 7636, section 4.1
CHALLENGE = re.compile(r"[A-Za-z0-9\-_]{43}")  # the SHA-256 of one
HOST = re.compile(r"[A-Za-z0-9.-]+(:\d{1,5})?")
LONGEST = 200
NUL = "\x00"  # which no text of the database can hold
MOST_REDIRECTS = 10


def trouble_with(form: Registration) -> tuple[str, ...]:
    """Return the fields of a registration that can't be so."""
    return tuple(dict.fromkeys(_troubles(form)))


def _troubles(form: Registration) -> Iterator[str]:
    for name in ("name", "company", "contact"):
        if not 1 < len(getattr(form, name).strip()) <= LONGEST or NUL in getattr(form, name):
            yield name
    if NUL in form.about:
        yield "about"
    if not uscc.is_valid(form.credit_code):
        yield "credit_code"
    if not form.scopes:
        yield "scopes"
    yield from _in_addresses(form)
    given = bool(form.keys) + bool(form.keys_at)
    if given != (form.kind is ClientKind.KEY) or (form.keys and not jwt.is_keys(form.keys)):
        yield "keys"
    if form.keys_at and not _may_listen(form.keys_at):
        yield "keys_at"


def _in_addresses(form: Registration) -> Iterator[str]:
    if len(form.redirects) > MOST_REDIRECTS or not all(map(is_redirect, form.redirects)):
        yield "redirects"
    if not form.redirects and form.kind is not ClientKind.KEY:
        yield "redirects"
    if len(form.notifies) > MOST_REDIRECTS or not all(map(_may_listen, form.notifies)):
        yield "notifies"
    if form.launch_url and not _is_https(form.launch_url) and not is_loopback(form.launch_url):
        yield "launch_url"


def is_redirect(url: str) -> bool:
    """INT-02: a whole address without anything to fill in; it will be matched to the letter."""
    if not ADDRESS.fullmatch(url):
        return False
    scheme = url.partition(":")[0]
    return _is_https(url) or is_loopback(url) or bool(OWN_SCHEME.fullmatch(scheme))


def origin_of(url: str) -> str:
    """Return where a browser would say that a page of this address comes from."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in {"http", "https"} else ""


def is_challenge(text: str) -> bool:
    """INT-01: S256 only, whose challenge is the SHA-256 of the verifier."""
    return bool(CHALLENGE.fullmatch(text))


def is_verifier_of(verifier: str, challenge: str) -> bool:
    if not VERIFIER.fullmatch(verifier):
        return False
    digest = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=")
    return crypto.same(digest, challenge.encode())


def is_secret_of(client: Client, secret: str) -> bool:
    """Compare by a fast hash: nobody guesses 256 random bits, however fast they try."""
    return client.secret is not None and crypto.same(client.secret, crypto.sm3(secret.encode()))


def _may_listen(url: str) -> bool:
    """Tell whether something can be sent there: TLS, or (for a demo) the very same machine."""
    return bool(ADDRESS.fullmatch(url)) and (_is_https(url) or is_loopback(url))


def _is_https(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" and bool(HOST.fullmatch(parts.netloc))


def is_loopback(url: str) -> bool:
    parts = urlsplit(url)
    host = parts.netloc.rpartition(":")[0] if parts.port else parts.netloc
    return parts.scheme == "http" and host in LOOPBACK
