"""What leaves in bulk: who asks for it, who has agreed, of whom it is, what was written of it."""

from lianyi.kernel.migrate import run

revision = "0039"
down_revision = "0038"

TABLES = """
CREATE TABLE access.export (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('asked', 'agreed', 'running', 'ready', 'expired', 'refused',
    'cancelled', 'failed')),
  app_id uuid NOT NULL, institution_id uuid NOT NULL,  -- in other rooms
  approval_id uuid NOT NULL REFERENCES access.approval,
  purpose text NOT NULL, scopes text[] NOT NULL,
  request text NOT NULL,  -- the address it was asked for at
  reach text NOT NULL CHECK (reach IN ('system', 'patient', 'group')),
  types text[] NOT NULL CHECK (types <> '{}'), filters text[] NOT NULL, since timestamptz,
  persons int NOT NULL, is_large boolean NOT NULL,  -- more than go without two who agree
  asked_at timestamptz NOT NULL, day date NOT NULL,
  due_at timestamptz NOT NULL,  -- when waiting, or keeping the files, ends
  as_of timestamptz, as_of_here timestamptz,  -- the same instant by the database's own clock
  polled_at timestamptz, tidied_at timestamptz,
  ended_why text NOT NULL DEFAULT '');
CREATE INDEX ON access.export (institution_id, asked_at DESC, id);
CREATE INDEX ON access.export (app_id, institution_id, day);
CREATE INDEX ON access.export (approval_id);
CREATE INDEX ON access.export (asked_at, id) WHERE state = 'running';
CREATE INDEX export_untidied ON access.export (id)
  WHERE tidied_at IS NULL AND state IN ('expired', 'refused', 'cancelled', 'failed');

-- Known before the export itself is, which counts them first.
CREATE TABLE access.export_person (
  export_id uuid NOT NULL REFERENCES access.export DEFERRABLE INITIALLY DEFERRED,
  person_id uuid NOT NULL,
  PRIMARY KEY (export_id, person_id));
SELECT kernel.append_only('access.export_person');

CREATE TABLE access.export_vote (
  export_id uuid NOT NULL REFERENCES access.export,
  n smallint NOT NULL CHECK (n IN (1, 2)),
  post_id uuid NOT NULL, person_id uuid NOT NULL, at timestamptz NOT NULL,
  why text NOT NULL CHECK (why <> ''), assessment text NOT NULL CHECK (assessment <> ''),
  PRIMARY KEY (export_id, n), UNIQUE (export_id, person_id));
SELECT kernel.append_only('access.export_vote');

CREATE TABLE access.export_fetch (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  export_id uuid NOT NULL REFERENCES access.export,
  part int NOT NULL, first_byte bigint NOT NULL, at timestamptz NOT NULL, request_id text NOT NULL);
CREATE INDEX ON access.export_fetch (export_id, seq);
SELECT kernel.append_only('access.export_fetch');

-- One file of an export: what is of one type, or gone, of owners from `low` to below `high`.
CREATE TABLE records.part (
  export_id uuid NOT NULL, n int NOT NULL,
  type text NOT NULL, low uuid NOT NULL, high uuid,
  expected bigint NOT NULL, tries int NOT NULL DEFAULT 0,
  count bigint, size bigint, length bigint, sealed_key bytea, done_at timestamptz,
  PRIMARY KEY (export_id, n));
"""

# Whether anybody began before an instant and has not ended: what they write may be from before it.
BEGUN = """
CREATE FUNCTION kernel.is_begun_before(instant timestamptz) RETURNS bool LANGUAGE sql
  SECURITY DEFINER SET search_path = '' AS $$
    SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_activity
      WHERE datname = pg_catalog.current_database() AND backend_type = 'client backend'
        AND xact_start < instant AND pid <> pg_catalog.pg_backend_pid()) $$;
REVOKE EXECUTE ON FUNCTION kernel.is_begun_before FROM PUBLIC;
GRANT EXECUTE ON FUNCTION kernel.is_begun_before TO lianyi_app;
"""


def upgrade() -> None:
    run(TABLES)
    run(BEGUN)
