"""Why what was prescribed in a visit is not taken unseen: a red flag, or it was turned offline."""

from lianyi.kernel.migrate import run

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    run(
        """
ALTER TABLE prescribing.prescription
  DROP CONSTRAINT prescription_check2,
  ADD halt text CHECK (halt IN ('red_flag', 'offline'));
UPDATE prescribing.prescription SET halt = 'red_flag' WHERE flags <> '{}';
ALTER TABLE prescribing.prescription
  ADD CHECK (held_at IS NULL OR halt IS NOT NULL),
  ADD CHECK ((flags <> '{}') = (halt IS NOT NULL AND halt = 'red_flag'))"""
    )
