"""Online visits: what is offered, who is online, visits with proofs, messages, notices, ratings."""

from lianyi.kernel.migrate import run

revision = "0022"
down_revision = "0021"

TABLES = """
SELECT kernel.open_room('consult');

CREATE TABLE consult.offer (
  post_id uuid, kind text CHECK (kind IN ('follow_up', 'counsel')), institution_id uuid NOT NULL,
  doctor_id uuid NOT NULL, department_id uuid NOT NULL, subject text NOT NULL, item text NOT NULL,
  minutes int NOT NULL CHECK (minutes > 0), rounds int NOT NULL CHECK (rounds > 0),
  PRIMARY KEY (post_id, kind));

-- CON-09: until when a doctor's identity counts as proven for receiving patients.
CREATE TABLE consult.duty (
  post_id uuid PRIMARY KEY, began_at timestamptz NOT NULL, verified_at timestamptz NOT NULL,
  until timestamptz NOT NULL);

-- CON-17: who agreed to which text.
CREATE TABLE consult.agreement (
  person_id uuid, version text, digest bytea NOT NULL, signed_by uuid NOT NULL,
  at timestamptz NOT NULL, PRIMARY KEY (person_id, version));
SELECT kernel.append_only('consult.agreement');

CREATE TABLE consult.visit (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('asked', 'unpaid', 'waiting', 'with_doctor', 'ended',
    'offline', 'refused', 'unanswered', 'stopped', 'lapsed', 'withdrawn')),
  institution_id uuid NOT NULL, department_id uuid NOT NULL, subject text NOT NULL,
  person_id uuid NOT NULL, asked_by uuid NOT NULL, guardian_present bool NOT NULL,
  doctor_id uuid NOT NULL, post_id uuid NOT NULL,
  -- CON-01: there are these four kinds and no other.
  kind text NOT NULL CHECK (kind IN ('follow_up', 'family_doctor', 'counsel', 'between_doctors')),
  code text NOT NULL, name text NOT NULL, classes text[] NOT NULL,
  item text NOT NULL, fen bigint NOT NULL CHECK (fen >= 0), minutes int NOT NULL,
  rounds int NOT NULL, intake bytea NOT NULL, at timestamptz NOT NULL, due_at timestamptz,
  met bool, met_why text NOT NULL DEFAULT '', proven text[] NOT NULL DEFAULT '{}',
  reason text, target text NOT NULL DEFAULT '', list_version text NOT NULL DEFAULT '',
  flags text[] NOT NULL DEFAULT '{}',
  began_at timestamptz, answered_at timestamptz, ended_at timestamptz,
  -- CON-03: who ends a follow-up has said that its condition is met.
  CHECK (state <> 'ended' OR kind = 'counsel' OR met),
  -- CON-04: turned offline for a reason of the list, and somewhere.
  CHECK (state <> 'offline' OR (reason IS NOT NULL AND target <> '' AND list_version <> '')));
CREATE INDEX ON consult.visit (person_id, id);
CREATE INDEX ON consult.visit (doctor_id, institution_id, id)
  WHERE state IN ('asked', 'waiting', 'with_doctor');
CREATE UNIQUE INDEX visit_open ON consult.visit (person_id, post_id)
  WHERE state IN ('asked', 'unpaid', 'waiting', 'with_doctor');

CREATE TABLE consult.proof (
  visit_id uuid REFERENCES consult.visit, number int, kind text NOT NULL CHECK (kind IN
    ('outpatient_record', 'inpatient_record', 'discharge_summary', 'diagnosis_certificate')),
  code text NOT NULL, name text NOT NULL, "on" date, holder_id uuid, fhir_id text NOT NULL,
  file_id uuid, PRIMARY KEY (visit_id, number),
  CHECK ((file_id IS NULL) = (fhir_id <> '')));
SELECT kernel.append_only('consult.proof');

CREATE TABLE consult.message (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  id uuid NOT NULL UNIQUE, visit_id uuid NOT NULL REFERENCES consult.visit,
  at timestamptz NOT NULL, post_id uuid NOT NULL,
  author text NOT NULL CHECK (author IN ('patient', 'doctor')),
  sealed bytea NOT NULL, files uuid[] NOT NULL, flags text[] NOT NULL);
CREATE INDEX ON consult.message (visit_id, seq);
CREATE INDEX ON consult.message (tx, seq);
SELECT kernel.append_only('consult.message');

-- What a visit's conversation was when it closed: a message added or changed later shows.
CREATE TABLE consult.transcript (
  visit_id uuid PRIMARY KEY REFERENCES consult.visit, messages int NOT NULL,
  digest bytea NOT NULL, at timestamptz NOT NULL);
SELECT kernel.append_only('consult.transcript');

CREATE TABLE consult.rating (
  visit_id uuid PRIMARY KEY REFERENCES consult.visit, post_id uuid NOT NULL,
  stars int NOT NULL CHECK (stars BETWEEN 1 AND 5), sealed bytea NOT NULL,
  at timestamptz NOT NULL);
CREATE INDEX ON consult.rating (post_id);
SELECT kernel.append_only('consult.rating');
"""


def upgrade() -> None:
    run(TABLES)
