"""Laboratory orders: what is offered, orders, specimens, results, calls about critical values."""

from lianyi.kernel.migrate import run

revision = "0011"
down_revision = "0010"

TABLES = """
SELECT kernel.open_room('orders');

CREATE TABLE orders.item (
  institution_id uuid, code text, label text NOT NULL CHECK (label <> ''),
  specimen text NOT NULL CHECK (specimen <> ''),
  observations text[] NOT NULL CHECK (cardinality(observations) > 0), mediated bool NOT NULL,
  PRIMARY KEY (institution_id, code));

-- Label, specimen and observations stay as they were when it was ordered.
CREATE TABLE orders.order (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('ordered', 'cleared', 'labelled', 'taken', 'received',
    'rejected', 'measured', 'critical', 'escalated', 'verified', 'released', 'cancelled')),
  institution_id uuid NOT NULL, person_id uuid NOT NULL, encounter_id uuid NOT NULL,
  code text NOT NULL, label text NOT NULL, specimen text NOT NULL, observations text[] NOT NULL,
  mediated bool NOT NULL, classes text[] NOT NULL, ordered_by uuid NOT NULL,
  at timestamptz NOT NULL, deferred text NOT NULL DEFAULT '',
  measured_by uuid, measured_at timestamptz, verified_by uuid, verified_at timestamptz,
  CHECK (verified_by <> measured_by),
  -- Whoever verifies is written down before the state says so.
  CHECK (state NOT IN ('critical', 'escalated', 'verified', 'released')
    OR (measured_by IS NOT NULL AND verified_by IS NOT NULL)));
CREATE INDEX ON orders.order (person_id, id);
CREATE INDEX ON orders.order (institution_id, state, id)
  WHERE state NOT IN ('released', 'cancelled');

CREATE SEQUENCE orders.barcode_number;
CREATE TABLE orders.specimen (
  id uuid PRIMARY KEY, order_id uuid NOT NULL REFERENCES orders.order, barcode text NOT NULL UNIQUE,
  labelled_at timestamptz NOT NULL, taken_at timestamptz, taken_by uuid, received_at timestamptz,
  rejected_at timestamptz, rejection text,
  CHECK ((taken_at IS NULL) = (taken_by IS NULL)),
  CHECK ((rejected_at IS NULL) = (rejection IS NULL)));
-- One tube at a time stands for an order.
CREATE UNIQUE INDEX ON orders.specimen (order_id) WHERE rejected_at IS NULL;
CREATE INDEX ON orders.specimen (order_id, labelled_at);

-- What a verifier sends back is measured in a further round; every round stays.
CREATE TABLE orders.result (
  order_id uuid REFERENCES orders.order, round int, number int, observation text NOT NULL,
  label text NOT NULL, unit text NOT NULL, value numeric, words text NOT NULL,
  level text NOT NULL, low numeric, high numeric, version text NOT NULL, sources text[] NOT NULL,
  post_id uuid NOT NULL, at timestamptz NOT NULL, PRIMARY KEY (order_id, round, number),
  CHECK (value IS NOT NULL OR words <> ''));
SELECT kernel.append_only('orders.result');

CREATE TABLE orders.call (
  id uuid PRIMARY KEY, order_id uuid NOT NULL REFERENCES orders.order, caller_id uuid NOT NULL,
  receiver_id uuid NOT NULL, at timestamptz NOT NULL, read_back text NOT NULL,
  agreed bool NOT NULL);
CREATE INDEX ON orders.call (order_id);
SELECT kernel.append_only('orders.call');
"""


def upgrade() -> None:
    run(TABLES)
