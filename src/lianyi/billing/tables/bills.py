"""Bills and their lines."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg

from lianyi.access.model import Chart, Desk
from lianyi.billing.errors import AlreadyBilled, NoBillFor, NoSuchBill, NoSuchPayee
from lianyi.billing.events import BillOpened
from lianyi.billing.model import Bill, BillState, FeeClass, Line, Owed, Subject
from lianyi.billing.states import BILL
from lianyi.kernel.lifecycle import begin
from lianyi.kernel.work import Tx

if TYPE_CHECKING:
    from asyncpg import Record

COLUMNS = """id, institution_id, person_id, state, subject_type, subject_id, total_fen, fund_fen,
             refunded_fen, payment_id, due_at, at"""
# The lines are read after the lock: what a rival has refunded must be seen.
LOCK = f"SELECT {COLUMNS} FROM billing.bill WHERE id = $1 FOR UPDATE"
LOCK_OF = f"""SELECT {COLUMNS} FROM billing.bill WHERE subject_type = $1 AND subject_id = $2
              ORDER BY at DESC, id DESC LIMIT 1 FOR UPDATE"""
LINES = """SELECT bill_id, number, code, label, fee_class, unit_price, quantity, fen,
             r.refund_id IS NOT NULL AS refunded
           FROM billing.line LEFT JOIN billing.refunded_line r USING (bill_id, number)
           WHERE bill_id = ANY ($1) ORDER BY bill_id, number"""
INSERT_LINES = """INSERT INTO billing.line
                    (bill_id, number, code, label, fee_class, unit_price, quantity, fen)
                  SELECT $1, number, code, label, fee_class, unit_price, quantity, fen
                  FROM unnest($2::text[], $3::text[], $4::text[], $5::numeric[], $6::numeric[],
                    $7::bigint[]) WITH ORDINALITY
                    AS l (code, label, fee_class, unit_price, quantity, fen, number)"""
REFUND_LINES = """INSERT INTO billing.refunded_line (bill_id, number, refund_id, at)
                  SELECT $1, number, $3, $4 FROM unnest($2::int[]) AS number"""
SUBJECT = "SELECT subject_type, subject_id FROM billing.bill WHERE id = $1"
STATES = """SELECT DISTINCT ON (subject_id) subject_id, state FROM billing.bill
            WHERE subject_type = $1 AND subject_id = ANY ($2)
            ORDER BY subject_id, at DESC, id DESC"""


async def insert(tx: Tx, bill: Bill) -> None:
    row = {
        "institution_id": bill.institution_id,
        "person_id": bill.person_id,
        "subject_type": bill.subject.type,
        "subject_id": bill.subject.id,
        "total_fen": bill.total_fen,
        "due_at": bill.due_at,
        "at": bill.at,
    }
    event = BillOpened(bill.id, bill.person_id, bill.institution_id, *bill.subject)
    try:
        await begin(tx, BILL, bill.id, "open", row=row, event=event)
    except asyncpg.UniqueViolationError as clash:
        raise AlreadyBilled(type=bill.subject.type, id=bill.subject.id) from clash
    except asyncpg.ForeignKeyViolationError as missing:
        raise NoSuchPayee(institution_id=bill.institution_id) from missing
    await _insert_lines(tx, bill)


async def _insert_lines(tx: Tx, bill: Bill) -> None:
    lines = bill.lines
    await tx.db.execute(
        INSERT_LINES,
        bill.id,
        [line.code for line in lines],
        [line.label for line in lines],
        [line.fee_class for line in lines],
        [line.unit_price for line in lines],
        [line.quantity for line in lines],
        [line.fen for line in lines],
    )


async def lock(tx: Tx, id: UUID) -> Bill:
    row = await tx.db.fetchrow(LOCK, id)
    if row is None:
        raise NoSuchBill(id=id)
    return (await _with_lines(tx, [row]))[0]


async def lock_of(tx: Tx, subject: Subject) -> Bill:
    """Return the newest bill of a subject."""
    row = await tx.db.fetchrow(LOCK_OF, *subject)
    if row is None:
        raise NoBillFor(type=subject.type, id=subject.id)
    return (await _with_lines(tx, [row]))[0]


async def load_subject(tx: Tx, id: UUID) -> Subject:
    row = await tx.db.fetchrow(SUBJECT, id)
    if row is None:
        raise NoSuchBill(id=id)
    return Subject(*row)


async def find(tx: Tx, chart: Chart, id: UUID) -> Bill | None:
    rows = await tx.db.fetch(
        f"""SELECT {COLUMNS} FROM billing.bill
            WHERE id = $1 AND person_id = $2 AND {_admits(chart, at=3)}""",
        id,
        chart.person_id,
        *chart.args,
    )
    return (await _with_lines(tx, rows))[0] if rows else None


async def list_of(tx: Tx, chart: Chart, before: UUID | None, limit: int) -> list[Bill]:
    rows = await tx.db.fetch(
        f"""SELECT {COLUMNS} FROM billing.bill
            WHERE person_id = $1 AND ($2::uuid IS NULL OR id < $2) AND {_admits(chart, at=4)}
            ORDER BY id DESC LIMIT $3""",
        chart.person_id,
        before,
        limit,
        *chart.args,
    )
    return await _with_lines(tx, rows)


async def list_for(tx: Tx, chart: Chart, subject: Subject) -> list[Bill]:
    rows = await tx.db.fetch(
        f"""SELECT {COLUMNS} FROM billing.bill
            WHERE subject_type = $1 AND subject_id = $2 AND person_id = $3
              AND {_admits(chart, at=4)}
            ORDER BY at DESC, id DESC""",
        *subject,
        chart.person_id,
        *chart.args,
    )
    return await _with_lines(tx, rows)


async def list_open(tx: Tx, desk: Desk, limit: int) -> list[Bill]:
    rows = await tx.db.fetch(
        f"""SELECT {COLUMNS} FROM billing.bill
            WHERE institution_id = $1 AND state = 'open' AND (due_at IS NULL OR due_at > $2)
              AND {desk.sees("person_id", at=4)}
            ORDER BY id LIMIT $3""",
        desk.institution_id,
        tx.now,
        limit,
        *desk.args,
    )
    return await _with_lines(tx, rows)


async def find_owed(tx: Tx, chart: Chart) -> Owed | None:
    row = await tx.db.fetchrow(
        f"""SELECT count(*) AS count, sum(total_fen - fund_fen)::bigint AS fen,
              (array_agg(id ORDER BY id DESC))[1] AS bill_id
            FROM billing.bill
            WHERE person_id = $1 AND state = 'open' AND (due_at IS NULL OR due_at > $2)
              AND {_admits(chart, at=3)}
            HAVING count(*) > 0""",
        chart.person_id,
        tx.now,
        *chart.args,
    )
    return None if row is None else Owed(**row)


async def list_states(tx: Tx, type: str, ids: Sequence[UUID]) -> dict[UUID, BillState]:
    rows = await tx.db.fetch(STATES, type, list(ids))
    return {row["subject_id"]: BillState(row["state"]) for row in rows}


async def share(tx: Tx, id: UUID, fund_fen: int) -> None:
    await tx.db.execute("UPDATE billing.bill SET fund_fen = $2 WHERE id = $1", id, fund_fen)


async def settle(tx: Tx, id: UUID, payment_id: UUID) -> None:
    await tx.db.execute("UPDATE billing.bill SET payment_id = $2 WHERE id = $1", id, payment_id)


async def give_back(tx: Tx, id: UUID, fen: int) -> None:
    await tx.db.execute(
        "UPDATE billing.bill SET refunded_fen = refunded_fen + $2 WHERE id = $1", id, fen
    )


async def mark_refunded(tx: Tx, id: UUID, numbers: frozenset[int], refund_id: UUID | None) -> None:
    await tx.db.execute(REFUND_LINES, id, sorted(numbers), refund_id, tx.now)


def _admits(chart: Chart, *, at: int) -> str:
    return chart.admits(
        holder="institution_id", at_time="at", classes="'{}'::text[]", released="TRUE", at=at
    )


async def _with_lines(tx: Tx, rows: "Sequence[Record]") -> list[Bill]:
    lines: defaultdict[UUID, list[Record]] = defaultdict(list)
    for line in await tx.db.fetch(LINES, [row["id"] for row in rows]) if rows else ():
        lines[line["bill_id"]].append(line)
    return [_bill(row, lines[row["id"]]) for row in rows]


def _bill(row: "Record", lines: "Sequence[Record]") -> Bill:
    given = {k: v for k, v in row.items() if not k.startswith("subject_")}
    return Bill(
        **{
            **given,
            "state": BillState(row["state"]),
            "subject": Subject(row["subject_type"], row["subject_id"]),
            "lines": tuple(_line(line) for line in lines),
            "refunded_lines": frozenset(line["number"] for line in lines if line["refunded"]),
        }
    )


def _line(row: "Record") -> Line:
    return Line(
        row["code"],
        row["label"],
        FeeClass(row["fee_class"]),
        row["unit_price"],
        row["quantity"],
        row["fen"],
    )
