"""What a reception desk shows: one frozen view per page (窗口)."""

from dataclasses import dataclass
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Chart, Purpose
from lianyi.booking import queries as booking
from lianyi.booking.model import Appointment, Offer
from lianyi.booking.states import APPOINTMENT
from lianyi.kernel import profile, time
from lianyi.kernel.work import Tx
from lianyi.people import queries
from lianyi.people.model import CLERK, Claim, HealthCard, Kin, KinKind, KinState, Person, Post
from lianyi.people.states import CARD


@dataclass(frozen=True, slots=True)
class Counter:
    """The desk before anybody has stepped up. `me` is the clerk's post."""

    me: Post


@dataclass(frozen=True, slots=True)
class Number:
    """One appointment of today, whose it is with, and what the desk may do about it now."""

    appointment: Appointment
    session: Offer
    verbs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody at the counter, and what may be done for them now.

    `claims` are applications from phones, `children` relations that want papers, `numbers` what
    they have here today, `sessions` where a number can be added for them.
    """

    me: Post
    person: Person
    card: HealthCard | None
    verbs: frozenset[str]
    claims: tuple[Claim, ...]
    children: tuple[Kin, ...]
    numbers: tuple[Number, ...]
    sessions: tuple[Offer, ...]


async def counter(tx: Tx) -> Counter:
    """Return the desk.

    :raises WrongRole: to whoever does not receive people.
    """
    await access.open_desk(tx, purpose=Purpose.RECEIVE)
    return Counter(await _me(tx))


async def visitor(tx: Tx, *, person_id: UUID) -> Visitor:
    """Return somebody who has shown a card or a document to this desk today.

    :raises NoSuchPerson:
    """
    chart = await access.open_chart(
        tx, person_id=person_id, purpose=Purpose.RECEIVE, what="counter"
    )
    person = await queries.person(tx, chart)
    card = await queries.card(tx, chart)
    identity = await queries.identity(tx, chart)
    family = await queries.family(tx, chart)
    today = time.day(tx.now, profile.at(tx.now).zone)
    return Visitor(
        me=await _me(tx),
        person=person,
        card=card,
        verbs=_verbs(person, card),
        claims=tuple(await queries.applications_of(tx, identity=identity)),
        children=tuple(kin for kin in family if _wants_papers(kin, person_id)),
        numbers=await _numbers(tx, chart),
        sessions=tuple(await booking.offers_here(tx, day=today)),
    )


async def _numbers(tx: Tx, chart: Chart) -> tuple[Number, ...]:
    """Return what a person has at this institution today, in the order of the day."""
    zone = profile.at(tx.now).zone
    last = time.end_of_day(tx.now, zone)
    here = [
        one
        for one in reversed(await booking.own(tx, chart, before=last))
        if one.institution_id == tx.actor.institution_id
        and time.day(one.starts_at, zone) == time.day(tx.now, zone)
    ]
    sessions = await booking.offers_by_id(tx, session_ids=[one.session_id for one in here])
    return tuple(
        Number(one, sessions[one.session_id], frozenset(APPOINTMENT.open_to(CLERK, one.state)))
        for one in here
    )


async def _me(tx: Tx) -> Post:
    posts = await queries.posts(tx, ids=[tx.actor.post_id])
    return posts[tx.actor.post_id]


def _verbs(person: Person, card: HealthCard | None) -> frozenset[str]:
    if person.died_on is not None:
        return frozenset()
    if card is None:
        return frozenset({"issue", "close"})
    return frozenset(CARD.open_to(CLERK, card.state)) | {"close"}


def _wants_papers(kin: Kin, guardian_id: UUID) -> bool:
    """Return whether a clerk may look at papers: of a claim, or again of a live relation."""
    mine = kin.holder_id == guardian_id and kin.kind is KinKind.GUARDIAN
    return mine and kin.state in {KinState.CLAIMED, KinState.LIVE}
