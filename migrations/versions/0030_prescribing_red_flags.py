"""What a red flag in its visit made of a prescription: taken back, or held at its seller."""

from lianyi.kernel.migrate import run

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    run(
        """
ALTER TABLE prescribing.prescription
  ADD flags text[] NOT NULL DEFAULT '{}',
  ADD held_at timestamptz CHECK (held_at IS NULL OR flags <> '{}');
CREATE INDEX ON consult.visit (doctor_id, institution_id, ended_at) WHERE state = 'stopped'"""
    )
