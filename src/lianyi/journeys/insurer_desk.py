"""The insurance agency's desk (医保经办): claims by place, day and state, and the days compared.

The agency sees what is claimed of its own insured: lines, codes, trace codes, who pays what. No
record, no conversation, no name in a list; whose claim is opened, sees that it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.insurance import queries
from lianyi.insurance.model import Asked, Books, ClaimState, ClaimView, Difference, Settling
from lianyi.kernel import profile, time
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import INSURER, Institution, Person, Post


@dataclass(frozen=True, slots=True)
class Choice:
    """Which claims a list shows; None means any."""

    institution_id: UUID | None = None
    state: ClaimState | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Claims:
    """`at` is every place whose claims or books stand here, by its id."""

    me: Post
    now: datetime
    choice: Choice
    claims: list[ClaimView]
    books: list[Books]
    differences: list[Difference]
    at: Mapping[UUID, Institution]


@dataclass(frozen=True, slots=True)
class Opened:
    """One claim with its insured person, whose name the page masks."""

    me: Post
    settling: Settling
    person: Person
    place: Institution


async def claims(tx: Tx, *, choice: Choice, before: UUID | None = None) -> Claims:
    """Return claims, newest first, and how the days compare (INS-20).

    :raises WrongRole:
    """
    _only_insurer(tx, "claims")
    desk = await access.open_desk(tx, purpose=Purpose.SETTLE)
    found = await queries.claims_at(tx, desk, asked=_asked(tx, choice), before=before)
    seen = sorted({one.claim.person_id for one in found})
    access.saw(tx, desk, person_ids=seen, what="claims")
    books, differences = await queries.compared_books(tx), await queries.differences(tx)
    ids = {one.claim.institution_id for one in found}
    ids |= {one.institution_id for one in books} | {one.institution_id for one in differences}
    return Claims(
        me=(await people.posts(tx, ids=[tx.actor.post_id]))[tx.actor.post_id],
        now=tx.now,
        choice=choice,
        claims=found,
        books=books,
        differences=differences,
        at=await people.institutions(tx, ids=sorted(ids)),
    )


async def claim(tx: Tx, *, claim_id: UUID) -> Opened:
    """Return one claim with all its lines.

    :raises NoSuchClaim, WrongRole:
    """
    _only_insurer(tx, "claim")
    desk = await access.open_desk(tx, purpose=Purpose.SETTLE)
    found = await queries.claim_at(tx, desk, claim_id=claim_id)
    chart = await access.open_chart(
        tx, person_id=found.person_id, purpose=Purpose.SETTLE, what="claim"
    )
    places = await people.institutions(tx, ids=[found.institution_id])
    return Opened(
        me=(await people.posts(tx, ids=[tx.actor.post_id]))[tx.actor.post_id],
        settling=await queries.settling(tx, chart, claim=found),
        person=await people.person(tx, chart),
        place=places[found.institution_id],
    )


def _asked(tx: Tx, choice: Choice) -> Asked:
    if choice.day is None:
        return Asked(choice.institution_id, choice.state)
    since, until = time.span(choice.day, profile.at(tx.now).zone)
    return Asked(choice.institution_id, choice.state, since, until)


def _only_insurer(tx: Tx, verb: str) -> None:
    if tx.actor.role != INSURER:
        raise WrongRole(verb=verb, role=tx.actor.role)
