"""Prescriptions, every version of what they said, and the texts that were signed."""

from lianyi.kernel.migrate import run

revision = "0013"
down_revision = "0012"

TABLES = """
SELECT kernel.open_room('prescribing');

CREATE TABLE prescribing.prescription (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('draft', 'signing', 'to_review', 'returned', 'approved',
    'accepted', 'partly_dispensed', 'dispensed', 'revoked', 'lapsed')),
  institution_id uuid NOT NULL, person_id uuid NOT NULL, visit_id uuid NOT NULL,
  way text NOT NULL CHECK (way IN ('AMB', 'VR')), department_id uuid NOT NULL,
  prescriber_id uuid NOT NULL, post_id uuid NOT NULL, classes text[] NOT NULL,
  at timestamptz NOT NULL, version int NOT NULL CHECK (version > 0),
  document_id uuid, signed_at timestamptz, expires_at timestamptz,
  reviewed_by uuid, reviewed_at timestamptz, seller_id uuid,
  -- Nobody reviews their own (PH-08).
  CHECK (reviewed_by <> prescriber_id),
  CHECK ((reviewed_by IS NULL) = (reviewed_at IS NULL)),
  -- In force only with signature and approval (RX-28); a seller has it only while it is in force.
  CHECK (state NOT IN ('to_review', 'approved', 'accepted', 'partly_dispensed', 'dispensed')
    OR (document_id IS NOT NULL AND signed_at IS NOT NULL AND expires_at IS NOT NULL)),
  CHECK (state NOT IN ('approved', 'accepted', 'partly_dispensed', 'dispensed')
    OR reviewed_by IS NOT NULL),
  CHECK (state NOT IN ('accepted', 'partly_dispensed', 'dispensed') OR seller_id IS NOT NULL));
CREATE INDEX ON prescribing.prescription (person_id, id);
CREATE INDEX ON prescribing.prescription (visit_id);
CREATE INDEX ON prescribing.prescription (institution_id, state, signed_at)
  WHERE state IN ('to_review', 'returned');
CREATE INDEX ON prescribing.prescription (seller_id, state) WHERE seller_id IS NOT NULL;

-- A change is a further version; every version stays (RX-11).
CREATE TABLE prescribing.version (
  seq bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  prescription_id uuid REFERENCES prescribing.prescription, number int CHECK (number > 0),
  sheet text NOT NULL, post_id uuid NOT NULL, at timestamptz NOT NULL,
  PRIMARY KEY (prescription_id, number));
CREATE UNIQUE INDEX ON prescribing.version (tx, seq);
SELECT kernel.append_only('prescribing.version');

-- What was put before the signature, to the letter, and what the check had said about it.
CREATE TABLE prescribing.document (
  seq bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  id uuid PRIMARY KEY, prescription_id uuid NOT NULL, version int NOT NULL,
  text text NOT NULL, digest text NOT NULL, findings text NOT NULL, knowledge text NOT NULL,
  profile text NOT NULL, post_id uuid NOT NULL, at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  FOREIGN KEY (prescription_id, version) REFERENCES prescribing.version);
CREATE INDEX ON prescribing.document (prescription_id, at);
CREATE UNIQUE INDEX ON prescribing.document (tx, seq);
SELECT kernel.append_only('prescribing.document');
ALTER TABLE prescribing.prescription
  ADD FOREIGN KEY (document_id) REFERENCES prescribing.document DEFERRABLE;
"""


def upgrade() -> None:
    run(TABLES)
