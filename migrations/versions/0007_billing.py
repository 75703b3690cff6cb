"""Prices, bills, payments, refunds, receipts, the ledger, and the daily comparison of books."""

from lianyi.kernel.migrate import run

revision = "0007"
down_revision = "0006"

TABLES = """
SELECT kernel.open_room('billing');

CREATE TABLE billing.payee (
  institution_id uuid PRIMARY KEY, label text NOT NULL CHECK (label <> ''),
  merchant text NOT NULL UNIQUE);

CREATE TABLE billing.price (
  id uuid PRIMARY KEY, institution_id uuid NOT NULL, code text NOT NULL,
  label text NOT NULL CHECK (label <> ''), fee_class text NOT NULL,
  unit_price numeric(12, 4) NOT NULL CHECK (unit_price >= 0),
  valid_from timestamptz NOT NULL, valid_to timestamptz CHECK (valid_to > valid_from),
  approved_by uuid NOT NULL, approved_at timestamptz NOT NULL,
  UNIQUE (institution_id, code, valid_from));
SELECT kernel.append_only('billing.price');

CREATE TABLE billing.bill (
  id uuid PRIMARY KEY,
  state text NOT NULL
    CHECK (state IN ('open', 'paid', 'partly_refunded', 'refunded', 'void', 'lapsed')),
  institution_id uuid NOT NULL REFERENCES billing.payee, person_id uuid NOT NULL,
  subject_type text NOT NULL CHECK (subject_type <> ''), subject_id uuid NOT NULL,
  total_fen bigint NOT NULL CHECK (total_fen >= 0),
  fund_fen bigint NOT NULL DEFAULT 0 CHECK (fund_fen BETWEEN 0 AND total_fen),
  refunded_fen bigint NOT NULL DEFAULT 0
    CHECK (refunded_fen BETWEEN 0 AND total_fen - fund_fen),
  payment_id uuid, due_at timestamptz, at timestamptz NOT NULL,
  CHECK (payment_id IS NULL OR state IN ('paid', 'partly_refunded', 'refunded')));
-- What is charged for one thing is charged once, unless all of it went back.
CREATE UNIQUE INDEX ON billing.bill (subject_type, subject_id)
  WHERE state IN ('open', 'paid', 'partly_refunded');
CREATE INDEX ON billing.bill (subject_type, subject_id, at);
CREATE INDEX ON billing.bill (person_id, id);

CREATE TABLE billing.line (
  bill_id uuid REFERENCES billing.bill, number int CHECK (number > 0),
  code text NOT NULL, label text NOT NULL, fee_class text NOT NULL,
  unit_price numeric(12, 4) NOT NULL CHECK (unit_price >= 0),
  quantity numeric(12, 4) NOT NULL CHECK (quantity > 0), fen bigint NOT NULL CHECK (fen >= 0),
  PRIMARY KEY (bill_id, number));
SELECT kernel.append_only('billing.line');

CREATE TABLE billing.payment (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('planned', 'ordered', 'paid', 'closed', 'failed')),
  bill_id uuid NOT NULL REFERENCES billing.bill, institution_id uuid NOT NULL,
  person_id uuid NOT NULL, channel text NOT NULL CHECK (channel IN ('wechat', 'cash')),
  fen bigint NOT NULL CHECK (fen > 0), at timestamptz NOT NULL, expires_at timestamptz NOT NULL,
  code_url text NOT NULL DEFAULT '', provider_id text UNIQUE, paid_at timestamptz, drawer_id uuid,
  CHECK ((channel = 'cash') = (drawer_id IS NOT NULL)));
-- One payment at a time may be waiting for its person.
CREATE UNIQUE INDEX ON billing.payment (bill_id) WHERE state IN ('planned', 'ordered');
CREATE INDEX ON billing.payment (bill_id);
CREATE INDEX ON billing.payment (institution_id, paid_at) WHERE state = 'paid';
CREATE INDEX ON billing.payment (institution_id, at) WHERE state IN ('planned', 'ordered');

CREATE TABLE billing.refund (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('planned', 'sent', 'done', 'failed')),
  bill_id uuid NOT NULL REFERENCES billing.bill,
  payment_id uuid NOT NULL REFERENCES billing.payment, institution_id uuid NOT NULL,
  person_id uuid NOT NULL, channel text NOT NULL, fen bigint NOT NULL CHECK (fen > 0),
  reason text NOT NULL, at timestamptz NOT NULL, provider_id text UNIQUE, done_at timestamptz);
CREATE INDEX ON billing.refund (bill_id);
CREATE INDEX ON billing.refund (payment_id);
CREATE INDEX ON billing.refund (institution_id, done_at) WHERE state = 'done';
CREATE INDEX ON billing.refund (institution_id, at) WHERE state <> 'done';

CREATE TABLE billing.refunded_line (
  bill_id uuid, number int, refund_id uuid, at timestamptz NOT NULL,
  PRIMARY KEY (bill_id, number),
  FOREIGN KEY (bill_id, number) REFERENCES billing.line,
  FOREIGN KEY (refund_id) REFERENCES billing.refund);
SELECT kernel.append_only('billing.refunded_line');

CREATE SEQUENCE billing.receipt_number;
CREATE TABLE billing.receipt (
  number text PRIMARY KEY, institution_id uuid NOT NULL, seller text NOT NULL,
  person_id uuid NOT NULL, bill_id uuid NOT NULL REFERENCES billing.bill,
  refund_id uuid UNIQUE REFERENCES billing.refund, fen bigint NOT NULL, at timestamptz NOT NULL,
  CHECK ((refund_id IS NULL) = (fen >= 0)));
CREATE UNIQUE INDEX ON billing.receipt (bill_id) WHERE refund_id IS NULL;
CREATE INDEX ON billing.receipt (person_id, at);
SELECT kernel.append_only('billing.receipt');

CREATE TABLE billing.entry (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  posting_id uuid NOT NULL, cause text NOT NULL, institution_id uuid NOT NULL,
  account text NOT NULL
    CHECK (account IN ('receivable', 'fund', 'provider', 'cash', 'revenue', 'refunds')),
  drawer_id uuid CHECK ((drawer_id IS NOT NULL) = (account = 'cash')),
  debit_fen bigint NOT NULL CHECK (debit_fen >= 0),
  credit_fen bigint NOT NULL CHECK (credit_fen >= 0),
  bill_id uuid NOT NULL REFERENCES billing.bill, payment_id uuid REFERENCES billing.payment,
  refund_id uuid REFERENCES billing.refund, day date NOT NULL, at timestamptz NOT NULL,
  CHECK ((debit_fen > 0) <> (credit_fen > 0)));
CREATE UNIQUE INDEX ON billing.entry (tx, seq);
CREATE INDEX ON billing.entry (posting_id);
CREATE INDEX ON billing.entry (institution_id, account, day);
-- The same thing is never booked twice.
CREATE UNIQUE INDEX ON billing.entry (cause, bill_id, account)
  WHERE payment_id IS NULL AND refund_id IS NULL AND cause <> 'shared';
CREATE UNIQUE INDEX ON billing.entry (payment_id, account) WHERE refund_id IS NULL;
CREATE UNIQUE INDEX ON billing.entry (cause, refund_id, account);
SELECT kernel.append_only('billing.entry');

-- Every posting balances, belongs to one payee, and is complete when its transaction ends.
CREATE FUNCTION billing.check_posting() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE difference bigint; payees int; BEGIN
  SELECT sum(debit_fen) - sum(credit_fen), count(DISTINCT institution_id)
    INTO difference, payees FROM billing.entry WHERE posting_id = NEW.posting_id;
  IF difference <> 0 OR payees <> 1 THEN
    RAISE EXCEPTION 'posting % does not balance', NEW.posting_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END$$;
CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON billing.entry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing.check_posting();

CREATE TABLE billing.books (
  id uuid PRIMARY KEY, institution_id uuid NOT NULL REFERENCES billing.payee, day date NOT NULL,
  matched int NOT NULL DEFAULT 0, our_fen bigint NOT NULL DEFAULT 0,
  their_fen bigint NOT NULL DEFAULT 0, at timestamptz, UNIQUE (institution_id, day));

CREATE TABLE billing.difference (
  id uuid PRIMARY KEY, state text NOT NULL CHECK (state IN ('open', 'resolved')),
  institution_id uuid NOT NULL REFERENCES billing.payee, day date NOT NULL,
  kind text NOT NULL CHECK (kind IN ('missing_here', 'missing_there', 'amount')),
  booked_id uuid NOT NULL, provider_id text NOT NULL,
  our_fen bigint NOT NULL, their_fen bigint NOT NULL, at timestamptz NOT NULL,
  CHECK (our_fen <> their_fen), UNIQUE (institution_id, booked_id, kind));
CREATE INDEX ON billing.difference (institution_id, at) WHERE state = 'open';
"""


def upgrade() -> None:
    run(TABLES)
