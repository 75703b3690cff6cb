"""Every statement prescribing sends to the database. Private to this package."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from lianyi.access.model import Chart, Desk, Sensitive
from lianyi.kernel.lifecycle import begin
from lianyi.kernel.work import Tx
from lianyi.prescribing.errors import NoSuchPrescription
from lianyi.prescribing.events import PrescriptionDrafted
from lianyi.prescribing.model import (
    Document,
    Halt,
    Held,
    Prescription,
    Sheet,
    State,
    Version,
    Visit,
    Way,
)
from lianyi.prescribing.states import PRESCRIPTION

if TYPE_CHECKING:
    from asyncpg import Record

COLUMNS = """p.id, p.state, p.institution_id, p.person_id, p.visit_id, p.way, p.department_id,
             p.prescriber_id, p.post_id, p.classes, p.at, p.version, p.document_id, p.signed_at,
             p.expires_at, p.reviewed_by, p.reviewed_at, p.seller_id, p.halt, p.flags,
             p.held_at,
             (SELECT sheet FROM prescribing.version
              WHERE prescription_id = p.id AND number = p.version) AS sheet"""
DOCUMENT = """id, prescription_id, version, text, digest, findings, knowledge, profile, post_id, at,
              expires_at"""
# The lock is taken first: who waited for it must read the version that the winner has written.
LOCK = "SELECT FROM prescribing.prescription WHERE id = $1 FOR UPDATE"
LOAD = f"SELECT {COLUMNS} FROM prescribing.prescription p WHERE p.id = $1"
INSERT_VERSION = """INSERT INTO prescribing.version (prescription_id, number, sheet, post_id, at)
                    VALUES ($1, $2, $3, $4, $5)"""
NEXT_VERSION = "UPDATE prescribing.prescription SET version = $2, classes = $3 WHERE id = $1"
VERSIONS = """SELECT number, sheet, post_id, at, prescription_id, seq FROM prescribing.version
              WHERE prescription_id = ANY ($1) ORDER BY prescription_id, number DESC"""
INSERT_DOCUMENT = f"""INSERT INTO prescribing.document ({DOCUMENT})
                      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"""
ATTACH = "UPDATE prescribing.prescription SET document_id = $2 WHERE id = $1"
SIGNED = """UPDATE prescribing.prescription SET signed_at = $2, expires_at = (
              SELECT expires_at FROM prescribing.document WHERE id = document_id) WHERE id = $1"""
REVIEWED = """UPDATE prescribing.prescription SET reviewed_by = $2, reviewed_at = $3
              WHERE id = $1"""
SELLER = "UPDATE prescribing.prescription SET seller_id = $2 WHERE id = $1"
OF_VISIT = """SELECT id FROM prescribing.prescription
              WHERE visit_id = $1 AND person_id = $2 ORDER BY id"""
HALTED = """UPDATE prescribing.prescription SET halt = $2, flags = $3, held_at = $4
            WHERE id = $1"""
DECIDED = "UPDATE prescribing.prescription SET held_at = NULL WHERE id = $1"
DOCUMENTS = f"SELECT {DOCUMENT} FROM prescribing.document WHERE id = ANY ($1)"
TO_DISPENSE = f"""SELECT {COLUMNS} FROM prescribing.prescription p
                  WHERE p.id = $1 AND p.person_id = $2 AND p.state = ANY ($3)
                    AND (p.seller_id IS NULL OR p.seller_id = $4)"""


async def insert(tx: Tx, prescription: Prescription) -> None:
    row = {
        "institution_id": prescription.institution_id,
        "person_id": prescription.person_id,
        "visit_id": prescription.visit.id,
        "way": prescription.visit.way,
        "department_id": prescription.visit.department_id,
        "prescriber_id": prescription.prescriber_id,
        "post_id": prescription.post_id,
        "classes": sorted(prescription.classes),
        "at": prescription.at,
        "version": prescription.version,
    }
    event = PrescriptionDrafted(
        prescription.id, prescription.person_id, prescription.institution_id
    )
    await begin(tx, PRESCRIPTION, prescription.id, "draft", row=row, event=event)
    await _insert_version(tx, prescription)


async def change(tx: Tx, prescription: Prescription) -> None:
    """Write the next version and point to it."""
    await _insert_version(tx, prescription)
    classes = sorted(prescription.classes)
    await tx.db.execute(NEXT_VERSION, prescription.id, prescription.version, classes)


async def _insert_version(tx: Tx, prescription: Prescription) -> None:
    await tx.db.execute(
        INSERT_VERSION,
        prescription.id,
        prescription.version,
        msgspec.json.encode(prescription.sheet).decode(),
        tx.actor.post_id,
        tx.now,
    )


async def lock(tx: Tx, id: UUID) -> Prescription:
    await tx.db.execute(LOCK, id)
    row = await tx.db.fetchrow(LOAD, id)
    if row is None:
        raise NoSuchPrescription(id=id)
    return prescription_of(row)


async def find(tx: Tx, chart: Chart, id: UUID) -> Prescription | None:
    row = await tx.db.fetchrow(
        f"""SELECT {COLUMNS} FROM prescribing.prescription p
            WHERE p.id = $1 AND p.person_id = $2 AND {_admitted(chart, at=3)}""",
        id,
        chart.person_id,
        *chart.args,
    )
    return None if row is None else prescription_of(row)


async def find_at_desk(tx: Tx, desk: Desk, id: UUID) -> Prescription | None:
    row = await tx.db.fetchrow(
        f"""SELECT {COLUMNS} FROM prescribing.prescription p
            WHERE p.id = $1 AND p.institution_id = $2 AND {desk.sees("p.person_id", at=3)}""",
        id,
        desk.institution_id,
        *desk.args,
    )
    return None if row is None else prescription_of(row)


async def find_to_dispense(
    tx: Tx, chart: Chart, id: UUID, states: Collection[State]
) -> Prescription | None:
    row = await tx.db.fetchrow(
        TO_DISPENSE, id, chart.person_id, list(states), tx.actor.institution_id
    )
    return None if row is None else prescription_of(row)


async def list_of_visits(tx: Tx, chart: Chart, visit_ids: Sequence[UUID]) -> list[Prescription]:
    rows = await tx.db.fetch(
        f"""SELECT {COLUMNS} FROM prescribing.prescription p
            WHERE p.person_id = $1 AND p.visit_id = ANY ($2) AND {_admitted(chart, at=3)}
            ORDER BY p.id""",
        chart.person_id,
        list(visit_ids),
        *chart.args,
    )
    return [prescription_of(row) for row in rows]


async def list_of(
    tx: Tx, chart: Chart, states: Collection[State], before: UUID | None, limit: int
) -> list[Prescription]:
    rows = await tx.db.fetch(
        f"""SELECT {COLUMNS} FROM prescribing.prescription p
            WHERE p.person_id = $1 AND p.state = ANY ($2) AND ($3::uuid IS NULL OR p.id < $3)
              AND {_admitted(chart, at=5)}
            ORDER BY p.id DESC LIMIT $4""",
        chart.person_id,
        list(states),
        before,
        limit,
        *chart.args,
    )
    return [prescription_of(row) for row in rows]


def _admitted(chart: Chart, *, at: int) -> str:
    return chart.admits(
        holder="p.institution_id", at_time="p.at", classes="p.classes", released="TRUE", at=at
    )


async def list_versions(tx: Tx, ids: Sequence[UUID]) -> list[Version]:
    rows = await tx.db.fetch(VERSIONS, ids)
    return [Version(**{**row, "sheet": _sheet(row["sheet"])}) for row in rows]


async def insert_document(tx: Tx, document: Document) -> None:
    await tx.db.execute(
        INSERT_DOCUMENT,
        document.id,
        document.prescription_id,
        document.version,
        document.text,
        document.digest,
        document.findings,
        document.knowledge,
        document.profile,
        document.post_id,
        document.at,
        document.expires_at,
    )
    await tx.db.execute(ATTACH, document.prescription_id, document.id)


async def list_documents(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, Document]:
    rows = await tx.db.fetch(DOCUMENTS, list(ids))
    return {row["id"]: Document(**row) for row in rows}


async def mark_signed(tx: Tx, id: UUID, at: datetime) -> None:
    await tx.db.execute(SIGNED, id, at)


async def mark_reviewed(tx: Tx, id: UUID) -> None:
    await tx.db.execute(REVIEWED, id, tx.actor.person_id, tx.now)


async def unmark_reviewed(tx: Tx, id: UUID) -> None:
    await tx.db.execute(REVIEWED, id, None, None)


async def set_seller(tx: Tx, id: UUID, seller_id: UUID | None) -> None:
    await tx.db.execute(SELLER, id, seller_id)


async def list_ids_of_visit(tx: Tx, visit_id: UUID, person_id: UUID) -> list[UUID]:
    return [row["id"] for row in await tx.db.fetch(OF_VISIT, visit_id, person_id)]


async def mark_halted(tx: Tx, halted: Prescription) -> None:
    await tx.db.execute(HALTED, halted.id, halted.halt, list(halted.flags), halted.held_at)


async def mark_decided(tx: Tx, id: UUID) -> None:
    await tx.db.execute(DECIDED, id)


async def list_held(
    tx: Tx, desk: Desk, ids: Collection[UUID], states: Collection[State]
) -> dict[UUID, Halt]:
    rows = await tx.db.fetch(
        f"""SELECT p.id, p.halt FROM prescribing.prescription p
            WHERE p.id = ANY ($1) AND p.seller_id = $2 AND p.held_at IS NOT NULL
              AND p.state = ANY ($3) AND {desk.sees("p.person_id", at=4)}""",
        list(ids),
        desk.institution_id,
        list(states),
        *desk.args,
    )
    return {row["id"]: Halt(row["halt"]) for row in rows}


async def list_undecided(tx: Tx, desk: Desk, states: Collection[State]) -> list[Held]:
    rows = await tx.db.fetch(
        f"""SELECT p.id AS prescription_id, p.visit_id, p.person_id, p.halt, p.held_at AS since,
              p.state <> 'accepted' AS on_the_way
            FROM prescribing.prescription p
            WHERE p.prescriber_id = $1 AND p.institution_id = $2 AND p.held_at IS NOT NULL
              AND p.state = ANY ($3) AND {desk.sees("p.person_id", at=4)}
            ORDER BY p.held_at, p.id LIMIT 50""",
        tx.actor.person_id,
        desk.institution_id,
        list(states),
        *desk.args,
    )
    return [Held(**{**row, "halt": Halt(row["halt"])}) for row in rows]


def prescription_of(row: "Record") -> Prescription:
    return Prescription(
        id=row["id"],
        state=State(row["state"]),
        institution_id=row["institution_id"],
        person_id=row["person_id"],
        visit=Visit(row["visit_id"], Way(row["way"]), row["department_id"]),
        prescriber_id=row["prescriber_id"],
        post_id=row["post_id"],
        classes=frozenset(Sensitive(each) for each in row["classes"]),
        at=row["at"],
        version=row["version"],
        sheet=_sheet(row["sheet"]),
        document_id=row["document_id"],
        signed_at=row["signed_at"],
        expires_at=row["expires_at"],
        reviewed_by=row["reviewed_by"],
        reviewed_at=row["reviewed_at"],
        seller_id=row["seller_id"],
        halt=Halt(row["halt"]) if row["halt"] else None,
        flags=tuple(row["flags"]),
        held_at=row["held_at"],
    )


def _sheet(text: str) -> Sheet:
    return msgspec.json.decode(text, type=Sheet)
