"""Notes as they are written down before their signature, and seals over results and calls."""

from lianyi.kernel.migrate import run

revision = "0021"
down_revision = "0020"

TABLES = """
-- What an author has put down of a visit's note; the newest counts, the others stay readable.
CREATE TABLE records.draft (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  visit_id uuid NOT NULL, person_id uuid NOT NULL, institution_id uuid NOT NULL,
  post_id uuid NOT NULL, at timestamptz NOT NULL, note text NOT NULL);
CREATE UNIQUE INDEX ON records.draft (tx, seq);
CREATE INDEX ON records.draft (visit_id, seq);
SELECT kernel.append_only('records.draft');

ALTER TABLE orders.result
  ADD seq bigint GENERATED ALWAYS AS IDENTITY, ADD tx xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE UNIQUE INDEX ON orders.result (tx, seq);
ALTER TABLE orders.call
  ADD seq bigint GENERATED ALWAYS AS IDENTITY, ADD tx xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE UNIQUE INDEX ON orders.call (tx, seq);
"""


def upgrade() -> None:
    run(TABLES)
