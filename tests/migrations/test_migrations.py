import asyncio

import asyncpg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from lianyi.journeys.wiring import WIRING
from lianyi.kernel.migrate import DemoDatabase, RealDatabase, migrate
from lianyi.kernel.schema import MIGRATIONS, head, revision


@pytest.fixture
def empty(cluster, worker_id):
    with cluster.clone(f"{worker_id}_empty", template="template0") as url:
        yield url


async def ask(url, sql):
    db = await asyncpg.connect(url)
    try:
        return await db.fetchval(sql)
    finally:
        await db.close()


async def test_a_migrated_database_is_at_the_head(app):
    async with app.pool.acquire() as db:
        assert await revision(db) == head()


async def test_the_app_works_in_a_role_of_its_own(app):
    assert await app.pool.fetchval("SELECT current_user::text") == "lianyi_app"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE kernel.history SET why = 'x'",
        "DELETE FROM kernel.history",
        "TRUNCATE kernel.history",
        "UPDATE kernel.alembic_version SET version_num = 'x'",
        "INSERT INTO kernel.demo (offset_ms) VALUES (0)",
        "SELECT kernel.append_only('kernel.once')",
        "CREATE TABLE kernel.mine ()",
    ],
)
async def test_the_app_may_not_change_what_must_stay(app, change):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.pool.execute(change)


@pytest.mark.parametrize(
    "change", ["UPDATE kernel.history SET why = 'x'", "TRUNCATE kernel.history"]
)
async def test_history_can_not_be_rewritten_even_by_its_owner(dsn, change):
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await ask(dsn, change)


def test_two_processes_that_migrate_at_once_do_it_once(empty):
    async def both():
        await asyncio.gather(migrate(empty), migrate(empty))
        return await ask(empty, "SELECT version_num FROM kernel.alembic_version")

    assert asyncio.run(both()) == head()


@pytest.mark.parametrize(("born", "refusal"), [(True, DemoDatabase), (False, RealDatabase)])
def test_a_database_is_a_demo_from_its_birth_or_never(empty, born, refusal):
    asyncio.run(migrate(empty, demo=born))
    asyncio.run(migrate(empty, demo=born))
    with pytest.raises(refusal):
        asyncio.run(migrate(empty, demo=not born))


def test_there_is_one_numbered_chain():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)
    assert script.get_heads() == [head()]
    for step in script.walk_revisions():
        assert step.down_revision == (
            f"{int(step.revision) - 1:04d}" if step.revision != "0001" else None
        )
        assert step.path.rpartition("/")[2].startswith(f"{step.revision}_")


TABLES = """SELECT t.oid::regclass::text AS name,
  has_table_privilege('lianyi_app', t.oid, 'SELECT') AS reads,
  has_table_privilege('lianyi_app', t.oid, 'UPDATE, DELETE, TRUNCATE') AS changes,
  EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = t.oid AND g.tgname = 'append_only') AS guarded
FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE t.relkind IN ('r', 'p') AND n.nspname !~ '^(pg_|information_schema)'"""


async def test_the_app_may_read_every_table(app):
    tables = await app.pool.fetch(TABLES)
    assert [table["name"] for table in tables if not table["reads"]] == []


async def test_no_append_only_table_may_be_changed_by_the_app(app):
    tables = await app.pool.fetch(TABLES)
    assert [table["name"] for table in tables if table["guarded"] and table["changes"]] == []


async def test_whatever_is_sealed_is_append_only(app):
    tables = await app.pool.fetch(TABLES)
    guarded = {table["name"] for table in tables if table["guarded"]}
    assert {log.table for log in WIRING.logs} <= guarded
