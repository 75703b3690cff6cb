import asyncpg
import pytest

from tools import schema


async def test_the_committed_schema_is_what_the_migrations_make(dsn):
    db = await asyncpg.connect(dsn)
    version = db.get_server_version().major
    await db.close()
    if version != 18:
        pytest.skip("another version of PostgreSQL writes its schema in other words")
    assert schema.dump(dsn) == schema.FILE.read_text(encoding="utf-8"), "run `make schema`"
