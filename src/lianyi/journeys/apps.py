"""A company's app comes in: registered, approved, asked for, agreed to, started, taken back.

PRI-09, CAP-39: nobody is asked about an app that no institution has approved for the purpose.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from lianyi.access import fhir
from lianyi.access import queries as consents
from lianyi.access import service as access
from lianyi.access.errors import UnsoundTerms
from lianyi.access.model import RESIDENT, Chart, Purpose, Sensitive
from lianyi.access.model.apps import Approval, Terms
from lianyi.access.model.parts import ANY_TYPE, Part
from lianyi.access.rules import scopes
from lianyi.access.service import apps as approvals
from lianyi.access.service import exports
from lianyi.accounts import queries as accounts
from lianyi.accounts.errors import AskGone, BadRegistration, NoSuchClient
from lianyi.accounts.model.apps import (
    OFFLINE_LIFE,
    ONLINE_LIFE,
    Ask,
    Client,
    Context,
    Lease,
    Registered,
    Registration,
)
from lianyi.accounts.rules import clients
from lianyi.accounts.service import apps
from lianyi.journeys import app_patients
from lianyi.journeys.fhir_reach import PURPOSES
from lianyi.kernel import profile
from lianyi.kernel.refusal import Conflict, Invalid
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.records import service as records
from lianyi.records.errors import NotSearchable
from lianyi.records.fhir import searches
from lianyi.records.fhir.index import parameters
from lianyi.records.service import subscribing

WHAT = "app"
LAUNCH, ENCOUNTER = "launch", "launch/encounter"
S256 = "S256"
LONGEST = 500  # letters of what an app wants back as it was
# INT-02 asks apps for 122 bits, which nobody can see; what is shorter than 16 letters holds less
# than 96 whatever it is made of, and the clients in use draw as many (decision 0013).
STATE_LEAST = 16


@dataclass(eq=False)
class BadRedirect(Invalid):
    """INT-02: the address is not, to the letter, one that was registered: nobody is sent there."""


@dataclass(eq=False)
class NotApproved(Conflict):
    """No institution has approved the app for what is asked here, or not yet, or not any more."""

    rule = "CAP-39"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an app brings a browser with, as it came."""

    client_id: str
    redirect: str
    response_type: str
    scope: str
    state: str
    audience: str
    challenge: str
    method: str
    nonce: str = ""
    launch: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """What an app would get if whoever sits here agrees, and from whom it may have it."""

    ask: Ask
    client: Client
    approval: Approval
    terms: Terms
    scopes: tuple[str, ...]
    needs_patient: bool  # whom it is about has to be chosen


@dataclass(frozen=True, slots=True)
class Agreed:
    """What was chosen: classes, each by a tick of its own, for how many days; staff, a patient."""

    classes: frozenset[Sensitive] = frozenset()
    days: int = 30
    patient_id: UUID | None = None


async def register(tx: Tx, *, form: Registration, institutions: Sequence[UUID] = ()) -> Registered:
    """Note an app and lay it before institutions.

    :raises BadRegistration, AskedAlready:
    """
    asked = list(dict.fromkeys(institutions))
    if len(await people.institutions(tx, ids=asked)) != len(asked):
        raise BadRegistration(fields="institution")
    done = await apps.register_client(tx, form=form)
    for institution_id in asked:
        await approvals.ask_approval(tx, app_id=done.id, institution_id=institution_id)
    return done


async def approve(
    tx: Tx, *, approval_id: UUID, purpose: Purpose, text: str, assessment: str, days: int
) -> None:
    """Let an app be used here for a purpose, with the scopes of a text, for so many days.

    :raises NoSuchApproval, UnsoundTerms, AskedAlready, WrongRole, WrongState:
    :raises NotSearchable: a scope asks a search that this server can't answer.
    """
    listed, wrong = scopes.canonical(text)
    zone = profile.at(tx.now).zone
    for scope in filter(None, map(scopes.read, listed)):
        if scope.type != ANY_TYPE and scope.type not in parameters():
            raise UnsoundTerms
        part = Part(scope.type, scope.query)
        if part.query and (troubles := searches.read(part.type, part.pairs, zone).troubles):
            raise NotSearchable(troubles=troubles)
    if wrong:
        raise UnsoundTerms
    kept = tuple(one for one in listed if one not in scopes.ABOUT_LAUNCH)
    terms = Terms(purpose, kept, assessment, tx.now + timedelta(days=days))
    await approvals.approve(tx, approval_id=approval_id, terms=terms)


async def take_up(tx: Tx, *, client_id: str) -> None:
    """Lay an app before the acting institution by the number that its company tells.

    :raises NoSuchClient, AskedAlready, WrongRole:
    """
    client = await _client(tx, _id(client_id))
    here = tx.actor.institution_id
    await approvals.ask_approval(tx, app_id=client.id, institution_id=here)


