"""JSON Web Tokens: what an app signs to prove itself, what we sign to tell who somebody is. Pure.

INT-15: the algorithms are ours to name, never the token's; HMAC and none are not among them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jws
from joserfc import jwt as tokens
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

ACCEPTED = ("RS384", "ES384")  # INT-03
OURS = "ES384"
ASSERTION_LIFE = timedelta(minutes=5)  # INT-03
RSA_BITS, RSA_MOST = 2048, 8200  # more would let a company keep our processors busy
MOST_KEYS, MOST_LISTED = 10, 50
MOST_TEXT = 300
LATEST = 1e11  # seconds; nobody's time lies beyond
CURVE = ec.SECP384R1()
ORDER = int(
    "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF"
    "581A0DB248B0A77AECEC196ACCC52973",
    16,
)  # of the group of P-384 (FIPS 186-4, D.1.2.4)


@dataclass(frozen=True, slots=True)
class Asserted:
    """What a valid assertion says: whose it is, and the id by which it counts once."""

    client_id: UUID
    jti: str


def is_keys(text: str) -> bool:
    """Return whether a JWKS holds public keys for our algorithms, each by its name, only."""
    try:
        listed = msgspec.json.decode(text, type=dict[str, list[dict[str, Any]]])["keys"]
        keys = _keys(text)
    except (msgspec.MsgspecError, KeyError, JoseError, ValueError, TypeError):
        return False
    return (
        len(keys.keys) == len(listed) <= MOST_KEYS and bool(listed) and all(map(_is_public, listed))
    )


def usable(text: str) -> str:
    """Return those of a fetched JWKS that can prove anything here, as JSON; nothing, if none can.

    A company may list more there than we can use, and does as it changes its keys.
    """
    try:
        listed = msgspec.json.decode(text, type=dict[str, Any]).get("keys")
    except msgspec.MsgspecError:
        return ""
    every = listed[:MOST_LISTED] if isinstance(listed, list) else []
    good = [one for one in every if is_keys(msgspec.json.encode({"keys": [one]}).decode())]
    return msgspec.json.encode({"keys": good[:MOST_KEYS]}).decode() if good else ""


def names(keys: str) -> frozenset[str]:
    """Return by which names a key set knows its keys."""
    return frozenset(str(key.kid) for key in _keys(keys).keys) if keys else frozenset()


def key_of(assertion: str) -> str:
    """Return by which key an assertion says that it was signed. Nothing is proven."""
    try:
        named = jws.extract_compact(assertion.encode()).headers()["kid"]
    except (JoseError, KeyError, TypeError, ValueError):
        return ""
    return named if isinstance(named, str) else ""


def issuer_of(assertion: str) -> UUID | None:
    """Return whose assertion it claims to be, so that the keys can be found. Nothing is proven."""
    try:
        claims = msgspec.json.decode(jws.extract_compact(assertion.encode()).payload)
        return UUID(claims["iss"])
    except (JoseError, msgspec.MsgspecError, KeyError, TypeError, ValueError, AttributeError):
        return None


def asserted(
    assertion: str, keys: str, *, client_id: UUID, audience: str, now: datetime
) -> Asserted | None:
    """Return what an assertion says if all of it holds (RFC 7523, SMART 2.2; INT-03, INT-15)."""
    try:
        token = tokens.decode(assertion, _keys(keys), algorithms=list(ACCEPTED))
    except (JoseError, ValueError, TypeError):
        return None
    claims, me = token.claims, str(client_id)
    kind = token.header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.upper() != "JWT" or "kid" not in token.header:
        return None
    if claims.get("iss") != me or claims.get("sub") != me or not _is_for(claims, audience):
        return None
    until, jti = _instant(claims.get("exp")), claims.get("jti")
    since = _instant(claims.get("nbf", 0))
    if until is None or since is None or not since <= now < until <= now + ASSERTION_LIFE:
        return None
    if not isinstance(jti, str) or not 0 < len(jti) <= MOST_TEXT or not jti.isprintable():
        return None
    return Asserted(client_id, jti)


def signed(claims: Mapping[str, Any], key: bytes) -> str:
    """Return claims as a token that this installation has signed."""
    own = _own(key)
    return tokens.encode({"alg": OURS, "kid": own.kid}, dict(claims), own, algorithms=[OURS])


def published(key: bytes) -> dict[str, Any]:
    """Return the public key by which others check what we sign."""
    own = _own(key)
    public = own.as_dict(private=False)
    return {"keys": [{**public, "kid": own.kid, "alg": OURS, "use": "sig"}]}


@lru_cache(maxsize=4)
def _own(key: bytes) -> ECKey:
    """Make the private key of an installation from its secret: any number below the order."""
    number = 1 + int.from_bytes(key, "big") % (ORDER - 1)
    own = ECKey.import_key(_pem(ec.derive_private_key(number, CURVE)))
    own.ensure_kid()
    return own


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@lru_cache(maxsize=256)
def _keys(text: str) -> KeySet:
    return KeySet.import_key_set(msgspec.json.decode(text))


def _is_public(key: Mapping[str, Any]) -> bool:
    if "d" in key or not isinstance(key.get("kid"), str):
        return False
    if key.get("kty") == "RSA":
        return RSA_BITS <= len(key["n"]) * 6 <= RSA_MOST  # base64: six bits a letter
    return key.get("kty") == "EC" and key.get("crv") == "P-384"


def _is_for(claims: Mapping[str, Any], audience: str) -> bool:
    named = claims.get("aud")
    return named == audience or (isinstance(named, list) and audience in named)


def _instant(seconds: object) -> datetime | None:
    if not isinstance(seconds, int | float) or not 0 <= seconds < LATEST:
        return None
    return datetime.fromtimestamp(seconds, UTC)
