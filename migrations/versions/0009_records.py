"""The shared record: resources as they are, every version of them, and what they are found by."""

from lianyi.kernel.migrate import run

revision = "0009"
down_revision = "0008"

TABLES = """
SELECT kernel.open_room('records');

-- `owner` is a person, an institution or nobody; `holder_id` the institution that wrote it.
CREATE TABLE records.resource (
  type text, fhir_id text, owner uuid NOT NULL, holder_id uuid NOT NULL,
  version int NOT NULL CHECK (version > 0), at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL, released_at timestamptz, status text NOT NULL,
  in_error bool NOT NULL, classes text[] NOT NULL, encounter text, body text NOT NULL,
  PRIMARY KEY (type, fhir_id));
CREATE INDEX ON records.resource (owner, type, at DESC, fhir_id DESC);
-- A life has thousands of observations and some hundred other things: its timeline skips them.
CREATE INDEX ON records.resource (owner, at DESC, type DESC, fhir_id DESC)
  WHERE type <> 'Observation';
CREATE INDEX ON records.resource (encounter) WHERE encounter IS NOT NULL;

CREATE TABLE records.version (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  type text NOT NULL, fhir_id text NOT NULL, version int NOT NULL, post_id uuid NOT NULL,
  at timestamptz NOT NULL, released bool NOT NULL, classes text[] NOT NULL, body text NOT NULL,
  UNIQUE (type, fhir_id, version));
CREATE UNIQUE INDEX ON records.version (tx, seq);
SELECT kernel.append_only('records.version');

CREATE TABLE records.release (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  type text NOT NULL, fhir_id text NOT NULL, version int NOT NULL, post_id uuid NOT NULL,
  at timestamptz NOT NULL);
CREATE UNIQUE INDEX ON records.release (tx, seq);
SELECT kernel.append_only('records.release');

-- Tokens of old versions stay; a search joins the version that is.
CREATE TABLE records.token (
  owner uuid, type text, name text, value text, at timestamptz, fhir_id text, version int,
  PRIMARY KEY (owner, type, name, value, at, fhir_id, version));

-- Bundles that entered whole, so that an import goes on where it stopped.
CREATE TABLE records.imported (
  institution_id uuid, digest bytea, resources int NOT NULL, at timestamptz NOT NULL,
  PRIMARY KEY (institution_id, digest));
"""


def upgrade() -> None:
    run(TABLES)
