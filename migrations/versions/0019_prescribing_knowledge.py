"""Who has approved which release of the knowledge base for an institution, in their own name."""

from lianyi.kernel.migrate import run

revision = "0019"
down_revision = "0018"

TABLES = """
CREATE TABLE prescribing.approval (
  seq bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  institution_id uuid, version text CHECK (version <> ''), post_id uuid NOT NULL,
  person_id uuid NOT NULL, note text NOT NULL CHECK (note <> ''), at timestamptz NOT NULL,
  PRIMARY KEY (institution_id, version));
CREATE UNIQUE INDEX ON prescribing.approval (tx, seq);
SELECT kernel.append_only('prescribing.approval');
"""


def upgrade() -> None:
    run(TABLES)
