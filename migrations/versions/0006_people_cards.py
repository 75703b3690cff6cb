"""Health cards with the codes they showed, and who acts for whom."""

from lianyi.kernel.migrate import run

revision = "0006"
down_revision = "0005"

TABLES = """
CREATE TABLE people.card (
  id uuid PRIMARY KEY,
  state text NOT NULL
    CHECK (state IN ('applied', 'active', 'frozen', 'replaced', 'closed', 'lapsed')),
  person_id uuid REFERENCES people.person, applicant_id uuid, matched bool,
  name text NOT NULL, sex text NOT NULL, birth_date date NOT NULL, id_type text NOT NULL,
  id_number bytea NOT NULL, id_index bytea NOT NULL, phone bytea, phone_index bytea,
  at timestamptz NOT NULL,
  CHECK (state IN ('applied', 'lapsed') OR person_id IS NOT NULL),
  CHECK ((phone IS NULL) = (phone_index IS NULL)));
-- IDN-01: one person, one live card; one phone, one card.
CREATE UNIQUE INDEX ON people.card (person_id) WHERE state IN ('active', 'frozen');
CREATE UNIQUE INDEX ON people.card (phone_index) WHERE state IN ('active', 'frozen');
CREATE UNIQUE INDEX ON people.card (applicant_id) WHERE state = 'applied';
CREATE INDEX ON people.card (applicant_id, at);
CREATE INDEX ON people.card (phone_index, at);
CREATE INDEX ON people.card (id_index) WHERE state = 'applied';

CREATE TABLE people.code_used (
  ticket_id uuid PRIMARY KEY, card_id uuid NOT NULL REFERENCES people.card,
  at timestamptz NOT NULL, post_id uuid NOT NULL, institution_id uuid NOT NULL);
SELECT kernel.append_only('people.code_used');

CREATE TABLE people.kin (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('claimed', 'invited', 'live', 'refused', 'ended')),
  kind text NOT NULL CHECK (kind IN ('guardian', 'proxy')),
  holder_id uuid NOT NULL REFERENCES people.person,
  subject_id uuid REFERENCES people.person CHECK (subject_id <> holder_id),
  name text NOT NULL, id_index bytea NOT NULL, scopes text[] NOT NULL,
  classes text[] NOT NULL, at timestamptz NOT NULL, until timestamptz,
  CHECK (state <> 'live' OR subject_id IS NOT NULL),
  CHECK (kind <> 'guardian' OR state <> 'live' OR until IS NOT NULL));
CREATE UNIQUE INDEX ON people.kin (holder_id, id_index)
  WHERE state IN ('claimed', 'invited', 'live');
CREATE INDEX ON people.kin (subject_id) WHERE state IN ('invited', 'live');
"""


def upgrade() -> None:
    run(TABLES)
