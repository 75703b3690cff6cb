"""Cases: who of an authority wanted to know a name, and who agreed."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from lianyi.kernel.lifecycle import begin
from lianyi.kernel.work import Tx
from lianyi.supervision.errors import NoSuchCase
from lianyi.supervision.events import CaseMoved
from lianyi.supervision.model import Case, CaseState, Opens
from lianyi.supervision.states import CASE

if TYPE_CHECKING:
    from asyncpg import Record

COLUMNS = """id, state, institution_id, visit_id, opens, reason, asked_by, asked_post_id, at,
             decided_by, decided_post_id, decided_at, until, declined_for"""
LOCK = f"""SELECT {COLUMNS}, person_id FROM supervision.case
           WHERE id = $1 AND institution_id = $2 FOR UPDATE"""
FIND = f"SELECT {COLUMNS}, person_id FROM supervision.case WHERE id = $1 AND institution_id = $2"
LIST = f"""SELECT {COLUMNS} FROM supervision.case
           WHERE institution_id = $1 AND ($2::uuid IS NULL OR visit_id = $2)
           ORDER BY id DESC LIMIT $3"""
DECIDED = """UPDATE supervision.case SET decided_by = $2, decided_post_id = $3, decided_at = $4,
               until = $5, declined_for = $6 WHERE id = $1 AND state = 'asked'"""


async def insert(tx: Tx, *, visit_id: UUID, person_id: UUID, opens: Opens, reason: str) -> UUID:
    here, id = tx.actor.institution_id, tx.new_id(visit_id)
    row = {
        "institution_id": here,
        "visit_id": visit_id,
        "person_id": person_id,
        "opens": opens,
        "reason": reason,
        "asked_by": tx.actor.person_id,
        "asked_post_id": tx.actor.post_id,
        "at": tx.now,
    }
    event = CaseMoved(id, visit_id, here)
    await begin(tx, CASE, id, "ask", row=row, why=reason, event=event)
    return id


async def lock(tx: Tx, id: UUID) -> tuple[Case, UUID]:
    """Return a case of the acting authority, kept still, and whom it is about."""
    return _found(id, await tx.db.fetchrow(LOCK, id, tx.actor.institution_id))


async def load(tx: Tx, id: UUID) -> tuple[Case, UUID]:
    return _found(id, await tx.db.fetchrow(FIND, id, tx.actor.institution_id))


async def mark_decided(
    tx: Tx, id: UUID, *, until: datetime | None = None, declined_for: str = ""
) -> None:
    by = tx.actor
    await tx.db.execute(DECIDED, id, by.person_id, by.post_id, tx.now, until, declined_for)


async def list_of(tx: Tx, institution_id: UUID, visit_id: UUID | None, limit: int) -> list[Case]:
    return [_case(row) for row in await tx.db.fetch(LIST, institution_id, visit_id, limit)]


def _found(id: UUID, row: "Record | None") -> tuple[Case, UUID]:
    if row is None:
        raise NoSuchCase(id=id)
    return _case(row), row["person_id"]


def _case(row: "Record") -> Case:
    known = {name: row[name] for name in Case.__dataclass_fields__}
    return Case(**{**known, "state": CaseState(row["state"]), "opens": Opens(row["opens"])})
