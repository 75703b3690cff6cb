"""The queue of the pharmacists, who is at what, and what they have said."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from lianyi.access.model import Chart, Desk
from lianyi.kernel.work import Tx
from lianyi.prescribing.model import Document, ReturnReason
from lianyi.prescribing.model.review import Answer, Claim, Item, Quality, Review, ToReview
from lianyi.prescribing.tables import COLUMNS, prescription_of

if TYPE_CHECKING:
    from asyncpg import Record

REVIEW = """id, prescription_id, institution_id, document_id, version, person_id, post_id, decision,
            reason, serious, note, answers, signed_at, since, at, text, digest"""
CLAIM = """INSERT INTO prescribing.claim AS c (prescription_id, person_id, post_id, since, until)
           VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (prescription_id) DO UPDATE SET person_id = excluded.person_id,
             post_id = excluded.post_id, until = excluded.until,
             since = CASE WHEN c.person_id = excluded.person_id AND c.until > excluded.since
                          THEN c.since ELSE excluded.since END"""
FIND_CLAIM = """SELECT prescription_id, person_id, post_id, since, until FROM prescribing.claim
                WHERE prescription_id = $1 AND until > $2"""
LET_GO = "UPDATE prescribing.claim SET until = $2 WHERE prescription_id = $1 AND until > $2"
INSERT = f"""INSERT INTO prescribing.review ({REVIEW})
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"""
REVIEWS = f"""SELECT {REVIEW} FROM prescribing.review WHERE prescription_id = ANY ($1)
              ORDER BY at DESC, id DESC"""
QUALITY = """SELECT count(DISTINCT prescription_id) AS reviewed,
               count(DISTINCT prescription_id) FILTER (WHERE decision = 'return') AS returned,
               count(*) FILTER (WHERE serious) AS serious,
               round(avg(extract(epoch FROM at - since)) / 60, 1) AS minutes,
               (SELECT count(*) FROM prescribing.prescription
                WHERE institution_id = $1 AND state = 'to_review') AS waiting
             FROM prescribing.review WHERE institution_id = $1 AND at >= $2 AND at < $3"""
REASONS = """SELECT reason, count(*) AS count FROM prescribing.review
             WHERE institution_id = $1 AND at >= $2 AND at < $3 AND reason IS NOT NULL
             GROUP BY reason ORDER BY count DESC, reason"""
FIND = f"SELECT {REVIEW} FROM prescribing.review WHERE id = $1"


async def list_to_review(tx: Tx, desk: Desk, limit: int) -> list[ToReview]:
    rows = await tx.db.fetch(
        f"""SELECT {COLUMNS}, d AS document, c AS claim,
              EXISTS (SELECT FROM prescribing.review r
                      WHERE r.prescription_id = p.id AND r.decision = 'return') AS returned
            FROM prescribing.prescription p
            JOIN prescribing.document d ON d.id = p.document_id
            LEFT JOIN prescribing.claim c ON c.prescription_id = p.id AND c.until > $2
            WHERE p.institution_id = $1 AND p.state = 'to_review' AND p.expires_at > $2
              AND {desk.sees("p.person_id", at=4)}
            ORDER BY p.signed_at LIMIT $3""",
        desk.institution_id,
        tx.now,
        limit,
        *desk.args,
    )
    return [_to_review(row) for row in rows]


async def find_claim(tx: Tx, prescription_id: UUID) -> Claim | None:
    row = await tx.db.fetchrow(FIND_CLAIM, prescription_id, tx.now)
    return None if row is None else Claim(**row)


async def claim(tx: Tx, prescription_id: UUID, until: datetime) -> None:
    me = tx.actor
    await tx.db.execute(CLAIM, prescription_id, me.person_id, me.post_id, tx.now, until)


async def let_go(tx: Tx, prescription_id: UUID) -> None:
    await tx.db.execute(LET_GO, prescription_id, tx.now)


async def insert(tx: Tx, review: Review) -> None:
    await tx.db.execute(
        INSERT,
        review.id,
        review.prescription_id,
        review.institution_id,
        review.document_id,
        review.version,
        review.person_id,
        review.post_id,
        review.decision,
        review.reason,
        review.serious,
        review.note,
        msgspec.json.encode(review.answers).decode(),
        review.signed_at,
        review.since,
        review.at,
        review.text,
        review.digest,
    )


async def list_reviews(tx: Tx, chart: Chart, ids: Sequence[UUID]) -> list[Review]:
    return [_review(row) for row in await tx.db.fetch(REVIEWS, list(ids))]


async def find_review(tx: Tx, id: UUID) -> Review | None:
    row = await tx.db.fetchrow(FIND, id)
    return None if row is None else _review(row)


async def quality(tx: Tx, since: datetime, until: datetime) -> Quality:
    asked = (tx.actor.institution_id, since, until)
    row = await tx.db.fetchrow(QUALITY, *asked)
    assert row is not None  # noqa: S101 - it counts, so there is one row
    rows = await tx.db.fetch(REASONS, *asked)
    return Quality(**row, reasons={ReturnReason(one["reason"]): one["count"] for one in rows})


def _to_review(row: "Record") -> ToReview:
    claim = row["claim"]
    return ToReview(
        prescription=prescription_of(row),
        document=msgspec.convert(dict(row["document"]), Document),
        claim=None if claim is None else msgspec.convert(dict(claim), Claim),
        returned=row["returned"],
    )


def _review(row: "Record") -> Review:
    answers = msgspec.json.decode(row["answers"], type=dict[Item, Answer])
    return msgspec.convert({**row, "answers": answers}, Review)
