"""What leaves in bulk, of whom, who has agreed and who has fetched it, as it is kept."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from lianyi.access.errors import NoSuchExport
from lianyi.access.model import Cause, Desk, Purpose
from lianyi.access.model.exports import Export, ExportState, Fetch, Level, Vote, Wanted
from lianyi.kernel.work import Tx

if TYPE_CHECKING:
    from asyncpg import Record

OVER = "('expired', 'refused', 'cancelled', 'failed')"
# An app's own, or one that its institution decides about; another tenant's is not there.
LOCK = "SELECT * FROM access.export WHERE id = $1 AND institution_id = $2 FOR UPDATE"
FIND = "SELECT * FROM access.export WHERE id = $1 AND institution_id = $2"
LIST = """SELECT * FROM access.export WHERE institution_id = $1
          ORDER BY asked_at DESC, id LIMIT 100"""
BY_ID = "SELECT * FROM access.export WHERE id = ANY ($1::uuid[])"
OF_APPROVAL = f"""SELECT * FROM access.export WHERE approval_id = $1 AND state NOT IN {OVER}
                  ORDER BY id FOR UPDATE"""
OPEN = f"""SELECT count(*) FROM access.export
           WHERE app_id = $1 AND institution_id = $2 AND state NOT IN {OVER} AND state <> 'ready'"""
# Whom the app has taken home today without anybody's yes, by its searches too; slicing changes
# nothing of it.
TAKEN = """SELECT count(*) FROM (
             SELECT p.person_id FROM access.export_person p
             WHERE p.export_id = $4 OR p.export_id IN (SELECT id FROM access.export
               WHERE app_id = $1 AND institution_id = $2 AND day = $3 AND NOT is_large)
             UNION SELECT unnest(person_ids) FROM access.shown
             WHERE app_id = $1 AND institution_id = $2 AND reader_id = $1 AND day = $3) AS each"""
IS_LIVE = """SELECT EXISTS (SELECT FROM access.approval
               WHERE id = $1 AND state = 'approved' AND until > $2)"""
# Two have agreed to all of some types, and what they agreed to is not over.
AGREED = """SELECT EXISTS (SELECT FROM access.export e
              JOIN access.approval a ON a.id = e.approval_id
              WHERE e.app_id = $1 AND e.institution_id = $2 AND e.is_large
                AND e.state IN ('running', 'ready') AND (e.state = 'running' OR e.due_at > $4)
                AND $3::text[] <@ e.types AND e.filters = '{}' AND e.since IS NULL
                AND e.patients = '{}' AND e.elements = '{}'
                AND a.state = 'approved' AND a.until > $4)"""
NEXT = """SELECT * FROM access.export WHERE state = 'running' ORDER BY asked_at, id LIMIT 1"""
BEGIN = (
    """UPDATE access.export SET as_of = $2, as_of_here = transaction_timestamp() WHERE id = $1"""
)
IS_SETTLED = """SELECT NOT kernel.is_begun_before(as_of_here) FROM access.export WHERE id = $1"""
KEEP_UNTIL = "UPDATE access.export SET due_at = $2 WHERE id = $1"
SAY_WHY = "UPDATE access.export SET ended_why = $2 WHERE id = $1"
LOOK = """WITH before AS (SELECT id, polled_at FROM access.export
                        WHERE id = $1 AND app_id = $2 FOR UPDATE)
          UPDATE access.export e SET polled_at = $3 FROM before WHERE e.id = before.id
          RETURNING before.polled_at"""
UNTIDY = f"""SELECT id FROM access.export WHERE tidied_at IS NULL AND state IN {OVER} LIMIT 20"""
TIDIED = "UPDATE access.export SET tidied_at = $2 WHERE id = $1"
VOTE = """INSERT INTO access.export_vote (export_id, n, post_id, person_id, at, why, assessment)
          VALUES ($1, $2, $3, $4, $5, $6, $7)"""
VOTES = """SELECT export_id, post_id, person_id, at, why, assessment FROM access.export_vote
           WHERE export_id = ANY ($1::uuid[]) ORDER BY n"""
FETCH = """INSERT INTO access.export_fetch (export_id, part, first_byte, at, request_id)
           VALUES ($1, $2, $3, $4, $5)"""
FETCHES = """SELECT export_id, part, first_byte, at FROM access.export_fetch
             WHERE export_id = ANY ($1::uuid[]) ORDER BY seq DESC LIMIT 500"""
# One line of the log for many, which each of them finds as their own.
LOG = """INSERT INTO access.log (at, post_id, reader_id, institution_id, role, person_ids, purpose,
           granted, cause, what, request_id, app_id)
         SELECT ${at}, $1, $2, $3, $4, array_agg(id), $5, true, $6, $7, $8, $9
         FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / 500 AS n
               FROM (SELECT DISTINCT id FROM ({persons}) AS of (id)) AS each) AS lot
         GROUP BY n"""
HAT = 9  # values of a line of the log before those of the desk
IN_DESK = """INSERT INTO access.export_person (export_id, person_id)
             SELECT DISTINCT $1::uuid, id FROM ({persons}) AS of (id)
             WHERE $2::uuid[] = '{{}}' OR id = ANY ($2)"""
NOT_IN = """SELECT id FROM unnest($2::uuid[]) AS named (id) WHERE NOT EXISTS (
              SELECT FROM access.export_person WHERE export_id = $1 AND person_id = id) LIMIT 1"""


async def freeze(tx: Tx, desk: Desk, export_id: UUID, named: Sequence[UUID]) -> int:
    """Write down whom an export is of, and return how many: nobody is added after the yes.

    Where some are `named`, it is of nobody else.
    """
    sql = IN_DESK.format(persons=desk.ids(3))
    done = await tx.db.execute(sql, export_id, list(named), *desk.args)
    return int(done.rpartition(" ")[2])


async def find_missing(tx: Tx, export_id: UUID, named: Sequence[UUID]) -> UUID | None:
    """Return one of these whom an export is not of, if there is one."""
    missing: UUID | None = await tx.db.fetchval(NOT_IN, export_id, list(named))
    return missing


async def count_taken(tx: Tx, export_id: UUID, day: date) -> int:
    """Return of how many the app would have taken data today, this export's persons among them."""
    count: int = await tx.db.fetchval(
        TAKEN, tx.actor.app_id, tx.actor.institution_id, day, export_id
    )
    return count


