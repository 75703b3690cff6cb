"""The books of a simulator: one SQLite file that a kill -9 leaves whole.

A simulator is one process with one connection, and nothing waits between two statements, so
statements that belong together are only kept together against a kill.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SETTINGS = "CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL)"


class Books:
    def __init__(self, file: Path, schema: str) -> None:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._db = sqlite3.connect(file, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")  # outlives the process, not a power cut
        self._db.executescript(f"{SETTINGS};{schema}")

    def run(self, sql: str, *values: object) -> int:
        """Return how many rows were touched."""
        return self._db.execute(sql, values).rowcount

    def one(self, sql: str, *values: object) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._db.execute(sql, values).fetchone()
        return row

    def all(self, sql: str, *values: object, **named: object) -> list[sqlite3.Row]:
        return self._db.execute(sql, named or values).fetchall()

    @contextmanager
    def together(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def setting(self, name: str, default: str) -> str:
        row = self.one("SELECT value FROM setting WHERE name = ?", name)
        return default if row is None else str(row["value"])

    def set(self, name: str, value: str) -> None:
        self.run("INSERT OR REPLACE INTO setting VALUES (?, ?)", name, value)

    def close(self) -> None:
        self._db.close()
