"""Files: whose each one is, and the keys of the institutions that keep them."""

from lianyi.kernel.migrate import run

revision = "0012"
down_revision = "0011"

TABLES = """
SELECT kernel.open_room('files');

-- The bytes lie under LIANYI_HOME/files, by institution and digest.
CREATE TABLE files.file (
  id uuid PRIMARY KEY, owner_id uuid NOT NULL, institution_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('image/jpeg', 'image/png', 'application/pdf')),
  digest bytea NOT NULL CHECK (octet_length(digest) = 32), size int NOT NULL CHECK (size > 0),
  width int NOT NULL, height int NOT NULL, classes text[] NOT NULL, post_id uuid NOT NULL,
  at timestamptz NOT NULL);
CREATE INDEX ON files.file (owner_id, id);
SELECT kernel.append_only('files.file');

CREATE TABLE files.tenant_key (
  institution_id uuid, version int, sealed bytea NOT NULL, PRIMARY KEY (institution_id, version));
"""


def upgrade() -> None:
    run(TABLES)