async def count_open(tx: Tx) -> int:
    count: int = await tx.db.fetchval(OPEN, tx.actor.app_id, tx.actor.institution_id)
    return count


async def log(tx: Tx, desk: Desk, export_id: UUID, what: str, key: str) -> None:
    """Tell each person whom an export is of, as far as the door opens to it now (INT-06)."""
    who = tx.actor
    hat = (who.post_id, who.person_id, who.institution_id, who.role, desk.purpose)
    sql = LOG.replace("{persons}", desk.ids(HAT + 1)).replace("{at}", str(HAT + 3))
    given = (*hat, Cause.APPROVAL, what, key, who.app_id)
    await tx.db.execute(sql, *given, *desk.args)


async def lock(tx: Tx, id: UUID) -> Export:
    return _found(await tx.db.fetchrow(LOCK, id, tx.actor.institution_id), id)


async def load(tx: Tx, id: UUID) -> Export:
    return _found(await tx.db.fetchrow(FIND, id, tx.actor.institution_id), id)


async def list_here(tx: Tx) -> list[Export]:
    return [_export(row) for row in await tx.db.fetch(LIST, tx.actor.institution_id)]


async def list_by_id(tx: Tx, ids: Sequence[UUID]) -> list[Export]:
    return [_export(row) for row in await tx.db.fetch(BY_ID, list(ids))]


async def lock_of_approval(tx: Tx, approval_id: UUID) -> list[Export]:
    return [_export(row) for row in await tx.db.fetch(OF_APPROVAL, approval_id)]


