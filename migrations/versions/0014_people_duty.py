"""Who is on duty, and who was trained to review prescriptions."""

from lianyi.kernel.migrate import run

revision = "0014"
down_revision = "0013"

TABLES = """
CREATE TABLE people.duty (
  post_id uuid PRIMARY KEY REFERENCES people.post,
  institution_id uuid NOT NULL REFERENCES people.institution,
  since timestamptz NOT NULL, until timestamptz NOT NULL CHECK (until >= since));
CREATE INDEX ON people.duty (institution_id, until);

CREATE TABLE people.training (
  id uuid PRIMARY KEY, person_id uuid NOT NULL REFERENCES people.person,
  certificate text NOT NULL CHECK (certificate <> ''),
  passed_on date NOT NULL, valid_until date CHECK (valid_until >= passed_on),
  superseded_at timestamptz);
CREATE UNIQUE INDEX ON people.training (person_id) WHERE superseded_at IS NULL;
"""


def upgrade() -> None:
    run(TABLES)
