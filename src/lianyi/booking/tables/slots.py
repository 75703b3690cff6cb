"""Numbers as anybody may be told of them: whether they can be taken, never by whom they are."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

import msgspec

from lianyi.booking.model import Session
from lianyi.booking.model.told import Availability, Field, Listed, Near, Sought
from lianyi.booking.rules import BOOKABLE
from lianyi.kernel import sought as rows
from lianyi.kernel.work import Tx

if TYPE_CHECKING:
    from asyncpg import Record

BOOKED = f"e.state IN ({', '.join(repr(str(one)) for one in sorted(BOOKABLE))})"
# Whoever may see that a number was let go before it can be taken again would be the first to take
# it (IDN-07); so nothing tells a number that is held from one that is taken or on its way back.
STANDS = f"""CASE WHEN NOT {BOOKED} OR s.ends_at <= $1 OR e.releases_at > $1
                THEN '{Availability.CLOSED}'
              WHEN s.free_from <= $1 THEN '{Availability.FREE}' ELSE '{Availability.TAKEN}' END"""
FIELDS: Mapping[str, str] = {
    Field.ID: "e.id || '-' || s.number",
    Field.SESSION_ID: "e.id::text",
    Field.SESSION: "'Schedule/' || e.id",
    Field.DOCTOR: "'Practitioner/' || e.doctor_id",
    Field.POST: "'PractitionerRole/' || e.post_id",
    Field.START: "s.starts_at",
    Field.AVAILABILITY: STANDS,
    Field.KIND: "e.kind",
    Field.DEPARTMENT: "e.department_name",
    Field.IS_ACTIVE: f"CASE WHEN {BOOKED} THEN 'true' ELSE 'false' END",
}
OF_SESSION = ", ".join(f"e.{each.name}" for each in fields(Session))
NUMBERS = "booking.session e JOIN booking.slot s ON s.session_id = e.id"
# A session is a day long at most, so its own beginning tells which days its numbers may lie in.
LONGEST = "interval '1 day'"


async def list_told(tx: Tx, sought: Sought, limit: int) -> list[Listed]:
    values: list[object] = [tx.now]
    where = _where(sought, values)
    way, beyond = ("ASC", ">") if sought.upwards else ("DESC", "<")
    if sought.after:
        values += sought.after
        at = len(values)
        place = f"(${at - 2}::timestamptz, ${at - 1}::uuid, ${at}::int)"
        where.append(f"(s.starts_at, e.id, s.number) {beyond} {place}")
    sql = f"""SELECT {OF_SESSION}, s.number, s.starts_at AS number_starts_at,
                s.ends_at AS number_ends_at, {STANDS} AS availability
              FROM {NUMBERS} WHERE {" AND ".join(where)}
              ORDER BY s.starts_at {way}, e.id {way}, s.number {way} LIMIT {int(limit)}"""
    return [_listed(row) for row in await tx.db.fetch(sql, *values)]


async def count_told(tx: Tx, sought: Sought) -> int:
    values: list[object] = [tx.now]
    where = ["$1::timestamptz IS NOT NULL", *_where(sought, values)]  # not every search asks it
    sql = f"SELECT count(*) FROM {NUMBERS} WHERE {' AND '.join(where)}"
    count: int = await tx.db.fetchval(sql, *values)
    return count


def _where(sought: Sought, values: list[object]) -> list[str]:
    return [*_near(sought.near, values), *rows.where(sought.clauses, FIELDS, values)]


def _near(near: Near, values: list[object]) -> Iterator[str]:
    """Yield what an index answers."""
    if near.sessions is not None:
        yield f"e.id = ANY ({_put(values, list(near.sessions))}::uuid[])"
    if near.sitters is not None:
        mine = f"ANY ({_put(values, list(near.sitters))}::uuid[])"
        yield f"(e.doctor_id = {mine} OR e.post_id = {mine})"
    if near.low is not None:
        low = f"{_put(values, near.low)}::timestamptz"
        yield f"e.starts_at > {low} - {LONGEST} AND s.starts_at >= {low}"
    if near.high is not None:
        high = f"{_put(values, near.high)}::timestamptz"
        yield f"e.starts_at < {high} AND s.starts_at < {high}"


def _put(values: list[object], value: object) -> str:
    values.append(value)
    return f"${len(values)}"


def _listed(row: "Record") -> Listed:
    held = dict(row)
    starts_at, ends_at = held.pop("number_starts_at"), held.pop("number_ends_at")
    number, stands = held.pop("number"), Availability(held.pop("availability"))
    return Listed(msgspec.convert(held, Session), number, starts_at, ends_at, stands)
