"""Write down the schema that all migrations together make, for people who want to read it.

python -m tools.schema writes migrations/schema.sql; a test compares it with the real one.
"""

import subprocess
from pathlib import Path

from lianyi.kernel import postgres
from tests import cluster

FILE = Path(__file__).parent.parent / "migrations" / "schema.sql"
HEAD = "-- What all migrations together make. Written by `make schema`; never edited by hand.\n"
NOISE = ("--", "SET ", "SELECT pg_catalog.set_config", "\\restrict", "\\unrestrict")
OPTIONS = (
    "--schema-only",
    "--no-owner",
    "--no-privileges",
    "--exclude-table=*.alembic_version",
    "--exclude-schema=public",  # nothing of ours lies there; tests put their own things into it
)


def dump(url: str) -> str:
    """Return the schema of a database without what differs from server to server."""
    command = [postgres.wheel() / "pg_dump", *OPTIONS, url]
    text = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    lines = [line for line in text.splitlines() if not line.startswith(NOISE)]
    paragraphs = "\n".join(lines).split("\n\n")
    return HEAD + "\n" + "\n\n".join(kept for p in paragraphs if (kept := p.strip("\n"))) + "\n"


def main() -> None:
    with cluster.started() as own:
        FILE.write_text(dump(own.at(own.template)), encoding="utf-8")


if __name__ == "__main__":
    main()
