"""The lists of closed visits with their seals, and the cases that open a name."""

from lianyi.kernel.migrate import run

revision = "0023"
down_revision = "0022"

TABLES = """
-- One line per row of an append-only log; `row` is that row's seq, `digest` its SM3.
CREATE TABLE supervision.trail (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  visit_id uuid NOT NULL, number int NOT NULL, institution_id uuid NOT NULL, log text NOT NULL,
  row bigint NOT NULL, thing text NOT NULL, verb text NOT NULL, before text NOT NULL,
  after text NOT NULL, by text NOT NULL CHECK (by IN ('resident', 'proxy', 'staff', 'system')),
  post_id uuid, at timestamptz NOT NULL, digest bytea NOT NULL, chain bytea NOT NULL,
  UNIQUE (visit_id, number), UNIQUE (visit_id, log, row),
  CHECK ((post_id IS NOT NULL) = (by = 'staff')));
CREATE UNIQUE INDEX ON supervision.trail (tx, seq);
SELECT kernel.append_only('supervision.trail');

CREATE TABLE supervision.trail_seal (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  visit_id uuid NOT NULL, lines int NOT NULL, chain bytea NOT NULL, mac bytea NOT NULL,
  at timestamptz NOT NULL, UNIQUE (visit_id, lines));
CREATE UNIQUE INDEX ON supervision.trail_seal (tx, seq);
SELECT kernel.append_only('supervision.trail_seal');

CREATE TABLE supervision.case (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('asked', 'approved', 'rejected', 'closed')),
  institution_id uuid NOT NULL, visit_id uuid NOT NULL, person_id uuid NOT NULL,
  opens text NOT NULL CHECK (opens IN ('name', 'chat')), reason text NOT NULL CHECK (reason <> ''),
  asked_by uuid NOT NULL, asked_post_id uuid NOT NULL, at timestamptz NOT NULL,
  decided_by uuid, decided_post_id uuid, decided_at timestamptz, until timestamptz,
  CHECK (decided_by <> asked_by),
  CHECK (state = 'asked' OR decided_by IS NOT NULL),
  CHECK (state <> 'approved' OR until IS NOT NULL));
CREATE INDEX ON supervision.case (institution_id, id);
CREATE INDEX ON supervision.case (visit_id);
"""


def upgrade() -> None:
    run(TABLES)
