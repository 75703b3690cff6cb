"""The desk of those who run an institution: its staff, its licences, its departments (机构管理).

Everything here is of the acting institution only; another's post is as unknown as none at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from operator import attrgetter
from uuid import UUID

from lianyi.accounts import service as accounts
from lianyi.journeys import sharing
from lianyi.journeys.sharing import Opened
from lianyi.kernel import profile
from lianyi.kernel.actor import Role
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people import queries, rules
from lianyi.people import service as people
from lianyi.people.errors import NoSuchInstitution, NoSuchPost
from lianyi.people.model import (
    ADMIN,
    Department,
    Filing,
    Finding,
    Grade,
    Institution,
    Licence,
    Member,
    Post,
    Register,
    Term,
    Training,
)

LIC_01 = "LIC-01"  # of the place, so it is said once and not of everybody who works there
PH_02 = "PH-02"
GRADES = tuple(Grade)


@dataclass(frozen=True, slots=True)
class Until:
    """How long a licence or filing still holds; `left` counts days, today not among them."""

    day: date | None
    left: int
    term: Term

    @property
    def wants_care(self) -> bool:
        return self.term not in {Term.OPEN, Term.VALID}


@dataclass(frozen=True, slots=True)
class House:
    """The institution, the hospital behind it, and what the law has against them (LIC-01)."""

    institution: Institution
    until: Until
    parent: Institution | None
    parent_until: Until | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody in a post, with all findings of the law against practising in it.

    `duty` are those that keep a pharmacist from reviewing, beyond what keeps them from practising.
    """

    post: Post
    licence: Licence | None
    licensed: Until
    filing: Filing | None
    filed: Until
    findings: tuple[Finding, ...]
    registers: tuple[Register, ...]
    main: str
    training: Training | None
    duty: tuple[Finding, ...]

    @property
    def wants_care(self) -> bool:
        return bool(self.findings) or self.licensed.wants_care or self.filed.wants_care


@dataclass(frozen=True, slots=True)
class Ward:
    """A department with those who work there; the last of a list has none and is the house's."""

    department: Department | None
    colleagues: tuple[Colleague, ...]

    @property
    def key(self) -> str:
        return str(self.department.id) if self.department else "house"


@dataclass(frozen=True, slots=True)
class Staff:
    me: Post
    house: House
    wards: tuple[Ward, ...]
    chosen: Colleague | None

    @property
    def colleagues(self) -> list[Colleague]:
        return [one for ward in self.wards for one in ward.colleagues]


@dataclass(frozen=True, slots=True)
class Offer:
    """A department; `backed` says that the hospital behind the place is licensed for it too."""

    department: Department
    backed: bool
    doctors: int


@dataclass(frozen=True, slots=True)
class Departments:
    me: Post
    house: House
    offers: tuple[Offer, ...]
    offers_online: bool


@dataclass(frozen=True, slots=True)
class Glasses:
    """What was opened in an emergency and waits to be judged, the oldest first."""

    me: Post
    opened: tuple[Opened, ...]
    now: datetime


async def staff(tx: Tx, *, post_id: UUID | None = None) -> Staff:
    """Return everybody in a post here, by department, and one of them to be looked at.

    :raises NoSuchPost: if that post is not a live one of this institution.
    """
    _only_admin(tx, "staff")
    house = await _house(tx)
    departments = await queries.departments_of(tx, institution_id=house.institution.id)
    members = await queries.members_of(tx, institution_id=house.institution.id)
    names = await _main_names(tx, members)
    colleagues = [_colleague(tx, member, names) for member in members]
    return Staff(
        me=_find(colleagues, tx.actor.post_id).post,
        house=house,
        wards=_wards(departments, colleagues),
        chosen=None if post_id is None else _find(colleagues, post_id),
    )


async def departments(tx: Tx) -> Departments:
    """Return what this institution may offer, in person and online (CON-23)."""
    _only_admin(tx, "departments")
    house = await _house(tx)
    here, parent = house.institution, house.parent
    own = await queries.departments_of(tx, institution_id=here.id)
    behind = await queries.departments_of(tx, institution_id=parent.id) if parent else own
    posts = await queries.staff_of(tx, institution_id=here.id)
    licensed = {one.code for one in behind if one.licensed}
    return Departments(
        me=next(post for post in posts if post.id == tx.actor.post_id),
        house=house,
        offers=tuple(
            Offer(one, one.code in licensed, sum(post.department_id == one.id for post in posts))
            for one in own
        ),
        offers_online=rules.offers_online(here.kind),
    )


async def glasses(tx: Tx) -> Glasses:
    """Return what this institution's staff opened and nobody has judged yet (EMR-17).

    :raises WrongRole:
    """
    opened = await sharing.glasses_to_review(tx)
    posts = await queries.posts(tx, ids=[tx.actor.post_id])
    return Glasses(posts[tx.actor.post_id], tuple(opened), tx.now)


async def appoint(
    tx: Tx, *, name: str, number: str, role: Role, department_id: UUID | None, grade: Grade
) -> UUID:
    """Give a post to whoever holds the identity card on the table, and return the post.

    :raises BadName, BadNumber, NameDiffers, NoSuchDepartment, WrongRole:
    """
    identity = people.resident_identity(name=name, number=number)
    person_id = await people.register_person(tx, identity=identity)
    hat = await people.appoint(
        tx, person_id=person_id, role=role, department_id=department_id, grade=grade
    )
    return hat.post_id


