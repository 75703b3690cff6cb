"""Let the demo's doctors be asked online: to follow up, and to counsel (CON-26)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from uuid import UUID

from lianyi.consult import service as consult
from lianyi.consult.model import Kind, Offer
from lianyi.kernel.actor import system
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import DOCTOR, Department, Post

PLACES = ("province_online", "qinghe", "county")
MINUTES, ROUNDS = 60, 20
ITEMS = {Kind.FOLLOW_UP: "online_follow_up", Kind.COUNSEL: "health_counsel"}


async def bring_in(tx: Tx, places: Mapping[str, UUID]) -> None:
    """Open what every doctor of an online department offers."""
    for key in PLACES:
        here = replace(tx, actor=system("seed", places[key]))
        wards = await people.departments_of(here, institution_id=places[key])
        online = {ward.id: ward for ward in wards if ward.online}
        for post in await people.staff_of(here, institution_id=places[key]):
            if post.role == DOCTOR and post.department_id in online:
                for offer in _offers(post, online[post.department_id]):
                    await consult.set_offer(here, offer=offer)


def _offers(post: Post, ward: Department) -> Iterator[Offer]:
    for kind, item in ITEMS.items():
        yield Offer(
            post_id=post.id,
            institution_id=post.institution_id,
            doctor_id=post.person_id,
            department_id=ward.id,
            subject=ward.code,
            kind=kind,
            item=item,
            minutes=MINUTES,
            rounds=ROUNDS,
        )
