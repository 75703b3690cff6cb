"""Who is reading a prescription, and what pharmacists have said of it."""

from lianyi.kernel.migrate import run

revision = "0017"
down_revision = "0016"

TABLES = """
ALTER TABLE prescribing.prescription
  DROP CONSTRAINT prescription_state_check, DROP CONSTRAINT prescription_check2,
  DROP CONSTRAINT prescription_check3,
  ADD CONSTRAINT prescription_state_check CHECK (state IN ('draft', 'signing', 'to_review',
    'returned', 'approving', 'approved', 'accepted', 'partly_dispensed', 'dispensed', 'revoked',
    'lapsed')),
  ADD CONSTRAINT prescription_signed_check CHECK (state NOT IN ('to_review', 'approving',
    'approved', 'accepted', 'partly_dispensed', 'dispensed')
    OR (document_id IS NOT NULL AND signed_at IS NOT NULL AND expires_at IS NOT NULL)),
  ADD CONSTRAINT prescription_reviewed_check CHECK (state NOT IN ('approving', 'approved',
    'accepted', 'partly_dispensed', 'dispensed') OR reviewed_by IS NOT NULL);

CREATE TABLE prescribing.claim (
  prescription_id uuid PRIMARY KEY REFERENCES prescribing.prescription,
  person_id uuid NOT NULL, post_id uuid NOT NULL, since timestamptz NOT NULL,
  until timestamptz NOT NULL);

-- What a pharmacist has answered, item by item, and signed (PH-03, PH-04).
CREATE TABLE prescribing.review (
  seq bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  id uuid PRIMARY KEY, prescription_id uuid NOT NULL REFERENCES prescribing.prescription,
  institution_id uuid NOT NULL, document_id uuid NOT NULL REFERENCES prescribing.document,
  version int NOT NULL, person_id uuid NOT NULL, post_id uuid NOT NULL,
  decision text NOT NULL CHECK (decision IN ('approve', 'return')),
  reason text CHECK ((reason IS NOT NULL) = (decision = 'return')),
  serious bool NOT NULL CHECK (decision = 'return' OR NOT serious),
  note text NOT NULL, answers text NOT NULL, text text NOT NULL, digest text NOT NULL,
  signed_at timestamptz NOT NULL, since timestamptz NOT NULL, at timestamptz NOT NULL);
CREATE INDEX ON prescribing.review (prescription_id, at);
CREATE INDEX ON prescribing.review (institution_id, at);
CREATE UNIQUE INDEX ON prescribing.review (tx, seq);
SELECT kernel.append_only('prescribing.review');
"""


def upgrade() -> None:
    run(TABLES)
