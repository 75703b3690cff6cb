"""Public keys of apps that say where theirs lie, as they were fetched, and until when they hold."""

from lianyi.kernel.migrate import run

revision = "0053"
down_revision = "0052"


def upgrade() -> None:
    run(
        """
ALTER TABLE accounts.client ADD keys_at text NOT NULL DEFAULT '',
  DROP CONSTRAINT client_check1,
  ADD CHECK ((kind = 'key') = (keys IS NOT NULL OR keys_at <> '')),
  ADD CHECK (keys IS NULL OR keys_at = '');
ALTER TABLE accounts.client ALTER keys_at DROP DEFAULT;
CREATE TABLE accounts.key_set (
  client_id uuid PRIMARY KEY REFERENCES accounts.client,
  keys text NOT NULL DEFAULT '',
  fresh_until timestamptz NOT NULL,
  asked_at timestamptz NOT NULL,
  heard_at timestamptz)"""
    )
