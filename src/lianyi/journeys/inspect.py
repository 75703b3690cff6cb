"""The commission looks behind a pseudonym (监管案件): asked for by one, agreed to by another.

What a case opens, it opens for the two of it and for some days; every look is written into the
person's own list of readings (CON-18, PRI-26).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.consult import queries as consult
from lianyi.consult.errors import NoSuchVisit
from lianyi.consult.model import Message
from lianyi.journeys import reported, trail
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import HEALTH_COMMISSION, Institution, Person, Post
from lianyi.supervision import queries
from lianyi.supervision import service as supervision
from lianyi.supervision.model import Case, Opens, Trail


@dataclass(frozen=True, slots=True)
class Inspected:
    """A visit's list and whether it still holds; its patient under a pseudonym."""

    me: Post
    now: datetime
    trail: Trail
    holds: bool
    patient: str
    place: Institution
    posts: Mapping[UUID, Post]
    cases: list[Case]


@dataclass(frozen=True, slots=True)
class Cases:
    me: Post
    now: datetime
    cases: list[Case]
    posts: Mapping[UUID, Post]


@dataclass(frozen=True, slots=True)
class Opened:
    """What an open case shows to whoever asked or agreed.

    No messages: it was in person, or of a class that no case opens.
    """

    me: Post
    case: Case
    person: Person
    messages: list[Message]


async def visit(tx: Tx, *, visit_id: UUID) -> Inspected:
    """Return what was done in a visit, in order.

    :raises NoSuchTrail, WrongRole:
    """
    found = await queries.trail(tx, visit_id=visit_id)
    cases = []
    if tx.actor.role == HEALTH_COMMISSION:
        cases = await queries.cases(tx, visit_id=visit_id)
    acted = {line.step.post_id for line in found.lines if line.step.post_id}
    asked = {post for one in cases for post in (one.asked_post_id, one.decided_post_id) if post}
    person_id, _ = await supervision.person_of(tx, visit_id=visit_id)
    places = await people.institutions(tx, ids=[found.institution_id])
    posts = await people.posts(tx, ids=sorted({tx.actor.post_id, *acted, *asked}))
    return Inspected(
        me=posts[tx.actor.post_id],
        now=tx.now,
        trail=found,
        holds=await trail.holds(tx, found),
        patient=reported.pseudonym(tx, person_id) if person_id else "",
        place=places[found.institution_id],
        posts=posts,
        cases=cases,
    )


async def cases(tx: Tx) -> Cases:
    """Return the acting authority's cases.

    :raises WrongRole:
    """
    found = await queries.cases(tx)
    asked = {post for one in found for post in (one.asked_post_id, one.decided_post_id) if post}
    posts = await people.posts(tx, ids=sorted({tx.actor.post_id, *asked}))
    return Cases(posts[tx.actor.post_id], tx.now, found, posts)


async def ask(tx: Tx, *, visit_id: UUID, opens: Opens, reason: str) -> UUID:
    """Ask a colleague to agree to a look behind the pseudonym.

    :raises NoSuchTrail, ReasonMissing, WrongRole:
    """
    return await supervision.ask(tx, visit_id=visit_id, opens=opens, reason=reason)


async def approve(tx: Tx, *, case_id: UUID) -> None:
    """Agree: the commission may see this person until the case is shut.

    :raises NoSuchCase, OwnCase, WrongRole, WrongState:
    """
    case, person_id = await supervision.approve(tx, case_id=case_id)
    await access.open_relation(
        tx,
        person_id=person_id,
        institution_id=case.institution_id,
        roles=frozenset({HEALTH_COMMISSION}),
        cause_id=case_id,
        until=case.until,
    )


async def reject(tx: Tx, *, case_id: UUID, reason: str) -> None:
    """Decline.

    :raises NoSuchCase, OwnCase, ReasonMissing, WrongRole, WrongState:
    """
    await supervision.reject(tx, case_id=case_id, reason=reason)


async def close(tx: Tx, *, case_id: UUID) -> None:
    """Shut a case before its time.

    :raises NoSuchCase, WrongRole, WrongState:
    """
    await supervision.close(tx, case_id=case_id)
    await access.end_relation(tx, cause_id=case_id)


async def look(tx: Tx, *, case_id: UUID) -> Opened:
    """Return who was behind a visit, and what was said in it if the case opens that too.

    :raises CaseShut, NoSuchCase, NoSuchPerson, WrongRole:
    """
    case, person_id = await supervision.look(tx, case_id=case_id)
    chart = await access.open_chart(
        tx, person_id=person_id, purpose=Purpose.INSPECT, what=f"case_{case.opens}"
    )
    messages: list[Message] = []
    if case.opens is Opens.CHAT:
        try:
            seen = await consult.visit(tx, chart, visit_id=case.visit_id)
            messages = await consult.messages_of(tx, chart, visit=seen)
        except NoSuchVisit:
            messages = []
    posts = await people.posts(tx, ids=[tx.actor.post_id])
    person = await people.person(tx, chart)
    return Opened(posts[tx.actor.post_id], case, person, messages)
