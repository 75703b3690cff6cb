"""Whether what a report may be refused for was settled while it was under way."""

from lianyi.kernel.migrate import run

revision = "0027"
down_revision = "0026"

HELPED = """
ALTER TABLE supervision.upload ADD COLUMN helped boolean NOT NULL DEFAULT false;
CREATE INDEX ON supervision.upload (institution_id, state)
  WHERE state IN ('sent', 'refused');
"""


def upgrade() -> None:
    run(HELPED)
