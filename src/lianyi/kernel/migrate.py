"""Bring a database to the newest schema: one chain, one transaction, one process at a time.

What only a migration needs is loaded by a migration only: every start comes by here.
"""

from typing import TYPE_CHECKING

import asyncpg

from lianyi.kernel import schema
from lianyi.kernel.db import Db
from lianyi.kernel.refusal import Conflict

if TYPE_CHECKING:
    from asyncpg import Record
    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection

ALONE = "SELECT pg_advisory_xact_lock(hashtext('lianyi/migrate'))"
IS_NEW = "SELECT to_regclass('kernel.alembic_version') IS NULL"
IS_DEMO = "SELECT EXISTS (SELECT FROM kernel.demo)"
MARK = "INSERT INTO kernel.demo (offset_ms) VALUES (0)"


class DemoDatabase(Conflict):
    """Invented people live in this database: nobody may be treated by it."""


class RealDatabase(Conflict):
    """Real people may live in this database: no demo may be played in it."""


async def migrate(url: str, *, demo: bool = False) -> None:
    """Run what has not run yet; all of it or nothing.

    Demo and production never share a database, and only its birth decides which one it is.

    :raises DemoDatabase:
    :raises RealDatabase:
    """
    db = await asyncpg.connect(url)
    try:
        is_there = await _is_there(db)
        if is_there:
            _refuse_other(demo=demo, is_demo=await db.fetchval(IS_DEMO))
    finally:
        await db.close()
    if not is_there:
        await _bring(url, demo=demo)


async def _is_there(db: Db) -> bool:
    """Return whether nothing is left to run."""
    if await db.fetchval(IS_NEW):
        return False
    return await schema.revision(db) == schema.head()


async def _bring(url: str, *, demo: bool) -> None:
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    async def connect() -> "asyncpg.Connection[Record]":
        return await asyncpg.connect(url)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await _migrate(connection, demo=demo)
    finally:
        await engine.dispose()


async def _migrate(connection: "AsyncConnection", *, demo: bool) -> None:
    from sqlalchemy import text

    await connection.execute(text(ALONE))
    is_new = (await connection.execute(text(IS_NEW))).scalar_one()
    await connection.run_sync(_upgrade)
    if demo and is_new:
        await connection.execute(text(MARK))
    _refuse_other(demo=demo, is_demo=(await connection.execute(text(IS_DEMO))).scalar_one())


def _refuse_other(*, demo: bool, is_demo: bool) -> None:
    if is_demo != demo:
        raise DemoDatabase if is_demo else RealDatabase


def run(sql: str) -> None:
    """Run the statements of one migration."""
    from alembic import op

    driver = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda db: db.execute(sql))  # type: ignore[union-attr]


def _upgrade(connection: "Connection") -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
