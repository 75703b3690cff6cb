"""Bring a database to the newest schema: one chain, one transaction, one process at a time."""

from typing import TYPE_CHECKING

import asyncpg
from alembic import command, op
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from lianyi.kernel.refusal import Conflict
from lianyi.kernel.schema import MIGRATIONS

if TYPE_CHECKING:
    from asyncpg import Record

ALONE = text("SELECT pg_advisory_xact_lock(hashtext('lianyi/migrate'))")
IS_NEW = text("SELECT to_regclass('kernel.alembic_version') IS NULL")
IS_DEMO = text("SELECT EXISTS (SELECT FROM kernel.demo)")
MARK = text("INSERT INTO kernel.demo (offset_ms) VALUES (0)")


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

    async def connect() -> "asyncpg.Connection[Record]":
        return await asyncpg.connect(url)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await _migrate(connection, demo=demo)
    finally:
        await engine.dispose()


async def _migrate(connection: AsyncConnection, *, demo: bool) -> None:
    await connection.execute(ALONE)
    is_new = (await connection.execute(IS_NEW)).scalar_one()
    await connection.run_sync(_upgrade)
    if demo and is_new:
        await connection.execute(MARK)
    is_demo = (await connection.execute(IS_DEMO)).scalar_one()
    if is_demo != demo:
        raise DemoDatabase if is_demo else RealDatabase


def run(sql: str) -> None:
    """Run the statements of one migration."""
    driver = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda db: db.execute(sql))  # type: ignore[union-attr]


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