async def withdraw_approval(tx: Tx, *, approval_id: UUID, why: str) -> None:
    """End an app at the acting institution, with every token and export that rests on its approval.

    :raises NoSuchApproval, WrongRole, WrongState:
    """
    await approvals.withdraw_approval(tx, approval_id=approval_id, why=why)
    await apps.end_approved(tx, approval_id=approval_id)
    await exports.end_approved(tx, approval_id=approval_id, why=why)
    await subscribing.stop_resting(tx, approval_id=approval_id)


async def withdraw_permission(tx: Tx, *, permission_id: UUID) -> None:
    """PRI-04: take back what an app may read; its tokens end in the same transaction.

    :raises NoSuchPermission, NoSuchPerson, ProofTooLow, WrongRole, WrongState:
    """
    person_id = tx.actor.subject_id
    chart = await access.open_chart(tx, person_id=person_id, purpose=Purpose.CONSENT, what=WHAT)
    found = await approvals.withdraw_permission(tx, chart, permission_id=permission_id)
    await apps.end_lent(tx, person_id=person_id, client_id=found.app_id)
    await subscribing.stop_lent(tx, person_id=person_id, app_id=found.app_id)
    await _publish(tx, chart, found.app_id)


async def ask(tx: Tx, *, wanted: Wanted, server: str) -> tuple[str, str]:
    """Keep what an app asks and return the token it is answered by, or else the error it hears.

    Whose address is not proven hears nothing: the browser stays here (INT-02). Nor does an app that
    nobody has approved: anybody may register, and this site sends nobody to anybody's address.

    :raises NoSuchClient, BadRedirect, NotApproved:
    """
    client = await _client(tx, _id(wanted.client_id))
    if wanted.redirect not in client.redirects:
        raise BadRedirect
    if not (await consents.live_approvals(tx, app_ids=[client.id]))[client.id]:
        raise NotApproved
    asked, wrong = scopes.canonical(wanted.scope)
    if trouble := _trouble(wanted, server):
        return "", trouble
    if wrong or not asked:
        return "", "invalid_scope"
    kept = Ask(
        client.id,
        wanted.redirect,
        scopes.meet(asked, client.scopes),
        wanted.state,
        wanted.challenge,
        wanted.nonce,
    )
    token = await apps.open_ask(tx, ask=kept, launch=wanted.launch)
    return (token, "") if token else ("", "invalid_request")


async def offer(tx: Tx, *, token: str) -> Offer:
    """Return what somebody is asked, as far as an institution has approved it.

    :raises AskGone: also to somebody else than who started the app.
    :raises NotApproved:
    """
    found = await accounts.ask(tx, token=token)
    if found is None:
        raise AskGone
    return await _offer(tx, found)


async def refused_at(tx: Tx, *, offer: Offer) -> datetime | None:
    """PRI-05: return when the person has refused this app of late; it is not asked again by itself.

    The person may still come to another mind: then it is they who want to be asked.
    """
    pause = timedelta(hours=profile.at(tx.now)["PRI-05"])
    return await accounts.refused_at(tx, client_id=offer.client.id, since=tx.now - pause)


async def agree(tx: Tx, *, token: str, agreed: Agreed, session: bytes) -> str:
    """Lend to the app what was asked, and return where the browser goes on, with the code.

    :raises AskGone, NotApproved, BeyondApproval, NoSuchPerson, ProofTooLow, NobodyChosen:
    """
    asked = await apps.answer_ask(tx, token=token, agreed=True)
    given = await _offer(tx, asked)
    if given.needs_patient:
        chosen = await app_patients.chosen(tx, ask=asked, person_id=agreed.patient_id)
        given = replace(given, ask=chosen)
    permission_id, until = None, given.terms.until
    if tx.actor.role == RESIDENT:
        until = min(until, tx.now + timedelta(days=agreed.days))
        permission_id = await _permit(tx, given, agreed.classes, until)
    lease = _lease(tx, given, until, session)
    code = await apps.lend(tx, lease=replace(lease, permission_id=permission_id), ask=asked)
    return _back(asked, code=code)


async def refuse(tx: Tx, *, token: str) -> str:
    """Give nothing, and return where the browser goes on: PRI-04, the app hears no more than that.

    :raises AskGone:
    """
    asked = await apps.answer_ask(tx, token=token, agreed=False)
    return _back(asked, error="access_denied")


def turned_away(wanted: Wanted, error: str) -> str:
    """Return where a browser goes on whose app has asked wrongly."""
    said = {"error": error, **({"state": wanted.state} if wanted.state else {})}
    return joined(wanted.redirect, said)


