"""Electronic signatures: certificates of posts, opened keys, requests, and the proofs of them."""

from lianyi.kernel.migrate import run

revision = "0015"
down_revision = "0014"

TABLES = """
SELECT kernel.open_room('signatures');

CREATE TABLE signatures.certificate (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('asked', 'issued', 'refused', 'revoked', 'expired')),
  institution_id uuid NOT NULL, person_id uuid NOT NULL, post_id uuid NOT NULL,
  at timestamptz NOT NULL, pin bytea, errand_id uuid NOT NULL, code text NOT NULL DEFAULT '',
  serial text NOT NULL DEFAULT '', pem text NOT NULL DEFAULT '',
  issuer_pem text NOT NULL DEFAULT '', expires_at timestamptz, ended_at timestamptz,
  CHECK (state IN ('asked', 'refused') OR (serial <> '' AND pem <> '' AND issuer_pem <> ''
    AND expires_at IS NOT NULL)),
  CHECK (pin IS NULL OR state = 'asked'));
-- One certificate a post at a time. `pin` lives, sealed, while it is asked for.
CREATE UNIQUE INDEX ON signatures.certificate (post_id) WHERE state IN ('asked', 'issued');
CREATE INDEX ON signatures.certificate (post_id, at);

-- `pin` lives while it is asked about, `token` while the key is open: both sealed.
CREATE TABLE signatures.unlocking (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('asked', 'open', 'refused', 'closed')),
  certificate_id uuid NOT NULL REFERENCES signatures.certificate, post_id uuid NOT NULL,
  institution_id uuid NOT NULL, at timestamptz NOT NULL, until timestamptz NOT NULL,
  pin bytea, token bytea, errand_id uuid NOT NULL, code text NOT NULL DEFAULT '',
  CHECK (until - at <= interval '12 hours'),
  CHECK (pin IS NULL OR state = 'asked'), CHECK (token IS NULL OR state = 'open'));
CREATE UNIQUE INDEX ON signatures.unlocking (post_id) WHERE state IN ('asked', 'open');
CREATE INDEX ON signatures.unlocking (post_id, at);

CREATE TABLE signatures.signature (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('asked', 'signed', 'refused')),
  institution_id uuid NOT NULL, person_id uuid NOT NULL, post_id uuid NOT NULL,
  certificate_id uuid REFERENCES signatures.certificate, subject_type text NOT NULL,
  subject_id uuid NOT NULL, document_id uuid NOT NULL,
  digest text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
  at timestamptz NOT NULL, code text NOT NULL, errand_id uuid,
  CHECK (state = 'refused' OR (certificate_id IS NOT NULL AND errand_id IS NOT NULL)));
-- Each document of a subject is signed once.
CREATE UNIQUE INDEX ON signatures.signature (subject_type, subject_id, digest)
  WHERE state IN ('asked', 'signed');
CREATE INDEX ON signatures.signature (subject_type, subject_id, at);
CREATE INDEX ON signatures.signature (post_id, at) WHERE state = 'refused';

-- What the authority gave for a digest. Evidence: never changed.
CREATE TABLE signatures.proof (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  signature_id uuid NOT NULL UNIQUE REFERENCES signatures.signature, signature text NOT NULL,
  stamp text NOT NULL, stamped_at timestamptz NOT NULL, at timestamptz NOT NULL);
CREATE UNIQUE INDEX ON signatures.proof (tx, seq);
SELECT kernel.append_only('signatures.proof');
"""


def upgrade() -> None:
    run(TABLES)
