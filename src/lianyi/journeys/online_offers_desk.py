"""What an institution lets its doctors offer online: price, promise and rounds (线上服务开通)."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from lianyi.billing import queries as money
from lianyi.billing.errors import NoPrice
from lianyi.billing.model import Price
from lianyi.consult import queries, service
from lianyi.consult.model import Kind, Offer
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.errors import NoSuchPost
from lianyi.people.model import ADMIN, DOCTOR, Department, Post


@dataclass(frozen=True, slots=True)
class Row:
    """A doctor of an online department, and what they offer."""

    post: Post
    ward: Department
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Page:
    me: Post
    rows: tuple[Row, ...]
    prices: Mapping[str, Price]


async def page(tx: Tx) -> Page:
    """Return the doctors of the acting administrator's online departments.

    :raises WrongRole:
    """
    doctors = await _doctors(tx)
    offers = await queries.offers_of(tx, post_ids=list(doctors))
    posts = await people.posts(tx, ids=[tx.actor.post_id])
    return Page(
        me=posts[tx.actor.post_id],
        rows=tuple(
            Row(post, ward, tuple(each for each in offers if each.post_id == post.id))
            for post, ward in doctors.values()
        ),
        prices=await money.prices(tx, institution_id=tx.actor.institution_id),
    )


async def set_terms(
    tx: Tx, *, post_id: UUID, kind: Kind, item: str, minutes: int, rounds: int
) -> None:
    """Let a doctor be asked online for an item of the price list (CON-27).

    :raises NoSuchPost: also of another institution, or of a department that isn't online.
    :raises BadTerms, NoPrice, WrongRole:
    """
    doctors = await _doctors(tx)
    if post_id not in doctors:
        raise NoSuchPost(id=post_id)
    here = tx.actor.institution_id
    if item not in await money.prices(tx, institution_id=here, codes=[item]):
        raise NoPrice(codes=item)
    post, ward = doctors[post_id]
    offer = Offer(
        post_id,
        here,
        post.person_id,
        ward.id,
        ward.code,
        kind,
        item,
        minutes=minutes,
        rounds=rounds,
    )
    await service.set_offer(tx, offer=offer)


async def _doctors(tx: Tx) -> dict[UUID, tuple[Post, Department]]:
    if tx.actor.role != ADMIN:
        raise WrongRole(verb="offers", role=tx.actor.role)
    here = tx.actor.institution_id
    wards = await people.departments_of(tx, institution_id=here)
    online = {ward.id: ward for ward in wards if ward.online}
    return {
        post.id: (post, online[post.department_id])
        for post in await people.staff_of(tx, institution_id=here)
        if post.role == DOCTOR and post.department_id in online and post.ended_at is None
    }
