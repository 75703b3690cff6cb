"""Persons, institutions, departments, posts, licences and filings."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

import asyncpg
import msgspec

from lianyi.access.errors import NoSuchPerson
from lianyi.access.model import Chart, Desk
from lianyi.kernel.actor import Actor, Role
from lianyi.kernel.work import Tx
from lianyi.people import rules
from lianyi.people.errors import CodeTaken, NoSuchDepartment, NoSuchInstitution, NoSuchPost
from lianyi.people.model import (
    Department,
    Filing,
    Grade,
    Identity,
    IdType,
    Institution,
    Kind,
    Licence,
    Person,
    Post,
    Practice,
    Proof,
    Sex,
)

if TYPE_CHECKING:
    from asyncpg import Record

T = TypeVar("T")

INSERT_PERSON = """INSERT INTO people.person (id, name, sex, birth_date, id_type, id_number,
                     id_index, phone, proof, registered_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                   ON CONFLICT (id_index) DO NOTHING RETURNING id"""
FIND_BY_NUMBER = """SELECT id, name, merged_into FROM people.person WHERE id_index = $1"""
BY_NUMBERS = """SELECT id_index, coalesce(merged_into, id) AS id FROM people.person
                WHERE id_index = ANY ($1)
                UNION SELECT id_index, person_id FROM people.known_as WHERE id_index = ANY ($1)"""
PERSON = "SELECT * FROM people.person WHERE id = $1"
# A post as others may see it: staff act under their names, and their licence number is public.
POST = """SELECT p.id, p.person_id, p.institution_id, p.role, w.name, p.grade, p.department_id,
            i.short_name AS institution_name, coalesce(d.name, '') AS department_name,
            p.since, p.ended_at, coalesce(l.number, '') AS licence_number
          FROM people.post p
          JOIN people.person w ON w.id = p.person_id
          JOIN people.institution i ON i.id = p.institution_id
          LEFT JOIN people.department d ON d.id = p.department_id
          LEFT JOIN people.licence l ON l.person_id = p.person_id AND l.superseded_at IS NULL
            AND (l.register = p.role OR (l.register = 'assistant_doctor' AND p.role = 'doctor'))"""
POSTS = f"{POST} WHERE p.id = ANY ($1)"
LIVE_POSTS = f"""{POST} WHERE p.person_id = $1 AND p.since <= $2
                   AND (p.ended_at IS NULL OR p.ended_at > $2) ORDER BY p.since, p.id"""
DOCTORS = f"""{POST} WHERE p.department_id = $1 AND p.role = 'doctor' AND p.since <= $2
                AND (p.ended_at IS NULL OR p.ended_at > $2) ORDER BY p.since, p.id LIMIT 200"""
LOOK_AGAIN = "UPDATE people.licence SET checked_on = $1 WHERE superseded_at IS NULL"
STAFF = f"""{POST} WHERE p.institution_id = $1 AND p.since <= $2
              AND (p.ended_at IS NULL OR p.ended_at > $2)
            ORDER BY p.role, p.since, p.id LIMIT 500"""
COLLEAGUES = f"{POST} WHERE p.institution_id = $1 AND p.person_id = ANY ($2)"
HAT = """SELECT person_id, institution_id, role FROM people.post
         WHERE id = $1 AND person_id = $2 AND since <= $3 AND (ended_at IS NULL OR ended_at > $3)"""
INSTITUTIONS = "SELECT * FROM people.institution WHERE id = ANY ($1)"
BY_KIND = "SELECT * FROM people.institution WHERE kind = ANY ($1) ORDER BY id LIMIT 500"
DEPARTMENTS = "SELECT * FROM people.department WHERE institution_id = $1 ORDER BY code LIMIT 500"
DEPARTMENT = "SELECT * FROM people.department WHERE id = $1 AND institution_id = $2"
IS_LICENSED = """SELECT true FROM people.department
                 WHERE institution_id = $1 AND code = $2 AND licensed"""
# What the law wants known before somebody practises somewhere, as of one instant.
PRACTICE = """SELECT i AS institution, u AS parent, d AS department, l AS licence, f AS filing,
                EXISTS (SELECT FROM people.department b WHERE b.licensed AND b.code = d.code
                        AND b.institution_id = coalesce(u.id, i.id)) AS backed,
                EXISTS (SELECT FROM people.post p WHERE p.person_id = $1 AND p.role = $3
                        AND p.institution_id = i.id AND p.since <= $6
                        AND (p.ended_at IS NULL OR p.ended_at > $6)) AS in_post
              FROM people.institution i
              LEFT JOIN people.institution u ON u.id = i.parent_id
              LEFT JOIN people.department d ON d.id = $5 AND d.institution_id = i.id
              LEFT JOIN people.licence l ON l.person_id = $1 AND l.superseded_at IS NULL
                AND l.register = ANY ($4)
              LEFT JOIN people.filing f ON f.person_id = $1 AND f.institution_id = i.id
                AND f.superseded_at IS NULL
              WHERE i.id = $2"""


def id_index(tx: Tx, identity: Identity) -> bytes:
    return _index(tx, identity.id_type, identity.number)


def _index(tx: Tx, id_type: IdType, number: str) -> bytes:
    return tx.keys.digest(f"{id_type}/{number}")


async def find_or_insert_person(
    tx: Tx, identity: Identity, *, phone: str | None, proof: Proof
) -> tuple[UUID, str, bool]:
    """Return the id, the registered name, and whether the person is new."""
    index = id_index(tx, identity)
    new = await tx.db.fetchval(
        INSERT_PERSON,
        tx.new_id(),
        identity.name,
        identity.sex,
        identity.birth_date,
        identity.id_type,
        tx.keys.seal_text(identity.number),
        index,
        phone and tx.keys.seal_text(phone),
        proof,
        tx.now,
    )
    if new is not None:
        return new, identity.name, True
    row = await tx.db.fetchrow(FIND_BY_NUMBER, index)
    assert row is not None  # noqa: S101 - the insert met it, and nothing is deleted
    return row["merged_into"] or row["id"], row["name"], False


async def alone(tx: Tx, *identities: Identity) -> None:
    """Let nobody else decide about these numbers at the same time."""
    await tx.alone_with([(UUID(bytes=id_index(tx, one)[:16]), "card") for one in identities])


async def find_by_number(tx: Tx, identity: Identity) -> tuple[UUID, str] | None:
    row = await tx.db.fetchrow(FIND_BY_NUMBER, id_index(tx, identity))
    return None if row is None else (row["merged_into"] or row["id"], row["name"])


async def find_number(tx: Tx, desk: Desk, number: str) -> tuple[UUID, str] | None:
    """Return who has a resident's number; `desk` is that of who asks, who need not see them yet."""
    row = await tx.db.fetchrow(FIND_BY_NUMBER, _index(tx, IdType.RESIDENT_ID, number))
    return None if row is None else (row["merged_into"] or row["id"], row["name"])


async def list_by_numbers(tx: Tx, id_type: IdType, numbers: Sequence[str]) -> dict[str, UUID]:
    by_index = {_index(tx, id_type, number): number for number in numbers}
    rows = await tx.db.fetch(BY_NUMBERS, list(by_index))
    return {by_index[row["id_index"]]: row["id"] for row in rows}


async def load_proof(tx: Tx, person_id: UUID) -> tuple[Proof, date | None]:
    """Return how well somebody is proven, and the day they died."""
    row = await tx.db.fetchrow("SELECT proof, died_on FROM people.person WHERE id = $1", person_id)
    if row is None:
        raise NoSuchPerson(person_id=person_id)
    return Proof(row["proof"]), row["died_on"]


async def set_died(tx: Tx, person_id: UUID, died_on: date) -> None:
    await tx.db.execute("UPDATE people.person SET died_on = $2 WHERE id = $1", person_id, died_on)


async def set_phone(tx: Tx, person_id: UUID, phone: str) -> None:
    sealed = tx.keys.seal_text(phone)
    await tx.db.execute("UPDATE people.person SET phone = $2 WHERE id = $1", person_id, sealed)


async def raise_proof(tx: Tx, person_id: UUID, proof: Proof) -> None:
    await tx.db.execute(
        "UPDATE people.person SET proof = greatest(proof, $2) WHERE id = $1", person_id, proof
    )


async def load_person(tx: Tx, chart: Chart) -> Person:
    return person_of(tx, await _load(tx, chart))


async def load_identity(tx: Tx, chart: Chart) -> Identity:
    return identity_of(tx, await _load(tx, chart))


async def find_phone(tx: Tx, chart: Chart) -> str | None:
    phone = (await _load(tx, chart))["phone"]
    return phone and tx.keys.open_text(phone)


async def _load(tx: Tx, chart: Chart) -> "Record":
    row = await tx.db.fetchrow(PERSON, chart.person_id)
    if row is None:
        raise NoSuchPerson(person_id=chart.person_id)
    return row


async def list_persons(tx: Tx, desk: Desk, person_ids: Sequence[UUID]) -> list[Person]:
    sql = f"SELECT * FROM people.person WHERE id = ANY ($1) AND {desk.sees('id', at=2)}"
    return [person_of(tx, row) for row in await tx.db.fetch(sql, person_ids, *desk.args)]


async def list_names(tx: Tx, desk: Desk, person_ids: Sequence[UUID]) -> dict[UUID, str]:
    sql = f"SELECT id, name FROM people.person WHERE id = ANY ($1) AND {desk.sees('id', at=2)}"
    return {row["id"]: row["name"] for row in await tx.db.fetch(sql, person_ids, *desk.args)}


async def search(tx: Tx, desk: Desk, text: str, limit: int) -> list[Person]:
    sql = f"""SELECT * FROM people.person
              WHERE position($1 IN name) > 0 AND {desk.sees("id", at=3)}
              ORDER BY name, id LIMIT $2"""
    return [person_of(tx, row) for row in await tx.db.fetch(sql, text, limit, *desk.args)]


async def insert_institution(tx: Tx, institution: Institution) -> None:
    row = asdict(institution)
    try:
        await tx.db.execute(_insert("people.institution", row), *row.values())
    except asyncpg.UniqueViolationError as taken:
        raise CodeTaken(number=institution.credit_code) from taken


async def load_institution(tx: Tx, id: UUID) -> Institution:
    found = await list_institutions(tx, [id])
    if not found:
        raise NoSuchInstitution(id=id)
    return found[0]


async def list_institutions(tx: Tx, ids: Sequence[UUID]) -> list[Institution]:
    return [_read(row, Institution) for row in await tx.db.fetch(INSTITUTIONS, ids)]


async def list_by_kind(tx: Tx, kinds: Sequence[Kind]) -> list[Institution]:
    return [_read(row, Institution) for row in await tx.db.fetch(BY_KIND, kinds)]


async def insert_department(tx: Tx, department: Department) -> None:
    row = asdict(department)
    try:
        await tx.db.execute(_insert("people.department", row), *row.values())
    except asyncpg.UniqueViolationError as taken:
        raise CodeTaken(number=department.code) from taken


async def load_department(tx: Tx, institution_id: UUID, id: UUID) -> Department:
    row = await tx.db.fetchrow(DEPARTMENT, id, institution_id)
    if row is None:
        raise NoSuchDepartment(id=id)
    return _read(row, Department)


async def list_departments(tx: Tx, institution_id: UUID) -> list[Department]:
    return [_read(row, Department) for row in await tx.db.fetch(DEPARTMENTS, institution_id)]


async def is_licensed(tx: Tx, institution_id: UUID, code: str) -> bool:
    return await tx.db.fetchval(IS_LICENSED, institution_id, code) is not None


async def insert_post(tx: Tx, hat: Actor, *, department_id: UUID | None, grade: Grade) -> None:
    await tx.db.execute(
        "INSERT INTO people.post (id, person_id, institution_id, role, department_id, grade, since)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        hat.post_id,
        hat.person_id,
        hat.institution_id,
        hat.role,
        department_id,
        grade,
        tx.now,
    )


async def end_post(tx: Tx, id: UUID) -> UUID:
    """End a live post of the acting institution and return whose it was."""
    person_id: UUID | None = await tx.db.fetchval(
        "UPDATE people.post SET ended_at = $3 WHERE id = $1 AND institution_id = $2"
        " AND ended_at IS NULL RETURNING person_id",
        id,
        tx.actor.institution_id,
        tx.now,
    )
    if person_id is None:
        raise NoSuchPost(id=id)
    return person_id


async def find_hat(tx: Tx, person_id: UUID, post_id: UUID) -> Actor | None:
    row = await tx.db.fetchrow(HAT, post_id, person_id, tx.now)
    if row is None:
        return None
    return Actor(row["person_id"], post_id, row["institution_id"], Role(row["role"]))


async def list_posts(tx: Tx, ids: Sequence[UUID]) -> list[Post]:
    return [_read(row, Post) for row in await tx.db.fetch(POSTS, ids)]


async def list_live_posts(tx: Tx, person_id: UUID) -> list[Post]:
    return [_read(row, Post) for row in await tx.db.fetch(LIVE_POSTS, person_id, tx.now)]


async def list_doctors(tx: Tx, department_id: UUID) -> list[Post]:
    return [_read(row, Post) for row in await tx.db.fetch(DOCTORS, department_id, tx.now)]


async def list_staff(tx: Tx, institution_id: UUID) -> list[Post]:
    return [_read(row, Post) for row in await tx.db.fetch(STAFF, institution_id, tx.now)]


async def list_colleagues(tx: Tx, institution_id: UUID, person_ids: Sequence[UUID]) -> list[Post]:
    rows = await tx.db.fetch(COLLEAGUES, institution_id, list(person_ids))
    return [_read(row, Post) for row in rows]


async def insert_licence(tx: Tx, person_id: UUID, licence: Licence) -> None:
    """Write what the register says now; what it said before stays, superseded."""
    await tx.db.execute(
        "UPDATE people.licence SET superseded_at = $3"
        " WHERE person_id = $1 AND register = $2 AND superseded_at IS NULL",
        person_id,
        licence.register,
        tx.now,
    )
    row = {"id": tx.new_id(person_id), "person_id": person_id, **asdict(licence)}
    row["scope"] = sorted(licence.scope)
    try:
        await tx.db.execute(_insert("people.licence", row), *row.values())
    except asyncpg.UniqueViolationError as taken:
        raise CodeTaken(number=licence.number) from taken


async def look_again(tx: Tx, today: date) -> None:
    await tx.db.execute(LOOK_AGAIN, today)


async def insert_filing(tx: Tx, person_id: UUID, filing: Filing) -> None:
    here = tx.actor.institution_id
    await tx.db.execute(
        "UPDATE people.filing SET superseded_at = $3"
        " WHERE person_id = $1 AND institution_id = $2 AND superseded_at IS NULL",
        person_id,
        here,
        tx.now,
    )
    owner = {"id": tx.new_id(person_id), "person_id": person_id, "institution_id": here}
    row = {**owner, **asdict(filing)}
    await tx.db.execute(_insert("people.filing", row), *row.values())


async def load_practice(
    tx: Tx, *, person_id: UUID, institution_id: UUID, role: Role, department_id: UUID | None
) -> Practice:
    registers = sorted(rules.REGISTERS.get(role, ()))
    row = await tx.db.fetchrow(
        PRACTICE, person_id, institution_id, role, registers, department_id, tx.now
    )
    if row is None:
        raise NoSuchInstitution(id=institution_id)
    return msgspec.convert({**plain(row), "person_id": person_id}, Practice)


def _insert(table: str, row: Mapping[str, object]) -> str:
    places = ", ".join(f"${n}" for n, _ in enumerate(row, start=1))
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})"


def _read(row: "Record", noun: type[T]) -> T:
    return msgspec.convert(dict(row), noun)


def plain(row: "Record") -> dict[str, object]:
    """Turn a row whose columns are rows themselves into plain dictionaries."""
    return {
        name: dict(value) if isinstance(value, asyncpg.Record) else value
        for name, value in row.items()
    }


def identity_of(tx: Tx, row: "Record") -> Identity:
    return Identity(
        name=row["name"],
        id_type=IdType(row["id_type"]),
        number=tx.keys.open_text(row["id_number"]),
        sex=Sex(row["sex"]),
        birth_date=row["birth_date"],
    )


def person_of(tx: Tx, row: "Record") -> Person:
    number = tx.keys.open_text(row["id_number"])
    phone = row["phone"] and tx.keys.open_text(row["phone"])
    return Person(
        id=row["id"],
        name=row["name"],
        sex=Sex(row["sex"]),
        birth_date=row["birth_date"],
        id_type=IdType(row["id_type"]),
        proof=Proof(row["proof"]),
        masked_name=rules.masked_name(row["name"]),
        masked_number=rules.masked_number(number),
        masked_phone=rules.masked_phone(phone),
        died_on=row["died_on"],
        merged_into=row["merged_into"],
    )
