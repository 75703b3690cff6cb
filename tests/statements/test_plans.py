"""Every statement that may meet millions of rows has an index to find its own by."""

import json

import asyncpg

from lianyi.main import ROLE
from tests.statements.test_prepared import statements

# Only the beginnings of statements: what they end with says which rows are wanted.
BEGINNINGS = {"lianyi.booking.tables.sessions.OFFER", "lianyi.people.tables.cards.CARD"}


def read_whole(plan):
    """Yield the tables that a plan reads from end to end although it was begged not to."""
    if plan["Node Type"] == "Seq Scan":
        yield f"{plan['Schema']}.{plan['Relation Name']}"
    for part in plan.get("Plans", ()):
        yield from read_whole(part)


async def plan_of(db, sql):
    """Return how a statement is done whatever its values are, as the app's connections do it."""
    marks = ", ".join("NULL" for _ in (await db.prepare(sql)).get_parameters())
    await db.execute(f"PREPARE law AS {sql}")
    call = f"EXECUTE law ({marks})" if marks else "EXECUTE law"
    (explained,) = json.loads(await db.fetchval(f"EXPLAIN (VERBOSE, FORMAT JSON) {call}"))
    await db.execute("DEALLOCATE law")
    return explained["Plan"]


async def test_no_statement_reads_a_table_that_grows_from_end_to_end(cluster, worker_id):
    """Of a database that nobody has filled: a table that is known to be small is read whole."""
    found = {}
    with cluster.clone(f"{worker_id}_plans") as url:
        db = await asyncpg.connect(url, server_settings=ROLE)
        for name, sql in statements():
            if tables := set(read_whole(await plan_of(db, sql))):
                found[name] = sorted(tables)
        await db.close()
    assert set(found) == BEGINNINGS, found
