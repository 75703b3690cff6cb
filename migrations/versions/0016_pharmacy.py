"""Pharmacies: sellers, batches, packs by trace code, sales and their lines."""

from lianyi.kernel.migrate import run

revision = "0016"
down_revision = "0015"

TABLES = """
SELECT kernel.open_room('pharmacy');

CREATE TABLE pharmacy.seller (
  institution_id uuid PRIMARY KEY, kind text NOT NULL CHECK (kind IN ('hospital', 'store',
    'online')), delivers bool NOT NULL, CHECK (kind <> 'online' OR delivers));

CREATE TABLE pharmacy.batch (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('in_stock', 'quarantined', 'destroyed')),
  institution_id uuid NOT NULL, code text NOT NULL, label text NOT NULL CHECK (label <> ''),
  lot text NOT NULL CHECK (lot <> ''), maker text NOT NULL CHECK (maker <> ''),
  expires_on date NOT NULL, at timestamptz NOT NULL, UNIQUE (institution_id, code, lot));
CREATE INDEX ON pharmacy.batch (institution_id, expires_on) WHERE state <> 'destroyed';

-- A trace code is one box in the whole network, whoever's shelf it stands on.
CREATE TABLE pharmacy.pack (
  trace_code text PRIMARY KEY, batch_id uuid NOT NULL REFERENCES pharmacy.batch,
  at timestamptz NOT NULL);
CREATE INDEX ON pharmacy.pack (batch_id);

CREATE TABLE pharmacy.sale (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('asked', 'accepted', 'unpaid', 'to_pick', 'billed', 'ready',
    'on_the_way', 'missed', 'handed_over', 'returned', 'refused', 'declined', 'withdrawn',
    'lapsed')),
  institution_id uuid NOT NULL REFERENCES pharmacy.seller, kind text NOT NULL,
  person_id uuid NOT NULL, prescription_id uuid NOT NULL, slip jsonb NOT NULL,
  signed_at timestamptz NOT NULL, approved_at timestamptz NOT NULL,
  delivers bool NOT NULL, deliver_to bytea, delivery_fen bigint NOT NULL CHECK (delivery_fen >= 0),
  at timestamptz NOT NULL, due_at timestamptz, reason text NOT NULL DEFAULT '',
  filled_by uuid, checked_by uuid, checked_at timestamptz,
  handed_by uuid, handed_at timestamptz, by_proxy bool, receiver bytea,
  CHECK (delivers = (deliver_to IS NOT NULL)),
  CHECK ((checked_at IS NULL) = (checked_by IS NULL)),
  CHECK ((handed_at IS NULL) = (receiver IS NULL)),
  -- CON-14: nothing leaves before the prescription was signed and approved.
  CHECK (handed_at >= signed_at AND handed_at >= approved_at),
  -- PH-05: and nothing that nobody has checked.
  CHECK (state NOT IN ('ready', 'billed', 'on_the_way', 'missed', 'handed_over', 'returned',
    'refused') OR checked_by IS NOT NULL),
  CHECK (state NOT IN ('handed_over', 'returned') OR handed_by IS NOT NULL));
-- DS-06: one live sale per prescription in the whole network.
CREATE UNIQUE INDEX ON pharmacy.sale (prescription_id)
  WHERE state NOT IN ('declined', 'withdrawn', 'lapsed');
CREATE INDEX ON pharmacy.sale (person_id, id);
CREATE INDEX ON pharmacy.sale (institution_id, state, id);
CREATE INDEX ON pharmacy.sale (institution_id, handed_at) WHERE handed_at IS NOT NULL;

CREATE TABLE pharmacy.line (
  sale_id uuid REFERENCES pharmacy.sale, number int CHECK (number > 0), code text NOT NULL,
  label text NOT NULL, usage text NOT NULL, packs int NOT NULL CHECK (packs > 0),
  unit_price numeric NOT NULL CHECK (unit_price >= 0), fee_class text NOT NULL,
  fen bigint NOT NULL CHECK (fen >= 0), short bool NOT NULL DEFAULT false,
  PRIMARY KEY (sale_id, number));

CREATE TABLE pharmacy.scan (
  id uuid PRIMARY KEY, trace_code text NOT NULL REFERENCES pharmacy.pack, sale_id uuid NOT NULL,
  number int NOT NULL, at timestamptz NOT NULL, post_id uuid NOT NULL, person_id uuid NOT NULL,
  undone_at timestamptz, FOREIGN KEY (sale_id, number) REFERENCES pharmacy.line);
-- FR-20: one sale per pack in the whole network.
CREATE UNIQUE INDEX ON pharmacy.scan (trace_code) WHERE undone_at IS NULL;
CREATE INDEX ON pharmacy.scan (sale_id, number) WHERE undone_at IS NULL;

CREATE TABLE pharmacy.tick (
  sale_id uuid REFERENCES pharmacy.sale, comparison text, at timestamptz NOT NULL,
  post_id uuid NOT NULL, by_scan bool NOT NULL, PRIMARY KEY (sale_id, comparison));
SELECT kernel.append_only('pharmacy.tick');

-- DS-18: what came back after it had left is kept apart for good.
CREATE TABLE pharmacy.returned (
  trace_code text PRIMARY KEY REFERENCES pharmacy.pack,
  sale_id uuid NOT NULL REFERENCES pharmacy.sale, reason text NOT NULL, at timestamptz NOT NULL,
  post_id uuid NOT NULL);
SELECT kernel.append_only('pharmacy.returned');
"""


def upgrade() -> None:
    run(TABLES)
