"""Ways in: phones and staff logins, the codes sent, the sessions opened, the hats worn in them."""

from lianyi.kernel.migrate import run

revision = "0002"
down_revision = "0001"

TABLES = """
SELECT kernel.open_room('accounts');

CREATE TABLE accounts.account (
  id uuid PRIMARY KEY, created_at timestamptz NOT NULL,
  person_id uuid,  -- in another room; null while only a phone is proven
  phone_index bytea UNIQUE, phone bytea,
  login text UNIQUE CHECK (login = lower(login)), password text, totp bytea,
  totp_step bigint NOT NULL DEFAULT 0,
  failures int NOT NULL DEFAULT 0, failed_at timestamptz NOT NULL DEFAULT '-infinity',
  CHECK ((phone_index IS NULL) = (phone IS NULL)),
  CHECK ((phone_index IS NULL) <> (login IS NULL)),
  CHECK (login IS NULL OR (password IS NOT NULL AND totp IS NOT NULL AND person_id IS NOT NULL)));
CREATE UNIQUE INDEX ON accounts.account (person_id) WHERE phone_index IS NOT NULL;
CREATE INDEX ON accounts.account (person_id) WHERE login IS NOT NULL;

CREATE TABLE accounts.code (
  id uuid PRIMARY KEY, phone_index bytea NOT NULL, phone bytea NOT NULL, digest bytea NOT NULL,
  created_at timestamptz NOT NULL, expires_at timestamptz NOT NULL, used_at timestamptz,
  tries int NOT NULL DEFAULT 0);
CREATE INDEX ON accounts.code (phone_index, created_at);

CREATE TABLE accounts.session (
  digest bytea PRIMARY KEY, account_id uuid NOT NULL REFERENCES accounts.account,
  person_id uuid NOT NULL, post_id uuid NOT NULL, institution_id uuid NOT NULL, role text NOT NULL,
  for_person_id uuid, started_at timestamptz NOT NULL, seen_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL, ended_at timestamptz);
CREATE INDEX ON accounts.session (person_id) WHERE ended_at IS NULL;
CREATE INDEX ON accounts.session (account_id);

-- Every hat a session wore. The session itself is never told by its token, only by its digest.
CREATE TABLE accounts.hat (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  digest bytea NOT NULL REFERENCES accounts.session, at timestamptz NOT NULL,
  person_id uuid NOT NULL, post_id uuid NOT NULL, institution_id uuid NOT NULL, role text NOT NULL,
  for_person_id uuid);
CREATE INDEX ON accounts.hat (digest);
SELECT kernel.append_only('accounts.hat');
"""


def upgrade() -> None:
    run(TABLES)
