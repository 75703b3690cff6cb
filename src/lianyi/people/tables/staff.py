"""The staff of an institution, each with what the law wants known of them, in one statement."""

from uuid import UUID

import msgspec

from lianyi.kernel.work import Tx
from lianyi.people.model import Member, Post, Practice
from lianyi.people.tables import registry

# Whoever rose from assistant to doctor may have both registers; the doctor's is read first.
MEMBERS = f"""
SELECT DISTINCT ON (s.id) s.*, i AS institution, u AS parent, d AS department, l AS licence,
  f AS filing, true AS in_post,
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
ORDER BY s.id, l.register = 'doctor' DESC LIMIT 500"""


async def list_members(tx: Tx, institution_id: UUID) -> list[Member]:
    return [
        Member(msgspec.convert(dict(row), Post), msgspec.convert(registry.plain(row), Practice))
        for row in await tx.db.fetch(MEMBERS, institution_id, tx.now)
    ]
