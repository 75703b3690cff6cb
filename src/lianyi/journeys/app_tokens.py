"""Tokens for apps: drawn for a code, renewed, given to a service, asked about, taken back.

What an app hears of a failure is a value, not a refusal: a code that comes a second time ends what
it gave, and that has to stay. Source: RFC 6749, 7009, 7662; SMART App Launch 2.2.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from lianyi.access import queries as consents
from lianyi.access.errors import BeyondApproval
from lianyi.access.model import APP, RESIDENT
from lianyi.access.model.apps import Approval
from lianyi.access.rules import apps as rules
from lianyi.access.rules import scopes
from lianyi.accounts import queries as accounts
from lianyi.accounts.model.apps import (
    SERVICE_LIFE,
    Client,
    ClientKind,
    Held,
    Issued,
    Lease,
    Proof,
    TokenKind,
)
from lianyi.accounts.rules import jwt
from lianyi.accounts.service import apps
from lianyi.kernel.actor import Actor
from lianyi.kernel.work import Tx

ID_LIFE = timedelta(minutes=5)
ASSERTED = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True, slots=True)
class Denied:
    """The error an app hears, in the words of RFC 6749."""

    error: str


@dataclass(frozen=True, slots=True)
class Given:
    """Tokens with all that goes with them."""

    issued: Issued
    lease: Lease
    scopes: tuple[str, ...]
    seconds: int
    identity: str  # an ID token, or nothing

    @property
    def patient(self) -> str:
        """The person the app is about, if it is about one."""
        return patient_of(self.lease.hat)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for tokens, as it came. `server` and `issuer` are our own addresses."""

    grant: str
    proof: Proof
    endpoint: str
    server: str
    issuer: str
    code: str = ""
    redirect: str = ""
    verifier: str = ""
    refresh: str = ""
    scope: str = ""
    institution: str = ""


Answer: TypeAlias = Given | Denied


async def token(tx: Tx, *, asked: Asked) -> Answer:
    """Answer a request for tokens.

    :raises BeyondApproval: a refresh asks for more than there was; it is not used up by that.
    """
    client = await apps.prove_client(tx, proof=asked.proof, audience=asked.endpoint)
    if client is None:
        return Denied("invalid_client")
    match asked.grant:
        case "authorization_code":
            return await _by_code(tx, client, asked)
        case "refresh_token":
            return await _by_refresh(tx, client, asked)
        case "client_credentials":
            return await _as_service(tx, client, asked)
    return Denied("unsupported_grant_type")


async def inspect(tx: Tx, *, proof: Proof, endpoint: str, token: str) -> Held | Denied | None:
    """Return what one of the app's own tokens is worth; None: nothing, or it is another's."""
    client = await apps.prove_client(tx, proof=proof, audience=endpoint)
    if client is None or client.kind is ClientKind.PUBLIC:
        return Denied("invalid_client")
    held = (await accounts.held(tx, tokens=[token])).get(token)
    return held if held and held.lease.client_id == client.id else None


async def revoke(tx: Tx, *, proof: Proof, endpoint: str, token: str) -> Denied | None:
    """End one of the app's own tokens; of any other it learns nothing."""
    client = await apps.prove_client(tx, proof=proof, audience=endpoint)
    if client is None:
        return Denied("invalid_client")
    await apps.revoke(tx, client=client, token=token)
    return None


async def hats(tx: Tx, *, tokens: list[str]) -> dict[str, Actor]:
    """Return the hats in which live access tokens are worn."""
    found = await accounts.held(tx, tokens=tokens)
    return {token: held.lease.hat for token, held in found.items() if held.kind is TokenKind.ACCESS}


def user_of(hat: Actor) -> str:
    """Return who uses an app, as FHIR names them; nobody uses a service."""
    if hat.role == APP:
        return ""
    return f"{'Patient' if hat.role == RESIDENT else 'Practitioner'}/{hat.person_id}"


def patient_of(hat: Actor) -> str:
    person_id = hat.subject_id if hat.role == RESIDENT else hat.for_person_id
    return str(person_id) if person_id else ""


