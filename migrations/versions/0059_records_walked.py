"""What is of a code says in its index whose it is, so that a walk past others' reads no more."""

from lianyi.kernel.migrate import run

revision = "0059"
down_revision = "0058"

# No plan for one person's may take this one, which leads past all others' first: only who says what
# always holds of a part, as a walk does.
TABLES = """
DROP INDEX records.token_type_value_at_idx;
CREATE INDEX ON records.token (type, value, at DESC, owner) WHERE name = 'code' AND part >= 0;
"""


def upgrade() -> None:
    run(TABLES)
