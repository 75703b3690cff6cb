"""Apps that companies register, what they ask, what is lent to them, and the tokens for it."""

from lianyi.kernel.migrate import run

revision = "0036"
down_revision = "0035"

TABLES = """
CREATE TABLE accounts.client (
  id uuid PRIMARY KEY, created_at timestamptz NOT NULL,
  name text NOT NULL, company text NOT NULL, credit_code text NOT NULL, contact text NOT NULL,
  about text NOT NULL, kind text NOT NULL CHECK (kind IN ('public', 'secret', 'key')),
  secret bytea, keys text, redirects text[] NOT NULL, origins text[] NOT NULL,
  launch_url text NOT NULL, scopes text[] NOT NULL,
  CHECK ((kind = 'secret') = (secret IS NOT NULL)), CHECK ((kind = 'key') = (keys IS NOT NULL)));
CREATE INDEX ON accounts.client USING gin (origins);

-- By the digests of random texts, as sessions are: who reads these tables can use nothing of them.
CREATE TABLE accounts.launch (
  digest bytea PRIMARY KEY, client_id uuid NOT NULL REFERENCES accounts.client,
  person_id uuid NOT NULL, post_id uuid NOT NULL, patient_id uuid NOT NULL,
  encounter text NOT NULL, expires_at timestamptz NOT NULL, used_at timestamptz);

CREATE TABLE accounts.ask (
  digest bytea PRIMARY KEY, client_id uuid NOT NULL REFERENCES accounts.client,
  redirect text NOT NULL, scopes text[] NOT NULL, state text NOT NULL, challenge text NOT NULL,
  nonce text NOT NULL, launch bytea REFERENCES accounts.launch,
  expires_at timestamptz NOT NULL, used_at timestamptz);

CREATE TABLE accounts.lease (
  id uuid PRIMARY KEY, client_id uuid NOT NULL REFERENCES accounts.client,
  approval_id uuid NOT NULL, permission_id uuid,  -- in another room
  person_id uuid NOT NULL, post_id uuid NOT NULL, institution_id uuid NOT NULL, role text NOT NULL,
  for_person_id uuid, encounter text NOT NULL, scopes text[] NOT NULL, nonce text NOT NULL,
  session bytea REFERENCES accounts.session,
  started_at timestamptz NOT NULL, until timestamptz NOT NULL, ended_at timestamptz);
CREATE INDEX ON accounts.lease (approval_id) WHERE ended_at IS NULL;
CREATE INDEX ON accounts.lease (person_id, client_id) WHERE ended_at IS NULL;
CREATE INDEX ON accounts.lease (for_person_id, client_id) WHERE ended_at IS NULL;

CREATE TABLE accounts.grant_code (
  digest bytea PRIMARY KEY, lease_id uuid NOT NULL REFERENCES accounts.lease,
  redirect text NOT NULL, challenge text NOT NULL,
  expires_at timestamptz NOT NULL, used_at timestamptz);

CREATE TABLE accounts.token (
  digest bytea PRIMARY KEY, lease_id uuid NOT NULL REFERENCES accounts.lease,
  kind text NOT NULL CHECK (kind IN ('access', 'refresh')), scopes text[] NOT NULL,
  expires_at timestamptz NOT NULL, ended_at timestamptz);
CREATE INDEX ON accounts.token (lease_id);

-- INT-03: what was asserted counts once.
CREATE TABLE accounts.assertion (
  client_id uuid REFERENCES accounts.client, jti text, expires_at timestamptz NOT NULL,
  PRIMARY KEY (client_id, jti));
"""


def upgrade() -> None:
    run(TABLES)