async def end_post(tx: Tx, *, post_id: UUID, why: str) -> None:
    """End a post; whoever wore it is signed out everywhere at once.

    :raises NoSuchPost, OwnPost, WrongRole:
    """
    person_id = await people.end_post(tx, post_id=post_id, why=why)
    await accounts.sign_out_everywhere(tx, person_id=person_id)


async def record_licence(tx: Tx, *, post_id: UUID, licence: Licence) -> None:
    """Write down what the register says of a colleague today (LIC-13, LIC-14).

    :raises NoSuchInstitution: if the main one is neither here, behind here, nor as it was.
    :raises CodeTaken, NoSuchPost, WrongRole:
    """
    view = await staff(tx, post_id=post_id)
    assert view.chosen is not None  # noqa: S101 - it was asked for
    main = {view.house.institution.id, view.house.institution.parent_id}
    if view.chosen.licence is not None:
        main.add(view.chosen.licence.main_institution_id)
    if licence.main_institution_id not in main:
        raise NoSuchInstitution(id=licence.main_institution_id)
    today = people.today(tx)
    await people.record_licence(
        tx, person_id=view.chosen.post.person_id, licence=replace(licence, checked_on=today)
    )


async def file_practice(tx: Tx, *, post_id: UUID, filing: Filing) -> None:
    """Write down that a colleague may practise here besides the main place (CON-24, LIC-14).

    :raises NoSuchPost, WrongRole:
    """
    _only_admin(tx, "file_practice")
    person_id = await _holder(tx, post_id)
    await people.file_practice(tx, person_id=person_id, filing=filing)


async def record_training(tx: Tx, *, post_id: UUID, training: Training) -> None:
    """Write down that a colleague passed the training for reviewers of prescriptions (PH-02).

    :raises NoSuchPost, WrongRole:
    """
    _only_admin(tx, "record_training")
    person_id = await _holder(tx, post_id)
    await people.record_training(tx, person_id=person_id, training=training)


async def _holder(tx: Tx, post_id: UUID) -> UUID:
    """Return who holds a live post of this institution."""
    post = (await queries.posts(tx, ids=[post_id])).get(post_id)
    here = tx.actor.institution_id
    if post is None or post.institution_id != here or post.ended_at is not None:
        raise NoSuchPost(id=post_id)
    return post.person_id


def _only_admin(tx: Tx, verb: str) -> None:
    if tx.actor.role != ADMIN:
        raise WrongRole(verb=verb, role=tx.actor.role)


async def _house(tx: Tx) -> House:
    id, today = tx.actor.institution_id, people.today(tx)
    here = (await queries.institutions(tx, ids=[id]))[id]
    parent = None
    if here.parent_id is not None:
        parent = (await queries.institutions(tx, ids=[here.parent_id]))[here.parent_id]
    return House(
        here,
        _until(tx, here.licence_until),
        parent,
        _until(tx, parent.licence_until) if parent else None,
        tuple(rules.institution_findings(here, parent, today)),
    )


def _colleague(tx: Tx, member: Member, names: dict[UUID, str]) -> Colleague:
    licence, filing = member.practice.licence, member.practice.filing
    found = rules.staff_findings(member, people.today(tx), profile.at(tx.now))
    return Colleague(
        post=member.post,
        licence=licence,
        licensed=_until(tx, licence.valid_until if licence else None),
        filing=filing,
        filed=_until(tx, filing.valid_until if filing else None),
        findings=tuple(one for one in found if one.rule != LIC_01),
        registers=tuple(sorted(rules.REGISTERS.get(member.post.role, ()))),
        main=names.get(licence.main_institution_id, "") if licence else "",
        training=member.training,
        duty=_duty_findings(tx, member),
    )


def _duty_findings(tx: Tx, member: Member) -> tuple[Finding, ...]:
    if member.post.role not in rules.ON_DUTY:
        return ()
    found = rules.duty_findings(member, people.today(tx), profile.at(tx.now))
    return tuple(one for one in found if one.rule == PH_02)


def _until(tx: Tx, day: date | None) -> Until:
    today = people.today(tx)
    left = (day - today).days if day else 0
    return Until(day, left, rules.term(day, today, profile.at(tx.now)))


async def _main_names(tx: Tx, members: Iterable[Member]) -> dict[UUID, str]:
    licences = (member.practice.licence for member in members)
    ids = {licence.main_institution_id for licence in licences if licence}
    found = await queries.institutions(tx, ids=list(ids))
    return {id: each.short_name for id, each in found.items()}


def _wards(departments: Iterable[Department], colleagues: Iterable[Colleague]) -> tuple[Ward, ...]:
    by_rank = sorted(
        colleagues, key=lambda one: (one.post.role, GRADES.index(one.post.grade), one.post.name)
    )
    wards = (*sorted(departments, key=attrgetter("code")), None)
    return tuple(
        Ward(ward, tuple(c for c in by_rank if c.post.department_id == (ward and ward.id)))
        for ward in wards
    )


def _find(colleagues: Iterable[Colleague], post_id: UUID) -> Colleague:
    for one in colleagues:
        if one.post.id == post_id:
            return one
    raise NoSuchPost(id=post_id)
