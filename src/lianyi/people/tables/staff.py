"""The staff of an institution: what the law wants known of each, and who is on duty."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from lianyi.kernel.actor import Role
from lianyi.kernel.work import Tx
from lianyi.people.model import Duty, Member, Post, Practice, Training
from lianyi.people.tables import registry

if TYPE_CHECKING:
    from asyncpg import Record

# Whoever rose from assistant to doctor may have both registers; the doctor's is read first.
MEMBERS = f"""
SELECT DISTINCT ON (s.id) s.*, i AS institution, u AS parent, d AS department, l AS licence,
  f AS filing, t AS training, true AS in_post,
  EXISTS (SELECT FROM people.department b WHERE b.licensed AND b.code = d.code
          AND b.institution_id = coalesce(u.id, i.id)) AS backed
FROM ({registry.POST} WHERE p.institution_id = $1 AND p.since <= $2
        AND (p.ended_at IS NULL OR p.ended_at > $2)) s
JOIN people.institution i ON i.id = s.institution_id
LEFT JOIN people.institution u ON u.id = i.parent_id
LEFT JOIN people.department d ON d.id = s.department_id
LEFT JOIN people.licence l ON l.person_id = s.person_id AND l.superseded_at IS NULL
  AND (l.register = s.role OR (l.register = 'assistant_doctor' AND s.role = 'doctor'))
LEFT JOIN people.filing f ON f.person_id = s.person_id AND f.institution_id = i.id
  AND f.superseded_at IS NULL
LEFT JOIN people.training t ON t.person_id = s.person_id AND t.superseded_at IS NULL
WHERE $3::uuid IS NULL OR s.id = $3
ORDER BY s.id, l.register = 'doctor' DESC LIMIT 500"""


DUTIES = f"""SELECT s.*, o.since AS duty_since, o.until AS duty_until
             FROM ({registry.POST} WHERE p.institution_id = $1 AND p.role = $2
                     AND (p.ended_at IS NULL OR p.ended_at > $3)) s
             JOIN people.duty o ON o.post_id = s.id AND o.until > $3
             ORDER BY o.since, s.id LIMIT 100"""
STAFFED = """SELECT DISTINCT p.institution_id FROM people.duty o
             JOIN people.post p ON p.id = o.post_id
             WHERE p.institution_id = ANY ($1) AND p.role = $2 AND o.until > $3
               AND (p.ended_at IS NULL OR p.ended_at > $3)"""
BEGIN = """INSERT INTO people.duty AS d (post_id, institution_id, since, until)
           VALUES ($1, $2, $3, $4)
           ON CONFLICT (post_id) DO UPDATE SET until = excluded.until,
             since = CASE WHEN d.until > excluded.since THEN d.since ELSE excluded.since END"""
END = "UPDATE people.duty SET until = $2 WHERE post_id = $1 AND until > $2 RETURNING true"


async def list_members(
    tx: Tx, institution_id: UUID, *, post_id: UUID | None = None
) -> list[Member]:
    rows = await tx.db.fetch(MEMBERS, institution_id, tx.now, post_id)
    return [_member(row) for row in rows]


async def list_duties(tx: Tx, institution_id: UUID, role: Role) -> list[Duty]:
    rows = await tx.db.fetch(DUTIES, institution_id, role, tx.now)
    return [
        Duty(msgspec.convert(dict(row), Post), row["duty_since"], row["duty_until"]) for row in rows
    ]


async def list_staffed(tx: Tx, institution_ids: Collection[UUID], role: Role) -> frozenset[UUID]:
    rows = await tx.db.fetch(STAFFED, list(institution_ids), role, tx.now)
    return frozenset(row["institution_id"] for row in rows)


async def begin_duty(tx: Tx, until: datetime) -> None:
    await tx.db.execute(BEGIN, tx.actor.post_id, tx.actor.institution_id, tx.now, until)


async def end_duty(tx: Tx) -> bool:
    """End the acting post's duty and say whether there was one."""
    return await tx.db.fetchval(END, tx.actor.post_id, tx.now) is not None


async def insert_training(tx: Tx, person_id: UUID, training: Training) -> None:
    """Write down the newest; what was known before stays, superseded."""
    await tx.db.execute(
        "UPDATE people.training SET superseded_at = $2"
        " WHERE person_id = $1 AND superseded_at IS NULL",
        person_id,
        tx.now,
    )
    await tx.db.execute(
        "INSERT INTO people.training (id, person_id, certificate, passed_on, valid_until)"
        " VALUES ($1, $2, $3, $4, $5)",
        tx.new_id(person_id),
        person_id,
        training.certificate,
        training.passed_on,
        training.valid_until,
    )


def _member(row: "Record") -> Member:
    plain = registry.plain(row)
    return Member(
        post=msgspec.convert(dict(row), Post),
        practice=msgspec.convert(plain, Practice),
        training=msgspec.convert(plain["training"], Training | None),
    )
