"""Old keys are found by blocks: they lie in the order they came, and each act pays for an index."""

from lianyi.kernel.migrate import run

revision = "0057"
down_revision = "0056"

OLD_KEYS = """
DROP INDEX kernel.once_at_idx;
CREATE INDEX once_at_idx ON kernel.once USING brin (at);
"""


def upgrade() -> None:
    run(OLD_KEYS)
