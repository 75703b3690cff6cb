"""What apps want to be told of, what they are told, and how far the record has been listened to."""

from lianyi.kernel.migrate import run

revision = "0043"
down_revision = "0042"

TABLES = """
CREATE TABLE records.subscription (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('requested', 'active', 'error', 'off', 'removed')),
  -- The hat it looks through, and what that rests on in another room.
  person_id uuid NOT NULL, post_id uuid NOT NULL, institution_id uuid NOT NULL, role text NOT NULL,
  for_person_id uuid, app_id uuid NOT NULL, scopes text[] NOT NULL, approval_id uuid NOT NULL,
  version integer NOT NULL CHECK (version > 0), at timestamptz NOT NULL, body text NOT NULL,
  type text NOT NULL, criteria text NOT NULL,
  about uuid,  -- the one person it can be about; null: those of a desk
  channel text NOT NULL CHECK (channel IN ('rest-hook', 'websocket')),
  endpoint text NOT NULL, header bytea,
  base text NOT NULL,  -- this server's address as the app reached it
  content text NOT NULL CHECK (content IN ('empty', 'id-only', 'full-resource')),
  bundled boolean NOT NULL,
  until timestamptz NOT NULL,
  born pg_snapshot NOT NULL DEFAULT pg_current_snapshot(),  -- what was there before is not told
  told bigint NOT NULL DEFAULT 0, told_at timestamptz,
  tries integer NOT NULL DEFAULT 0, trouble text NOT NULL DEFAULT '',
  under_way boolean NOT NULL DEFAULT false,  -- an errand is planned or runs
  binding bytea, binding_until timestamptz,  -- the digest of a token for a websocket
  CHECK ((channel = 'rest-hook') = (endpoint <> '')),
  CHECK ((binding IS NULL) = (binding_until IS NULL)));
CREATE INDEX ON records.subscription (type) WHERE state IN ('active', 'error');
CREATE INDEX ON records.subscription (until) WHERE state IN ('requested', 'active', 'error');
CREATE INDEX ON records.subscription (app_id, institution_id, id);
CREATE INDEX ON records.subscription (institution_id, id);
CREATE INDEX ON records.subscription (about, id);
CREATE INDEX ON records.subscription (person_id, id);
CREATE INDEX ON records.subscription (for_person_id, id) WHERE for_person_id IS NOT NULL;
CREATE INDEX ON records.subscription (approval_id) WHERE state IN ('requested', 'active', 'error');
CREATE UNIQUE INDEX ON records.subscription (binding) WHERE binding IS NOT NULL;

-- One thing to be told; `n` is the order, and is told to nobody.
CREATE TABLE records.notice (
  n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  subscription_id uuid NOT NULL REFERENCES records.subscription,
  type text NOT NULL, fhir_id text NOT NULL, version integer NOT NULL, owner uuid NOT NULL,
  at timestamptz NOT NULL, told_at timestamptz, done_at timestamptz,
  hidden boolean NOT NULL DEFAULT false,  -- its door was closed when it would have been told
  UNIQUE (subscription_id, type, fhir_id, version));
CREATE INDEX ON records.notice (subscription_id, n) WHERE done_at IS NULL;

-- What of the record has been listened to: nothing that a snapshot has not seen is ever missed.
CREATE TABLE records.heard (
  one boolean PRIMARY KEY DEFAULT true CHECK (one), seen pg_snapshot NOT NULL);
INSERT INTO records.heard (seen) VALUES (pg_current_snapshot());

-- Where an app may have itself told; an institution that approves the app approves these.
ALTER TABLE accounts.client ADD notifies text[] NOT NULL DEFAULT '{}';
"""


def upgrade() -> None:
    run(TABLES)