def joined(url: str, said: dict[str, str]) -> str:
    """Return an app's address with what it is told there."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(said)}"


async def _permit(tx: Tx, given: Offer, classes: frozenset[Sensitive], until: datetime) -> UUID:
    """Write down the person's permission. It takes the place of an earlier one.

    What another device was lent lives on if this one covers its scopes; all else ends (PRI-04).
    """
    person_id = tx.actor.subject_id
    chart = await access.open_chart(tx, person_id=person_id, purpose=Purpose.CONSENT, what=WHAT)
    await _end_beyond(tx, chart, given, classes)
    await subscribing.stop_lent(tx, person_id=person_id, app_id=given.client.id)
    id = await approvals.permit(
        tx, chart, approval=given.approval, scopes=given.scopes, classes=classes, until=until
    )
    await _publish(tx, chart, given.client.id)
    return id


async def _end_beyond(tx: Tx, chart: Chart, given: Offer, classes: frozenset[Sensitive]) -> None:
    """End what was lent and goes beyond what is given now.

    A sensitive class that is ticked anew opens to whom it was shown to (PRI-02): others end too.
    """
    client_id = given.client.id
    before = await consents.live_permission(tx, chart, app_id=client_id)
    is_wider = before is None or not classes <= before.classes
    lent = await accounts.lent(tx, person_id=chart.person_id, client_id=client_id)
    beyond = [id for id, had in lent.items() if is_wider or scopes.goes_beyond(had, given.scopes)]
    await apps.end_leases(tx, ids=beyond)


async def _publish(tx: Tx, chart: Chart, app_id: UUID) -> None:
    """Write the person's last word on an app to the record, and the one before, which it ended."""
    client = await _client(tx, app_id)
    said = [one for one in await consents.permissions(tx, chart) if one.app_id == app_id][:2]
    rest = await consents.approvals_by_id(tx, ids=[one.approval_id for one in said])
    for one in said:
        approval = rest[one.approval_id]
        body = fhir.permission(one, approval, name=client.name, company=client.company)
        holder = approval.institution_id
        await records.publish(tx, owner=one.person_id, body=body, holder_id=holder)


def _lease(tx: Tx, given: Offer, until: datetime, session: bytes) -> Lease:
    lasting = scopes.OFFLINE in given.scopes
    life = OFFLINE_LIFE if lasting else ONLINE_LIFE
    context, who = given.ask.context, tx.actor
    patient = context.patient_id if context else who.for_person_id
    return Lease(
        tx.new_id(who.subject_id),
        given.client.id,
        replace(who, for_person_id=patient, app_id=given.client.id, scopes=given.scopes),
        context.encounter if context else "",
        min(until, tx.now + life),
        given.approval.id,
        session=session if scopes.ONLINE in given.scopes and not lasting else None,
        nonce=given.ask.nonce,
    )


async def _offer(tx: Tx, asked: Ask) -> Offer:
    context = asked.context
    if context and (context.person_id, context.post_id) != (tx.actor.person_id, tx.actor.post_id):
        raise AskGone
    client = await _client(tx, asked.client_id)
    approval = await approval_of(tx, client_id=client.id)
    if approval.terms is None:
        raise NotApproved
    both = scopes.meet(asked.scopes, approval.terms.scopes)
    chooses = app_patients.is_wanted(tx, both, context)
    is_about_one = tx.actor.role == RESIDENT or context is not None or chooses
    left = tuple(one for one in both if _holds(one, context, is_about_one=is_about_one))
    if not any(map(scopes.read, left)):
        raise NotApproved
    return Offer(asked, client, approval, approval.terms, left, chooses)


def _holds(one: str, context: Context | None, *, is_about_one: bool) -> bool:
    """Tell whether a scope can mean anything to whoever sits here."""
    scope = scopes.read(one)
    who = scope.who if scope else ""
    if one == scopes.SOURCE or who == scopes.SYSTEM:
        return False
    if one == ENCOUNTER:
        return bool(context and context.encounter)
    return is_about_one or not (who == scopes.PATIENT or one == app_patients.SCOPE)


async def approval_of(tx: Tx, *, client_id: UUID) -> Approval:
    """Return who has approved the app for what the acting hat does: residents go by anybody's.

    :raises NotApproved:
    """
    found = (await consents.live_approvals(tx, app_ids=[client_id]))[client_id]
    purpose = PURPOSES.get(tx.actor.role)
    for approval in found:
        here = tx.actor.role == RESIDENT or approval.institution_id == tx.actor.institution_id
        if here and approval.terms and approval.terms.purpose is purpose:
            return approval
    raise NotApproved


async def _client(tx: Tx, client_id: UUID | None) -> Client:
    known = await accounts.clients(tx, ids=[client_id] if client_id else [])
    for client in known.values():
        return client
    raise NoSuchClient


def _trouble(wanted: Wanted, server: str) -> str:
    """Return the error of RFC 6749 that a request deserves, or nothing (INT-01, INT-02)."""
    if wanted.response_type != "code":
        return "unsupported_response_type"
    asked = wanted.method == S256 and clients.is_challenge(wanted.challenge)
    whole = STATE_LEAST <= len(wanted.state) <= LONGEST and len(wanted.nonce) <= LONGEST
    whole = whole and f"{wanted.state}{wanted.nonce}".isprintable()  # a NUL could not be kept
    started = bool(wanted.launch) == (LAUNCH in wanted.scope.split())
    right = wanted.audience.rstrip("/") == server
    return "" if asked and whole and started and right else "invalid_request"


def _back(asked: Ask, **said: str) -> str:
    return joined(asked.redirect, {**said, "state": asked.state})


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