async def is_live(tx: Tx, approval_id: UUID) -> bool:
    live: bool = await tx.db.fetchval(IS_LIVE, approval_id, tx.now)
    return live


async def is_agreed(tx: Tx, types: Collection[str]) -> bool:
    who = tx.actor
    given = (who.app_id, who.institution_id, list(types), tx.now)
    agreed: bool = await tx.db.fetchval(AGREED, *given)
    return agreed


async def find_next(tx: Tx) -> Export | None:
    row = await tx.db.fetchrow(NEXT)
    return None if row is None else _export(row)


async def begin(tx: Tx, id: UUID) -> None:
    await tx.db.execute(BEGIN, id, tx.now)


async def is_settled(tx: Tx, id: UUID) -> bool:
    """Return whether all that was begun before the instant an export is of has ended."""
    settled: bool = await tx.db.fetchval(IS_SETTLED, id)
    return settled


async def keep_until(tx: Tx, id: UUID, until: datetime) -> None:
    await tx.db.execute(KEEP_UNTIL, id, until)


async def say_why(tx: Tx, id: UUID, why: str) -> None:
    await tx.db.execute(SAY_WHY, id, why)


async def look(tx: Tx, id: UUID) -> datetime | None:
    """Note that the app has asked how far it is, and return when it did so before."""
    before: datetime | None = await tx.db.fetchval(LOOK, id, tx.actor.app_id, tx.now)
    return before


async def list_untidy(tx: Tx) -> list[UUID]:
    return [row["id"] for row in await tx.db.fetch(UNTIDY)]


async def tidied(tx: Tx, id: UUID) -> None:
    await tx.db.execute(TIDIED, id, tx.now)


async def insert_vote(tx: Tx, id: UUID, n: int, *, why: str, assessment: str) -> None:
    who = tx.actor
    await tx.db.execute(VOTE, id, n, who.post_id, who.person_id, tx.now, why, assessment)


async def list_votes(tx: Tx, ids: Collection[UUID]) -> list[Vote]:
    return [Vote(**row) for row in await tx.db.fetch(VOTES, list(ids))]


async def insert_fetch(tx: Tx, id: UUID, part: int, first_byte: int) -> None:
    await tx.db.execute(FETCH, id, part, first_byte, tx.now, tx.actor.request_id)


async def list_fetches(tx: Tx, ids: Collection[UUID]) -> list[Fetch]:
    return [Fetch(**row) for row in await tx.db.fetch(FETCHES, list(ids))]


def export_row(
    tx: Tx, wanted: Wanted, purpose: Purpose, *, persons: int, is_large: bool, day: date
) -> dict[str, object]:
    who = tx.actor
    return {
        "app_id": who.app_id,
        "institution_id": who.institution_id,
        "approval_id": who.post_id,
        "purpose": purpose,
        "scopes": list(who.scopes),
        "request": wanted.request,
        "reach": wanted.reach,
        "types": list(wanted.types),
        "filters": list(wanted.filters),
        "since": wanted.since,
        "patients": list(wanted.patients),
        "elements": list(wanted.elements),
        "persons": persons,
        "is_large": is_large,
        "asked_at": tx.now,
        "day": day,
    }


def _found(row: "Record | None", id: UUID) -> Export:
    if row is None:
        raise NoSuchExport(id=id)
    return _export(row)


def _export(row: "Record") -> Export:
    wanted = Wanted(
        row["request"],
        Level(row["reach"]),
        tuple(row["types"]),
        tuple(row["filters"]),
        row["since"],
        tuple(row["patients"]),
        tuple(row["elements"]),
    )
    return Export(
        id=row["id"],
        state=ExportState(row["state"]),
        app_id=row["app_id"],
        institution_id=row["institution_id"],
        approval_id=row["approval_id"],
        purpose=Purpose(row["purpose"]),
        scopes=tuple(row["scopes"]),
        wanted=wanted,
        persons=row["persons"],
        is_large=row["is_large"],
        asked_at=row["asked_at"],
        due_at=row["due_at"],
        as_of=row["as_of"],
        ended_why=row["ended_why"],
    )
