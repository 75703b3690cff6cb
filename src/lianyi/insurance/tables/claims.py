"""Claims, their lines, what became of each, and who pays what."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from lianyi.access.model import Chart, Desk
from lianyi.insurance.errors import NoSuchClaim
from lianyi.insurance.events import ClaimMoved
from lianyi.insurance.model import (
    Asked,
    Booked,
    Charge,
    Claim,
    ClaimState,
    ClaimView,
    Kind,
    Level,
    Line,
    Rated,
    Rating,
    Scheme,
    Source,
    Split,
    Subject,
)
from lianyi.insurance.states import CLAIM
from lianyi.kernel.lifecycle import begin
from lianyi.kernel.work import Tx

if TYPE_CHECKING:
    from asyncpg import Record

COLUMNS = """c.id, c.institution_id, c.person_id, c.state, c.bill_id, c.subject_type, c.subject_id,
             c.kind, c.online, c.cover_id, c.scheme, c.diagnosis, c.prescription_id, c.total_fen,
             c.visit_number, c.settle_key, c.settlement_number, c.code, c.give_back, c.at,
             c.settled_at, c.reversed_at"""
AMOUNTS = """total_fen, in_range_fen, deductible_fen, pool_fen, critical_fen, aid_fen, other_fen,
             account_fen, cash_fen"""
LOCK = f"SELECT {COLUMNS} FROM insurance.claim c WHERE c.id = $1 FOR UPDATE"
# A claim that lives comes before all that are over, however fast one follows the other.
OVER = "c.state IN ('refused', 'dropped', 'failed', 'reversed')"
LOCK_OF_BILL = f"""SELECT {COLUMNS} FROM insurance.claim c
                   WHERE c.bill_id = $1 ORDER BY {OVER}, c.at DESC, c.id DESC LIMIT 1
                   FOR UPDATE"""
LOCK_OF = f"""SELECT {COLUMNS} FROM insurance.claim c
              WHERE c.subject_type = $1 AND c.subject_id = $2
              ORDER BY {OVER}, c.at DESC, c.id DESC LIMIT 1 FOR UPDATE"""
IS_ASKING = """SELECT EXISTS (SELECT FROM insurance.claim
                 WHERE bill_id = $1 AND state IN ('opened', 'registered', 'sent'))"""
# The newest claim of each bill, with the last word about who pays what.
SPLIT_COLUMNS = ", ".join(
    f"s.{name.strip()} AS split_{name.strip()}" for name in AMOUNTS.split(",")
)
FROM = """FROM insurance.claim c
          LEFT JOIN insurance.split s ON s.claim_id = c.id AND s.source =
            CASE WHEN c.settled_at IS NULL THEN 'foretold' ELSE 'settled' END"""
VIEW = f"SELECT {COLUMNS}, {SPLIT_COLUMNS} {FROM}"
OF_BILLS = f"""SELECT DISTINCT ON (c.bill_id) {COLUMNS}, {SPLIT_COLUMNS} {FROM}
               WHERE c.person_id = $1 AND c.bill_id = ANY ($2)
               ORDER BY c.bill_id, {OVER}, c.at DESC, c.id DESC"""
LINES = "SELECT * FROM insurance.line WHERE claim_id = $1 ORDER BY number"
INSERT_LINES = """INSERT INTO insurance.line (claim_id, number, code, label, unit_price, quantity,
                    fen, packs, national, level, first_share, standard_fen, is_drug)
                  SELECT $1, number, code, label, unit_price, quantity, fen,
                    string_to_array(packs, ' '), national, level, first_share, standard_fen,
                    is_drug
                  FROM unnest($2::text[], $3::text[], $4::numeric[], $5::numeric[], $6::bigint[],
                    $7::text[], $8::text[], $9::text[], $10::numeric[], $11::bigint[],
                    $12::bool[]) WITH ORDINALITY AS l (code, label, unit_price, quantity, fen,
                      packs, national, level, first_share, standard_fen, is_drug, number)"""
RATE = """INSERT INTO insurance.rating (claim_id, number, level, own_fen, over_fen, first_fen,
            in_range_fen)
          SELECT $1, number, level, own, over, first, counts
          FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
            WITH ORDINALITY AS r (level, own, over, first, counts, number)"""
INSERT_SPLIT = f"""INSERT INTO insurance.split (claim_id, source, {AMOUNTS})
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"""
SPLIT = f"SELECT {AMOUNTS} FROM insurance.split WHERE claim_id = $1 AND source = $2"
VISIT = "UPDATE insurance.claim SET visit_number = $2 WHERE id = $1"
KEY = "UPDATE insurance.claim SET settle_key = $2 WHERE id = $1"
SETTLED = """UPDATE insurance.claim SET settlement_number = $2, settled_at = $3 WHERE id = $1"""
NUMBERED = "UPDATE insurance.claim SET settlement_number = $2 WHERE id = $1"
REVERSED = "UPDATE insurance.claim SET reversed_at = $2 WHERE id = $1"
CODE = "UPDATE insurance.claim SET code = $2 WHERE id = $1"
GIVE_BACK = "UPDATE insurance.claim SET give_back = $2 WHERE id = $1"
RATED = """SELECT l.*, r.level AS rated, r.own_fen, r.over_fen, r.first_fen, r.in_range_fen
           FROM insurance.line l LEFT JOIN insurance.rating r USING (claim_id, number)
           WHERE l.claim_id = $1 ORDER BY l.number"""
SPLITS = f"SELECT source, {AMOUNTS} FROM insurance.split WHERE claim_id = $1"
BOOKED = """SELECT settlement_number AS number, sign * s.total_fen AS total_fen,
              sign * (s.pool_fen + s.critical_fen + s.aid_fen + s.other_fen) AS funds_fen,
              sign * s.account_fen AS account_fen
            FROM insurance.claim c
            JOIN insurance.split s ON s.claim_id = c.id AND s.source = 'settled',
            LATERAL (VALUES (c.settled_at, 1), (c.reversed_at, -1)) AS moved (at, sign)
            WHERE c.institution_id = $1 AND c.scheme = $2 AND moved.at >= $3 AND moved.at < $4
            ORDER BY moved.at, c.id"""


async def insert(tx: Tx, claim: Claim, lines: Sequence[Line]) -> None:
    row = {
        "institution_id": claim.institution_id,
        "person_id": claim.person_id,
        "bill_id": claim.bill_id,
        "subject_type": claim.subject.type,
        "subject_id": claim.subject.id,
        "kind": claim.kind,
        "online": claim.online,
        "cover_id": claim.cover_id,
        "scheme": claim.scheme,
        "diagnosis": claim.diagnosis,
        "prescription_id": claim.prescription_id,
        "total_fen": claim.total_fen,
        "at": claim.at,
    }
    await begin(tx, CLAIM, claim.id, "open", row=row, event=ClaimMoved(*about(claim)))
    await _insert_lines(tx, claim.id, lines)


def about(claim: Claim) -> tuple[UUID, UUID, UUID, UUID, str, UUID]:
    """Return what every event of a claim says."""
    return claim.id, claim.bill_id, claim.person_id, claim.institution_id, *claim.subject


async def _insert_lines(tx: Tx, claim_id: UUID, lines: Sequence[Line]) -> None:
    await tx.db.execute(
        INSERT_LINES,
        claim_id,
        [line.charge.code for line in lines],
        [line.charge.label for line in lines],
        [line.charge.unit_price for line in lines],
        [line.charge.quantity for line in lines],
        [line.charge.fen for line in lines],
        [" ".join(line.charge.packs) for line in lines],
        [line.national for line in lines],
        [line.level for line in lines],
        [line.first_share for line in lines],
        [line.standard_fen for line in lines],
        [line.is_drug for line in lines],
    )


async def lock(tx: Tx, id: UUID) -> Claim:
    row = await tx.db.fetchrow(LOCK, id)
    if row is None:
        raise NoSuchClaim(id=id)
    return _claim(row)


async def lock_of_bill(tx: Tx, bill_id: UUID) -> Claim | None:
    """Return the newest claim of a bill, if one was ever made."""
    row = await tx.db.fetchrow(LOCK_OF_BILL, bill_id)
    return None if row is None else _claim(row)


async def lock_of(tx: Tx, subject: tuple[str, UUID]) -> Claim | None:
    row = await tx.db.fetchrow(LOCK_OF, *subject)
    return None if row is None else _claim(row)


async def is_asking(tx: Tx, bill_id: UUID) -> bool:
    asking: bool = await tx.db.fetchval(IS_ASKING, bill_id)
    return asking


async def of_bills(tx: Tx, chart: Chart, bill_ids: Sequence[UUID]) -> dict[UUID, ClaimView]:
    rows = await tx.db.fetch(OF_BILLS, chart.person_id, list(bill_ids))
    return {row["bill_id"]: _view(row) for row in rows}


async def list_at(
    tx: Tx, desk: Desk, asked: Asked, before: UUID | None, limit: int
) -> list[ClaimView]:
    rows = await tx.db.fetch(
        f"""{VIEW} WHERE ($1::uuid IS NULL OR c.institution_id = $1)
              AND ($2::text IS NULL OR c.state = $2)
              AND ($3::timestamptz IS NULL OR c.at >= $3)
              AND ($4::timestamptz IS NULL OR c.at < $4)
              AND ($5::uuid IS NULL OR c.id < $5) AND {desk.sees("c.person_id", at=7)}
            ORDER BY c.id DESC LIMIT $6""",
        asked.institution_id,
        asked.state,
        asked.since,
        asked.until,
        before,
        limit,
        *desk.args,
    )
    return [_view(row) for row in rows]


async def find_at(tx: Tx, desk: Desk, id: UUID) -> Claim | None:
    row = await tx.db.fetchrow(
        f"""SELECT {COLUMNS} FROM insurance.claim c
            WHERE c.id = $1 AND {desk.sees("c.person_id", at=2)}""",
        id,
        *desk.args,
    )
    return None if row is None else _claim(row)


async def rated(tx: Tx, claim_id: UUID) -> list[Rated]:
    return [_rated(row) for row in await tx.db.fetch(RATED, claim_id)]


async def splits(tx: Tx, claim_id: UUID) -> dict[Source, Split]:
    found = {}
    for row in await tx.db.fetch(SPLITS, claim_id):
        amounts = {name: value for name, value in row.items() if name != "source"}
        found[Source(row["source"])] = Split(**amounts)
    return found


async def lines(tx: Tx, claim_id: UUID) -> list[Line]:
    return [_line(row) for row in await tx.db.fetch(LINES, claim_id)]


async def rate(tx: Tx, claim_id: UUID, ratings: Sequence[Rating]) -> None:
    await tx.db.execute(
        RATE,
        claim_id,
        [rating.level for rating in ratings],
        [rating.own_fen for rating in ratings],
        [rating.over_fen for rating in ratings],
        [rating.first_fen for rating in ratings],
        [rating.in_range_fen for rating in ratings],
    )


async def keep_split(tx: Tx, claim_id: UUID, source: Source, split: Split) -> None:
    amounts = (getattr(split, name.strip()) for name in AMOUNTS.split(","))
    await tx.db.execute(INSERT_SPLIT, claim_id, source, *amounts)


async def split(tx: Tx, claim_id: UUID, source: Source) -> Split:
    (row,) = await tx.db.fetch(SPLIT, claim_id, source)
    return Split(**row)


async def registered(tx: Tx, id: UUID, visit_number: str) -> None:
    await tx.db.execute(VISIT, id, visit_number)


async def asked_under(tx: Tx, id: UUID, key: UUID) -> None:
    await tx.db.execute(KEY, id, key)


async def numbered(tx: Tx, id: UUID, number: str) -> None:
    await tx.db.execute(NUMBERED, id, number)


async def settled(tx: Tx, id: UUID, number: str, at: datetime) -> None:
    await tx.db.execute(SETTLED, id, number, at)


async def taken_back(tx: Tx, id: UUID, at: datetime) -> None:
    await tx.db.execute(REVERSED, id, at)


async def coded(tx: Tx, id: UUID, code: str) -> None:
    await tx.db.execute(CODE, id, code)


async def give_back(tx: Tx, id: UUID, reason: str) -> None:
    await tx.db.execute(GIVE_BACK, id, reason)


async def booked(
    tx: Tx, institution_id: UUID, scheme: Scheme, since: datetime, until: datetime
) -> list[Booked]:
    """Return what was settled and taken back between two instants, in that order."""
    rows = await tx.db.fetch(BOOKED, institution_id, scheme, since, until)
    return [Booked(**row) for row in rows]


def _claim(row: "Record") -> Claim:
    given = {k: v for k, v in row.items() if not k.startswith(("subject_", "split_"))}
    return Claim(
        **{
            **given,
            "state": ClaimState(row["state"]),
            "kind": Kind(row["kind"]),
            "scheme": Scheme(row["scheme"]),
            "subject": Subject(row["subject_type"], row["subject_id"]),
        }
    )


def _view(row: "Record") -> ClaimView:
    if row["split_total_fen"] is None:
        return ClaimView(_claim(row), None)
    amounts = {k.removeprefix("split_"): v for k, v in row.items() if k.startswith("split_")}
    return ClaimView(_claim(row), Split(**amounts))


def _line(row: "Record") -> Line:
    charge = Charge(
        row["code"],
        row["label"],
        row["unit_price"],
        row["quantity"],
        row["fen"],
        tuple(row["packs"]),
    )
    return Line(
        charge,
        row["national"],
        Level(row["level"]),
        row["first_share"],
        row["standard_fen"],
        row["is_drug"],
    )


def _rated(row: "Record") -> Rated:
    if row["rated"] is None:
        return Rated(_line(row), None)
    amounts = (row["own_fen"], row["over_fen"], row["first_fen"], row["in_range_fen"])
    return Rated(_line(row), Rating(Level(row["rated"]), *amounts))
