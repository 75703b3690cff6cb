"""Whom a hospital's system calls by a number of its own, and which identity card it says they have.

Both are digests. What a system says proves nobody: who later proves to have the card is the person.
"""

from lianyi.kernel.migrate import run

revision = "0062"
down_revision = "0061"

TABLES = """
CREATE TABLE people.known_as (
  id_index bytea PRIMARY KEY,
  person_id uuid NOT NULL REFERENCES people.person (id),
  resident_index bytea NOT NULL,
  institution_id uuid NOT NULL,
  at timestamptz NOT NULL
);
CREATE INDEX ON people.known_as (resident_index);
"""


def upgrade() -> None:
    run(TABLES)
