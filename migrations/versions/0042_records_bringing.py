"""What an institution's own system brings in bulk: its files as they came, what became of it."""

from lianyi.kernel.migrate import run

revision = "0042"
down_revision = "0041"

TABLES = """
CREATE TABLE records.bringing (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('open', 'running', 'done', 'cancelled', 'failed')),
  app_id uuid NOT NULL, institution_id uuid NOT NULL, approval_id uuid NOT NULL,  -- in other rooms
  scopes text[] NOT NULL, asked_at timestamptz NOT NULL, ended_at timestamptz,
  stored bigint NOT NULL DEFAULT 0, changed bigint NOT NULL DEFAULT 0,
  duplicate bigint NOT NULL DEFAULT 0, refused bigint NOT NULL DEFAULT 0,
  read bigint NOT NULL DEFAULT 0, tries int NOT NULL DEFAULT 0, tidied_at timestamptz);
CREATE INDEX ON records.bringing (app_id, institution_id) WHERE state IN ('open', 'running');
CREATE INDEX ON records.bringing (asked_at, id) WHERE state = 'running';
CREATE INDEX bringing_untidied ON records.bringing (id)
  WHERE tidied_at IS NULL AND state IN ('done', 'cancelled', 'failed');

-- Of a file, as much as came at once; it goes on at `first + size`.
CREATE TABLE records.segment (
  import_id uuid NOT NULL REFERENCES records.bringing, name text NOT NULL,
  first bigint NOT NULL, size bigint NOT NULL CHECK (size > 0), sealed_key bytea NOT NULL,
  at timestamptz NOT NULL, PRIMARY KEY (import_id, name, first));
SELECT kernel.append_only('records.segment');

-- How far a file was read, by what is in it.
CREATE TABLE records.brought (
  import_id uuid NOT NULL REFERENCES records.bringing, name text NOT NULL, place bigint NOT NULL,
  is_whole bool NOT NULL, PRIMARY KEY (import_id, name));

CREATE TABLE records.refusal (
  import_id uuid NOT NULL REFERENCES records.bringing,
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  file text NOT NULL, type text NOT NULL, fhir_id text NOT NULL, findings text NOT NULL);
CREATE INDEX ON records.refusal (import_id, seq);
SELECT kernel.append_only('records.refusal');
"""


def upgrade() -> None:
    run(TABLES)
