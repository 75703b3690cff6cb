"""Many rows in one statement: what thousands of inserts would take minutes for."""

from collections.abc import Mapping, Sequence

from lianyi.kernel.db import Db


async def copy(db: Db, table: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Bring rows of one shape into `schema.table` by COPY; all of them, or none."""
    if not rows:
        return
    schema, _, name = table.partition(".")
    records = [tuple(row.values()) for row in rows]
    await db.copy_records_to_table(name, schema_name=schema, columns=rows[0], records=records)
