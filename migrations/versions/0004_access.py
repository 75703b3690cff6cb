"""Relations, mandates, consents, broken glass, and the log of who saw whom."""

from lianyi.kernel.migrate import run

revision = "0004"
down_revision = "0003"

TABLES = """
SELECT kernel.open_room('access');

CREATE TABLE access.relation (
  cause_id uuid, person_id uuid, institution_id uuid, role text,
  opened_at timestamptz NOT NULL, until timestamptz, ended_at timestamptz,
  PRIMARY KEY (cause_id, person_id, institution_id, role));
CREATE INDEX ON access.relation (person_id, institution_id, role) WHERE ended_at IS NULL;
CREATE INDEX ON access.relation (institution_id, role, person_id) WHERE ended_at IS NULL;

CREATE TABLE access.mandate (
  cause_id uuid PRIMARY KEY, holder_id uuid NOT NULL, subject_id uuid NOT NULL,
  scopes text[] NOT NULL, classes text[] NOT NULL,
  since timestamptz NOT NULL, until timestamptz, ended_at timestamptz);
CREATE INDEX ON access.mandate (holder_id, subject_id) WHERE ended_at IS NULL;
CREATE INDEX ON access.mandate (subject_id) WHERE ended_at IS NULL;

CREATE TABLE access.consent (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('asked', 'given', 'refused', 'withdrawn')),
  person_id uuid NOT NULL, holder_id uuid NOT NULL, receiver_id uuid NOT NULL,
  purpose text NOT NULL, covers_since timestamptz, covers_until timestamptz,
  classes text[] NOT NULL, expires_at timestamptz NOT NULL,
  at timestamptz NOT NULL, answered_at timestamptz,
  CHECK (holder_id <> receiver_id), CHECK (covers_since < covers_until));
CREATE INDEX ON access.consent (person_id, receiver_id);

CREATE TABLE access.glass (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('broken', 'justified', 'objected')),
  person_id uuid NOT NULL, reader_id uuid NOT NULL, post_id uuid NOT NULL,
  institution_id uuid NOT NULL, reason text NOT NULL CHECK (reason <> ''),
  at timestamptz NOT NULL, until timestamptz NOT NULL);
CREATE INDEX ON access.glass (person_id, post_id, until);
CREATE INDEX ON access.glass (institution_id, at) WHERE state = 'broken';

CREATE TABLE access.log (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(), at timestamptz NOT NULL,
  post_id uuid NOT NULL, reader_id uuid NOT NULL, institution_id uuid NOT NULL, role text NOT NULL,
  person_ids uuid[] NOT NULL, purpose text NOT NULL, granted bool NOT NULL, cause text NOT NULL,
  what text NOT NULL, request_id text NOT NULL);
CREATE UNIQUE INDEX ON access.log (tx, seq);
CREATE INDEX ON access.log USING gin (person_ids);
SELECT kernel.append_only('access.log');
"""


def upgrade() -> None:
    run(TABLES)
