"""Prove that what stands is where its history led: every row has walked the arrows of its table."""

from dataclasses import dataclass
from uuid import UUID

from lianyi.kernel.db import Db
from lianyi.kernel.lifecycle import Lifecycle

MOST = 20  # strays told of one table


@dataclass(frozen=True, slots=True)
class Stray:
    """A row whose history is no walk: where it breaks, or that it ends elsewhere than the row."""

    id: UUID
    verb: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Walked:
    """How many rows of a table were looked at, and those that did not walk (at most `MOST`)."""

    table: str
    rows: int
    strays: tuple[Stray, ...]


async def walked(db: Db, cycle: Lifecycle) -> Walked:
    rows = await db.fetchval(f"SELECT count(*) FROM {cycle.table}")
    arrows = sorted({(m.verb, m.from_ or "", m.to) for m in cycle.moves})
    verbs, froms, tos = zip(*arrows, strict=True)
    found = await db.fetch(_strays(cycle.table), cycle.table, verbs, froms, tos, MOST)
    return Walked(cycle.table, rows, tuple(Stray(**dict(row)) for row in found))


def _strays(table: str) -> str:
    """Return what has a step that is no arrow, that begins elsewhere, or that leads elsewhere.

    An act beside the moves (`history.note`) has a verb of its own and is no step. A state that such
    a verb had brought about is found all the same: the next step, or the row, doesn't fit.
    """
    return f"""
WITH told AS (
    SELECT thing_id, seq, verb, coalesce(before, '') AS before, after,
      coalesce(lag(after) OVER steps, '') AS stood,
      lead(seq) OVER steps IS NULL AS is_last
    FROM kernel.history WHERE thing = $1 AND verb = ANY ($2)
    WINDOW steps AS (PARTITION BY thing_id ORDER BY seq)),
arrow AS (SELECT * FROM unnest($2::text[], $3::text[], $4::text[]) AS a(verb, before, after)),
broken AS (
    SELECT thing_id AS id, verb, before, after FROM told
    WHERE before <> stood
       OR NOT EXISTS (SELECT FROM arrow a WHERE (a.verb, a.before, a.after)
                        = (told.verb, told.before, told.after))),
elsewhere AS (
    SELECT t.id, coalesce(told.verb, '') AS verb, coalesce(told.after, '') AS before,
      t.state AS after
    FROM {table} t LEFT JOIN told ON told.thing_id = t.id AND told.is_last
    WHERE told.after IS DISTINCT FROM t.state)
SELECT * FROM broken UNION ALL SELECT * FROM elsewhere LIMIT $5"""
