"""Every statement online visits send to the database. Private to this package.

What a patient tells is sealed: the intake, every message, the words of a rating.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from lianyi.access.model import Chart, Desk, Sensitive
from lianyi.consult import events
from lianyi.consult.errors import NoSuchOffer, NoSuchVisit
from lianyi.consult.model import (
    Author,
    Evidence,
    Intake,
    Kind,
    Message,
    Notice,
    Offer,
    Proof,
    Quality,
    Rating,
    Reason,
    State,
    Terms,
    Visit,
)
from lianyi.consult.states import VISIT
from lianyi.kernel.lifecycle import begin
from lianyi.kernel.work import Tx

if TYPE_CHECKING:
    from asyncpg import Record

OFFER = """o.post_id, o.institution_id, o.doctor_id, o.department_id, o.subject, o.kind, o.item,
           o.minutes, o.rounds, d.until AS online_until"""
OFFERED = (
    f"""SELECT {OFFER} FROM consult.offer o LEFT JOIN consult.duty d ON d.post_id = o.post_id"""
)
LOAD_OFFER = f"{OFFERED} WHERE o.post_id = $1 AND o.kind = $2"
LIST_OFFERS = f"""{OFFERED} WHERE ($1::uuid[] IS NULL OR o.post_id = ANY ($1))
                  ORDER BY (d.until > $2) DESC NULLS LAST, o.post_id, o.kind LIMIT $3"""
UPSERT_OFFER = """INSERT INTO consult.offer (post_id, kind, institution_id, doctor_id,
                    department_id, subject, item, minutes, rounds)
                  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                  ON CONFLICT (post_id, kind) DO UPDATE SET item = excluded.item,
                    minutes = excluded.minutes, rounds = excluded.rounds
                  WHERE offer.institution_id = excluded.institution_id"""
GO_ONLINE = """INSERT INTO consult.duty (post_id, began_at, verified_at, until)
               VALUES ($1, $2, $2, $3)
               ON CONFLICT (post_id) DO UPDATE SET verified_at = excluded.verified_at,
                 until = excluded.until, began_at = CASE WHEN duty.until > excluded.verified_at
                   THEN duty.began_at ELSE excluded.began_at END"""
GO_OFFLINE = "UPDATE consult.duty SET until = $2 WHERE post_id = $1 AND until > $2"
ONLINE_UNTIL = "SELECT until FROM consult.duty WHERE post_id = $1"
AGREE = """INSERT INTO consult.agreement (person_id, version, digest, signed_by, at)
           VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING"""
AGREED = """SELECT EXISTS (SELECT FROM consult.agreement
              WHERE person_id = $1 AND version = $2 AND digest = $3)"""
COLUMNS = """v.id, v.state, v.institution_id, v.department_id, v.subject, v.person_id, v.asked_by,
             v.guardian_present, v.doctor_id, v.post_id, v.kind, v.code, v.name, v.classes, v.item,
             v.fen, v.minutes, v.rounds, v.intake, v.at, v.due_at, v.met, v.met_why, v.proven,
             v.reason, v.target, v.flags, v.began_at, v.answered_at, v.ended_at"""
LOCK = f"SELECT {COLUMNS} FROM consult.visit v WHERE v.id = $1 FOR UPDATE"
OPEN_WITH = """SELECT id FROM consult.visit WHERE person_id = $1 AND post_id = $2
               AND state IN ('asked', 'unpaid', 'waiting', 'with_doctor')"""
INSERT_PROOF = """INSERT INTO consult.proof (visit_id, number, kind, code, name, "on", holder_id,
                    fhir_id, file_id)
                  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"""
PROOFS = """SELECT kind, code, name, "on", holder_id, fhir_id, file_id FROM consult.proof
            WHERE visit_id = $1 ORDER BY number"""
DUE = "UPDATE consult.visit SET due_at = $2 WHERE id = $1"
DECIDE = "UPDATE consult.visit SET met = $2, met_why = $3, proven = $4 WHERE id = $1"
BEGUN = "UPDATE consult.visit SET began_at = $2 WHERE id = $1"
ANSWERED = "UPDATE consult.visit SET answered_at = $2 WHERE id = $1 AND answered_at IS NULL"
CLOSED = "UPDATE consult.visit SET ended_at = $2 WHERE id = $1"
TURNED = "UPDATE consult.visit SET reason = $2, target = $3, list_version = $4 WHERE id = $1"
FLAGGED = "UPDATE consult.visit SET flags = $2 WHERE id = $1"
INSERT_MESSAGE = """INSERT INTO consult.message (id, visit_id, at, post_id, author, sealed, files,
                      flags)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING seq"""
MESSAGES = """SELECT seq, id, visit_id, at, post_id, author, sealed, files, flags
              FROM consult.message WHERE visit_id = $1 ORDER BY seq"""
SAID = "SELECT count(*) FROM consult.message WHERE visit_id = $1 AND author = 'patient'"
INSERT_TRANSCRIPT = """INSERT INTO consult.transcript (visit_id, messages, digest, at)
                       VALUES ($1, $2, $3, $4)"""
TRANSCRIPT = "SELECT messages, digest FROM consult.transcript WHERE visit_id = $1"
RATE = """INSERT INTO consult.rating (visit_id, post_id, stars, sealed, at)
          VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING visit_id"""
RATING = "SELECT visit_id, stars, sealed, at FROM consult.rating WHERE visit_id = $1"
STARS = """SELECT post_id, count(*) AS count, round(avg(stars), 1) AS stars FROM consult.rating
           WHERE post_id = ANY ($1) GROUP BY post_id"""
QUALITY = """SELECT count(*) AS asked, count(v.answered_at) AS answered,
               count(*) FILTER (WHERE v.state = 'unanswered') AS unanswered,
               count(*) FILTER (WHERE v.state = 'ended') AS ended,
               count(*) FILTER (WHERE v.state = 'offline') AS offline,
               count(*) FILTER (WHERE v.state = 'stopped') AS stopped,
               count(*) FILTER (WHERE v.state = 'refused') AS refused,
               count(r.stars) AS rated, round(avg(r.stars), 1) AS stars
             FROM consult.visit v LEFT JOIN consult.rating r ON r.visit_id = v.id
             WHERE v.institution_id = $1 AND v.at >= $2 AND v.at < $3"""


async def upsert_offer(tx: Tx, offer: Offer) -> None:
    await tx.db.execute(
        UPSERT_OFFER,
        offer.post_id,
        offer.kind,
        offer.institution_id,
        offer.doctor_id,
        offer.department_id,
        offer.subject,
        offer.item,
        offer.minutes,
        offer.rounds,
    )


async def load_offer(tx: Tx, post_id: UUID, kind: Kind) -> Offer:
    row = await tx.db.fetchrow(LOAD_OFFER, post_id, kind)
    if row is None:
        raise NoSuchOffer(post_id=post_id)
    return _offer(row)


async def list_offers(tx: Tx, post_ids: Collection[UUID] | None, limit: int) -> list[Offer]:
    rows = await tx.db.fetch(
        LIST_OFFERS, None if post_ids is None else list(post_ids), tx.now, limit
    )
    return [_offer(row) for row in rows]


async def go_online(tx: Tx, until: datetime) -> None:
    await tx.db.execute(GO_ONLINE, tx.actor.post_id, tx.now, until)


async def go_offline(tx: Tx) -> None:
    await tx.db.execute(GO_OFFLINE, tx.actor.post_id, tx.now)


async def online_until(tx: Tx, post_id: UUID) -> datetime | None:
    until: datetime | None = await tx.db.fetchval(ONLINE_UNTIL, post_id)
    return until


async def agree(tx: Tx, person_id: UUID, notice: Notice) -> None:
    signer = tx.actor.person_id
    await tx.db.execute(AGREE, person_id, notice.version, notice.digest, signer, tx.now)


async def has_agreed(tx: Tx, person_id: UUID, notice: Notice) -> bool:
    agreed: bool = await tx.db.fetchval(AGREED, person_id, notice.version, notice.digest)
    return agreed


async def insert(tx: Tx, visit: Visit, verb: str, kind: type[events.VisitEvent]) -> None:
    row = {
        "institution_id": visit.institution_id,
        "department_id": visit.department_id,
        "subject": visit.subject,
        "person_id": visit.person_id,
        "asked_by": visit.asked_by,
        "guardian_present": visit.guardian_present,
        "doctor_id": visit.doctor_id,
        "post_id": visit.post_id,
        "kind": visit.kind,
        "code": visit.code,
        "name": visit.name,
        "classes": sorted(visit.classes),
        "item": visit.terms.item,
        "fen": visit.terms.fen,
        "minutes": visit.terms.minutes,
        "rounds": visit.terms.rounds,
        "intake": tx.keys.seal(msgspec.json.encode(visit.intake)),
        "at": visit.at,
        "due_at": visit.due_at,
        "flags": list(visit.flags),
        "ended_at": visit.ended_at,
    }
    event = kind(visit.id, visit.person_id, visit.institution_id, visit.post_id)
    await begin(tx, VISIT, visit.id, verb, row=row, event=event)


async def insert_proofs(tx: Tx, visit_id: UUID, proofs: Sequence[Proof]) -> None:
    for number, proof in enumerate(proofs, start=1):
        await tx.db.execute(
            INSERT_PROOF,
            visit_id,
            number,
            proof.kind,
            proof.code,
            proof.name,
            proof.on,
            proof.holder_id,
            proof.fhir_id,
            proof.file_id,
        )


async def list_proofs(tx: Tx, visit_id: UUID) -> list[Proof]:
    rows = await tx.db.fetch(PROOFS, visit_id)
    return [Proof(**{**row, "kind": Evidence(row["kind"])}) for row in rows]


async def find_open(tx: Tx, person_id: UUID, post_id: UUID) -> UUID | None:
    found: UUID | None = await tx.db.fetchval(OPEN_WITH, person_id, post_id)
    return found


async def lock(tx: Tx, id: UUID) -> Visit:
    row = await tx.db.fetchrow(LOCK, id)
    if row is None:
        raise NoSuchVisit(id=id)
    return _visit(tx, row)


async def list_of(
    tx: Tx, chart: Chart, id: UUID | None, before: UUID | None, limit: int
) -> list[Visit]:
    admits = chart.admits(
        holder="v.institution_id", at_time="v.at", classes="v.classes", released="TRUE", at=5
    )
    rows = await tx.db.fetch(
        f"""SELECT {COLUMNS} FROM consult.visit v
            WHERE v.person_id = $1 AND ($2::uuid IS NULL OR v.id = $2)
              AND ($3::uuid IS NULL OR v.id < $3) AND {admits}
            ORDER BY v.id DESC LIMIT $4""",
        chart.person_id,
        id,
        before,
        limit,
        *chart.args,
    )
    return [_visit(tx, row) for row in rows]


async def list_own(
    tx: Tx,
    desk: Desk,
    states: Collection[State],
    id: UUID | None,
    limit: int,
    *,
    stopped_since: datetime | None = None,
) -> list[Visit]:
    """Return visits of the desk's own doctor here: in these states, and the one with this id.

    First come those begun and stopped by a red flag since an instant.
    """
    rows = await tx.db.fetch(
        f"""SELECT {COLUMNS} FROM consult.visit v
            WHERE v.doctor_id = $1 AND v.institution_id = $2
              AND (v.state = ANY ($3) OR v.id = $4
                   OR v.state = 'stopped' AND v.ended_at > $6 AND v.began_at IS NOT NULL)
              AND {desk.sees("v.person_id", at=7)}
            ORDER BY v.state <> 'stopped', v.due_at NULLS LAST, v.id LIMIT $5""",
        desk.reader_id,
        desk.institution_id,
        list(states),
        id,
        limit,
        stopped_since,
        *desk.args,
    )
    return [_visit(tx, row) for row in rows]


async def set_due(tx: Tx, id: UUID, due_at: datetime) -> None:
    await tx.db.execute(DUE, id, due_at)


async def decide(tx: Tx, id: UUID, *, met: bool, why: str, proven: Collection[str]) -> None:
    await tx.db.execute(DECIDE, id, met, why, sorted(proven))


async def mark_begun(tx: Tx, id: UUID) -> None:
    await tx.db.execute(BEGUN, id, tx.now)


async def mark_answered(tx: Tx, id: UUID) -> None:
    await tx.db.execute(ANSWERED, id, tx.now)


async def mark_closed(tx: Tx, id: UUID) -> None:
    await tx.db.execute(CLOSED, id, tx.now)


async def mark_turned(tx: Tx, id: UUID, reason: Reason, target: str, version: str) -> None:
    await tx.db.execute(TURNED, id, reason, target, version)


async def mark_flagged(tx: Tx, id: UUID, flags: Sequence[str]) -> None:
    await tx.db.execute(FLAGGED, id, list(flags))


async def insert_message(tx: Tx, message: Message) -> int:
    seq: int = await tx.db.fetchval(
        INSERT_MESSAGE,
        message.id,
        message.visit_id,
        message.at,
        message.post_id,
        message.author,
        tx.keys.seal_text(message.text),
        list(message.files),
        list(message.flags),
    )
    return seq


async def list_messages(tx: Tx, visit_id: UUID) -> list[Message]:
    rows = await tx.db.fetch(MESSAGES, visit_id)
    return [_message(tx, row) for row in rows]


async def count_said(tx: Tx, visit_id: UUID) -> int:
    said: int = await tx.db.fetchval(SAID, visit_id)
    return said


async def insert_transcript(tx: Tx, visit_id: UUID, messages: int, digest: bytes) -> None:
    await tx.db.execute(INSERT_TRANSCRIPT, visit_id, messages, digest, tx.now)


async def find_transcript(tx: Tx, visit_id: UUID) -> tuple[int, bytes] | None:
    row = await tx.db.fetchrow(TRANSCRIPT, visit_id)
    return None if row is None else (row["messages"], row["digest"])


async def rate(tx: Tx, visit: Visit, stars: int, words: str) -> bool:
    """Write a rating; False when there is one."""
    sealed = tx.keys.seal_text(words)
    written = await tx.db.fetchval(RATE, visit.id, visit.post_id, stars, sealed, tx.now)
    return written is not None


async def find_rating(tx: Tx, visit_id: UUID) -> Rating | None:
    row = await tx.db.fetchrow(RATING, visit_id)
    if row is None:
        return None
    return Rating(row["visit_id"], row["stars"], tx.keys.open_text(row["sealed"]), row["at"])


async def quality(tx: Tx, since: datetime, until: datetime) -> Quality:
    row = await tx.db.fetchrow(QUALITY, tx.actor.institution_id, since, until)
    assert row is not None  # noqa: S101 - it counts, so there is one row
    return Quality(**row)


async def list_stars(tx: Tx, post_ids: Collection[UUID]) -> dict[UUID, tuple[int, Any]]:
    rows = await tx.db.fetch(STARS, list(post_ids))
    return {row["post_id"]: (row["count"], row["stars"]) for row in rows}


def _offer(row: "Record") -> Offer:
    return Offer(**{**row, "kind": Kind(row["kind"])})


TERMS = ("item", "fen", "minutes", "rounds")


def _visit(tx: Tx, row: "Record") -> Visit:
    given = {name: value for name, value in row.items() if name not in TERMS}
    read = {
        "state": State(row["state"]),
        "kind": Kind(row["kind"]),
        "classes": frozenset(Sensitive(each) for each in row["classes"]),
        "terms": Terms(*(row[name] for name in TERMS)),
        "intake": msgspec.json.decode(tx.keys.open(row["intake"]), type=Intake),
        "proven": tuple(row["proven"]),
        "reason": Reason(row["reason"]) if row["reason"] else None,
        "flags": tuple(row["flags"]),
    }
    return Visit(**{**given, **read})


def _message(tx: Tx, row: "Record") -> Message:
    given = {name: value for name, value in row.items() if name != "sealed"}
    read = {
        "author": Author(row["author"]),
        "text": tx.keys.open_text(row["sealed"]),
        "files": tuple(row["files"]),
        "flags": tuple(row["flags"]),
    }
    return Message(**{**given, **read})
