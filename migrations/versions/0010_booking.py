"""Sessions, their numbers, appointments, no-shows and the waiting list."""

from lianyi.kernel.migrate import run

revision = "0010"
down_revision = "0009"

TABLES = """
SELECT kernel.open_room('booking');

CREATE TABLE booking.session (
  id uuid PRIMARY KEY, institution_id uuid NOT NULL, department_id uuid NOT NULL,
  post_id uuid NOT NULL, doctor_id uuid NOT NULL, doctor_name text NOT NULL, grade text NOT NULL,
  department_name text NOT NULL, room text NOT NULL, day date NOT NULL,
  half text NOT NULL CHECK (half IN ('morning', 'afternoon', 'evening')),
  kind text NOT NULL CHECK (kind IN ('ordinary', 'expert', 'online')),
  starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL CHECK (starts_at < ends_at),
  fee_code text NOT NULL, fee_label text NOT NULL, fee_fen bigint NOT NULL CHECK (fee_fen >= 0),
  payment text NOT NULL CHECK (payment IN ('prepay', 'at_visit')),
  releases_at timestamptz NOT NULL,
  state text NOT NULL CHECK (state IN ('scheduled', 'open', 'stopped', 'ended')),
  calls int NOT NULL DEFAULT 0, new_in_a_row int NOT NULL DEFAULT 0, called_number int);
-- Nobody sits twice at once, wherever it is.
CREATE UNIQUE INDEX ON booking.session (doctor_id, starts_at) WHERE state <> 'stopped';
CREATE INDEX ON booking.session (department_id, day);
CREATE INDEX ON booking.session (institution_id, day);

-- One row is one number. `free_from` alone says whether anybody may take it, `referred_from`
-- whether a doctor who refers may. Neither is indexed, nor the holder: updates stay in their page.
CREATE TABLE booking.slot (
  session_id uuid REFERENCES booking.session, number int CHECK (number > 0),
  starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL, added bool NOT NULL,
  free_from timestamptz NOT NULL, referred_from timestamptz NOT NULL, holder_id uuid,
  PRIMARY KEY (session_id, number),
  CHECK (starts_at < ends_at AND ends_at - starts_at <= interval '60 min'),
  CHECK (referred_from <= free_from)) WITH (fillfactor = 50);

CREATE TABLE booking.appointment (
  id uuid PRIMARY KEY, institution_id uuid NOT NULL, session_id uuid NOT NULL, number int NOT NULL,
  department_id uuid NOT NULL, person_id uuid NOT NULL, day date NOT NULL,
  starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL, ordinal int NOT NULL,
  state text NOT NULL CHECK (state IN ('held', 'confirmed', 'checked_in', 'called', 'with_doctor',
    'seen', 'missed', 'lapsed', 'cancelled', 'stopped', 'no_show')),
  origin text NOT NULL CHECK (origin IN ('self', 'desk', 'offer', 'added')),
  expires_at timestamptz NOT NULL,
  fee_code text NOT NULL, fee_label text NOT NULL, fee_fen bigint NOT NULL CHECK (fee_fen >= 0),
  payment text NOT NULL CHECK (payment IN ('prepay', 'at_visit')),
  arrived_at timestamptz, urgent bool NOT NULL DEFAULT false,
  comes_back bool NOT NULL DEFAULT false, ready_at_call int NOT NULL DEFAULT 0,
  started_at timestamptz, finished_at timestamptz,
  -- It counts: neither lapsed nor given back. Most moves leave it as it is, and so every index.
  stands bool GENERATED ALWAYS AS (state NOT IN ('lapsed', 'cancelled', 'stopped')) STORED,
  FOREIGN KEY (session_id, number) REFERENCES booking.slot) WITH (fillfactor = 70);
-- IDN-09: a number is never given twice.
CREATE UNIQUE INDEX ON booking.appointment (session_id, number) WHERE stands;
-- IDN-07: one a day in a department; `ordinal` counts a person's appointments of one day.
CREATE UNIQUE INDEX ON booking.appointment (person_id, department_id, day) WHERE stands;
CREATE UNIQUE INDEX ON booking.appointment (person_id, day, ordinal) WHERE stands;
CREATE INDEX ON booking.appointment (person_id, starts_at);
CREATE INDEX ON booking.appointment (session_id) WHERE NOT stands;

CREATE TABLE booking.no_show (
  appointment_id uuid PRIMARY KEY REFERENCES booking.appointment, person_id uuid NOT NULL,
  at timestamptz NOT NULL);
CREATE INDEX ON booking.no_show (person_id, at);
SELECT kernel.append_only('booking.no_show');

CREATE TABLE booking.waiting (
  id uuid PRIMARY KEY, institution_id uuid NOT NULL,
  session_id uuid NOT NULL REFERENCES booking.session, person_id uuid NOT NULL,
  state text NOT NULL CHECK (state IN ('waiting', 'offered', 'taken', 'passed', 'left', 'closed')),
  at timestamptz NOT NULL, appointment_id uuid REFERENCES booking.appointment);
CREATE UNIQUE INDEX ON booking.waiting (session_id, person_id)
  WHERE state IN ('waiting', 'offered');
CREATE INDEX ON booking.waiting (session_id, at, id) WHERE state = 'waiting';
CREATE INDEX ON booking.waiting (appointment_id) WHERE state = 'offered';
"""


def upgrade() -> None:
    run(TABLES)
