"""Which schema this program was written for, and which one a database has."""

from functools import cache
from pathlib import Path

from lianyi.kernel.db import Db

HERE = Path(__file__).resolve()
INSTALLED, CHECKOUT = HERE.parents[2] / "migrations", HERE.parents[3] / "migrations"
MIGRATIONS = INSTALLED if INSTALLED.is_dir() else CHECKOUT


@cache
def head() -> str:
    """Return the newest revision. There is one numbered chain, so the files' names tell."""
    return max(file.name for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))[:4]


async def revision(db: Db) -> str | None:
    """Return the revision a database is at."""
    row = await db.fetchrow("SELECT version_num FROM kernel.alembic_version")
    return None if row is None else row["version_num"]
