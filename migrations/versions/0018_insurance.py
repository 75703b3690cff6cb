"""Health insurance: covers, catalogue, claims, shares, yearly counters, comparison."""

from lianyi.kernel.migrate import run

revision = "0018"
down_revision = "0017"

TABLES = """
SELECT kernel.open_room('insurance');

CREATE TABLE insurance.cover (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('asked', 'bound', 'refused', 'unbound')),
  person_id uuid NOT NULL, number bytea, scheme text CHECK (scheme IN ('310', '390')),
  person_type text NOT NULL DEFAULT '', area text NOT NULL DEFAULT '',
  aided bool NOT NULL DEFAULT false, code text NOT NULL DEFAULT '', at timestamptz NOT NULL,
  CHECK (state <> 'bound' OR (number IS NOT NULL AND scheme IS NOT NULL)));
CREATE UNIQUE INDEX ON insurance.cover (person_id) WHERE state IN ('asked', 'bound');
CREATE INDEX ON insurance.cover (person_id, at);

CREATE TABLE insurance.item (
  institution_id uuid, code text, national text NOT NULL,
  level text NOT NULL CHECK (level IN ('01', '02', '03')),
  first_share numeric NOT NULL CHECK (first_share BETWEEN 0 AND 1),
  standard_fen bigint CHECK (standard_fen > 0), is_drug bool NOT NULL,
  PRIMARY KEY (institution_id, code));

CREATE TABLE insurance.claim (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('opened', 'registered', 'sent', 'pre_settled', 'settling',
    'unknown', 'settled', 'undoing', 'failed', 'refused', 'dropped', 'reversing', 'reversed')),
  institution_id uuid NOT NULL, person_id uuid NOT NULL, bill_id uuid NOT NULL,
  subject_type text NOT NULL, subject_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('outpatient', 'pharmacy')), online bool NOT NULL,
  cover_id uuid NOT NULL REFERENCES insurance.cover, scheme text NOT NULL,
  diagnosis text NOT NULL, prescription_id uuid, total_fen bigint NOT NULL CHECK (total_fen >= 0),
  visit_number text NOT NULL DEFAULT '', settle_key uuid,
  settlement_number text NOT NULL DEFAULT '', code text NOT NULL DEFAULT '',
  give_back text NOT NULL DEFAULT '', at timestamptz NOT NULL,
  settled_at timestamptz, reversed_at timestamptz,
  CHECK (state <> 'settled' OR (settlement_number <> '' AND settled_at IS NOT NULL)));
-- INS-05: a bill is with the agency once at a time.
CREATE UNIQUE INDEX ON insurance.claim (bill_id) WHERE state NOT IN ('refused', 'dropped');
CREATE INDEX ON insurance.claim (bill_id, at);
CREATE INDEX ON insurance.claim (subject_id, at);
CREATE INDEX ON insurance.claim (institution_id, scheme, settled_at);
CREATE INDEX ON insurance.claim (institution_id, scheme, reversed_at)
  WHERE reversed_at IS NOT NULL;
CREATE UNIQUE INDEX ON insurance.claim (settlement_number) WHERE settlement_number <> '';

CREATE TABLE insurance.line (
  claim_id uuid REFERENCES insurance.claim, number int, code text NOT NULL, label text NOT NULL,
  unit_price numeric NOT NULL, quantity numeric NOT NULL, fen bigint NOT NULL,
  packs text[] NOT NULL, national text NOT NULL, level text NOT NULL,
  first_share numeric NOT NULL, standard_fen bigint, is_drug bool NOT NULL,
  PRIMARY KEY (claim_id, number));
SELECT kernel.append_only('insurance.line');

CREATE TABLE insurance.rating (
  claim_id uuid, number int, level text NOT NULL, own_fen bigint NOT NULL,
  over_fen bigint NOT NULL, first_fen bigint NOT NULL, in_range_fen bigint NOT NULL,
  PRIMARY KEY (claim_id, number), FOREIGN KEY (claim_id, number) REFERENCES insurance.line);
SELECT kernel.append_only('insurance.rating');

-- INS-07: whoever says it, the parts make up the total.
CREATE TABLE insurance.split (
  claim_id uuid REFERENCES insurance.claim,
  source text CHECK (source IN ('preview', 'foretold', 'settled')),
  total_fen bigint NOT NULL, in_range_fen bigint NOT NULL, deductible_fen bigint NOT NULL,
  pool_fen bigint NOT NULL CHECK (pool_fen >= 0), critical_fen bigint NOT NULL
    CHECK (critical_fen >= 0), aid_fen bigint NOT NULL CHECK (aid_fen >= 0),
  other_fen bigint NOT NULL CHECK (other_fen >= 0), account_fen bigint NOT NULL
    CHECK (account_fen >= 0), cash_fen bigint NOT NULL CHECK (cash_fen >= 0),
  PRIMARY KEY (claim_id, source),
  CHECK (total_fen = pool_fen + critical_fen + aid_fen + other_fen + account_fen + cash_fen));
SELECT kernel.append_only('insurance.split');

-- INS-09: one row a year, raised and lowered by one statement.
CREATE TABLE insurance.counter (
  person_id uuid, scheme text, year int, deductible_fen bigint NOT NULL, pool_fen bigint NOT NULL,
  open_fen bigint NOT NULL, PRIMARY KEY (person_id, scheme, year));

CREATE TABLE insurance.books (
  id uuid PRIMARY KEY, institution_id uuid NOT NULL, scheme text NOT NULL, day date NOT NULL,
  count int NOT NULL DEFAULT 0, our_fen bigint NOT NULL DEFAULT 0,
  their_fen bigint NOT NULL DEFAULT 0, compared_at timestamptz,
  UNIQUE (institution_id, scheme, day));

CREATE TABLE insurance.difference (
  id uuid PRIMARY KEY, institution_id uuid NOT NULL,
  state text NOT NULL CHECK (state IN ('open', 'resolved')),
  kind text NOT NULL CHECK (kind IN ('preview', 'missing_here', 'missing_there', 'amount')),
  day date NOT NULL, number text NOT NULL, our_fen bigint NOT NULL, their_fen bigint NOT NULL,
  at timestamptz NOT NULL, UNIQUE (institution_id, kind, day, number));
CREATE INDEX ON insurance.difference (institution_id, at) WHERE state = 'open';
"""


def upgrade() -> None:
    run(TABLES)
