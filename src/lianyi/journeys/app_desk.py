"""What somebody is asked about an app, and what they have let apps do (应用授权)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from lianyi.access import queries as readers
from lianyi.access import service as access
from lianyi.access.model import ADMIN, RESIDENT, Purpose, Sensitive
from lianyi.access.model.apps import Approval, Permission, PermissionState
from lianyi.access.rules import plain
from lianyi.access.rules.apps import APPROVABLE, OPEN_TO_APPS
from lianyi.access.rules.plain import Told
from lianyi.access.states import APPROVAL, PERMISSION
from lianyi.accounts import queries as accounts
from lianyi.accounts.model.apps import Client
from lianyi.journeys import app_patients, apps
from lianyi.journeys.app_patients import Choice
from lianyi.journeys.apps import WHAT, Offer
from lianyi.journeys.fhir_reach import PURPOSES
from lianyi.journeys.resident_desk import Who, enter
from lianyi.kernel.lifecycle import check_role
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import Post
from lianyi.records.model.subscriptions import Listed
from lianyi.records.service import subscribing


@dataclass(frozen=True, slots=True)
class AskPage:
    """PRI-09: who would get what, what for, how and how long, and which institution approved it."""

    who: Who
    locked: bool
    token: str
    offer: Offer | None = None
    refused_at: datetime | None = None  # PRI-05: of late; then the page asks nothing by itself
    institution: str = ""
    told: tuple[Told, ...] = ()
    lasting: bool = False
    classes: tuple[Sensitive, ...] = ()


@dataclass(frozen=True, slots=True)
class DeskAskPage:
    """What a member of staff is asked; `patient` is whom the app was started for.

    An app that was started by itself and is about one has a `choice` instead.
    """

    token: str
    offer: Offer
    institution: str
    told: tuple[Told, ...]
    lasting: bool
    patient: str
    choice: Choice | None


@dataclass(frozen=True, slots=True)
class Heard:
    """What an app wants to be told of; `trouble` is the code of what is wrong."""

    one: Listed
    group: str
    trouble: str
    detail: str


@dataclass(frozen=True, slots=True)
class Held:
    """One permission, whose app it is, and what may be done with it now."""

    permission: Permission
    client: Client
    told: tuple[Told, ...]
    is_over: bool
    verbs: tuple[str, ...]
    heard: tuple[Heard, ...] = ()


@dataclass(frozen=True, slots=True)
class AppsPage:
    who: Who
    locked: bool
    held: tuple[Held, ...] = ()


@dataclass(frozen=True, slots=True)
class Brought:
    """An app that was laid before an institution, and what its administrator may do with it now."""

    approval: Approval
    client: Client
    told: tuple[Told, ...]
    is_over: bool
    verbs: tuple[str, ...]
    heard: tuple[Heard, ...] = ()


@dataclass(frozen=True, slots=True)
class HousePage:
    me: Post
    brought: tuple[Brought, ...]
    purposes: tuple[Purpose, ...]


async def house(tx: Tx) -> HousePage:
    """Return the apps that an institution is asked about, and has decided about.

    :raises WrongRole:
    """
    check_role(tx, APPROVAL, "approve")
    found = await readers.approvals(tx)
    known = await accounts.clients(tx, ids=list({one.app_id for one in found}))
    me = (await people.posts(tx, ids=[tx.actor.post_id]))[tx.actor.post_id]
    listed = await subscribing.listed_here(tx)
    lines = tuple(
        replace(
            _brought(one, known[one.app_id], tx.now),
            heard=_heard(each for each in listed if each.approval_id == one.id),
        )
        for one in found
    )
    return HousePage(me, lines, tuple(one for one in Purpose if one in APPROVABLE))


def _brought(approval: Approval, client: Client, now: datetime) -> Brought:
    terms = approval.terms
    told = plain.told(terms.scopes if terms else client.scopes)
    is_over = terms is not None and terms.until <= now
    return Brought(approval, client, told, is_over, tuple(APPROVAL.open_to(ADMIN, approval.state)))


async def ask(tx: Tx, *, token: str) -> AskPage:
    """Return what an app asks of a person.

    :raises AskGone, NotApproved, NoSuchPerson:
    """
    offer = await apps.offer(tx, token=token)
    who, chart = await enter(tx, WHAT, Purpose.CONSENT)
    if chart is None:
        return AskPage(who, locked=True, token=token)
    return AskPage(
        who,
        locked=False,
        token=token,
        offer=offer,
        refused_at=await apps.refused_at(tx, offer=offer),
        institution=await _name(tx, offer.approval),
        told=plain.told(offer.scopes),
        lasting=plain.is_lasting(offer.scopes),
        classes=tuple(one for one in Sensitive if one in OPEN_TO_APPS),
    )


async def ask_staff(tx: Tx, *, token: str, text: str) -> DeskAskPage:
    """Return what an app asks of somebody at their desk; `text` finds them a patient by name.

    :raises AskGone, NotApproved, NoSuchPerson:
    """
    offer = await apps.offer(tx, token=token)
    patient, choice = "", None
    if offer.ask.context:
        purpose, person_id = PURPOSES[tx.actor.role], offer.ask.context.patient_id
        chart = await access.open_chart(tx, person_id=person_id, purpose=purpose, what=WHAT)
        patient = (await people.person(tx, chart)).name
    if offer.needs_patient:
        choice = await app_patients.offered(tx, client_id=offer.client.id, text=text)
    told, lasting = plain.told(offer.scopes), plain.is_lasting(offer.scopes)
    place = await _name(tx, offer.approval)
    return DeskAskPage(token, offer, place, told, lasting, patient, choice)


async def held(tx: Tx) -> AppsPage:
    """Return what the person has let apps read, ended or not.

    :raises NoSuchPerson:
    """
    who, chart = await enter(tx, WHAT, Purpose.CONSENT)
    if chart is None:
        return AppsPage(who, locked=True)
    found = await readers.permissions(tx, chart)
    known = await accounts.clients(tx, ids=_ids(found))
    listed = await subscribing.listed_about(tx, chart)
    held = (_held(one, known, tx.now) for one in found)
    return AppsPage(who, locked=False, held=tuple(_with(one, listed) for one in held))


def _with(one: Held, listed: Sequence[Listed]) -> Held:
    """Put what an app is told beside the last word that the person has said of it."""
    if one.permission.state is PermissionState.REPLACED:
        return one
    app_id = one.permission.app_id
    return replace(one, heard=_heard(each for each in listed if each.app_id == app_id))


def _heard(listed: Iterable[Listed]) -> tuple[Heard, ...]:
    found = ((one, *one.trouble.partition(" ")[::2]) for one in listed)
    return tuple(Heard(one, plain.group_of(one.type), *said) for one, *said in found)


def _held(permission: Permission, known: dict[UUID, Client], now: datetime) -> Held:
    is_over = permission.until <= now
    verbs = () if is_over else tuple(PERMISSION.open_to(RESIDENT, permission.state))
    told = plain.told(permission.scopes)
    return Held(permission, known[permission.app_id], told, is_over, verbs)


def _ids(found: Sequence[Permission]) -> list[UUID]:
    return list({one.app_id for one in found})


async def _name(tx: Tx, approval: Approval) -> str:
    id = approval.institution_id
    return (await people.institutions(tx, ids=[id]))[id].name
