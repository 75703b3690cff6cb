"""The seals over append-only logs, and the order they are walked in."""

from lianyi.kernel.migrate import run

revision = "0003"
down_revision = "0002"

TABLES = """
CREATE TABLE kernel.seal (
  log text, number bigint, tx xid8 NOT NULL, seq bigint NOT NULL, rows int NOT NULL,
  digest bytea NOT NULL, mac bytea NOT NULL, at timestamptz NOT NULL, PRIMARY KEY (log, number));
SELECT kernel.append_only('kernel.seal');
CREATE UNIQUE INDEX ON kernel.history (tx, seq);
CREATE UNIQUE INDEX ON accounts.hat (tx, seq);
"""


def upgrade() -> None:
    run(TABLES)
