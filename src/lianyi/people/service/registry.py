"""Register persons and places, give posts, record what may be practised."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice
from uuid import UUID

from lianyi.kernel import history, profile, time
from lianyi.kernel.actor import Actor, Role
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people import events, rules
from lianyi.people.errors import (
    BadBirthDate,
    BadCreditCode,
    BadDate,
    BadName,
    BadNumber,
    DepartmentNotLicensed,
    Died,
    MayNotPractise,
    NameDiffers,
    NotRegistered,
    OwnPost,
    ParentMissing,
)
from lianyi.people.model import (
    Department,
    Filing,
    Finding,
    Grade,
    Identity,
    IdType,
    Institution,
    Licence,
    Practice,
    Proof,
)
from lianyi.people.tables import foreign
from lianyi.people.tables import registry as tables

# Numbers kept still by one transaction: the server has room for some thousand locks of everybody.
# A bundle that tells of more persons than that enters too; whose card is opened meanwhile may then
# not be joined to it.
MOST_AT_ONCE = 1000


def resident_identity(*, name: str, number: str) -> Identity:
    """Read a resident's identity card.

    :raises BadName, BadNumber:
    """
    if not rules.is_name(name.strip()):
        raise BadName
    identity = rules.resident_identity(name, number)
    if identity is None:
        raise BadNumber
    return identity


async def register_person(
    tx: Tx, *, identity: Identity, phone: str | None = None, proof: Proof = Proof.SEEN
) -> UUID:
    """Return the person of this document, registered if new. IDN-01: one number, one person.

    Somebody whose history a hospital has brought under this number, name and date of birth is that
    person from now on, as soon as it is proven who stands behind the document (IDN-04).

    :raises BadName, BadNumber, BadBirthDate, NameDiffers, WrongRole:
    """
    _only(tx, rules.REGISTRARS, "register_person")
    check_identity(tx, identity)
    if proof is not Proof.PHONE and (known := await _adopt(tx, identity, phone, proof)):
        return known
    id, name, is_new = await tables.find_or_insert_person(tx, identity, phone=phone, proof=proof)
    if name != identity.name:
        raise NameDiffers
    if is_new:
        await tx.emit(events.PersonRegistered(id, tx.actor.institution_id))
    else:
        await tables.raise_proof(tx, id, proof)
    return id


async def _adopt(tx: Tx, identity: Identity, phone: str | None, proof: Proof) -> UUID | None:
    """Have the first person who was brought under this document be who has it.

    Their id stays, and so does all that is theirs. What other hospitals brought stays apart. A
    file that tells of them just now is waited for.
    """
    await tables.alone(tx, identity)
    id = await foreign.adopt(tx, identity, phone=phone, proof=proof)
    if id is not None:
        await history.note(tx, "people.person", id, "adopt", after="resident_id", before="foreign")
        await tx.emit(events.PersonRegistered(id, tx.actor.institution_id))
    return id


async def await_cards(tx: Tx, *, told: Iterable[tuple[Identity, str]]) -> None:
    """Let whoever opens the card of one of these at the same moment wait, and find them (IDN-04).

    Each with the number of the identity card that a system says they have.
    """
    cards = (rules.claimed(identity, number) for identity, number in told)
    await tables.alone(tx, *islice(filter(None, cards), MOST_AT_ONCE))


async def register_foreign(
    tx: Tx, *, identity: Identity, died_on: date | None = None, resident_number: str = ""
) -> UUID:
    """Return the person whom the acting institution's own system knows by this number.

    New ones are registered with nothing proven. The number is that institution's alone: the same
    one elsewhere is somebody else, and a name that has changed since is not compared. The number of
    an identity card that a system says they have proves nothing: who shows that card joins them.

    :raises BadName, BadNumber, BadBirthDate, WrongRole:
    """
    _only(tx, rules.REGISTRARS, "register_foreign")
    if identity.id_type is not IdType.FOREIGN:
        raise BadNumber
    if not identity.name.strip():
        raise BadName
    if identity.birth_date > today(tx):
        raise BadBirthDate
    own = replace(identity, number=_own_number(tx, identity.number))
    id, is_new = await foreign.find_known_as(tx, own), False
    if id is None:
        id, _, is_new = await tables.find_or_insert_person(tx, own, phone=None, proof=Proof.PHONE)
    if is_new:
        if died_on is not None:
            await tables.set_died(tx, id, died_on)
        await tx.emit(events.PersonRegistered(id, tx.actor.institution_id))
    if card := rules.claimed(identity, resident_number):
        await foreign.know_as(tx, own, id, card)
    return id


async def foreign_persons(tx: Tx, *, numbers: Sequence[str]) -> dict[str, UUID]:
    """Return those of the acting institution's own numbers that are registered.

    :raises WrongRole:
    """
    _only(tx, rules.REGISTRARS, "foreign_persons")
    own = {_own_number(tx, number): number for number in numbers}
    found = await tables.list_by_numbers(tx, IdType.FOREIGN, list(own))
    return {own[number]: id for number, id in found.items()}


async def register_institution(tx: Tx, *, institution: Institution) -> UUID:
    """Register a place under the id it brings.

    :raises BadCreditCode, ParentMissing, CodeTaken, NoSuchInstitution, WrongRole:
    """
    _only(tx, rules.FOUNDERS, "register_institution")
    if not rules.is_credit_code(institution.credit_code):
        raise BadCreditCode(credit_code=institution.credit_code)
    parent_id = institution.parent_id
    parent = await tables.load_institution(tx, parent_id) if parent_id else None
    if not rules.is_parent(institution.kind, parent):
        raise ParentMissing
    await tables.insert_institution(tx, institution)
    await tx.emit(events.InstitutionRegistered(institution.id))
    return institution.id


async def register_department(
    tx: Tx, *, code: str, name: str, licensed: bool = True, online: bool = False
) -> UUID:
    """Add a department to the acting institution.

    :raises DepartmentNotLicensed: CON-23, if it is online and the hospital behind has none such.
    :raises CodeTaken, WrongRole:
    """
    _only(tx, rules.APPOINTERS, "register_department")
    here = await tables.load_institution(tx, tx.actor.institution_id)
    id = tx.new_id(here.id)
    if online and not await _is_backed(tx, here, code, licensed=licensed):
        raise DepartmentNotLicensed(department_code=code)
    await tables.insert_department(tx, Department(id, here.id, code, name, licensed, online))
    await tx.emit(events.DepartmentRegistered(here.id, id))
    return id


async def appoint(
    tx: Tx,
    *,
    person_id: UUID,
    role: Role,
    department_id: UUID | None = None,
    grade: Grade = Grade.NONE,
) -> Actor:
    """Give a person a post at the acting institution and return that hat.

    :raises NoSuchDepartment, WrongRole:
    """
    if not rules.may_appoint(tx.actor.role, role):
        raise WrongRole(verb="appoint", role=tx.actor.role)
    here = tx.actor.institution_id
    if department_id is not None:
        await tables.load_department(tx, here, department_id)
    hat = Actor(person_id, tx.new_id(person_id), here, role)
    await tables.insert_post(tx, hat, department_id=department_id, grade=grade)
    await tx.emit(events.Appointed(person_id, here, hat.post_id))
    return hat


async def end_post(tx: Tx, *, post_id: UUID, why: str = "") -> UUID:
    """End a post of the acting institution at once and return whose it was.

    :raises OwnPost: so that an institution is not left without anybody who may appoint.
    :raises NoSuchPost, WrongRole:
    """
    _only(tx, rules.APPOINTERS, "end_post")
    if post_id == tx.actor.post_id:
        raise OwnPost
    person_id = await tables.end_post(tx, post_id)
    await history.note(
        tx, "people.post", post_id, "end_post", before="live", after="ended", why=why
    )
    await tx.emit(events.PostEnded(person_id, tx.actor.institution_id, post_id))
    return person_id


async def record_licence(tx: Tx, *, person_id: UUID, licence: Licence) -> None:
    """Write down what the register says today. LIC-14: there is one main institution at a time.

    :raises CodeTaken, WrongRole:
    """
    _only(tx, rules.APPOINTERS, "record_licence")
    await tables.insert_licence(tx, person_id, replace(licence, checked_on=today(tx)))
    await tx.emit(events.LicenceRecorded(person_id, tx.actor.institution_id))


async def look_again(tx: Tx) -> None:
    """Note for all licences that the register says today what it said before.

    :raises WrongRole:
    """
    _only(tx, rules.FOUNDERS, "look_again")
    await tables.look_again(tx, today(tx))


async def file_practice(tx: Tx, *, person_id: UUID, filing: Filing) -> None:
    """Write down that somebody may also practise at the acting institution (CON-24).

    :raises WrongRole:
    """
    _only(tx, rules.APPOINTERS, "file_practice")
    await tables.insert_filing(tx, person_id, filing)
    await tx.emit(events.PracticeFiled(person_id, tx.actor.institution_id))


async def record_death(tx: Tx, *, identity: Identity, died_on: date) -> UUID:
    """Write down, from a certificate, that the person of this document has died.

    :raises NotRegistered, NameDiffers, Died, BadDate, WrongRole:
    """
    _only(tx, rules.DEATH_RECORDERS, "record_death")
    person_id = await known(tx, identity)
    if not identity.birth_date <= died_on <= today(tx):
        raise BadDate
    await check_alive(tx, person_id)
    await tables.set_died(tx, person_id, died_on)
    await tx.emit(events.PersonDied(person_id, tx.actor.institution_id))
    return person_id


async def known(tx: Tx, identity: Identity) -> UUID:
    """Return the registered person of a document in hand.

    :raises NotRegistered, NameDiffers:
    """
    found = await tables.find_by_number(tx, identity)
    if found is None:
        raise NotRegistered
    person_id, name = found
    if name != identity.name:
        raise NameDiffers
    return person_id


async def check_alive(tx: Tx, person_id: UUID) -> None:
    """Refuse to open anything for the dead.

    :raises Died:
    """
    _, died_on = await tables.load_proof(tx, person_id)
    if died_on is not None:
        raise Died(died_on=died_on)


def check_practice(
    tx: Tx, practice: Practice, *, online: bool = False, day: date | None = None
) -> None:
    """Refuse an act the law does not allow this member of staff here, today or on a day to come.

    :raises MayNotPractise: with all findings.
    """
    if findings := practice_findings(tx, practice, online=online, day=day):
        raise MayNotPractise(findings=findings)


def practice_findings(
    tx: Tx, practice: Practice, *, online: bool = False, day: date | None = None
) -> tuple[Finding, ...]:
    """Return what the law has against somebody's practising, today or on a day to come."""
    day = day or today(tx)
    if online:
        return rules.online_findings(practice, day, profile.at(tx.now))
    return rules.practice_findings(practice, day)


def check_identity(tx: Tx, identity: Identity) -> None:
    """Refuse a document that cannot be what it says it is.

    :raises BadName, BadNumber, BadBirthDate:
    """
    if not rules.is_name(identity.name):
        raise BadName
    if not rules.is_number(identity):
        raise BadNumber
    if identity.birth_date > today(tx):
        raise BadBirthDate


def today(tx: Tx) -> date:
    return time.day(tx.now, profile.at(tx.now).zone)


async def _is_backed(tx: Tx, here: Institution, code: str, *, licensed: bool) -> bool:
    if not rules.offers_online(here.kind):
        return False
    if here.kind not in rules.INTERNET_HOSPITALS:
        return licensed
    return here.parent_id is not None and await tables.is_licensed(tx, here.parent_id, code)


def _own_number(tx: Tx, number: str) -> str:
    return f"{tx.actor.institution_id}/{number}"


def _only(tx: Tx, roles: frozenset[Role], verb: str) -> None:
    if tx.actor.role not in roles:
        raise WrongRole(verb=verb, role=tx.actor.role)
