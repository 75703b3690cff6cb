"""What institutions approve of apps, what persons let them read, and which app came in."""

from lianyi.kernel.migrate import run

revision = "0034"
down_revision = "0033"

TABLES = """
CREATE TABLE access.approval (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('asked', 'approved', 'refused', 'withdrawn')),
  app_id uuid NOT NULL, institution_id uuid NOT NULL,  -- in other rooms
  asked_at timestamptz NOT NULL, approved_at timestamptz,
  purpose text, scopes text[], assessment text CHECK (assessment <> ''), until timestamptz,
  CHECK (state IN ('asked', 'refused') OR (approved_at IS NOT NULL AND purpose IS NOT NULL
    AND scopes IS NOT NULL AND assessment IS NOT NULL AND until IS NOT NULL)));
CREATE UNIQUE INDEX ON access.approval (institution_id, app_id) WHERE state = 'asked';
CREATE UNIQUE INDEX ON access.approval (app_id, institution_id, purpose) WHERE state = 'approved';
CREATE INDEX ON access.approval (institution_id, asked_at);

CREATE TABLE access.permission (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('given', 'withdrawn', 'replaced')),
  person_id uuid NOT NULL, app_id uuid NOT NULL,
  approval_id uuid NOT NULL REFERENCES access.approval,
  scopes text[] NOT NULL, classes text[] NOT NULL CHECK (NOT 'genetics' = ANY (classes)),
  at timestamptz NOT NULL, until timestamptz NOT NULL CHECK (until > at));
-- The last word of a person on an app.
CREATE UNIQUE INDEX ON access.permission (person_id, app_id) WHERE state IN ('given', 'withdrawn');
CREATE INDEX ON access.permission (person_id, at);
CREATE INDEX ON access.permission (approval_id);

ALTER TABLE access.log ADD app_id uuid;  -- null: no app
"""


def upgrade() -> None:
    run(TABLES)
