"""What somebody sits week by week, rolled forward day by day, and the days nobody does."""

from lianyi.kernel.migrate import run

revision = "0029"
down_revision = "0028"

TABLES = """
CREATE TABLE booking.routine (
  id uuid PRIMARY KEY, institution_id uuid NOT NULL, department_id uuid NOT NULL,
  post_id uuid NOT NULL, doctor_id uuid NOT NULL, doctor_name text NOT NULL,
  weekdays int[] NOT NULL CHECK (weekdays <> '{}' AND weekdays <@ '{1,2,3,4,5,6,7}'),
  first date NOT NULL,
  half text NOT NULL CHECK (half IN ('morning', 'afternoon', 'evening')),
  kind text NOT NULL CHECK (kind IN ('ordinary', 'expert', 'online')),
  begins time NOT NULL, ends time NOT NULL CHECK (begins < ends),
  slot_minutes int NOT NULL, numbers_per_slot int NOT NULL, fee_code text NOT NULL,
  fee_label text NOT NULL, fee_fen bigint NOT NULL CHECK (fee_fen >= 0),
  payment text NOT NULL CHECK (payment IN ('prepay', 'at_visit')), release_days int NOT NULL,
  room text NOT NULL, state text NOT NULL CHECK (state IN ('active', 'ended')),
  through date NOT NULL, held text[] NOT NULL DEFAULT '{}');
CREATE INDEX ON booking.routine (department_id) WHERE state = 'active';
CREATE INDEX ON booking.routine (doctor_id) WHERE state = 'active';

-- A day of a routine is made once: what was stopped never comes back.
ALTER TABLE booking.session ADD routine_id uuid REFERENCES booking.routine;
CREATE UNIQUE INDEX ON booking.session (routine_id, day) WHERE routine_id IS NOT NULL;

CREATE TABLE booking.closure (
  id uuid PRIMARY KEY, institution_id uuid NOT NULL, day date NOT NULL, reason text NOT NULL,
  state text NOT NULL CHECK (state IN ('closed', 'reopened')));
CREATE UNIQUE INDEX ON booking.closure (institution_id, day) WHERE state = 'closed';
"""


def upgrade() -> None:
    run(TABLES)
