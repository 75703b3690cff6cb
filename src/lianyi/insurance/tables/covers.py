"""Who is covered, what an institution's items are, and what a year has used up."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg

from lianyi.access.model import Chart
from lianyi.insurance.errors import CoverKnown
from lianyi.insurance.model import Counter, Cover, CoverState, Found, Item, Level, Scheme, Split
from lianyi.insurance.rules import used_after
from lianyi.insurance.states import COVER
from lianyi.kernel.lifecycle import begin
from lianyi.kernel.work import Tx

if TYPE_CHECKING:
    from asyncpg import Record

COLUMNS = "id, person_id, state, number, scheme, person_type, area, aided, code, at, credential"
FIND = f"""SELECT {COLUMNS} FROM insurance.cover WHERE person_id = $1
           ORDER BY at DESC, id DESC LIMIT 1"""
STATE = """SELECT state FROM insurance.cover WHERE person_id = $1
           ORDER BY at DESC, id DESC LIMIT 1"""
LOAD = f"SELECT {COLUMNS} FROM insurance.cover WHERE id = $1"
FOUND = """UPDATE insurance.cover SET number = $2, scheme = $3, person_type = $4, area = $5,
             aided = $6, credential = $7 WHERE id = $1"""
REFUSED = "UPDATE insurance.cover SET code = $2 WHERE id = $1"
UPSERT_ITEM = """INSERT INTO insurance.item (institution_id, code, national, level, first_share,
                   standard_fen, is_drug) VALUES ($1, $2, $3, $4, $5, $6, $7)
                 ON CONFLICT (institution_id, code) DO UPDATE
                 SET national = excluded.national, level = excluded.level,
                   first_share = excluded.first_share, standard_fen = excluded.standard_fen,
                   is_drug = excluded.is_drug"""
ITEMS = "SELECT * FROM insurance.item WHERE institution_id = ANY ($1) AND code = ANY ($2)"
COUNTER = """SELECT deductible_fen, pool_fen, open_fen FROM insurance.counter
             WHERE person_id = $1 AND scheme = $2 AND year = $3"""
# How somebody is insured, with what this year has used up of it.
STANDING = f"""SELECT cover.*, coalesce(c.deductible_fen, 0) AS deductible_fen,
                 coalesce(c.pool_fen, 0) AS pool_fen, coalesce(c.open_fen, 0) AS open_fen
               FROM ({FIND}) AS cover LEFT JOIN insurance.counter c
                 ON c.person_id = cover.person_id AND c.scheme = cover.scheme AND c.year = $2"""
COUNT = """INSERT INTO insurance.counter (person_id, scheme, year, deductible_fen, pool_fen,
             open_fen) VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (person_id, scheme, year) DO UPDATE
           SET deductible_fen = insurance.counter.deductible_fen + excluded.deductible_fen,
             pool_fen = insurance.counter.pool_fen + excluded.pool_fen,
             open_fen = insurance.counter.open_fen + excluded.open_fen"""


async def ask(tx: Tx, id: UUID, person_id: UUID) -> None:
    try:
        await begin(tx, COVER, id, "ask", row={"person_id": person_id, "at": tx.now})
    except asyncpg.UniqueViolationError as known:
        raise CoverKnown from known


async def find(tx: Tx, person_id: UUID) -> Cover | None:
    """Return the newest word about somebody's cover."""
    row = await tx.db.fetchrow(FIND, person_id)
    return None if row is None else _cover(tx, row)


async def of_chart(tx: Tx, chart: Chart) -> Cover | None:
    return await find(tx, chart.person_id)


async def find_state(tx: Tx, chart: Chart) -> CoverState | None:
    state: str | None = await tx.db.fetchval(STATE, chart.person_id)
    return CoverState(state) if state else None


async def load(tx: Tx, id: UUID) -> Cover:
    (row,) = await tx.db.fetch(LOAD, id)
    return _cover(tx, row)


async def found(tx: Tx, id: UUID, found: Found) -> None:
    number, credential = (tx.keys.seal_text(each) for each in (found.number, found.credential))
    facts = (found.scheme, found.person_type, found.area, found.aided)
    await tx.db.execute(FOUND, id, number, *facts, credential)


async def refused(tx: Tx, id: UUID, code: str) -> None:
    await tx.db.execute(REFUSED, id, code)


async def upsert_item(tx: Tx, item: Item) -> None:
    await tx.db.execute(
        UPSERT_ITEM,
        item.institution_id,
        item.code,
        item.national,
        item.level,
        item.first_share,
        item.standard_fen,
        item.is_drug,
    )


async def items(
    tx: Tx, institution_ids: Collection[UUID], codes: Collection[str]
) -> dict[tuple[UUID, str], Item]:
    rows = await tx.db.fetch(ITEMS, list(institution_ids), list(codes))
    found = [Item(**{**row, "level": Level(row["level"])}) for row in rows]
    return {(item.institution_id, item.code): item for item in found}


async def counter(tx: Tx, person_id: UUID, scheme: Scheme, year: int) -> Counter:
    row = await tx.db.fetchrow(COUNTER, person_id, scheme, year)
    return Counter() if row is None else Counter(**row)


async def standing(tx: Tx, chart: Chart, year: int) -> tuple[Cover, Counter] | None:
    """Return the newest word about somebody's cover, and the year's counter in its scheme."""
    row = await tx.db.fetchrow(STANDING, chart.person_id, year)
    if row is None:
        return None
    used = {name: row[name] for name in Counter.__dataclass_fields__}
    return _cover(tx, {k: v for k, v in row.items() if k not in used}), Counter(**used)


async def count(
    tx: Tx, person_id: UUID, scheme: Scheme, year: int, split: Split, *, sign: int
) -> None:
    """INS-09: add to what a year has used up, in one statement."""
    await raise_counter(tx, person_id, scheme, year, used_after(Counter(), split, sign))


async def raise_counter(tx: Tx, person_id: UUID, scheme: Scheme, year: int, more: Counter) -> None:
    amounts = (more.deductible_fen, more.pool_fen, more.open_fen)
    await tx.db.execute(COUNT, person_id, scheme, year, *amounts)


def _cover(tx: Tx, row: "Mapping[str, Any] | Record") -> Cover:
    number, credential, scheme = row["number"], row["credential"], row["scheme"]
    return Cover(
        **{
            **row,
            "state": CoverState(row["state"]),
            "number": tx.keys.open_text(number) if number else "",
            "credential": tx.keys.open_text(credential) if credential else "",
            "scheme": Scheme(scheme) if scheme else None,
        }
    )
