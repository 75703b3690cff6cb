"""A database that was restored into another server goes on counting where it stopped.

Seals, events and subscriptions go by the numbers of transactions. A dump takes these along in its
rows, but not the server's counter, which begins anew: what is new would look older than what was
there, would never be sealed, and nobody would be told of it. The counter is moved on instead, as no
row of an append-only log can be changed.
"""

from collections.abc import Callable

from lianyi.kernel.db import Db

HERE = "pg_snapshot_xmax(pg_current_snapshot())"
# Nearly everything that is done says so, and every start asks this.
IS_BEHIND = f"SELECT tx >= {HERE} FROM kernel.outbox ORDER BY seq DESC LIMIT 1"
# The first number that no row of any table has, and no snapshot has seen.
COLUMNS = """SELECT format('SELECT max(%s) FROM %s', CASE atttypid
               WHEN 'xid8'::regtype THEN format('%I::text::bigint + 1', attname)
               ELSE format('pg_snapshot_xmax(%I)::text::bigint', attname) END,
               attrelid::regclass)
             FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid AND relkind = 'r'
             WHERE atttypid IN ('xid8'::regtype, 'pg_snapshot'::regtype) AND NOT attisdropped
               AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')
             ORDER BY 1"""
ROUND = 100_000  # numbers, which take about a second
USE_UP = """DO $$ BEGIN FOR n IN 1..{} LOOP
  PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"""


async def behind(db: Db) -> int:
    """Return how many numbers this server lacks; none, where the database has grown in it."""
    if not await db.fetchval(IS_BEHIND):
        return 0
    asked = [row[0] for row in await db.fetch(COLUMNS)]
    newest = max([await db.fetchval(sql) or 0 for sql in asked])
    here: int = await db.fetchval(f"SELECT {HERE}::text::bigint")
    return max(newest - here, 0)


async def catch_up(db: Db, numbers: int, progress: Callable[[int], None]) -> None:
    """Use up numbers, which nothing else makes a server do. No transaction may be open."""
    await db.execute("SET synchronous_commit = off")  # there is nothing in them to lose
    for begun in range(0, numbers, ROUND):
        here = min(ROUND, numbers - begun)
        await db.execute(USE_UP.format(here))
        progress(here)
