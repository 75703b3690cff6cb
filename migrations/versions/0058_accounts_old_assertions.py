"""What was asserted once is found by blocks when it is over: it lies in the order it came."""

from lianyi.kernel.migrate import run

revision = "0058"
down_revision = "0057"

OLD_ASSERTIONS = "CREATE INDEX ON accounts.assertion USING brin (expires_at);"


def upgrade() -> None:
    run(OLD_ASSERTIONS)
