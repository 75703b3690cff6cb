"""What resources are found by: texts, times, amounts and links beside the tokens."""

from lianyi.kernel.migrate import run

revision = "0032"
down_revision = "0031"

TABLES = """
-- `part` tells the values of one element from those of its brothers: a composite asks for both.
ALTER TABLE records.token ADD part int2 NOT NULL DEFAULT 0, DROP CONSTRAINT token_pkey;
CREATE INDEX ON records.token (owner, type, name, value, at DESC, fhir_id DESC);
CREATE INDEX ON records.token (type, name, value, fhir_id);
CREATE INDEX ON records.token (type, name, substr(value, strpos(value, '|') + 1), fhir_id);
CREATE INDEX ON records.token (type, fhir_id, name);

-- Many persons' facts of one type, the newest first: how a search over all patients is ordered.
CREATE INDEX ON records.resource (type, at DESC, fhir_id DESC);

CREATE TABLE records.word (
  type text NOT NULL, fhir_id text NOT NULL, version int NOT NULL, name text NOT NULL,
  value text NOT NULL, exact text NOT NULL, part int2 NOT NULL);
CREATE INDEX ON records.word (type, name, value, fhir_id);
CREATE INDEX ON records.word (type, fhir_id, name);

CREATE TABLE records.moment (
  type text NOT NULL, fhir_id text NOT NULL, version int NOT NULL, name text NOT NULL,
  low timestamptz NOT NULL, high timestamptz NOT NULL, part int2 NOT NULL);
CREATE INDEX ON records.moment (type, name, low, high);
CREATE INDEX ON records.moment (type, fhir_id, name);

CREATE TABLE records.amount (
  type text NOT NULL, fhir_id text NOT NULL, version int NOT NULL, name text NOT NULL,
  low numeric NOT NULL, high numeric NOT NULL, system text NOT NULL, code text NOT NULL,
  unit text NOT NULL, part int2 NOT NULL);
CREATE INDEX ON records.amount (type, name, low, high);
CREATE INDEX ON records.amount (type, fhir_id, name);

CREATE TABLE records.link (
  type text NOT NULL, fhir_id text NOT NULL, version int NOT NULL, name text NOT NULL,
  to_type text NOT NULL, to_id text NOT NULL, part int2 NOT NULL);
CREATE INDEX ON records.link (to_type, to_id, type, name);
CREATE INDEX ON records.link (type, fhir_id, name);
"""


def upgrade() -> None:
    run(TABLES)
