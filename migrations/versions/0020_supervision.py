"""Uploads to the supervision platform, and the comparison of each day's counts."""

from lianyi.kernel.migrate import run

revision = "0020"
down_revision = "0019"

TABLES = """
SELECT kernel.open_room('supervision');

-- No content is kept: it is built from the facts when it is sent. `waits`: nothing is taken there
-- before the institution's own licence. `stale`: something changed since it was built.
CREATE TABLE supervision.upload (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('due', 'sent', 'receipted', 'refused')),
  institution_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('licence', 'practitioner', 'visit', 'prescription', 'review',
    'dispense')),
  thing_id uuid NOT NULL, person_id uuid, visit_id uuid, day date NOT NULL,
  at timestamptz NOT NULL, due_at timestamptz NOT NULL, waits bool NOT NULL,
  stale bool NOT NULL DEFAULT false, edition int NOT NULL DEFAULT 0,
  digest text NOT NULL DEFAULT '', receipt text NOT NULL DEFAULT '', receipted_at timestamptz,
  code text NOT NULL DEFAULT '', about text NOT NULL DEFAULT '',
  UNIQUE (institution_id, kind, thing_id),
  CHECK ((receipt = '') = (receipted_at IS NULL)),
  CHECK (state <> 'receipted' OR receipt <> ''),
  CHECK (state <> 'refused' OR code <> ''),
  CHECK (state = 'due' OR (digest <> '' AND NOT waits)));
CREATE INDEX ON supervision.upload (day, institution_id, kind);
CREATE INDEX ON supervision.upload (kind, id);
CREATE INDEX ON supervision.upload (institution_id, id);
CREATE INDEX ON supervision.upload (due_at) WHERE state <> 'receipted';
CREATE INDEX ON supervision.upload (visit_id) WHERE visit_id IS NOT NULL;

CREATE TABLE supervision.tally (
  id uuid PRIMARY KEY, institution_id uuid NOT NULL, day date NOT NULL,
  ours jsonb NOT NULL DEFAULT '{}', theirs jsonb NOT NULL DEFAULT '{}',
  same bool NOT NULL DEFAULT false, open int NOT NULL DEFAULT 0, asked_at timestamptz NOT NULL,
  at timestamptz, UNIQUE (institution_id, day));
CREATE INDEX ON supervision.tally (day);
"""


def upgrade() -> None:
    run(TABLES)
