"""The schedule as the administration sees it: who sits when, and what is left (排班)."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from lianyi.booking import queries as booking
from lianyi.booking.model import Closure, Day, Offer, Routine
from lianyi.kernel import profile, time
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.errors import NoSuchDepartment
from lianyi.people.model import ADMIN, DOCTOR, Department, Post

AHEAD = 14  # days


@dataclass(frozen=True, slots=True)
class Schedule:
    """One department's days, and the sessions of one of them. `doctors` may be planned.

    `routines` are sat in it week by week; `closed` are days on which none of the house is.
    """

    me: Post
    departments: tuple[Department, ...]
    department: Department | None
    days: tuple[Day, ...]
    day: date
    offers: tuple[Offer, ...]
    doctors: tuple[Post, ...]
    routines: tuple[Routine, ...]
    closed: tuple[Closure, ...]


async def schedule(
    tx: Tx, *, department_id: UUID | None = None, day: date | None = None
) -> Schedule:
    """Return the schedule of the acting administrator's institution.

    :raises NoSuchDepartment, WrongRole:
    """
    if tx.actor.role != ADMIN:
        raise WrongRole(verb="schedule", role=tx.actor.role)
    departments = await people.departments_of(tx, institution_id=tx.actor.institution_id)
    chosen = _chosen(departments, department_id)
    first = time.day(tx.now, profile.at(tx.now).zone)
    posts = await people.staff_of(tx, institution_id=tx.actor.institution_id)
    return Schedule(
        me=next(post for post in posts if post.id == tx.actor.post_id),
        departments=tuple(departments),
        department=chosen,
        days=await _days(tx, chosen, first),
        day=day or first,
        offers=await _offers(tx, chosen, day or first),
        doctors=tuple(post for post in posts if chosen and _sits(post, chosen)),
        routines=await _routines(tx, chosen),
        closed=tuple(await booking.closures(tx, first=first)),
    )


def _chosen(departments: list[Department], id: UUID | None) -> Department | None:
    if id is None:
        return departments[0] if departments else None
    for department in departments:
        if department.id == id:
            return department
    raise NoSuchDepartment(id=id)


def _sits(post: Post, department: Department) -> bool:
    return post.role == DOCTOR and post.department_id == department.id


async def _days(tx: Tx, department: Department | None, first: date) -> tuple[Day, ...]:
    if department is None:
        return ()
    last = first + timedelta(days=AHEAD)
    return tuple(await booking.days(tx, department_id=department.id, first=first, last=last))


async def _offers(tx: Tx, department: Department | None, day: date) -> tuple[Offer, ...]:
    if department is None:
        return ()
    return tuple(await booking.offers(tx, department_id=department.id, day=day))


async def _routines(tx: Tx, department: Department | None) -> tuple[Routine, ...]:
    if department is None:
        return ()
    return tuple(await booking.routines(tx, department_id=department.id))
