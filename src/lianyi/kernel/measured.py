"""Lets the planner know what tables hold that were just filled, at the end of what fills them.

PostgreSQL looks by itself, but a minute later: until then it takes a million rows for none.
"""

from lianyi.kernel.work import App

# As autovacuum has it; a table that nobody has looked at yet counts as well, if it holds anything.
OUTGROWN = """SELECT c.oid::regclass::text
              FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
              WHERE CASE WHEN c.reltuples < 0 THEN pg_relation_size(c.oid) > 0
                ELSE s.n_mod_since_analyze > 1000 + c.reltuples / 10 END"""


async def look_again(app: App) -> None:
    """Have tables looked at that hold more by now than is known, each in a statement of its own."""
    for row in await app.pool.fetch(OUTGROWN):
        await app.pool.execute("SELECT kernel.analyze($1::text::regclass)", row[0])
