"""What others may ask about people. What names a resident demands a chart or a desk.

Staff act under their names: who holds which post, with title and licence number, is public.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from lianyi.access.model import Chart, Desk, Scope
from lianyi.kernel.actor import Actor, Role
from lianyi.kernel.work import Tx
from lianyi.people import rules
from lianyi.people.errors import NoSuchPost
from lianyi.people.model import (
    DOCTOR,
    PHARMACIST,
    Application,
    Bearer,
    Claim,
    Department,
    Duty,
    HealthCard,
    Identity,
    Institution,
    Kin,
    Kind,
    Member,
    Person,
    Post,
    Practice,
    Proof,
)
from lianyi.people.tables import cards, families, staff
from lianyi.people.tables import registry as tables

HITS = 20


async def person(tx: Tx, chart: Chart) -> Person:
    return await tables.load_person(tx, chart)


async def identity(tx: Tx, chart: Chart) -> Identity:
    """Return the full identity, for those who must pass it on (settlement, a printed form)."""
    return await tables.load_identity(tx, chart)


async def phone_of(tx: Tx, chart: Chart) -> str | None:
    return await tables.find_phone(tx, chart)


async def persons(tx: Tx, desk: Desk, *, person_ids: Sequence[UUID]) -> dict[UUID, Person]:
    """Return those of the given persons whom this desk may see."""
    return {each.id: each for each in await tables.list_persons(tx, desk, person_ids)}


async def names_of(tx: Tx, desk: Desk, *, person_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Name those of the given persons whom this desk may see."""
    return await tables.list_names(tx, desk, person_ids)


async def recognised(
    tx: Tx, desk: Desk, *, name: str, number: str
) -> tuple[UUID | None, Identity | None]:
    """Return whose number of a resident it is, and who that is if the name is theirs too.

    The desk is that of who asks; whether they may know is for the door to say. What can be no
    number is looked for like any other.
    """
    identity = rules.resident_identity(name, number)
    found = await tables.find_number(tx, desk, number if identity is None else identity.number)
    if found is None:
        return None, None
    person_id, registered = found
    return person_id, identity if identity and identity.name == registered else None


async def search(tx: Tx, desk: Desk, *, name: str) -> list[Person]:
    """Return at most twenty of this desk's persons whose name holds the text. Show them masked."""
    return await tables.search(tx, desk, name.strip(), HITS) if name.strip() else []


async def institutions(tx: Tx, *, ids: Sequence[UUID]) -> dict[UUID, Institution]:
    return {each.id: each for each in await tables.list_institutions(tx, ids)}


async def institutions_of(tx: Tx, *, kinds: Sequence[Kind]) -> list[Institution]:
    return await tables.list_by_kind(tx, kinds)


async def departments_of(tx: Tx, *, institution_id: UUID) -> list[Department]:
    return await tables.list_departments(tx, institution_id)


async def doctors_of(tx: Tx, *, department_id: UUID) -> list[Post]:
    return await tables.list_doctors(tx, department_id)


async def staff_of(tx: Tx, *, institution_id: UUID) -> list[Post]:
    return await tables.list_staff(tx, institution_id)


async def names_at(tx: Tx, *, institution_id: UUID, person_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the names of who works or has worked at a place: what they did stays theirs."""
    found = await tables.list_colleagues(tx, institution_id, person_ids)
    return {post.person_id: post.name for post in found}


async def members_of(tx: Tx, *, institution_id: UUID) -> list[Member]:
    """Return the staff with what the rules must know of each, as of now."""
    return await staff.list_members(tx, institution_id)


async def member(tx: Tx) -> Member:
    """Return the acting member of staff, with what the rules must know.

    :raises NoSuchPost: the post has ended since.
    """
    post_id = tx.actor.post_id
    found = await staff.list_members(tx, tx.actor.institution_id, post_id=post_id)
    if not found:
        raise NoSuchPost(id=post_id)
    return found[0]


async def on_duty(tx: Tx, *, institution_id: UUID, role: Role = PHARMACIST) -> list[Duty]:
    """Return who of a role is on duty at an institution at this instant (LIC-04)."""
    return await staff.list_duties(tx, institution_id, role)


async def staffed(
    tx: Tx, *, institution_ids: Collection[UUID], role: Role = PHARMACIST
) -> frozenset[UUID]:
    """Return at which of these institutions somebody of a role is on duty now (LIC-04)."""
    return await staff.list_staffed(tx, institution_ids, role)


async def posts(tx: Tx, *, ids: Sequence[UUID]) -> dict[UUID, Post]:
    """Return posts, ended ones too: what they did stays theirs."""
    return {each.id: each for each in await tables.list_posts(tx, ids)}


async def posts_of(tx: Tx, *, person_id: UUID) -> list[Post]:
    """Return the live posts somebody may choose a hat from."""
    return await tables.list_live_posts(tx, person_id)


async def hat(tx: Tx, *, person_id: UUID, post_id: UUID) -> Actor:
    """Return the hat of a live post of this person.

    :raises NoSuchPost:
    """
    found = await tables.find_hat(tx, person_id, post_id)
    if found is None:
        raise NoSuchPost(id=post_id)
    return found


async def practice(
    tx: Tx,
    *,
    person_id: UUID,
    institution_id: UUID,
    department_id: UUID | None = None,
    role: Role = DOCTOR,
) -> Practice:
    """Return what `rules.practice_findings` and `rules.online_findings` must know, now.

    :raises NoSuchInstitution:
    """
    return await tables.load_practice(
        tx,
        person_id=person_id,
        institution_id=institution_id,
        role=role,
        department_id=department_id,
    )


async def application(tx: Tx) -> Application | None:
    """Return how the application of the acting guest stands, worded the same for anyone."""
    card = await cards.find_newest_of(tx, tx.actor.person_id)
    return None if card is None else Application(card.id, rules.progress_of(card), card.at)


async def card(tx: Tx, chart: Chart) -> HealthCard | None:
    """Return the live card of a person."""
    return await cards.find_health_card(tx, chart)


async def bearer(tx: Tx, chart: Chart) -> Bearer:
    """Return a person with their live card, in one statement.

    :raises NoSuchPerson:
    """
    return await cards.load_bearer(tx, chart)


async def claims_on(tx: Tx, chart: Chart) -> list[Claim]:
    """Return who, with another phone that is proven theirs, applied in this person's name."""
    return await cards.list_claims_on(tx, chart)


async def applications_of(tx: Tx, *, identity: Identity) -> list[Claim]:
    """Return the open applications of the document in a clerk's hand."""
    return await cards.list_claims(tx, identity)


async def identity_on(tx: Tx, *, card_id: UUID) -> tuple[Identity, str | None]:
    """Return what an application says, for the errand that has it checked."""
    card = await cards.load(tx, card_id)
    return card.identity, card.phone


async def reach_of(tx: Tx, *, person_id: UUID) -> frozenset[Scope]:
    """Return how far somebody's own mandate reaches, by how well they are proven (CON-10)."""
    proof, _ = await tables.load_proof(tx, person_id)
    return reach_by(proof)


def reach_by(proof: Proof) -> frozenset[Scope]:
    """Return how far the mandate of anybody so proven reaches."""
    return rules.scopes_of(proof)


async def family(tx: Tx, chart: Chart) -> list[Kin]:
    """Return those who act, or have asked to act, for somebody, this person on either side."""
    return await families.list_family(tx, chart)


async def may_act_for(tx: Tx, *, holder_id: UUID, subject_id: UUID) -> bool:
    """Return whether a live relation lets one act for the other, at this instant (IDN-06)."""
    return await families.acts_for(tx, holder_id, subject_id)
