"""Whom the searches of an app have shown its reader in a day, as far as they are counted."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from lianyi.access.model import Desk
from lianyi.kernel.actor import NOWHERE
from lianyi.kernel.work import Tx

FIND = """SELECT person_ids FROM access.shown
          WHERE institution_id = $1 AND app_id = $2 AND reader_id = $3 AND day = $4"""
# All or none of these is added, and the row is kept still meanwhile, so that answers of one instant
# don't pass each other by. Whom the app has exported today without anybody's yes counts with them.
ADD = """
WITH today AS MATERIALIZED (
    SELECT unnest($5::uuid[]) AS id
    UNION SELECT unnest(person_ids) FROM access.shown
      WHERE institution_id = $1 AND app_id = $2 AND reader_id = $3 AND day = $4
    UNION SELECT p.person_id FROM access.export_person p JOIN access.export e ON e.id = p.export_id
      WHERE e.app_id = $2 AND e.institution_id = $1 AND e.day = $4 AND NOT e.is_large)
INSERT INTO access.shown AS s (institution_id, app_id, reader_id, day, person_ids)
SELECT $1, $2, $3, $4, $5 WHERE (SELECT count(*) FROM today) <= $6
ON CONFLICT (institution_id, app_id, reader_id) DO UPDATE
SET day = excluded.day, person_ids = CASE WHEN s.day = excluded.day
  THEN ARRAY(SELECT unnest(s.person_ids) UNION SELECT unnest(excluded.person_ids))
  ELSE excluded.person_ids END
WHERE s.day <> excluded.day
  OR (SELECT count(*) FROM (SELECT unnest(s.person_ids) UNION SELECT unnest(excluded.person_ids))
      AS u) <= $6
RETURNING true"""


async def find(tx: Tx, desk: Desk, day: date) -> frozenset[UUID]:
    """Return whom an app's desk has shown its reader on a day."""
    who = desk.institution_id, tx.actor.app_id or NOWHERE, desk.reader_id, day
    return frozenset(await tx.db.fetchval(FIND, *who) or ())


async def add(tx: Tx, desk: Desk, person_ids: Sequence[UUID], *, day: date, most: int) -> bool:
    """Count persons with whom was shown before, unless they were more than `most` then."""
    who = desk.institution_id, tx.actor.app_id or NOWHERE, desk.reader_id, day
    added: bool | None = await tx.db.fetchval(ADD, *who, list(person_ids), most)
    return bool(added)
