"""How far a subscription had been told when it went off, so that it can go on from there."""

from lianyi.kernel.migrate import run

revision = "0056"
down_revision = "0055"

LEFT_OFF = """
ALTER TABLE records.subscription
  ADD left_off pg_snapshot, ADD left_off_at timestamptz,
  ADD CHECK ((left_off IS NULL) = (left_off_at IS NULL));
CREATE INDEX ON records.subscription (id)
  WHERE left_off IS NOT NULL AND state IN ('active', 'error');
"""


def upgrade() -> None:
    run(LEFT_OFF)