async def _by_code(tx: Tx, client: Client, asked: Asked) -> Answer:
    lease = await apps.redeem(
        tx, client=client, code=asked.code, redirect=asked.redirect, verifier=asked.verifier
    )
    if lease is None:
        return Denied("invalid_grant")
    return await _give(tx, lease, lease.hat.scopes, asked)


async def _by_refresh(tx: Tx, client: Client, asked: Asked) -> Answer:
    lease = await apps.renew(tx, client=client, refresh=asked.refresh)
    if lease is None:
        return Denied("invalid_grant")
    had = lease.hat.scopes
    wanted, wrong = scopes.canonical(asked.scope) if asked.scope else (had, ())
    if wrong or scopes.goes_beyond(wanted, had):
        raise BeyondApproval
    return await _give(tx, lease, wanted, asked)


async def _as_service(tx: Tx, client: Client, asked: Asked) -> Answer:
    """Give a service what the one institution that is meant has approved (INT-03, CAP-39)."""
    if client.kind is not ClientKind.KEY:
        return Denied("unauthorized_client")
    wanted, wrong = scopes.canonical(asked.scope)
    found = (await consents.live_approvals(tx, app_ids=[client.id]))[client.id]
    meant = [one for one in found if _is_meant(one, asked.institution)]
    if len(meant) != 1 or meant[0].terms is None:
        return Denied("invalid_request" if len(meant) > 1 else "unauthorized_client")
    (approval,), terms = meant, meant[0].terms
    both = scopes.meet(scopes.meet(wanted, client.scopes), terms.scopes)
    given = tuple(one for one in both if one.startswith(f"{scopes.SYSTEM}/"))
    if wrong or not given:
        return Denied("invalid_scope")
    source = tuple(one for one in both if one == scopes.SOURCE)
    all_of_it = (*given, *source, scopes.FOR + terms.purpose)
    hat = Actor(client.id, approval.id, approval.institution_id, APP, None, client.id)
    hat = replace(hat, scopes=all_of_it)
    until = min(tx.now + SERVICE_LIFE, terms.until)
    lease = Lease(tx.new_id(client.id), client.id, hat, "", until, approval.id)
    issued = await apps.serve(tx, lease=lease)
    return _given(tx, lease, all_of_it, issued, "")


def _is_meant(approval: Approval, institution: str) -> bool:
    terms = approval.terms
    if terms is None or terms.purpose not in rules.ENTRUSTED:
        return False
    return not institution or str(approval.institution_id) == institution


async def _give(tx: Tx, lease: Lease, wanted: tuple[str, ...], asked: Asked) -> Given:
    refreshes = bool({scopes.OFFLINE, scopes.ONLINE} & set(lease.hat.scopes))
    issued = await apps.issue(tx, lease=lease, scopes=wanted, refreshes=refreshes)
    identity = _identity(tx, lease, asked) if "openid" in wanted else ""
    return _given(tx, lease, wanted, issued, identity)


def _given(tx: Tx, lease: Lease, wanted: tuple[str, ...], issued: Issued, identity: str) -> Given:
    seconds = int((issued.expires_at - tx.now).total_seconds())
    return Given(issued, lease, wanted, seconds, identity)


def _identity(tx: Tx, lease: Lease, asked: Asked) -> str:
    """Tell the app, signed, who its user is (OpenID Connect Core, section 2)."""
    hat, now = lease.hat, int(asked.proof.at.timestamp())
    claims: dict[str, Any] = {
        "iss": asked.issuer,
        "sub": str(hat.person_id),
        "aud": str(lease.client_id),
        "iat": now,
        "exp": now + int(ID_LIFE.total_seconds()),
    }
    if lease.nonce:
        claims["nonce"] = lease.nonce
    if {"fhirUser", "profile"} & set(hat.scopes):
        claims["fhirUser"] = f"{asked.server}/{user_of(hat)}"
    return jwt.signed(claims, tx.keys.identity)


async def forget(tx: Tx) -> int:
    """Forget what has been said once and is believed from nobody any more; return how many."""
    return await apps.forget_said(tx)


def proof_of(client_id: str, secret: str, assertion: str, *, at: datetime) -> Proof:
    """Return how an app says who it is, from texts as they came."""
    try:
        named = UUID(client_id) if client_id else None
    except ValueError:
        named = UUID(int=0)  # nobody's
    return Proof(at, named, secret, assertion)
